"""The canary figures: their numbers against exact ones, the page against its model."""

from __future__ import annotations

import html
import itertools
import json
import math
import random
import re
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from explorers import holds_a_widget, on_a_phone, run_script
from lambda_lab import show
from lambda_lab.errors import LabError
from lambda_lab.show.canary_model import (
    CALLS,
    FAILING,
    WEIGHTS,
    calls_until_seen,
    chance_of_a_failure,
    prospects,
    usual,
    wilson,
)
from lambda_lab.show.canary_page import axis_end, said, share_of

SETTINGS = list(itertools.product(WEIGHTS, FAILING))
RUN = ["1", "1", "1", "2", "1", "1", "1", "1", "1", "1"] * 40


def exactly(calls: int, weight: int) -> list[Fraction]:
    """How likely each number of calls is, without rounding."""
    part, rest = Fraction(weight, 100), Fraction(100 - weight, 100)
    return [math.comb(calls, k) * part**k * rest ** (calls - k) for k in range(calls + 1)]


@pytest.mark.parametrize("weight", [1, 2, 5, 10, 20, 30, 50, 90, 99])
@pytest.mark.parametrize("calls", [1, 2, 10, 30, 100, 300])
def test_a_range_is_the_exact_central_one(calls: int, weight: int) -> None:
    low, high = usual(calls, weight)
    sums = list(itertools.accumulate(exactly(calls, weight)))
    tail = Fraction(25, 1000)
    assert low == next(k for k, reached in enumerate(sums) if reached >= tail)
    assert high == next(k for k, reached in enumerate(sums) if reached >= 1 - tail)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_many_calls_agree_with_the_normal_distribution(weight: int) -> None:
    calls, part = 10_000, weight / 100
    half = 1.959964 * math.sqrt(calls * part * (1 - part))
    low, high = usual(calls, weight)
    assert low == pytest.approx(calls * part - half, abs=2)
    assert high == pytest.approx(calls * part + half, abs=2)


def test_drawn_runs_keep_to_the_range_and_the_bars_hold_the_weight() -> None:
    chance, runs, calls, weight = random.Random(71), 4_000, 100, 10
    low, high = usual(calls, weight)
    counts = [sum(chance.random() < weight / 100 for _ in range(calls)) for _ in range(runs)]
    within = sum(low <= count <= high for count in counts) / runs
    bars = (wilson(count, calls) for count in counts)
    held = sum(one <= weight / 100 <= other for one, other in bars) / runs
    assert 0.94 <= within <= 0.98
    assert 0.93 <= held <= 0.97


# R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
# Medicine 17 (1998), pages 857 to 872, table I, method 3.
@pytest.mark.parametrize(
    ("found", "calls", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
     (1, 29, 0.0061, 0.1718)],
)  # fmt: skip
def test_bars_are_those_of_the_literature(found: int, calls: int, low: float, high: float) -> None:
    assert wilson(found, calls) == pytest.approx((low, high), abs=5e-5)
    mirrored = wilson(calls - found, calls)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=5e-5)


@pytest.mark.parametrize(("weight", "failing"), SETTINGS)
def test_failures_are_seen_as_likely_as_they_are(weight: int, failing: int) -> None:
    bad = Fraction(weight * failing, 10_000)
    for calls in (1, 10, 100):
        exact = float(1 - (1 - bad) ** calls)
        assert chance_of_a_failure(calls, weight, failing) == pytest.approx(exact, rel=1e-9)
    needed = calls_until_seen(weight, failing)
    assert chance_of_a_failure(needed, weight, failing) >= 0.95
    assert needed == 1 or chance_of_a_failure(needed - 1, weight, failing) < 0.95


@pytest.mark.parametrize(("weight", "failing"), [(-1, 5), (101, 5), (10, -1), (10, 101)])
def test_what_cannot_be_is_refused(weight: int, failing: int) -> None:
    with pytest.raises(LabError):
        prospects(weight, failing)
    with pytest.raises(LabError):
        calls_until_seen(weight, failing)


def test_without_failures_none_is_ever_seen() -> None:
    assert chance_of_a_failure(10_000, 10, 0) == 0
    with pytest.raises(LabError, match="ever seen"):
        calls_until_seen(10, 0)


# -- the figure of a run ---------------------------------------------------------------------------


def test_the_figure_tells_the_counts_of_its_run() -> None:
    figure = show.canary_share(RUN, version="2", weight=0.1)
    assert [sentence.split(";")[0] for sentence in figure.words[:-1]] == [
        f"After {calls} calls version 2 had {calls // 10}, 10 %"
        for calls in (10, 20, 50, 100, 200, 400)
    ]
    assert figure.words[-1] == "The weight, 10 %, lies within every bar."
    tips = [title.text for title in ET.fromstring(figure.svg).findall(".//{*}title")]
    assert tips[1:] == ["1 of 10", "2 of 20", "5 of 50", "10 of 100", "20 of 200", "40 of 400"]


def test_it_says_so_when_a_run_does_not_suit_the_weight() -> None:
    figure = show.canary_share(["2"] * 100, version="2", weight=0.1)
    assert figure.words[-1].startswith("The weight, 10 %, lies outside the bar after 10, 20, 50")
    assert show.canary_share(RUN, version="7", weight=0.0).words[-1].endswith("within every bar.")


@pytest.mark.parametrize("calls", [1, 9, 10, 11, 15, 99, 1_000, 123_456])
@pytest.mark.parametrize("weight", [0, 0.003, 0.1, 0.5, 1.0])
def test_everything_lies_on_the_sheet(calls: int, weight: float) -> None:
    chance = random.Random(calls)
    run = ["2" if chance.random() < weight else "1" for _ in range(calls)]
    figure = show.canary_share(run, version="2", weight=weight)
    root = ET.fromstring(figure.svg)
    height = float(root.attrib["height"])
    dots = root.findall(".//{*}circle")
    assert len(dots) == len(figure.words) - 1
    for dot in dots:
        assert 0 < float(dot.attrib["cx"]) < show.style.WIDTH
        assert 0 < float(dot.attrib["cy"]) < height
    assert 2 <= len(figure.words) <= 9
    assert f"After {calls:,} call" in figure.words[-2]


@pytest.mark.parametrize("run", [[], "1212", [1, 2], [None], ["1", 2]])
def test_a_run_is_a_list_of_versions(run: Any) -> None:
    with pytest.raises(LabError):
        show.canary_share(run, version="2", weight=0.1)


@pytest.mark.parametrize("weight", [-0.1, 1.1, math.nan, math.inf, "0.1", None, True])
def test_a_weight_is_one_that_an_alias_takes(weight: Any) -> None:
    with pytest.raises(LabError):
        show.canary_share(RUN, version="2", weight=weight)
    with pytest.raises(LabError):
        show.canary_explorer(weight=weight)


def test_a_version_cannot_break_the_picture() -> None:
    figure = show.canary_share(["<&>", "1"] * 10, version="<&>", weight=0.5, title="a < b")
    assert ET.fromstring(figure.svg) is not None
    assert figure.words[0].startswith("After 10 calls version <&> had 5, 50 %")


# -- the explorer ----------------------------------------------------------------------------------


def model_of(page: str) -> str:
    """The data that the page carries for its script."""
    found = re.search(r'data-model="([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


def test_the_script_computes_the_same() -> None:
    program = """
        const [data, settings] = given;
        const { prospects, sentence, shareOf, axisEnd } = globalThis.lambdaLabCanary;
        console.log(JSON.stringify(settings.map((one) => {
          const found = prospects(data, ...one);
          const rows = found.map((row) => [row.low, row.high, row.seen, shareOf(row.seen)]);
          return [rows, axisEnd(found, data.run.counts), sentence(data, ...one)];
        })));
    """
    page = show.canary_explorer(RUN, version="2", weight=0.1)._repr_html_()
    data = json.loads(model_of(page))
    theirs = run_script("canary", program, [data, SETTINGS])
    ran = {10: 1, 30: 3, 100: 10, 300: 30}
    for (weight, failing), (rows, end, told) in zip(SETTINGS, theirs, strict=True):
        found = prospects(weight, failing)
        assert rows == [[one.low, one.high, one.seen, share_of(one.seen)] for one in found]
        assert end == axis_end(found, ran)
        assert told == said(weight, failing)


def test_without_a_script_the_page_shows_one_setting() -> None:
    page = show.canary_explorer(RUN, version="2", weight=0.1, failing_percent=5)._repr_html_()
    assert page.count('<th scope="row">') == len(CALLS)
    assert "5 to 16; run: 10</span>" in page
    assert len(re.findall(r"; run: \d", page)) == page.count("<b style") == 4
    assert 'role="status" aria-live="polite">At a weight of 10 %, 300 calls bring' in page
    assert "<fieldset disabled>" in page
    assert not re.search(r"https?:|src=|@import|\bid=", page)


def test_a_run_at_a_weight_that_is_not_on_offer() -> None:
    with pytest.raises(LabError, match="on offer"):
        show.canary_explorer(RUN, version="2", weight=0.11)
    assert "weight of 10 %" in str(show.canary_explorer(weight=0.11))


@pytest.mark.parametrize("failing", [-1, 101, math.nan, "5", True])
def test_a_rate_that_cannot_be(failing: Any) -> None:
    with pytest.raises(LabError):
        show.canary_explorer(failing_percent=failing)


def test_a_built_page_holds_no_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_STEADY", "1")
    bundle = show.canary_explorer()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle == show.canary_explorer()._repr_mimebundle_()


def test_the_widget_answers_its_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    widgets = pytest.importorskip("ipywidgets", reason="needs the extra 'lab'")
    box = show.canary_explorer(RUN, version="2", weight=0.1).widget()
    weight, failing, shown = box.children[1:4]
    assert isinstance(shown, widgets.HTML)
    assert "; run: 10" in shown.value
    weight.value = 50
    failing.value = 1
    assert html.escape(said(50, 1)) in shown.value
    assert "; run:" not in shown.value
    assert holds_a_widget(show.canary_explorer(), monkeypatch)


@pytest.mark.browser
def test_it_works_with_the_keyboard_alone(tmp_path: Path) -> None:
    pair = (show.canary_explorer(RUN, version="2"), show.canary_explorer(weight=0.5))
    words = "document.querySelector('.ll-canary-said').textContent"
    settled = f"new Promise(done => setTimeout(() => done({words}), 300))"
    with on_a_phone(tmp_path, *(one._repr_html_() for one in pair)) as browser:
        dots = "document.querySelector('form').querySelectorAll('b').length"
        assert browser.run(dots) == 4
        for key in ("Tab", "ArrowDown", "Tab", "ArrowDown"):  # weight, then failures
            browser.press(key)
        assert browser.run(settled) == said(5, 2)
        assert browser.run("document.activeElement.getAttribute('aria-valuetext')") == "2 %"
        assert browser.run(dots) == 0
        cell = "document.querySelector('tbody tr').lastElementChild.textContent"
        assert browser.run(cell) == share_of(prospects(5, 2)[0].seen)
        other = "document.querySelectorAll('.ll-canary-said')[1].textContent"
        assert browser.run(other) == said(50, 5)
