"""The small HTML boxes in which a notebook shows what teach says."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__ = ["box"]

_SIGNS = {"right": "✓", "not-yet": "↻", "not-attempted": "○", "hint": "?", "solution": "✎"}
# Text keeps the page's colour; only the edge and the sign are coloured, so it suits light and dark.
_STYLE = (
    ".ll-outcome{border-left:.3rem solid var(--c,#7d8590);padding:.5rem .9rem;margin:.6rem 0;"
    "max-width:44rem;line-height:1.5}"
    ".ll-outcome p{margin:.15rem 0}.ll-outcome .ll-sign{color:var(--c,#7d8590);font-weight:700}"
    ".ll-outcome pre{overflow-x:auto;margin:.4rem 0 0;padding:.5rem;border:1px solid #7d859066}"
    ".ll-outcome-right{--c:#1a8a66}.ll-outcome-not-yet{--c:#d55e00}"
    ".ll-outcome-hint{--c:#b0568a}.ll-outcome-solution{--c:#1b82c4}"
)


def box(kind: str, lead: str, sentences: Sequence[str], *, code: str = "") -> str:
    """Return *sentences* in a box of one *kind*, with *code* below them; all of it escaped.

    Examples
    --------
    >>> "&lt;b&gt;" in box("hint", "Hint.", ["<b>"])
    True
    """
    lead_html = f"<strong>{escape(lead)}</strong> " if lead else ""
    first, *others = [escape(sentence) for sentence in sentences] or [""]
    sign = f'<span class="ll-sign" aria-hidden="true">{_SIGNS.get(kind, "")}</span> '
    paragraphs = f"<p>{sign}{lead_html}{first}</p>" + "".join(f"<p>{one}</p>" for one in others)
    block = f'<pre tabindex="0"><code>{escape(code)}</code></pre>' if code else ""
    return (
        f'<div class="ll-outcome ll-outcome-{escape(kind)}" role="status"><style>{_STYLE}</style>'
        f"{paragraphs}{block}</div>"
    )
