"""The canary explorer: set a weight and a rate of failures, and see what so many calls can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from lambda_lab.errors import LabError
from lambda_lab.show.canary import counted
from lambda_lab.show.canary_model import CALLS, FAILING, WEIGHTS, checked_percent, checked_weight
from lambda_lab.show.canary_page import canary_css, canary_page, said, table_of
from lambda_lab.show.explorer import Explorer
from lambda_lab.show.explorer_page import explorer_part
from lambda_lab.show.given import given_row

__all__ = ["CanaryExplorer", "canary_explorer"]

_TITLE = "What can a canary show?"
_WHOLE = 100


class CanaryExplorer(Explorer):
    """The explorer, as a widget where a kernel answers and as a page with a script elsewhere.

    Parameters
    ----------
    weight, failing
        What it is set to at first: indices in :data:`~lambda_lab.show.canary_model.WEIGHTS` and
        :data:`~lambda_lab.show.canary_model.FAILING`.
    ran
        How many calls the new version had in a run at that weight, by number of calls.
    title
        What stands above it.
    """

    def __init__(self, weight: int, failing: int, ran: Mapping[int, int], title: str) -> None:
        self._weight = weight
        self._failing = failing
        self._ran = dict(ran)
        self._title = title

    def widget(self) -> Any:
        """Return the explorer as a widget of ipywidgets."""
        import ipywidgets as widgets

        look = {
            "style": {"description_width": "9rem"},
            "layout": widgets.Layout(width="34rem", max_width="100%"),
        }
        weight, failing = (
            widgets.SelectionSlider(
                options=[(f"{one} %", one) for one in offered],
                value=offered[at],
                description=name,
                **look,
            )
            for name, offered, at in (
                ("Weight", WEIGHTS, self._weight),
                ("Its calls that fail", FAILING, self._failing),
            )
        )
        shown = widgets.HTML()

        def draw(_: object = None) -> None:
            ran = self._ran if weight.value == WEIGHTS[self._weight] else {}
            shown.value = explorer_part(
                "canary", canary_css(), table_of(weight.value, failing.value, ran)
            )

        for control in (weight, failing):
            control.observe(draw, names="value")
        draw()
        heading = widgets.HTML(f"<strong>{escape(self._title)}</strong>")
        return widgets.VBox([heading, weight, failing, shown])

    def _repr_html_(self) -> str:
        return canary_page(self._weight, self._failing, self._ran, self._title)

    @property
    def title(self) -> str:
        """The question it answers."""
        return self._title

    @property
    def words(self) -> str:
        """The answer to what it is set to at first, in words."""
        return said(WEIGHTS[self._weight], FAILING[self._failing])


def canary_explorer(
    run: Sequence[str] = (), *, version: str = "", weight: float = 0.1, failing_percent: float = 5
) -> CanaryExplorer:
    """Return the canary explorer.

    In JupyterLab it is a widget; on a page of the site the same, computed by a script.

    Parameters
    ----------
    run
        ``ExecutedVersion`` of each call of a run, in order. Its counts are marked beside what was
        to be expected, while the explorer is set to the run's weight.
    version
        The version of that run which had the weight.
    weight
        What the explorer is set to at first, 0.0 to 1.0. A run's must be one on offer; otherwise
        the nearest is taken.
    failing_percent
        The same for the calls of 100 to the new version that fail.

    Raises
    ------
    LabError
        If a value is impossible, or a run's weight is not on offer.

    Examples
    --------
    >>> print(canary_explorer(weight=0.1))
    What can a canary show?
    At a weight of 10 %, 300 calls bring the new version 20 to 41, in 95 of 100 runs. If 5 of 100
    calls to it fail, a failure is among them with a chance of 78 %; 598 calls make it 95 %.
    """
    percent = checked_weight(weight) * _WHOLE
    failing = checked_percent("The rate of failures", failing_percent)
    chosen = _nearest(WEIGHTS, percent)
    ran: dict[int, int] = {}
    if given_row("run", run, "versions"):
        if abs(WEIGHTS[chosen] - percent) > 1e-9:
            offered = ", ".join(f"{one / _WHOLE:g}" for one in WEIGHTS)
            raise LabError(f"A run at a weight of {weight} cannot be marked; on offer: {offered}.")
        counts = counted(run, version)
        ran = {calls: counts[calls - 1] for calls in CALLS if calls <= len(counts)}
    return CanaryExplorer(chosen, _nearest(FAILING, failing), ran, _TITLE)


def _nearest(offered: Sequence[int], value: float) -> int:
    return min(range(len(offered)), key=lambda index: abs(offered[index] - value))
