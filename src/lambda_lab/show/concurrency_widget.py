"""The concurrency explorer: type a rate, a duration and a limit, and see what becomes of requests.

Its requests are simulated by `lambda_lab.simulate`; Erlang's formula stands behind.
"""

from __future__ import annotations

from html import escape
from typing import Any

from lambda_lab.errors import LabError
from lambda_lab.show.concurrency_fields import FIELDS, Kind, checked, kind_of
from lambda_lab.show.concurrency_model import picture
from lambda_lab.show.concurrency_page import chart, explorer_css, page
from lambda_lab.show.explorer import Explorer
from lambda_lab.show.explorer_page import explorer_part
from lambda_lab.show.style import svg_css

__all__ = ["ConcurrencyExplorer", "concurrency_explorer"]


class ConcurrencyExplorer(Explorer):
    """The explorer, as a widget where a kernel answers and as a page with a script elsewhere.

    Parameters
    ----------
    kind
        Which question it answers.
    typed
        The text of each field at first; every one must be a number that can be.
    """

    def __init__(self, kind: Kind, typed: dict[str, str]) -> None:
        values, problems = checked(kind, typed)
        if problems:
            raise LabError(" ".join(problems.values()))
        self._kind = kind
        self._typed = typed
        self._found = picture(kind, values)

    def widget(self) -> Any:
        """Return the explorer as a widget of ipywidgets."""
        import ipywidgets as widgets

        kind = self._kind
        entries = {
            name: widgets.Text(
                value=text,
                description=FIELDS[name].label,
                style={"description_width": "13rem"},
                layout=widgets.Layout(width="24rem", max_width="100%"),
            )
            for name, text in self._typed.items()
        }
        problems = {name: widgets.HTML() for name in entries}
        shown = widgets.HTML()

        def draw(_: object = None) -> None:
            typed = {name: entry.value for name, entry in entries.items()}
            values, wrong = checked(kind, typed)
            for name, place in problems.items():
                place.value = f"<b>{escape(wrong.get(name, ''))}</b>"
                place.layout.display = None if name in wrong else "none"
            found = None if wrong else picture(kind, values)
            shown.value = explorer_part("conc", svg_css() + explorer_css(), chart(kind, found))

        for entry in entries.values():
            entry.observe(draw, names="value")
        draw()
        heading = widgets.HTML(f"<strong>{escape(kind.title)}</strong>")
        rows = [part for name in entries for part in (entries[name], problems[name])]
        return widgets.VBox([heading, *rows, shown])

    def _repr_html_(self) -> str:
        return page(self._kind, self._typed, self._found)

    @property
    def title(self) -> str:
        """The question it answers."""
        return self._kind.title

    @property
    def words(self) -> str:
        """The answer to what it is set to at first, in words."""
        return self._found.words


def concurrency_explorer(
    kind: str = "reserved", *, rate: float = 20, duration: float = 0.5, setting: int = 12
) -> ConcurrencyExplorer:
    """Return an explorer of concurrency.

    In JupyterLab it is a widget; on a page of the site the same, computed by a script. Arrivals are
    Poisson, durations exponential, both of a fixed seed, and an Init takes no time.

    Parameters
    ----------
    kind
        The question, which names the third field too: ``"limit"`` draws concurrency over time
        against a limit; ``"keep-alive"`` the share of cold starts against how long an idle
        environment is kept; ``"reserved"`` the share of throttles and ``"provisioned"`` that of
        spillover against their setting, with Erlang's formula B behind.
    rate, duration
        Requests a second, and seconds of each on average, at first.
    setting
        The third field at first: units of concurrency, or seconds.

    Raises
    ------
    LabError
        If there is no such question, or a number is not one that can be.

    Examples
    --------
    >>> print(concurrency_explorer("limit", rate=100, duration=0.1, setting=10))
    How many requests are in flight?
    Rate times duration is 10. Of 4,000 requests, 10 are in flight at most; the limit of 10 refuses
    20.6 % of them.
    >>> concurrency_explorer("limit", rate=-1)
    Traceback (most recent call last):
    ...
    lambda_lab.errors.LabError: Requests a second: must be above 0.
    """
    asked = kind_of(kind)
    typed = {"rate": f"{rate}", "duration": f"{duration}", asked.key: f"{setting}"}
    return ConcurrencyExplorer(asked, typed)
