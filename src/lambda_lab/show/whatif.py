"""The retry explorer: set retries, maximum age and failures, and see where each event ends."""

from __future__ import annotations

from html import escape
from typing import Any

from lambda_lab.clock import SECOND
from lambda_lab.show.explorer import Explorer
from lambda_lab.show.explorer_page import explorer_part
from lambda_lab.show.times import say
from lambda_lab.show.whatif_model import ages, retry_fates
from lambda_lab.show.whatif_page import board, explorer_css, page, sentence

__all__ = ["RetryExplorer", "retry_explorer"]

_TITLE = "Where do 100 asynchronous events end?"


class RetryExplorer(Explorer):
    """The explorer, as a widget where a kernel answers and as a page with a script elsewhere.

    Parameters
    ----------
    retries, age, percent
        What it is set to at first: ``MaximumRetryAttempts``, index in
        :func:`lambda_lab.show.whatif_model.ages`, and failures of 100 tries.
    title
        What stands above it.
    """

    def __init__(self, retries: int, age: int, percent: int, title: str) -> None:
        self._settings = (retries, age, percent)
        self._title = title
        self._fates = retry_fates(retries, ages()[age], percent)

    def widget(self) -> Any:
        """Return the explorer as a widget of ipywidgets."""
        import ipywidgets as widgets

        retries, age, percent = self._settings
        named = [(say(seconds * SECOND), seconds) for seconds in ages()]
        look = {
            "style": {"description_width": "9rem"},
            "layout": widgets.Layout(width="34rem", max_width="100%"),
        }
        controls = {
            "retries": widgets.ToggleButtons(
                options=[0, 1, 2],
                value=retries,
                description="Retries",
                **look | {"style": {"description_width": "9rem", "button_width": "4rem"}},
            ),
            "max_age_seconds": widgets.SelectionSlider(
                options=named, value=ages()[age], description="Maximum age", **look
            ),
            "failure_percent": widgets.IntSlider(
                percent, 0, 100, 5, description="Tries that fail, in %", **look
            ),
        }
        shown = widgets.HTML()

        def draw(_: object = None) -> None:
            fates = retry_fates(**{name: control.value for name, control in controls.items()})
            shown.value = explorer_part("whatif", explorer_css(), board(fates))

        for control in controls.values():
            control.observe(draw, names="value")
        draw()
        heading = widgets.HTML(f"<strong>{escape(self._title)}</strong>")
        return widgets.VBox([heading, *controls.values(), shown])

    def _repr_html_(self) -> str:
        return page(self._fates, self._settings, self._title)

    @property
    def title(self) -> str:
        """The question it answers."""
        return self._title

    @property
    def words(self) -> str:
        """The answer to what it is set to at first, in words."""
        return sentence(self._fates)


def retry_explorer(
    *, retries: int = 2, max_age_seconds: int | None = None, failure_percent: int = 30
) -> RetryExplorer:
    """Return the retry explorer.

    In JupyterLab it is a widget; on a page of the site the same, computed by a script.

    Parameters
    ----------
    retries, failure_percent
        What it is set to at first.
    max_age_seconds
        The same for the maximum age, by default AWS's default: the nearest age on offer is taken.

    Raises
    ------
    LabError
        If a value is outside what Lambda allows.

    Examples
    --------
    >>> print(retry_explorer(retries=0))
    Where do 100 asynchronous events end?
    Of 100 events, 70 succeed at the first try, at once; 30 fail at every try and go to the failure
    target. The handler runs 100 times.
    """
    offered = ages()
    wanted = offered[-1] if max_age_seconds is None else max_age_seconds
    retry_fates(retries, wanted, failure_percent)  # refuses what Lambda would
    nearest = min(range(len(offered)), key=lambda index: abs(offered[index] - wanted))
    return RetryExplorer(retries, nearest, failure_percent, _TITLE)
