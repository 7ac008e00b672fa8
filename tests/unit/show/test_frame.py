"""The lengths of what is cut out of a figure: named where there is room, and apart."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from lambda_lab.clock import SECOND
from lambda_lab.show.axis import Cut
from lambda_lab.show.canvas import Canvas
from lambda_lab.show.frame import Frame
from lambda_lab.show.style import TEXT_SIZE

MINUTE = 60 * SECOND
BOLD_LETTER = TEXT_SIZE * 0.62
"""What a letter of bold text takes on a phone, about."""


def named(*cuts: tuple[float, int]) -> list[tuple[str, float]]:
    """Return the names that cuts (place, minutes) get, and where each stands."""
    axis: Any = SimpleNamespace(
        cuts=[Cut(0, minutes * MINUTE, place - 20, place + 20) for place, minutes in cuts]
    )
    canvas = Canvas()
    Frame(canvas, axis, steady=True).cuts(40, 120)
    drawing = ET.fromstring(canvas.finish(130, "Cuts", []))
    texts = [one for one in drawing.iter() if one.tag.endswith("text")]
    return [(one.text or "", float(one.attrib["x"])) for one in texts]


@pytest.mark.parametrize("between", [50.0, 52.3, 61.7, 63.1, 90.0])
def test_two_near_cuts_are_both_named_and_apart(between: float) -> None:
    (one, left), (other, right) = named((193.4, 8), (193.4 + between, 10))
    assert (one, other) == ("8 min", "10 min")
    assert left == 193.4
    assert right - left > (len(one) + len(other)) / 2 * BOLD_LETTER
    assert abs(right - (193.4 + between)) < len(other) / 2 * TEXT_SIZE


def test_a_cut_without_room_has_no_name() -> None:
    assert [name for name, _ in named((200, 8), (210, 10), (220, 1))] == ["8 min"]


def test_a_name_stays_on_the_sheet() -> None:
    ((name, place),) = named((540, 120))
    assert name == "2 h"
    assert place + len(name) / 2 * BOLD_LETTER < 560
