"""The small chart: its lines, its words, and what it refuses."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree as ET

import pytest

from lambda_lab import show
from lambda_lab.errors import LabError
from lambda_lab.invoke.mapping.poller_scaling import ScalingRules
from lambda_lab.invoke.mapping.poller_scaling import curve as model
from lambda_lab.show.style import LINES, WIDTH

SVG = "{http://www.w3.org/2000/svg}"


def texts(figure: show.Figure) -> list[ET.Element]:
    return list(ET.fromstring(figure.svg).iter(f"{SVG}text"))


def lines(figure: show.Figure) -> list[list[tuple[float, float]]]:
    found = []
    for path in ET.fromstring(figure.svg).iter(f"{SVG}path"):
        if "ll-line-" in str(path.get("class")):
            pairs = str(path.get("d")).removeprefix("M").replace(" L", " ").split()
            found.append([(float(x), float(y)) for x, y in (pair.split(",") for pair in pairs)])
    return found


def test_the_growth_of_pollers() -> None:
    seconds = range(0, 601, 10)
    figure = show.curve(
        {
            "on demand": list(zip(seconds, model(ScalingRules.on_demand(), seconds), strict=True)),
            "maximum 10": list(
                zip(seconds, model(ScalingRules.on_demand(10), seconds), strict=True)
            ),
        },
        x="time",
        y="concurrent batches",
        time=True,
        limits={"account quota": 1000},
    )
    assert figure.title == "Concurrent batches against time"
    assert figure.words[0] == (
        "On demand: begins at 5, reaches its highest value, 1,250, after 4 min 10 s, "
        "and ends at 1,250."
    )
    assert figure.words[-1] == "The mark account quota is at 1,000."
    said = [str(text.text) for text in texts(figure)]
    assert {"on demand", "maximum 10", "account quota", "3 min", "1,000"} <= set(said)
    first, second = lines(figure)
    assert first[0] == second[0]
    assert first[-1][1] < second[-1][1]  # higher up on the sheet
    assert [x for x, _ in first] == sorted(x for x, _ in first)


def test_steps_turn_corners() -> None:
    (line,) = lines(show.curve({"a": [(0, 1), (2, 5), (3, 2)]}, x="x", y="y", step=True))
    for (x1, y1), (x2, y2) in itertools.pairwise(line):
        assert x1 == x2 or y1 == y2


def test_steps_are_told_one_by_one() -> None:
    shares = {"canary": [(0, 0), (0, 10), (60, 10), (300, 100), (600, 100)]}
    figure = show.curve(shares, x="time", y="share", step=True, time=True)
    assert figure.words[0] == (
        "Canary: begins at 0, goes to 10 at once, to 100 after 5 min, and stays there."
    )
    figure = show.curve({"a": [(1, 1), (2, 5), (3, 2)]}, x="hour", y="y", step=True)
    assert figure.words[0] == (
        "A: begins at 1, goes to 5 where hour is 2, to 2 where hour is 3, and stays there."
    )


def test_too_many_steps_are_told_by_their_extremes() -> None:
    saw = [(number, number % 3) for number in range(40)]
    (told,) = show.curve({"saw": saw}, x="x", y="y", step=True).words
    assert told == ("Saw: begins at 0, reaches its highest value, 2, where x is 2, and ends at 0.")


def test_each_line_has_its_own_dashes_and_a_name_apart_from_the_others() -> None:
    series = {f"line {n}": [(0.0, 0.0), (1.0, 10.0 + n / 100)] for n in range(len(LINES))}
    figure = show.curve(series, x="x", y="y")
    paths = [
        el.get("stroke-dasharray")
        for el in ET.fromstring(figure.svg).iter(f"{SVG}path")
        if "ll-line-" in str(el.get("class"))
    ]
    assert len(set(paths)) == len(LINES)
    heights = sorted(
        float(el.get("y", 0)) for el in texts(figure) if str(el.text).startswith("line ")
    )
    assert all(below - above > 18 for above, below in itertools.pairwise(heights))


@pytest.mark.parametrize(
    "points",
    [
        [(0, 0)],
        [(5, 5), (5, 9)],
        [(-3, -7), (2, 4)],
        [(0, 1e-9), (1, 2e-9)],
        [(0, 1e12), (1e9, 3e12)],
        [(0, 3), (1, 3)],
        [(number, number % 7) for number in range(5_000)],
    ],
)
@pytest.mark.parametrize("time", [False, True])
def test_all_of_it_lies_on_the_sheet(points: list[tuple[float, float]], time: bool) -> None:
    figure = show.curve({"a": points}, x="x", y="y", time=time, limits={"most": points[0][1]})
    height = float(ET.fromstring(figure.svg).get("height", 0))
    for line in lines(figure):
        assert len(line) <= 1_001
        assert all(-1 <= x <= WIDTH and -1 <= y <= height for x, y in line)
    for text in texts(figure):
        assert 0 <= float(text.get("x", 0)) <= WIDTH
        assert 0 <= float(text.get("y", 0)) <= height
    assert all(sentence.endswith(".") for sentence in figure.words)


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ({}, "one to 4 lines"),
        ({str(n): [(0, 0)] for n in range(5)}, "Draw several"),
        ({"x" * 20: [(0, 0)], "x" * 20 + "y": [(0, 0)]}, "shorten the names"),
        ({"a": []}, "has no points"),
        ({"a": [(1, 0), (0, 0)]}, "not in order"),
        ({"a": [(0, float("nan"))]}, "finite number"),
        ({"a": [(0, True)]}, "finite number"),
        ({"a": [(0, 1, 2)]}, "give pairs"),
        ({"a": [("0", 1)]}, "finite number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(series: dict[str, list[tuple]], said: str) -> None:
    with pytest.raises(LabError, match=said):
        show.curve(series, x="x", y="y")
