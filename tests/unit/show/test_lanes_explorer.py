"""The lanes explorer: its calls against an independent model, the page against its own model."""

from __future__ import annotations

import html
import itertools
import math
import random
import re
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from event_model import EventModel
from explorers import holds_a_widget, on_a_phone, run_script
from lambda_lab import show
from lambda_lab.errors import LabError
from lambda_lab.show.lanes_drawing import drawing
from lambda_lab.show.lanes_fields import DIALS, MILLISECOND, NO_LIMIT, chosen, time_text
from lambda_lab.show.lanes_model import ROUNDS, Picture, picture, ranges
from lambda_lab.show.lanes_page import lanes_css, script_model
from lambda_lab.show.style import WIDTH
from lambda_lab.show.times import say

START = {"callers": 3, "gap": 300, "run": 1.5, "init": 0.5, "keep": 600, "reserved": None}


def drawn_settings(count: int, seed: int) -> list[dict[str, int]]:
    chance = random.Random(seed)
    return [
        {name: chance.choice(dial.offered) for name, dial in DIALS.items()} for _ in range(count)
    ]


def by_events(values: dict[str, int]) -> EventModel:
    """What the independent model says of the same calls, in milliseconds of a slower clock."""
    reserved = None if values["reserved"] == NO_LIMIT else values["reserved"]
    model = EventModel(
        keep_alive=values["keep"], reserved=reserved, provisioned=0, account_limit=1_000,
        burst=1_000, rate=Fraction(100), requests_per_environment=None,
    )  # fmt: skip
    arrivals = [n // values["callers"] * values["gap"] for n in range(ROUNDS * values["callers"])]
    return model.run(arrivals, [values["run"]] * len(arrivals), [values["init"]])


def runs(found: Picture) -> dict[int, tuple[int, bool]]:
    """Map each call that ran to its environment, and to whether it waited for an init."""
    told = {}
    for number, row in enumerate(found.rows):
        for before, span in itertools.pairwise((None, *row.spans)):
            if span is not None and span.phase == "run":
                told[span.call] = (number, before is not None and before.phase == "init")
    return told


# -- the model -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_lanes_are_those_of_an_independent_model(seed: int) -> None:
    for values in drawn_settings(400, seed):
        found, model = picture(values), by_events(values)
        expected = {
            number: (environment, outcome == "cold")
            for number, (environment, outcome) in enumerate(
                zip(model.ran_in, model.outcomes, strict=True), 1
            )
            if environment >= 0
        }
        assert runs(found) == expected, values
        refused = [number for _, calls in found.refused for number in calls]
        assert sorted([*refused, *expected]) == list(range(1, ROUNDS * values["callers"] + 1))
        # Only concurrency binds here, and the script counts on it.
        kinds = {"warm", "cold", "reserved concurrency"}
        assert set(model.outcomes) <= kinds, values


def test_no_setting_meets_another_limit_than_concurrency() -> None:
    for callers, gap, reserved in itertools.product(
        *(DIALS[name].offered for name in ("callers", "gap", "reserved"))
    ):
        values = {
            "callers": callers, "gap": gap, "run": DIALS["run"].offered[0],
            "init": DIALS["init"].offered[0], "keep": DIALS["keep"].offered[0],
            "reserved": reserved,
        }  # fmt: skip
        assert len(runs(picture(values))) == sum(n >= 0 for n in by_events(values).ran_in)


def test_spans_follow_each_other_without_a_gap() -> None:
    for values in drawn_settings(500, 7):
        found = picture(values)
        for row in found.rows:
            assert row.spans[0].phase == "init"
            for one, other in itertools.pairwise(row.spans):
                assert one.end == other.start
            assert all(0 <= span.start < span.end <= found.end for span in row.spans)
            if row.ended is not None:
                assert row.ended == row.spans[-1].end == row.spans[-1].start + values["keep"]
        assert len(found.words) == 1 + len(found.rows) + bool(found.refused)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"gap": 660}, "12 start cold (1 to 12), none is warm and none is throttled"),
        ({"gap": 540}, "3 start cold (1 to 3), 9 are warm and none is throttled"),
        ({"reserved": 0}, "none starts cold, none is warm and 12 are throttled (1 to 12)."),
        ({"reserved": 2}, "2 start cold (1 and 2), 6 are warm and 4 are throttled (3, 6, 9 and 12"),
        ({"callers": 1, "gap": 0.5, "run": 2, "init": 0.25}, "4 start cold (1 to 4)"),
    ],
)
def test_what_the_chapter_teaches(given: dict[str, Any], says: str) -> None:
    assert says in picture(chosen(START | given)).words[0]


def test_numbers_are_read_as_ranges() -> None:
    for seed in range(50):
        numbers = sorted(random.Random(seed).sample(range(1, 25), 1 + seed % 20))
        told = []
        for part in ranges(numbers).replace(" and ", ", ").split(", "):
            first, _, last = part.partition(" to ")
            told += range(int(first), int(last or first) + 1)
        assert told == numbers
    assert ranges([]) == ""


@pytest.mark.parametrize("name", DIALS)
@pytest.mark.parametrize(
    "wrong", [-1, -0.5, math.nan, math.inf, "3", True, 7_919, 10**400, [1], 1e-9]
)
def test_a_value_that_is_not_on_offer(name: str, wrong: Any) -> None:
    with pytest.raises(LabError, match=f"^{DIALS[name].label}: .* is not on offer. Give"):
        chosen(START | {name: wrong})


@pytest.mark.parametrize("name", [name for name in DIALS if name != "reserved"])
def test_nothing_is_no_choice_but_for_reserved(name: str) -> None:
    with pytest.raises(LabError):
        chosen(START | {name: None})
    assert chosen(START)["reserved"] == NO_LIMIT


def test_each_choice_can_be_given() -> None:
    for name, dial in DIALS.items():
        for one in dial.offered:
            given = None if one == NO_LIMIT else (one / 1_000 if dial.timed else one)
            assert chosen(START | {name: given})[name] == one


def test_a_number_of_numpys_is_a_number_too() -> None:
    np = pytest.importorskip("numpy", reason="the extra 'simulate' is not installed")
    given = {"callers": np.int64(3), "gap": np.float32(0.5), "run": np.float64(1.5)}
    assert chosen(START | given) == chosen(START | {"callers": 3, "gap": 0.5, "run": 1.5})
    with pytest.raises(LabError, match="is not on offer"):
        chosen(START | {"run": np.float64("nan")})


# -- the drawing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_everything_lies_on_the_sheet(seed: int) -> None:
    for values in drawn_settings(100, seed):
        found = picture(values)
        root = ET.fromstring(drawing(values, found))
        height = float(root.attrib["height"])
        boxes = root.findall(".//rect")
        for box in boxes:
            left, wide = float(box.attrib["x"]), float(box.attrib["width"])
            assert 0 < left < left + wide <= WIDTH
            assert 0 < float(box.attrib["y"]) < height
        for text in root.findall(".//text"):
            assert 0 < float(text.attrib["x"]) < WIDTH
            assert 0 < float(text.attrib["y"]) < height
        kinds = [box.attrib["class"].split()[0] for box in boxes]
        spans = [span.phase for row in found.rows for span in row.spans]
        assert kinds.count("ll-init") == spans.count("init")
        assert kinds.count("ll-run") == spans.count("run")
        assert kinds.count("ll-shutdown") == sum(row.ended is not None for row in found.rows)


def test_later_is_never_further_left() -> None:
    for values in drawn_settings(200, 11):
        root = ET.fromstring(drawing(values, picture(values)))
        lines = [float(one.attrib["x1"]) for one in root.findall("line[@class='ll-rule']")]
        assert lines == sorted(lines)
        assert len(lines) == ROUNDS


# -- the page --------------------------------------------------------------------------------------


def test_the_script_draws_and_says_the_same() -> None:
    settings = drawn_settings(1_500, 3)
    told = run_script(
        "lanes",
        """
        const { picture, drawing } = globalThis.lambdaLabLanes;
        console.log(JSON.stringify(given[1].map((one) => {
          const found = picture(given[0], one);
          return [found.words, drawing(given[0], one, found)];
        })));
        """,
        [script_model(), settings],
    )
    for values, (words, svg) in zip(settings, told, strict=True):
        found = picture(values)
        assert words == list(found.words), values
        assert svg == drawing(values, found), values


def test_the_script_names_every_choice_the_same() -> None:
    told = run_script(
        "lanes",
        """
        const { dialText } = globalThis.lambdaLabLanes;
        console.log(JSON.stringify(given.dials.map((dial) =>
          dial.offered.map((one) => dialText(given, dial, one)))));
        """,
        script_model(),
    )
    assert told == [[dial.text(one) for one in dial.offered] for dial in DIALS.values()]


def test_without_a_script_the_page_shows_one_setting() -> None:
    explorer = show.lanes_explorer()
    page = explorer._repr_html_()
    assert "<fieldset disabled>" in page
    assert page.count('<input type="range"') == len(DIALS)
    for sentence in picture(chosen(START)).words:
        assert html.escape(sentence) in page
        assert sentence in str(explorer)
    assert not re.search(r"https?:|src=|@import|\bid=", page)
    ET.fromstring(re.findall(r"<svg.*?</svg>", page)[0])


def test_each_rule_of_the_style_sheet_is_closed() -> None:
    depth = 0
    for character in lanes_css():
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth in (0, 1)
    assert depth == 0


def test_a_built_page_holds_no_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_STEADY", "1")
    bundle = show.lanes_explorer()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle == show.lanes_explorer()._repr_mimebundle_()


def test_the_widget_answers_its_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ipywidgets", reason="needs the extra 'lab'")
    box = show.lanes_explorer().widget()
    _, *sliders, shown = box.children
    by_label = {slider.description: slider for slider in sliders}
    assert "3 start cold" in shown.value
    by_label[DIALS["gap"].label].value = 660_000
    assert "12 start cold" in shown.value
    by_label[DIALS["reserved"].label].value = 0
    assert "12 are throttled" in shown.value
    assert holds_a_widget(show.lanes_explorer(), monkeypatch)


@pytest.mark.browser
def test_it_works_with_the_keyboard_alone(tmp_path: Path) -> None:
    pair = (show.lanes_explorer(), show.lanes_explorer(callers=6, gap=0.5, run=4, reserved=1))
    said = "document.querySelector('.ll-lanes-said').textContent"
    settled = f"new Promise(done => setTimeout(() => done({said}), 300))"
    with on_a_phone(tmp_path, *(one._repr_html_() for one in pair)) as browser:
        for key in ("Tab", "ArrowLeft", "Tab", "ArrowRight", "ArrowRight"):  # callers, then gap
            browser.press(key)
        expected = picture(chosen(START | {"callers": 2, "gap": 660}))
        assert browser.run(settled) == expected.words[0]
        assert browser.run("document.activeElement.getAttribute('aria-valuetext')") == "11 min"
        told = "[...document.querySelector('ol').children].map((one) => one.textContent)"
        assert browser.run(told) == list(expected.words)
        lanes = "document.querySelector('svg').querySelectorAll('.ll-init').length"
        assert browser.run(lanes) == len(expected.rows) == 8
        other = "document.querySelectorAll('.ll-lanes-said')[1].textContent"
        assert browser.run(other).startswith("Of 24 calls, 1 starts cold (1)")


@pytest.mark.parametrize(
    "milliseconds", [1, 999, 1_000, 1_500, 59_500, 60_000, 89_000, 5_400_000, 10_800_000]
)
def test_times_are_said_as_in_every_figure(milliseconds: int) -> None:
    assert time_text(milliseconds) == say(milliseconds * MILLISECOND)
