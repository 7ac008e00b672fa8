"""The canary explorer as HTML: two controls, a table with a bar in each row, and a sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape

from lambda_lab.show.canary_model import (
    CALLS,
    FAILING,
    SURE,
    WEIGHTS,
    Prospect,
    calls_until_seen,
    prospects,
)
from lambda_lab.show.explorer_page import explorer_page, form_css

__all__ = ["axis_end", "canary_css", "canary_page", "said", "share_of", "spoken", "table_of"]

_WHOLE = 100
_STEP = 5
_BUSY = 3
"""Which row the sentence tells of: 300 calls."""


def share_of(chance: float) -> str:
    """Return a chance as it is read.

    Examples
    --------
    >>> share_of(0.394), share_of(0.999), share_of(0.001)
    ('39 %', 'over 99 %', 'under 1 %')
    """
    percent = math.floor(chance * _WHOLE + 0.5)
    if percent == _WHOLE:
        return f"over {_WHOLE - 1} %"
    return "under 1 %" if percent == 0 else f"{percent} %"


def spoken(low: int, high: int) -> str:
    """Return a range of calls as it is read.

    Examples
    --------
    >>> spoken(5, 16), spoken(0, 0)
    ('5 to 16', '0')
    """
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def axis_end(found: Sequence[Prospect], ran: Mapping[int, int]) -> int:
    """Return where the bars' axis ends, in %: all ranges and the run lie before it."""
    highest = max(
        *(one.high / one.calls for one in found), *(count / calls for calls, count in ran.items())
    )
    return min(_WHOLE, _STEP * math.ceil(round(highest * _WHOLE / _STEP, 9)))


def said(weight: int, failing: int) -> str:
    """Return the outcome in words.

    Examples
    --------
    >>> print(said(10, 5))
    At a weight of 10 %, 300 calls bring the new version 20 to 41, in 95 of 100 runs. If 5 of 100
    calls to it fail, a failure is among them with a chance of 78 %; 598 calls make it 95 %.
    """
    row = prospects(weight, failing)[_BUSY]
    return (
        f"At a weight of {weight} %, {row.calls:,} calls bring the new version "
        f"{spoken(row.low, row.high)}, in {SURE} of {_WHOLE} runs. If {failing} of {_WHOLE} calls "
        f"to it fail, a failure is among them with a chance of {share_of(row.seen)}; "
        f"{calls_until_seen(weight, failing):,} calls make it {SURE} %."
    )


def table_of(weight: int, failing: int, ran: Mapping[int, int]) -> str:
    """Return the part that shows the outcome; *ran* are a run's counts, by number of calls."""
    found = prospects(weight, failing)
    end = axis_end(found, ran)
    rows = "".join(_row(one, weight, ran.get(one.calls), end) for one in found)
    return (
        '<table class="ll-canary-rows"><thead><tr><th scope="col">Calls</th>'
        '<th scope="col">The new version gets<span class="ll-canary-axis" aria-hidden="true">'
        f"<span>0</span><span>{end} %</span></span></th>"
        '<th scope="col">A failure is seen</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
        f'<p class="ll-canary-said" role="status" aria-live="polite">'
        f"{escape(said(weight, failing))}</p>"
    )


def _row(one: Prospect, weight: int, ran: int | None, end: int) -> str:
    dot = "" if ran is None else f'<b style="left:{_place(ran / one.calls, end)}"></b>'
    low, high = one.low / one.calls, one.high / one.calls
    return (
        f'<tr><th scope="row">{one.calls:,}</th><td><span class="ll-canary-bar" aria-hidden="true">'
        f'<i style="left:{_place(low, end)};width:{_place(high - low, end)}"></i>'
        f'<u style="left:{_place(weight / _WHOLE, end)}"></u>{dot}</span>'
        f'<span class="ll-canary-range">{spoken(one.low, one.high)}{_of_run(ran)}</span></td>'
        f"<td>{share_of(one.seen)}</td></tr>"
    )


def _of_run(ran: int | None) -> str:
    return "" if ran is None else f"; run: {ran:,}"


def _place(share: float, end: int) -> str:
    return f"{share * _WHOLE * _WHOLE / end:.1f}%"


def canary_page(weight: int, failing: int, ran: Mapping[int, int], title: str) -> str:
    """Return the explorer for a page without a kernel; *weight* and *failing* are indices."""
    chosen, bad = WEIGHTS[weight], FAILING[failing]
    sliders = _slider("Weight", "weight", weight, len(WEIGHTS), f"{chosen} %")
    sliders += _slider("Its calls that fail", "failing", failing, len(FAILING), f"{bad} %")
    shown = table_of(chosen, bad, ran)
    return explorer_page(
        "canary", title, canary_css(), model=_model(chosen, ran), settings=sliders, shown=shown
    )


def _slider(label: str, name: str, value: int, count: int, text: str) -> str:
    return (
        f'<label><span>{label}</span> <input type="range" name="{name}" min="0" '
        f'max="{count - 1}" step="1" value="{value}" aria-valuetext="{text}"> '
        f"<output>{text}</output></label>"
    )


def _model(weight: int, ran: Mapping[int, int]) -> str:
    """Return what the script computes with."""
    return json.dumps(
        {
            "calls": CALLS,
            "weights": WEIGHTS,
            "failing": FAILING,
            "sure": SURE,
            "busy": _BUSY,
            "run": {"weight": weight, "counts": {str(calls): n for calls, n in ran.items()}},
        }
    )


@cache
def canary_css() -> str:
    """Return the style sheet of the explorer; its colours are those of the figures."""
    form, rows = ".ll-canary", ".ll-figure table.ll-canary-rows"
    return (
        form_css("canary")
        + f"{form} fieldset{{border:0;margin:0 0 .9rem;padding:0;display:grid;gap:.55rem}}"
        f"{form} label{{display:flex;flex-wrap:wrap;gap:.3rem .8rem;align-items:center}}"
        f"{form} label>span{{flex:0 0 8.6rem;font-weight:600}}"
        f"{form} input{{accent-color:var(--c-run);margin:0;flex:1 1 4rem;min-inline-size:0;"
        "block-size:1.6rem}"
        f"{form} output{{flex:0 0 3.4rem;font-variant-numeric:tabular-nums}}"
        f"{rows}{{inline-size:100%;table-layout:fixed;margin:0}}"
        f"{rows} :is(th,td){{padding:.3rem .5rem .3rem 0;background:none;color:inherit;"
        "text-align:start;vertical-align:middle;font-variant-numeric:tabular-nums}"
        f"{rows} tbody th{{font-weight:400;white-space:nowrap}}"
        f"{rows} tr>:nth-child(1){{inline-size:4.2rem}}"
        f"{rows} tr>:nth-child(3){{inline-size:6.4rem;text-align:end;padding-inline-end:0}}"
        f"{form}-axis{{display:flex;justify-content:space-between;font-weight:400;"
        "color:var(--c-soft);font-size:.85em}"
        f"{form}-bar{{display:block;position:relative;block-size:1.1rem;"
        "border-inline:1px solid var(--c-rule);background:linear-gradient(var(--c-rule),"
        "var(--c-rule)) center/100% 1px no-repeat}"
        f"{form}-bar :is(i,u,b){{position:absolute;box-sizing:border-box}}"
        f"{form}-bar i{{top:.2rem;bottom:.2rem;min-inline-size:2px;border-radius:2px;"
        "background:var(--c-frozen);border:1px solid var(--c-run)}"
        f"{form}-bar u{{top:0;bottom:0;inline-size:0;margin-inline-start:-1px;"
        "border-inline-start:2px dashed var(--c-error)}"
        f"{form}-bar b{{inline-size:.7rem;block-size:.7rem;top:.2rem;margin-inline-start:-.35rem;"
        "border-radius:50%;background:var(--c-run);border:2px solid var(--c-paper)}"
        f"{form}-range{{font-size:.9em;color:var(--c-text)}}"
        f".ll-figure p{form}-said{{margin:.8rem 0 0}}"
        f"@container ll (max-width:30rem){{{form} label>span{{flex-basis:100%}}"
        f"{rows} tr>:nth-child(1){{inline-size:4rem}}"
        f"{rows} tr>:nth-child(3){{inline-size:4.8rem}}}}"
    )
