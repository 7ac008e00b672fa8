"""The figure of an outage: what it says follows from who answered, not from how long it took."""

from __future__ import annotations

import math
import random
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from lambda_lab import show
from lambda_lab.errors import LabError
from lambda_lab.show.stalls import Call

CLIENTS = ("direct", "proxied")


def failover(seed: int) -> dict[str, list[Call]]:
    """A failover as two clients see it; each seed takes its own time for everything."""
    chance = random.Random(seed)

    def calls(*answers: str | None) -> list[Call]:
        now, made = chance.random(), []
        for answer in answers:
            sent = now + chance.expovariate(50)
            now = sent + chance.expovariate(5)
            made.append((sent, now, answer))
        return made

    refused = [None] * chance.randint(1, 40)
    return {
        "direct": calls("old", "old", *refused, "new", "new"),
        "proxied": calls("old", "new"),
    }


def test_the_same_figure_however_long_everything_takes() -> None:
    figures = {show.stall(failover(seed)).svg for seed in range(50)}
    assert len(figures) == 1
    words = show.stall(failover(1)).words
    assert words[0] == (
        "Direct: served, then refused again and again, then served by the other server."
    )
    assert words[1] == (
        "Proxied: served, then waiting with one call, then served by the other server."
    )


def test_true_lengths_where_they_are_wanted() -> None:
    direct: list[Call] = [(0, 1, "old"), (1.5, 1.6, None), (1.7, 1.8, None), (2, 3, "new")]
    proxied: list[Call] = [(0, 0.2, "old"), (1.5, 3.5, "new")]
    figure = show.stall({"direct": direct, "proxied": proxied}, seconds=True)
    assert figure.words == (
        "Direct: no answer for 2 s; failed calls: 2.",
        "Proxied: no answer for 2 s; one call waited.",
    )
    texts = [text.text for text in ET.fromstring(figure.svg).findall(".//{*}text")]
    assert "no answer for 2 s" in texts
    assert "2.5 s" in texts, "from the first that had no answer to the last that had one again"


@pytest.mark.parametrize("seconds", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_everything_lies_on_the_sheet(seed: int, seconds: bool) -> None:
    figure = show.stall(failover(seed), seconds=seconds)
    root = ET.fromstring(figure.svg)
    height = float(root.attrib["height"])
    for box in root.findall(".//{*}rect"):
        if "class" in box.attrib:
            assert float(box.attrib["x"]) >= 0
            assert float(box.attrib["x"]) + float(box.attrib["width"]) <= show.style.WIDTH
            assert float(box.attrib["y"]) + float(box.attrib["height"]) <= height
    described = root.find(".//{*}desc")
    assert described is not None
    assert described.text == " ".join(figure.words)


@pytest.mark.parametrize(
    "calls",
    [
        {},
        {"direct": []},
        {"direct": [(0, 1, "old"), (1, 2, "old")]},
        {"direct": [(0, 1, None), (1, 2, "new")]},
        {str(number): [(0, 1, "a"), (1, 2, "b")] for number in range(7)},
    ],
)
def test_what_cannot_be_drawn_is_said(calls: Any) -> None:
    with pytest.raises(LabError):
        show.stall(calls)


@pytest.mark.parametrize(
    "call",
    [(2, 1, "new"), (math.nan, 2, "new"), (1, math.inf, "new"), (1, "new"), ("1", 2, "b"), 3],
)
def test_a_call_that_is_none_is_named(call: Any) -> None:
    with pytest.raises(LabError, match=f"'direct' has the call {re.escape(repr(call))}. Give"):
        show.stall({"direct": [(0, 1, "old"), call]})


@pytest.mark.parametrize("seconds", [False, True])
def test_an_outage_of_no_length_cannot_be_drawn(seconds: bool) -> None:
    with pytest.raises(LabError, match="No time lies between"):
        show.stall({"proxied": [(1, 1, "old"), (2, 2, "new")]}, seconds=seconds)
