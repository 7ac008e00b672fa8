"""The network explorer: switch gateways, endpoints and rules, and see what becomes reachable."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from typing import Any

from lambda_lab.errors import LabError
from lambda_lab.show.explorer import Explorer
from lambda_lab.show.explorer_page import explorer_page, explorer_part, form_css
from lambda_lab.show.network_settings import (
    DESTINATIONS,
    SWITCHES,
    Setting,
    Switch,
    answers,
    every_setting,
)

__all__ = ["NetworkExplorer", "network_explorer", "said"]

_TITLE = "What does the function reach?"


def said(setting: Setting) -> str:
    """Return the outcome in one sentence.

    Examples
    --------
    >>> said((2, 1, 0, 0, 0, 0))
    'Reached: the internet, Amazon S3, Amazon SQS, the database in the VPC.'
    """
    found = [
        name for (name, _, _), (ok, _) in zip(DESTINATIONS, answers(setting), strict=True) if ok
    ]
    return f"Reached: {', '.join(found) or 'nothing'}."


def _rows(setting: Setting) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}, port {port}</th>'
        f'<td><b class="{_mark(ok)}">{_verdict(ok)}</b> <span>{escape(why)}</span></td></tr>'
        for (name, _, port), (ok, why) in zip(DESTINATIONS, answers(setting), strict=True)
    )
    return (
        '<table class="ll-net-rows"><thead><tr><th scope="col">Destination</th>'
        f'<th scope="col">Reached?</th></tr></thead><tbody>{rows}</tbody></table>'
        f'<p class="ll-net-said" role="status" aria-live="polite">{escape(said(setting))}</p>'
    )


def _mark(ok: bool) -> str:
    return "ll-net-yes" if ok else "ll-net-no"


def _verdict(ok: bool) -> str:
    return "✓ yes," if ok else "✗ no."


class NetworkExplorer(Explorer):
    """The explorer, as a widget where a kernel answers and as a page with a script elsewhere.

    Parameters
    ----------
    setting
        What is chosen at first.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def widget(self) -> Any:
        """Return the explorer as a widget of ipywidgets."""
        import ipywidgets as widgets

        controls = [
            widgets.Dropdown(
                options=[(choice, index) for index, choice in enumerate(switch.choices)],
                value=chosen,
                description=switch.label,
                style={"description_width": "14rem"},
                layout=widgets.Layout(width="30rem", max_width="100%"),
            )
            for switch, chosen in zip(SWITCHES, self._setting, strict=True)
        ]
        shown = widgets.HTML()

        def draw(_: object = None) -> None:
            setting = tuple(control.value for control in controls)
            shown.value = explorer_part("net", _css(), _rows(setting))

        for control in controls:
            control.observe(draw, names="value")
        draw()
        heading = widgets.HTML(f"<strong>{escape(_TITLE)}</strong>")
        return widgets.VBox([heading, *controls, shown])

    def _repr_html_(self) -> str:
        fields = "".join(map(_field, SWITCHES, self._setting))
        return explorer_page(
            "net", _TITLE, _css(), model=_model(), settings=fields, shown=_rows(self._setting),
            script="network",
        )  # fmt: skip

    @property
    def title(self) -> str:
        """The question it answers."""
        return _TITLE

    @property
    def words(self) -> str:
        """The answer to what it is set to at first, in words."""
        return said(self._setting)


def _field(switch: Switch, chosen: int) -> str:
    options = "".join(
        f'<option value="{index}"{" selected" * (index == chosen)}>{escape(choice)}</option>'
        for index, choice in enumerate(switch.choices)
    )
    return (
        f"<label><span>{escape(switch.label)}</span> "
        f'<select name="{switch.name}">{options}</select></label>'
    )


@cache
def _model() -> str:
    """Return the model's answers to every setting: the script looks up and computes nothing."""
    texts: dict[tuple[bool, str], int] = {}
    grid = [
        [texts.setdefault(answer, len(texts)) for answer in answers(setting)]
        for setting in every_setting()
    ]
    return json.dumps(
        {
            "sizes": [len(switch.choices) for switch in SWITCHES],
            "names": [name for name, _, _ in DESTINATIONS],
            "texts": [[ok, _verdict(ok), _mark(ok), why] for ok, why in texts],
            "grid": grid,
        },
        separators=(",", ":"),
    )


@cache
def _css() -> str:
    form, rows = ".ll-net", ".ll-figure table.ll-net-rows"
    return (
        form_css("net")
        + f"{form} fieldset{{border:0;margin:0 0 .9rem;padding:0;display:grid;gap:.55rem}}"
        f"{form} label{{display:flex;flex-wrap:wrap;gap:.2rem .8rem;align-items:center}}"
        f"{form} label>span{{flex:0 0 14rem;font-weight:600}}"
        f"{form} select{{flex:1 1 10rem;min-inline-size:0;font:inherit;color:var(--c-text);"
        "background:var(--c-paper);border:1px solid var(--c-soft);border-radius:4px;"
        "padding:.2rem .3rem;min-block-size:1.9rem}"
        f"{form} option{{color:var(--c-text);background:var(--c-paper)}}"
        f"{rows}{{inline-size:100%;table-layout:fixed;margin:0}}"
        f"{rows} :is(th,td){{padding:.35rem .5rem .35rem 0;background:none;color:inherit;"
        "text-align:start;vertical-align:top;overflow-wrap:anywhere;font-weight:400}"
        f"{rows} thead th{{font-weight:600}}"
        f"{rows} tr>:nth-child(1){{inline-size:35%}}"
        f"{form} b{{white-space:nowrap}}"
        f"{form} .ll-net-yes{{color:var(--c-done)}}{form} .ll-net-no{{color:var(--c-timeout)}}"
        f"{form}-said{{margin:.7rem 0 0}}"
    )


def network_explorer(**chosen: str) -> NetworkExplorer:
    """Return the network explorer.

    In JupyterLab it is a widget; on a page of the site the same, with the model's answers to every
    setting in the page.

    Parameters
    ----------
    chosen
        What is chosen at first, by the switch's name: ``place="the private subnet"``. The names
        and choices are those of `lambda_lab.show.network_settings.SWITCHES`.

    Raises
    ------
    LabError
        If there is no such switch or choice.

    Examples
    --------
    >>> print(network_explorer(place="the private subnet", s3="yes"))
    What does the function reach?
    Reached: Amazon S3, the database in the VPC.
    """
    known = {switch.name: switch for switch in SWITCHES}
    for name, choice in chosen.items():
        if name not in known:
            raise LabError(f"There is no switch {name!r}. There are {', '.join(known)}.")
        if choice not in known[name].choices:
            offered = ", ".join(map(repr, known[name].choices))
            raise LabError(f"The switch {name!r} has no choice {choice!r}. On offer: {offered}.")
    return NetworkExplorer(
        tuple(
            switch.choices.index(chosen.get(switch.name, switch.choices[0])) for switch in SWITCHES
        )
    )
