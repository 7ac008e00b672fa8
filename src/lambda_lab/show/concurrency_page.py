"""The concurrency explorer as HTML: three numbers to type, a chart, and a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

from lambda_lab import facts
from lambda_lab.show.concurrency_fields import FIELDS, MOST_LOAD, Kind
from lambda_lab.show.concurrency_model import (
    JUDGED,
    KEPT,
    KEPT_LABELS,
    LONG_KEPT,
    PLACES,
    REQUESTS,
    SEED,
    TOPS,
    WINDOWS,
    Picture,
    Point,
    draws,
)
from lambda_lab.show.explorer_page import explorer_page, form_css
from lambda_lab.show.style import LINES, WIDTH, svg_css

__all__ = ["NOTHING", "chart", "explorer_css", "page", "script_model"]

NOTHING = "Nothing is simulated until every entry is one that can be."
# On a phone the letters are larger: between two rows of them lies a whole line.
_FRAME = {"left": 78.0, "right": 526.0, "top": 58.0, "base": 232.0}
_HEIGHT = 304


def page(kind: Kind, typed: Mapping[str, str], found: Picture) -> str:
    """Return the explorer for a page without a kernel."""
    names = ("rate", "duration", kind.key)
    fields = "".join(_entry(name, typed[name]) for name in names)
    return explorer_page(
        "conc", kind.title, svg_css() + explorer_css(), model=json.dumps(script_model(kind)),
        settings=fields, shown=chart(kind, found), script="concurrency",
    )  # fmt: skip


def _entry(name: str, text: str) -> str:
    field = FIELDS[name]
    return (
        f'<label><span>{escape(field.label)}</span> <input type="text" inputmode="decimal" '
        f'name="{name}" value="{escape(text)}" spellcheck="false"> '
        '<b role="status" aria-live="polite"></b></label>'
    )


def chart(kind: Kind, found: Picture | None) -> str:
    """Return the part that shows the outcome; without one, an empty frame that says so."""
    drawn = "" if found is None else _svg(kind, found) + _keys(kind, found.mark is not None)
    words = NOTHING if found is None else found.words
    return (
        f'<div class="ll-conc-shown" aria-hidden="true">{drawn}</div>'
        f'<p class="ll-conc-said" role="status" aria-live="polite">{escape(words)}</p>'
    )


def _x(share: float) -> str:
    return f"{_FRAME['left'] + (_FRAME['right'] - _FRAME['left']) * share:.1f}"


def _y(share: float) -> str:
    return f"{_FRAME['base'] - (_FRAME['base'] - _FRAME['top']) * share:.1f}"


def _svg(kind: Kind, found: Picture) -> str:
    parts = [_text(12, 20, kind.up, "start", "ll-soft")]
    for place, label in found.up:
        parts.append(
            f'<line class="{"ll-rule" if place else "ll-arrow"}" x1="{_x(0)}" x2="{_x(1)}" '
            f'y1="{_y(place)}" y2="{_y(place)}"/>'
        )
        parts.append(
            _text(_FRAME["left"] - 8, float(_y(place)), label, "end", "ll-soft ll-conc-up")
        )
    parts += [
        _text(float(_x(place)), _FRAME["base"] + 26, label, "middle", "ll-soft ll-conc-across")
        for place, label in found.across
    ]
    parts.append(_text(WIDTH - 12, _FRAME["base"] + 54, kind.across, "end", "ll-soft"))
    for number, line in enumerate(found.lines, 1):
        parts.append(_line(number, line))
    if found.mark is not None:
        x, y = found.mark
        parts.append(f'<circle class="ll-end-1" cx="{_x(x)}" cy="{_y(y)}" r="6.5"/>')
    return (
        f'<svg class="ll-svg" viewBox="0 0 {WIDTH} {_HEIGHT}" width="{WIDTH}" height="{_HEIGHT}">'
        + "".join(parts)
        + "</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str, kind: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}" '
        f'dominant-baseline="central">{escape(text)}</text>'
    )


def _line(number: int, line: Sequence[Point]) -> str:
    points = " ".join(f"{_x(x)},{_y(y)}" for x, y in line)
    dash = LINES[number - 1][1]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline class="ll-line ll-line-{number}" points="{points}"{dashed}/>'


def _keys(kind: Kind, marked: bool) -> str:
    """Return what each line is; the chart's own words are short of room."""
    keys = [f"<i></i> {kind.lines[0]}", *(f"<u></u> {escape(name)}" for name in kind.lines[1:])]
    keys += ["<s></s> your setting"] if marked else []
    return f'<p class="ll-conc-keys">{"".join(f"<span>{key}</span>" for key in keys)}</p>'


def script_model(kind: Kind) -> dict[str, Any]:
    """Return what the page's script computes with."""
    return {
        "kind": kind.key,
        "fields": [
            {"name": field.name, "label": field.label, "most": field.most, "places": field.places}
            for field in (FIELDS[name] for name in ("rate", "duration", kind.key))
        ],
        "load": MOST_LOAD,
        "draws": draws(),
        "seed": SEED,
        "requests": REQUESTS,
        "judged": JUDGED,
        "windows": WINDOWS,
        "places": PLACES,
        "kept": KEPT,
        "keptLabels": KEPT_LABELS,
        "keep": LONG_KEPT,
        "tops": TOPS,
        "each": int(facts.value("concurrency.requests-per-environment")),
        "nothing": NOTHING,
        "frame": _FRAME,
    }


@cache
def explorer_css() -> str:
    """Return the style sheet of the explorer; its colours are those of the figures."""
    form = ".ll-conc"
    return (
        form_css("conc")
        + f"{form} fieldset{{border:0;margin:0 0 .6rem;padding:0;display:grid;gap:.45rem}}"
        f"{form} label{{display:flex;flex-wrap:wrap;gap:.2rem .8rem;align-items:center}}"
        f"{form} label>span{{flex:0 0 13rem;font-weight:600}}"
        f"{form} input{{font:inherit;color:inherit;background:transparent;inline-size:7rem;"
        "border:1px solid var(--c-soft);border-radius:4px;padding:.25rem .5rem;"
        "font-variant-numeric:tabular-nums;min-block-size:1.9rem}"
        f"{form} input[aria-invalid=true]{{border:2px solid var(--c-timeout)}}"
        f"{form} label>b{{flex:1 1 100%;font-weight:400;color:var(--c-timeout)}}"
        f"{form} label>b:empty{{display:none}}"
        f"{form}-old{{opacity:.35}}"
        f".ll-figure p{form}-keys{{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.2rem 0 0;"
        "font-size:.95em}"
        f"{form}-keys :is(i,u){{display:inline-block;inline-size:1.8rem;vertical-align:.25em;"
        "text-decoration:none;border-block-start:3px solid var(--c-run)}"
        f"{form}-keys u{{border-block-start:3px dashed var(--c-error)}}"
        f"{form}-keys s{{display:inline-block;inline-size:.75rem;block-size:.75rem;"
        "border-radius:50%;background:var(--c-run);text-decoration:none}"
        f".ll-figure p{form}-said{{margin:.7rem 0 0}}"
        f"@container ll (max-width:26rem){{{form} label>span{{flex-basis:100%}}"
        f"{form} .ll-svg text{{font-size:22px}}}}"
    )
