"""Which style sheets and scripts a page loads: the book's own and nothing from another host.

Sphinx, MyST-NB and others offer files to every page, some from content delivery networks. This is
the one place that decides, and a test reads the built pages to see that it decided well.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

__all__ = ["NOT_OURS", "is_foreign", "keep", "setup"]

NOT_OURS = frozenset({"_static/basic.css", "_static/pygments.css"})
"""Replaced by ``prose.css`` and ``code.css``, which know light, dark and print."""

OWN_PRIORITY = 800
"""Jupyter Book hands over the files of ``_static`` at this priority, in the disk's order."""


def is_foreign(address: str) -> bool:
    """Say whether an address leaves the site.

    Examples
    --------
    >>> is_foreign("https://cdn.example/x.js"), is_foreign("//cdn.example/x.js")
    (True, True)
    >>> is_foreign("_static/shell.js")
    False
    """
    return address.startswith("//") or "://" in address


def keep(filename: str | None, body: str = "") -> bool:
    """Say whether a page may load this file, or run this script written into the page.

    Parameters
    ----------
    filename
        Path within the site, address elsewhere, or None for a script without a file.
    body
        The script's text, where there is no file.
    """
    if filename is None:
        return "://" not in body
    return not is_foreign(filename) and filename not in NOT_OURS


def _choose(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    for kind in ("css_files", "script_files"):
        chosen = [
            file
            for file in context.get(kind, [])
            if keep(
                getattr(file, "filename", None) or None,
                getattr(file, "attributes", {}).get("body", ""),
            )
        ]
        # Sorted by name within one priority, so that two builds give the same page.
        chosen.sort(key=lambda file: (file.priority, str(file.filename or "")))
        context[kind] = chosen


def setup(app: Sphinx) -> None:
    """Choose last, when every extension has offered its files."""
    # Jupyter Book always sets this value of sphinx-comments, whose services live on other hosts.
    app.add_config_value("comments_config", {}, "env")
    app.connect("html-page-context", _choose, priority=900)
