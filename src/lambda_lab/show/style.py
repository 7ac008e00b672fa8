"""The visual language: what each phase and each fate of a call looks like, on every page.

Colours are those of Okabe and Ito's palette for colour-blind readers
(https://jfly.uni-koeln.de/color/), lightened for dark pages. Each mark also has a pattern or a
shape, so that a figure can be read in print. A site may set ``--ll-init`` and its sisters to change
a colour everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from lambda_lab.errors import LabError, shown

__all__ = ["LINES", "MARKS", "SHADES", "TEXT_SIZE", "WIDTH", "Mark", "page_css", "shade", "svg_css"]

WIDTH = 560
"""Width of every figure in its own units."""
TEXT_SIZE = 18
"""Text in those units on a phone, where 560 units share some 350 pixels: about 11 pixels."""
_TEXT_SIZE_WIDE = 13
SHADES = 4
"""Shades that calls take in turn, so that neighbours differ."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing a figure can show.

    Attributes
    ----------
    key
        CSS class without its ``ll-`` prefix.
    label, meaning
        Its name in the legend, and what it means in one sentence.
    light, dark
        Its colour on a light and on a dark page.
    pattern
        Name of its pattern, or ``shape`` for a mark that is a shape on its own.
    """

    key: str
    label: str
    meaning: str
    light: str
    dark: str
    pattern: str


MARKS = MappingProxyType(
    {
        mark.key: mark
        for mark in (
            Mark("start", "starting", "Lambda prepares an environment: package, sandbox, process.",
                 "#fdf3dc", "#3a2f16", "dashes"),
            Mark("init", "init", "The runtime and the code outside the handler run, once.",
                 "#f0b429", "#f0b429", "diagonal"),
            Mark("restore", "restoring", "The environment begins as a copy of a snapshot.",
                 "#8fbf6a", "#a8d584", "diagonal"),
            Mark("run", "running", "The handler works on one call; the number names the call.",
                 "#0b6ea8", "#79bff2", "solid"),
            Mark("frozen", "frozen", "The environment is kept, does nothing and costs nothing.",
                 "#cfe4f2", "#2c4356", "dots"),
            Mark("error", "error", "The call or the init ended with an error.",
                 "#d55e00", "#ff8a3d", "cross"),
            Mark("timeout", "timeout", "The time limit was reached and the work was stopped.",
                 "#a3195b", "#f07ab0", "bars"),
            Mark("shutdown", "shutdown", "The environment is gone, with all it held.",
                 "#4a5560", "#b4bec8", "shape"),
            Mark("throttled", "throttled", "The call was refused before it ran: status 429.",
                 "#b8860b", "#f5e663", "shape"),
            Mark("queued", "queued", "An asynchronous event waits in Lambda's queue.",
                 "#b0568a", "#e2a3c8", "shape"),
            Mark("retry", "retry", "A further try of the same event is planned.",
                 "#7a5195", "#c3a3e0", "shape"),
            Mark("delivered", "delivered", "The result reached its destination.",
                 "#00795a", "#3ecfa5", "shape"),
            Mark("lost", "lost", "The event ended nowhere: no retry, no destination.",
                 "#30363d", "#d0d7de", "shape"),
            Mark("waiting", "waiting", "An event or a record waits for its turn or its next try.",
                 "#ece4f3", "#372b46", "strokes"),
            Mark("done", "done", "The work succeeded; the event or record is finished.",
                 "#1a7f37", "#56d364", "shape"),
            Mark("returned", "back in queue", "A message goes back to its queue, to be seen again.",
                 "#8a4b08", "#f0b267", "shape"),
            Mark("filtered", "filtered", "A record that no filter wants; it never reaches a batch.",
                 "#6b7785", "#93a1b0", "shape"),
        )
    }
)  # fmt: skip

LINES = (("run", ""), ("error", "9 5"), ("done", "2 5"), ("timeout", "13 4 2 4"))
"""Lines of a curve: the mark whose colour each has, and its dashes."""

# Blues that differ in depth; white text (light) and near-black text (dark) reach 4.5:1 on each.
_SHADE_LIGHT = ("#0b6ea8", "#0a4f7d", "#3d5fb0", "#27447f")
_SHADE_DARK = ("#79bff2", "#a6d5f8", "#a3b5f5", "#8fa4e8")
_INK = {
    "paper": ("#ffffff", "#161b22"), "text": ("#1f2933", "#e6edf3"), "soft": ("#52606d", "#a9b6c3"),
    "rule": ("#c3ccd5", "#414b57"), "on-run": ("#ffffff", "#0b1620"),
    "grain": ("#1f2933", "#0b1016"),
    "grain-frozen": ("#4d7f9f", "#8fb3cc"), "grain-waiting": ("#a98bc4", "#8f75ad"),
}  # fmt: skip


def shade(number: int) -> str:
    """Return the CSS class of the shade that call *number* has wherever it appears.

    Examples
    --------
    >>> shade(1), shade(5)
    ('ll-shade-1', 'll-shade-1')
    """
    if isinstance(number, bool) or not isinstance(number, int):
        raise LabError(f"number is {shown(number)}; give the number of a call.")
    return f"ll-shade-{(number - 1) % SHADES + 1}"


def _variables(dark: bool) -> str:
    """Return the declarations of one theme; a variable the site sets goes before ours."""
    pairs = {key: (mark.light, mark.dark) for key, mark in MARKS.items()} | _INK
    pairs |= {
        f"shade-{index + 1}": pair
        for index, pair in enumerate(zip(_SHADE_LIGHT, _SHADE_DARK, strict=True))
    }
    return "".join(f"--c-{key}:var(--ll-{key},{pair[dark]});" for key, pair in pairs.items())


@cache
def _theme_css(root: str) -> str:
    """Return both themes: the page's own switch first, then what the reader's system prefers."""
    switch = ("html[data-theme={0}]", "body[data-jp-theme-light={1}]", "body.vscode-{0}")
    dark = ",".join(f"{s.format('dark', 'false')} {root}" for s in switch)
    light = ",".join(f"{s.format('light', 'true')} {root}" for s in switch)
    return (
        f"{root}{{{_variables(False)}}}"
        f"@media (prefers-color-scheme:dark){{{root}{{{_variables(True)}}}}}"
        f"{dark}{{{_variables(True)}}}{light}{{{_variables(False)}}}"
        f"@media print{{{root}{root}{root}{root}{{{_variables(False)}"
        "print-color-adjust:exact;-webkit-print-color-adjust:exact}}"
    )


@cache
def svg_css() -> str:
    """Return the style sheet that every SVG carries, so that it also stands alone."""
    fills = "".join(f".ll-svg .ll-{key}{{fill:var(--c-{key})}}" for key in MARKS)
    lines = "".join(
        f".ll-svg .ll-line-{number}{{stroke:var(--c-{key})}}"
        f".ll-svg .ll-end-{number}{{fill:var(--c-{key})}}"
        for number, (key, _) in enumerate(LINES, 1)
    )
    shades = "".join(
        f".ll-svg .ll-shade-{n}{{fill:var(--c-shade-{n})}}" for n in range(1, SHADES + 1)
    )
    return (
        _theme_css(".ll-svg") + ".ll-svg{display:block;width:100%;max-width:44rem;height:auto;"
        "font-family:system-ui,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}"
        f".ll-svg text{{font-size:{TEXT_SIZE}px;fill:var(--c-text)}}"
        f"@container ll (min-width:30rem){{.ll-svg text{{font-size:{_TEXT_SIZE_WIDE}px}}}}"
        ".ll-svg .ll-paper{fill:var(--c-paper);stroke:var(--c-rule)}"
        ".ll-svg .ll-rule{stroke:var(--c-rule);fill:none}"
        ".ll-svg .ll-arrow{stroke:var(--c-text);fill:none;stroke-width:1.6}"
        ".ll-svg .ll-head{fill:var(--c-text)}"
        ".ll-svg .ll-break{stroke:var(--c-soft);fill:none;stroke-width:1.6}"
        ".ll-svg .ll-gap{fill:var(--c-paper)}"
        + fills
        + shades
        + lines
        + ".ll-svg .ll-line{fill:none;stroke-width:2.8;stroke-linejoin:round}"
        + ".ll-svg .ll-start{stroke:var(--c-init);stroke-dasharray:4 3}"
        ".ll-svg .ll-frozen{stroke:var(--c-rule)}"
        ".ll-svg .ll-grain{stroke:var(--c-grain);stroke-width:1.3;fill:none;opacity:.6}"
        ".ll-svg .ll-grain-dots{fill:var(--c-grain-frozen)}"
        ".ll-svg .ll-waiting{stroke:var(--c-retry)}"
        ".ll-svg .ll-grain-strokes{stroke:var(--c-grain-waiting);stroke-width:1.3;fill:none}"
        ".ll-svg text.ll-soft{fill:var(--c-soft)}"
        ".ll-svg text.ll-on-run{fill:var(--c-on-run);font-weight:600}"
        ".ll-svg text.ll-strong{font-weight:600}"
        ".ll-svg text.ll-halo{paint-order:stroke;stroke:var(--c-paper);stroke-width:5px;"
        "stroke-linejoin:round}"
        ".ll-svg text.ll-halo-waiting{paint-order:stroke;stroke:var(--c-waiting);stroke-width:9px;"
        "stroke-linejoin:round}"
    )


@cache
def page_css() -> str:
    """Return the style sheet of what stands around the SVG: caption, words and tables."""
    box = ".ll-figure"
    return (
        _theme_css(box) + f"{box}{{container:ll/inline-size;display:block;margin:1rem 0;"
        "max-width:44rem;color:inherit}"
        f"{box} figcaption{{font-weight:600;margin:0 0 .4rem;text-align:left}}"
        f"{box} .ll-words{{margin:.4rem 0 0;font-size:.95em}}"
        f"{box} .ll-words summary{{cursor:pointer;padding:.35rem 0}}"
        f"{box} .ll-words ol{{margin:.2rem 0 0;padding-left:1.8rem}}"
        f"{box} .ll-scroll{{overflow-x:auto}}"
        f"{box} table{{border-collapse:collapse;margin:0;font-size:.95em}}"
        f"{box} th,{box} td{{text-align:left;padding:.3rem .7rem;vertical-align:top;"
        "border-bottom:1px solid var(--c-rule)}"
        f"{box} td.ll-number{{text-align:right;font-variant-numeric:tabular-nums}}"
    )
