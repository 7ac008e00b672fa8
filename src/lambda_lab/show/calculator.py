"""The price calculator: type a month's workload and read its bill."""

from __future__ import annotations

from html import escape
from typing import Any

from lambda_lab import cost
from lambda_lab.cost.money import counted
from lambda_lab.cost.workload import ARCHITECTURES, check_workload
from lambda_lab.show.calculator_model import FIRST, MORE, answer, form_fields
from lambda_lab.show.calculator_page import bill_rows, calculator_css, page
from lambda_lab.show.explorer import Explorer
from lambda_lab.show.style import page_css

__all__ = ["PriceCalculator", "price_calculator"]

_TITLE = "What does a month cost?"


class PriceCalculator(Explorer):
    """The calculator, as a widget where a kernel answers and as a page with a script elsewhere.

    Parameters
    ----------
    typed
        The text of each field at first.
    architecture, free_tier
        The same for the two switches.
    """

    def __init__(self, typed: dict[str, str], architecture: str, free_tier: bool) -> None:
        self._typed = typed
        self._architecture = architecture
        self._free_tier = free_tier
        self._answer = answer(typed, architecture, free_tier=free_tier)

    def widget(self) -> Any:
        """Return the calculator as a widget of ipywidgets."""
        import ipywidgets as widgets

        look = {
            "style": {"description_width": "13rem"},
            "layout": widgets.Layout(width="26rem", max_width="100%"),
        }
        entries = {
            field.name: widgets.Text(
                value=self._typed[field.name],
                description=field.label + (f" ({field.unit})" if field.unit else ""),
                continuous_update=True,
                **look,
            )
            for field in form_fields()
        }
        problems = {name: widgets.HTML() for name in entries}
        architecture = widgets.ToggleButtons(
            options=list(ARCHITECTURES), value=self._architecture, description="Architecture",
            style={"description_width": "13rem", "button_width": "6rem"},
            layout=widgets.Layout(width="34rem", max_width="100%"),
        )  # fmt: skip
        free = widgets.Checkbox(
            value=self._free_tier, description="Take the free tier off", indent=False
        )
        shown = widgets.HTML()

        def draw(_: object = None) -> None:
            typed = {name: entry.value for name, entry in entries.items()}
            found = answer(typed, architecture.value, free_tier=free.value)
            for name, place in problems.items():
                problem = found.problems.get(name, "")
                place.value = _inside(
                    f'<p class="ll-calc-problem">{escape(problem)}</p>', bare=True
                )
                place.layout.display = None if problem else "none"
            style = f"<style>{page_css()}{calculator_css()}</style>"
            shown.value = style + _inside(bill_rows(found))

        for control in (*entries.values(), architecture, free):
            control.observe(draw, names="value")
        draw()
        first = [part for name in FIRST for part in (entries[name], problems[name])]
        more = [part for name in MORE for part in (entries[name], problems[name])]
        heading = widgets.HTML(f"<strong>{escape(_TITLE)}</strong>")
        return widgets.VBox([heading, *first, architecture, *more, free, shown])

    def _repr_html_(self) -> str:
        return page(self._typed, self._architecture, self._free_tier, self._answer, _TITLE)

    @property
    def title(self) -> str:
        """The question it answers."""
        return _TITLE

    @property
    def words(self) -> str:
        """The answer to what it is set to at first, in words."""
        return self._answer.words


def _inside(html: str, *, bare: bool = False) -> str:
    """Return a part of the page in what its style sheet looks for, with or without the frame."""
    frame = ' style="border:0;padding:0"' if bare else ""
    return f'<div class="ll-figure"><div class="ll-calc"{frame}>{html}</div></div>'


def price_calculator(
    workload: cost.Workload | None = None, *, free_tier: bool = True
) -> PriceCalculator:
    """Return the price calculator.

    In JupyterLab it is a widget; on a page of the site the same, computed by a script.

    Parameters
    ----------
    workload
        What it is set to at first; by default the mobile backend of AWS's price page. Numbers that
        the form does not have (SnapStart, streaming) are left out.
    free_tier
        Whether the free tier is taken off at first.

    Examples
    --------
    >>> print(price_calculator())
    What does a month cost?
    The bill is $2.73: requests $0.40; duration, x86_64 $2.33.
    """
    if workload is not None:
        check_workload(workload)
    start = workload or cost.Workload(requests=3_000_000, duration_ms=120, memory_mb=1536)
    typed = {field.name: counted(getattr(start, field.name)) for field in form_fields()}
    return PriceCalculator(typed, start.architecture, free_tier)
