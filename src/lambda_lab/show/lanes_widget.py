"""The lanes explorer: set callers, times and a limit, and see each environment and each call.

Its calls are simulated by `lambda_lab.simulate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from lambda_lab.show.explorer import Explorer
from lambda_lab.show.explorer_page import explorer_part
from lambda_lab.show.lanes_fields import DIALS, chosen
from lambda_lab.show.lanes_model import picture
from lambda_lab.show.lanes_page import TITLE, lanes_css, lanes_page, lanes_shown
from lambda_lab.show.style import svg_css

__all__ = ["LanesExplorer", "lanes_explorer"]


class LanesExplorer(Explorer):
    """The explorer, as a widget where a kernel answers and as a page with a script elsewhere.

    Parameters
    ----------
    values
        What it is set to at first, each on offer: milliseconds and counts.
    """

    def __init__(self, values: Mapping[str, int]) -> None:
        self._values = dict(values)

    def widget(self) -> Any:
        """Return the explorer as a widget of ipywidgets."""
        import ipywidgets as widgets

        sliders = {
            name: widgets.SelectionSlider(
                options=[(dial.text(one), one) for one in dial.offered],
                value=self._values[name],
                description=dial.label,
                style={"description_width": "11rem"},
                layout=widgets.Layout(width="34rem", max_width="100%"),
            )
            for name, dial in DIALS.items()
        }
        shown = widgets.HTML()

        def draw(_: object = None) -> None:
            values = {name: slider.value for name, slider in sliders.items()}
            shown.value = explorer_part("lanes", svg_css() + lanes_css(), lanes_shown(values))

        for slider in sliders.values():
            slider.observe(draw, names="value")
        draw()
        heading = widgets.HTML(f"<strong>{escape(TITLE)}</strong>")
        return widgets.VBox([heading, *sliders.values(), shown])

    def _repr_html_(self) -> str:
        return lanes_page(self._values)

    @property
    def title(self) -> str:
        """The question it answers."""
        return TITLE

    @property
    def words(self) -> str:
        """The answer to what it is set to at first, in words."""
        return "\n".join(f"- {sentence}" for sentence in picture(self._values).words)


def lanes_explorer(
    *,
    callers: int = 3,
    gap: float = 300,
    run: float = 1.5,
    init: float = 0.5,
    keep_alive: float = 600,
    reserved: int | None = None,
) -> LanesExplorer:
    """Return an explorer of environments over time.

    In JupyterLab it is a widget; on a page of the site the same, computed by a script. Each caller
    calls four times and does not wait for its answer. Every value must be one on offer.

    Parameters
    ----------
    callers
        How many call at the same moment.
    gap
        Seconds from one call of a caller to its next.
    run, init
        Seconds that the handler runs, and that a cold start adds before it.
    keep_alive
        Seconds that an idle environment is kept. AWS does not publish this time.
    reserved
        Reserved concurrency; 0 throttles every call, ``None`` reserves nothing.

    Raises
    ------
    LabError
        If a value is not on offer; the error lists those that are.

    Examples
    --------
    >>> print(lanes_explorer(callers=2, gap=60, run=1, reserved=1))
    Which calls start cold, and which are throttled?
    - Of 8 calls, 1 starts cold (1), 3 are warm and 4 are throttled (2, 4, 6 and 8). Never do
    more than 1 run at once.
    - Environment 1 runs call 1 after its init, then calls 3, 5 and 7 warm. It stays frozen.
    - Calls 2, 4, 6 and 8 are throttled: they are refused with status 429 and do not run.
    """
    given = {
        "callers": callers, "gap": gap, "run": run, "init": init, "keep": keep_alive,
        "reserved": reserved,
    }  # fmt: skip
    return LanesExplorer(chosen(given))
