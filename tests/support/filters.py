"""What a browser is asked about a page whose rows or cards can be filtered."""

from __future__ import annotations

import json

from devtools import Browser

__all__ = ["hidden_after_link"]


def hidden_after_link(page: Browser, form: str, field: str, value: str, anchor: str) -> bool:
    """Filter, follow a link to what may be filtered out, and say whether it is still hidden.

    Parameters
    ----------
    page
        The browser, with the page open.
    form
        The filter's form, as a selector.
    field, value
        What is chosen in it.
    anchor
        Where the link leads.
    """
    selector, name, wanted, target = (json.dumps(one) for one in (form, field, value, anchor))
    hidden: bool = page.run(f"""new Promise((resolve) => {{
      const form = document.querySelector({selector});
      form.elements[{name}].value = {wanted};
      form.dispatchEvent(new Event("input"));
      const before = document.getElementById({target}).hidden;
      window.addEventListener("hashchange", () => {{
        resolve(!before || document.getElementById({target}).hidden);
      }});
      window.location.hash = {target};
    }})""")
    return hidden
