"""The lanes explorer as HTML: six sliders, the lanes, a sentence, and all of it in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import Any

from lambda_lab.show.explorer_page import explorer_page, form_css
from lambda_lab.show.lanes_drawing import FRAME, drawing
from lambda_lab.show.lanes_fields import DIALS, NO_LIMIT
from lambda_lab.show.lanes_model import picture
from lambda_lab.show.style import svg_css

__all__ = ["TITLE", "lanes_css", "lanes_page", "lanes_shown", "script_model"]

TITLE = "Which calls start cold, and which are throttled?"


def lanes_page(values: Mapping[str, int]) -> str:
    """Return the explorer for a page without a kernel."""
    sliders = "".join(_slider(name, value) for name, value in values.items())
    return explorer_page(
        "lanes", TITLE, svg_css() + lanes_css(), model=json.dumps(script_model()),
        settings=sliders, shown=lanes_shown(values),
    )  # fmt: skip


def _slider(name: str, value: int) -> str:
    dial = DIALS[name]
    text = dial.text(value)
    return (
        f'<label><span>{escape(dial.label)}</span> <input type="range" name="{name}" min="0" '
        f'max="{len(dial.offered) - 1}" step="1" value="{dial.offered.index(value)}" '
        f'aria-valuetext="{text}"> <output>{text}</output></label>'
    )


def lanes_shown(values: Mapping[str, int]) -> str:
    """Return the part that shows the outcome."""
    found = picture(values)
    told = "".join(f"<li>{escape(sentence)}</li>" for sentence in found.words)
    return (
        f'<div class="ll-lanes-shown" aria-hidden="true">{drawing(values, found)}</div>'
        '<p class="ll-lanes-keys" aria-hidden="true"><span><i></i> cold start</span>'
        "<span><b></b> runs the call of that number</span><span><u></u> frozen</span>"
        "<span><s></s> shut down</span></p>"
        f'<p class="ll-lanes-said" role="status" aria-live="polite">{escape(found.words[0])}</p>'
        '<details class="ll-words"><summary>The same in words</summary>'
        f"<ol>{told}</ol></details>"
    )


def script_model() -> dict[str, Any]:
    """Return what the page's script computes with."""
    return {
        "dials": [
            {"name": dial.name, "offered": dial.offered, "timed": dial.timed}
            for dial in DIALS.values()
        ],
        "none": NO_LIMIT,
        "frame": FRAME,
    }


@cache
def lanes_css() -> str:
    """Return the style sheet of the explorer; its colours are those of the figures."""
    form = ".ll-lanes"
    box = "display:inline-block;vertical-align:-.1em;block-size:.9rem"
    return (
        form_css("lanes")
        + f"{form} fieldset{{border:0;margin:0 0 .6rem;padding:0;display:grid;gap:.3rem 1.6rem;"
        "grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr))}"
        f"{form} label{{display:flex;flex-wrap:wrap;gap:0 .8rem;align-items:center}}"
        f"{form} label>span{{flex:1 1 100%;font-weight:600}}"
        f"{form} input{{accent-color:var(--c-run);margin:0;flex:1 1 4rem;min-inline-size:0;"
        "block-size:1.6rem}"
        f"{form} output{{flex:0 0 4rem;white-space:nowrap;"
        "font-variant-numeric:tabular-nums}"
        f".ll-figure p{form}-keys{{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.2rem 0 0;"
        "font-size:.95em}"
        f"{form}-keys :is(i,b,u){{{box};inline-size:1.6rem;border-radius:2px;"
        "text-decoration:none}"
        f"{form}-keys i{{background:repeating-linear-gradient(110deg,var(--c-init) 0 4px,"
        "var(--c-grain) 4px 5px)}"
        f"{form}-keys b{{background:var(--c-shade-1)}}"
        f"{form}-keys u{{background:var(--c-frozen);border:1px solid var(--c-rule)}}"
        f"{form}-keys s{{{box};inline-size:.25rem;background:var(--c-shutdown)}}"
        f".ll-figure p{form}-said{{margin:.7rem 0 0}}"
    )
