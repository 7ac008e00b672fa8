"""A sheet to draw on: a thin layer over :mod:`xml.etree.ElementTree` that writes SVG."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from lambda_lab.show.style import MARKS, TEXT_SIZE, WIDTH, svg_css

__all__ = ["Canvas", "clean", "text_width"]

# Stands for the figure's id until the drawing is complete; clean() keeps it out of all other text.
_ID = "\ue000"
# Characters that XML 1.0 does not allow (https://www.w3.org/TR/xml/#charsets), and ours.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\uf000-\ufffd\U00010000-\U0010ffff]")
_DESCRIPTION_LIMIT = 1_200
_LETTER = TEXT_SIZE * 0.56
_GRAINS = {
    "diagonal": "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4",
    "cross": "M0,0 l8,8 M0,8 l8,-8",
    "bars": "M0,2 h8 M0,6 h8",
    "strokes": "M1,4 h4",
}


def clean(text: object, limit: int = 200) -> str:
    r"""Return *text* as one line of at most *limit* characters that XML can hold.

    Examples
    --------
    >>> clean("a\x00b\nc"), clean("x" * 9, limit=4)
    ('ab c', 'xxx…')
    """
    line = " ".join(_NOT_XML.sub("", str(text)).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def text_width(text: str) -> float:
    """Return about how many units *text* takes at the size used on a phone."""
    return len(text) * _LETTER


def _letters(room: float) -> int:
    """Return how many letters of a text fit in *room*; half a unit over is not seen."""
    return min(200, int((room + 0.5) / _LETTER))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


class Canvas:
    """A drawing of fixed width whose height grows with what is drawn."""

    def __init__(self) -> None:
        self._root = ET.Element("g")
        self._here = [self._root]
        self._grains: set[str] = set()

    # -- shapes ----------------------------------------------------------------------------

    def rect(
        self, x: float, y: float, width: float, height: float, kind: str, *, radius: float = 3
    ) -> None:
        """Draw a rectangle of class *kind*."""
        box = {"x": x, "y": y, "width": max(width, 0), "height": height, "rx": radius}
        self._add("rect", {"class": kind, **{name: _number(value) for name, value in box.items()}})

    def bar(
        self, x: float, y: float, width: float, height: float, key: str, *, shade: str = ""
    ) -> None:
        """Draw a phase: its colour, and over it its pattern."""
        self.rect(x, y, width, height, " ".join(filter(None, (f"ll-{key}", shade))))
        grain = MARKS[key].pattern
        if grain in _GRAINS or grain == "dots":
            self._grains.add(grain)
            box = {"x": x, "y": y, "width": max(width, 0), "height": height, "rx": 3}
            self._add(
                "rect",
                {"fill": f"url(#{_ID}-{grain})", **{k: _number(v) for k, v in box.items()}},
            )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, kind: str, *, dash: str = ""
    ) -> None:
        """Draw a straight line."""
        ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        extra = {"stroke-dasharray": dash} if dash else {}
        self._add("line", {"class": kind, **{k: _number(v) for k, v in ends.items()}, **extra})

    def path(
        self,
        points: Sequence[tuple[float, float]],
        kind: str,
        *,
        closed: bool = False,
        dash: str = "",
    ) -> None:
        """Draw a line through *points*, or the area they enclose."""
        middle = " L".join(f"{_number(x)},{_number(y)}" for x, y in points)
        extra = {"stroke-dasharray": dash} if dash else {}
        self._add("path", {"class": kind, "d": f"M{middle}" + ("Z" if closed else ""), **extra})

    def circle(self, x: float, y: float, radius: float, kind: str) -> None:
        """Draw a filled circle."""
        where = {"cx": x, "cy": y, "r": radius}
        self._add("circle", {"class": kind, **{k: _number(v) for k, v in where.items()}})

    def text(self, x: float, y: float, text: str, kind: str = "", *, anchor: str = "start") -> None:
        """Write *text* with its middle height at *y*; what would leave the sheet is cut short."""
        room = {"start": WIDTH - x, "middle": 2 * min(x, WIDTH - x), "end": x}[anchor]
        attributes = {"x": _number(x), "y": _number(y), "text-anchor": anchor}
        attributes |= {"dominant-baseline": "central"} | ({"class": kind} if kind else {})
        self._add("text", attributes).text = clean(text, max(1, _letters(room)))

    def begin(self, tip: str) -> None:
        """Open a group; *tip* appears when the pointer rests on it."""
        group = self._add("g", {})
        ET.SubElement(group, "title").text = clean(tip)
        self._here.append(group)

    def end(self) -> None:
        """Close the group opened last."""
        self._here.pop()

    def _add(self, tag: str, attributes: dict[str, str]) -> ET.Element:
        return ET.SubElement(self._here[-1], tag, attributes)

    # -- the whole -------------------------------------------------------------------------

    def finish(self, height: float, title: str, words: Sequence[str]) -> str:
        """Return the drawing as SVG text.

        Ids inside begin with a digest of all that is drawn: two figures of a page do not share
        them, and the same figure has the same ids in every build.
        """
        tall = _number(height)
        root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "class": "ll-svg",
                "viewBox": f"0 0 {WIDTH} {tall}",
                "width": str(WIDTH),
                "height": tall,
                "role": "img",
                "aria-labelledby": f"{_ID}-title {_ID}-desc",
            },
        )
        ET.SubElement(root, "title", {"id": f"{_ID}-title"}).text = clean(title)
        ET.SubElement(root, "desc", {"id": f"{_ID}-desc"}).text = _description(words)
        ET.SubElement(root, "style").text = svg_css()
        root.append(self._patterns())
        paper = {"x": "0.5", "y": "0.5", "width": str(WIDTH - 1), "height": _number(height - 1)}
        ET.SubElement(root, "rect", {"class": "ll-paper", **paper, "rx": "6"})
        root.append(self._root)
        drawn = ET.tostring(root, encoding="unicode")
        digest = hashlib.sha256(drawn.encode()).hexdigest()[:10]
        return drawn.replace(_ID, f"ll-{digest}")

    def _patterns(self) -> ET.Element:
        defs = ET.Element("defs")
        for grain in sorted(self._grains):
            pattern = ET.SubElement(
                defs,
                "pattern",
                {
                    "id": f"{_ID}-{grain}", "width": "8", "height": "8",
                    "patternUnits": "userSpaceOnUse",
                },
            )  # fmt: skip
            if grain == "dots":
                for at in ("2", "6"):
                    dot = {"class": "ll-grain-dots", "cx": at, "cy": at, "r": "0.9"}
                    ET.SubElement(pattern, "circle", dot)
            else:
                kind = "ll-grain-strokes" if grain == "strokes" else "ll-grain"
                ET.SubElement(pattern, "path", {"class": kind, "d": _GRAINS[grain]})
        return defs


def _description(words: Sequence[str]) -> str:
    """Return the sentences that a screen reader hears with the picture; never half a sentence."""
    told = ""
    for sentence in words:
        if len(told) + len(sentence) > _DESCRIPTION_LIMIT:
            return clean(told + " The words under the figure tell the rest.", limit=10_000)
        told += (" " if told else "") + sentence
    return clean(told, limit=10_000)
