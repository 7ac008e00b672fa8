"""The concurrency figures: their numbers against formulas, the page against its model."""

from __future__ import annotations

import html
import itertools
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from explorers import holds_a_widget, on_a_phone, run_script
from lambda_lab import show
from lambda_lab.errors import LabError
from lambda_lab.show.concurrency_fields import FIELDS, KINDS, checked
from lambda_lab.show.concurrency_figure import Window, windows_of
from lambda_lab.show.concurrency_model import draws, picture
from lambda_lab.show.concurrency_page import NOTHING, script_model
from lambda_lab.simulate import (
    erlang_b,
    exponential,
    most_recently_used,
    nanoseconds,
    poisson,
    simulate,
)

SETTINGS = [
    ("20", "0.5", "12"), ("1000", "0.01", "3"), ("0.001", "900", "1"), ("200", "1", "150"),
    ("0.123", "0.001", "1000"), ("50", "0.05", "1"), ("7.5", "2.25", "20"), ("1000", "0.2", "199"),
    ("3", "1", "600"), ("1", "0.001", "2"),
]  # fmt: skip
TYPED = [
    "12", "0.5", "0.1234", "1000", "1001", "99999999999999999999999", "0", "0.000", "0.0001", "-1",
    "-0", "nan", "NaN", "inf", "Infinity", "1e3", "", " ", " 7 ", "1,000", "0x10", "12.", ".5",
    "--1", "+1", "12.0", "007", "٣", "twelve", "1 2", "0.9990", "-0.5", "12.50",
]  # fmt: skip


def setting(kind: str, rate: str, duration: str, third: str) -> dict[str, str]:
    return {"rate": rate, "duration": duration, kind: third}


# -- the figure ------------------------------------------------------------------------------------


def test_the_figure_tells_its_windows() -> None:
    figure = show.concurrency([(0, 2, 0), (60, 4, 0), (120, 4, 3)], limits={"reserved": 4})
    tips = [title.text for title in ET.fromstring(figure.svg).findall(".//{*}title")]
    assert tips[1:] == ["0: 2", "1 min: 4", "2 min: 4", "2 min: 3"]
    assert figure.words[-1].startswith("3 requests are throttled")
    calm = show.concurrency([Window(0, 1), Window(1, 0)])
    assert calm.words[-1] == "No request is throttled."


def test_a_simulation_is_drawn_with_all_its_throttles() -> None:
    result = simulate(
        poisson(rate=50, seconds=60, seed=1), nanoseconds(0.5), keep_alive=0, reserved=20
    )
    windows = windows_of(result)
    assert len(windows) == 100
    assert max(window.running for window in windows) == result.peak == 20
    assert sum(window.throttled for window in windows) == len(result) - result.ran
    figure = show.concurrency(result, limits={"reserved": 20, "expected": 25})
    assert "Reserved, 20" in figure.words[1]
    assert show.concurrency(result).svg == show.concurrency(windows).svg


@pytest.mark.parametrize("most", [0, 1, 3, 9, 10, 99, 1_000, 123_456])
@pytest.mark.parametrize("count", [2, 7, 200])
@pytest.mark.parametrize("limit", [None, 1, 1_000])
def test_everything_lies_on_the_sheet(most: int, count: int, limit: int | None) -> None:
    windows = [(number * 0.5, most * number // count, number % 3) for number in range(count)]
    figure = show.concurrency(windows, limits={} if limit is None else {"limit": limit})
    root = ET.fromstring(figure.svg)
    height = float(root.attrib["height"])
    for box in root.findall(".//{*}rect"):
        assert 0 <= float(box.attrib["x"]) <= show.style.WIDTH
        top = float(box.attrib["y"])
        assert 0 <= top <= top + float(box.attrib["height"]) <= height
    for text in root.findall(".//{*}text"):
        assert 0 < float(text.attrib["y"]) < height


@pytest.mark.parametrize(
    "windows",
    [[], [(0, 1, 0)], [(0, 1, 0)] * 2, [(1, 1, 0), (0, 1, 0)], [(0, 1, 0), (1, 1, 0), (3, 1, 0)],
     [(0, -1, 0), (1, 1, 0)], [(0, 1, -1), (1, 1, 0)], [(0, 1.5, 0), (1, 1, 0)],
     [(math.nan, 1, 0), (1, 1, 0)], [(0, True, 0), (1, 1, 0)], [("0", 1, 0), (1, 1, 0)],
     [(0, 1), (1, 1)], [1, 2], [(n, 1, 0) for n in range(201)], [(0, 1, 0), (math.inf, 1, 0)]],
)  # fmt: skip
def test_windows_that_cannot_be_drawn(windows: Any) -> None:
    with pytest.raises(LabError):
        show.concurrency(windows)


@pytest.mark.parametrize(
    "limits", [{"a": -1}, {"a": 1.5}, {"a": math.nan}, {"a": 1, "b": 2, "c": 3}]
)
def test_limits_that_cannot_be_drawn(limits: Any) -> None:
    with pytest.raises(LabError):
        show.concurrency([(0, 1, 0), (1, 1, 0)], limits=limits)


@pytest.mark.parametrize("count", [0, -1, 201, 1.5, True])
def test_windows_of_a_simulation_are_counted(count: Any) -> None:
    with pytest.raises(LabError):
        windows_of(simulate([0, 1], 1, keep_alive=0), count)


# -- the model -------------------------------------------------------------------------------------


def test_the_drawn_times_are_exponential() -> None:
    table = draws()
    assert sum(table) / len(table) == pytest.approx(1e6, rel=1e-3)
    variance = sum((one - 1e6) ** 2 for one in table) / len(table)
    assert variance == pytest.approx(1e12, rel=0.01)


@pytest.mark.parametrize("limit", [2, 8, 10, 14, 18])
def test_throttles_and_spillover_are_near_erlangs(limit: int) -> None:
    values = {"rate": 2_000, "duration": 5_000}
    expected = erlang_b(limit, 10)
    for kind in ("reserved", "provisioned"):
        found = picture(KINDS[kind], values | {kind: limit * 1_000})
        assert found.mark is not None
        assert found.mark[1] == pytest.approx(expected, abs=0.03)


def test_cold_starts_are_near_the_law_of_the_most_recently_used() -> None:
    found = picture(KINDS["keep-alive"], {"rate": 1_000, "duration": 2_000, "keep-alive": 10_000})
    told = re.search(r"([\d.]+) % of the requests start cold", found.words)
    assert told is not None
    expected, _ = most_recently_used(rate=1, duration=2, keep_alive=10)
    assert float(told[1]) / 100 == pytest.approx(expected, abs=0.01)


def test_a_longer_run_agrees_with_the_small_one() -> None:
    run = simulate(
        poisson(rate=20, seconds=5_000, seed=7), exponential(0.5, 110_000, seed=8)[: _count()],
        keep_alive=math.inf, reserved=12,
    )  # fmt: skip
    assert run.throttled_share == pytest.approx(erlang_b(12, 10), abs=0.006)


def _count() -> int:
    return len(poisson(rate=20, seconds=5_000, seed=7))


# -- the page --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_the_script_computes_the_same(name: str) -> None:
    kind = KINDS[name]
    cases = [checked(kind, setting(name, *one)) for one in SETTINGS]
    assert all(not problems for _, problems in cases)
    values = [found for found, _ in cases]
    told = run_script(
        "concurrency",
        "console.log(JSON.stringify(given[1].map("
        "(one) => globalThis.lambdaLabConcurrency.picture(given[0], one))));",
        [script_model(kind), values],
    )
    for one, drawn in zip(values, told, strict=True):
        found = picture(kind, one)
        assert drawn["words"] == found.words
        assert [label for _, label in drawn["across"]] == [label for _, label in found.across]
        assert [label for _, label in drawn["up"]] == [label for _, label in found.up]
        flat = itertools.chain.from_iterable
        assert list(flat(flat(drawn["lines"]))) == pytest.approx(
            list(flat(flat(found.lines))), rel=1e-12, abs=1e-12
        )
        assert [len(line) for line in drawn["lines"]] == [len(line) for line in found.lines]
        assert (drawn["mark"] is None) == (found.mark is None)
        assert tuple(drawn["mark"] or ()) == pytest.approx(found.mark or ())


@pytest.mark.parametrize("name", KINDS)
def test_the_script_refuses_in_the_same_words(name: str) -> None:
    kind = KINDS[name]
    cases = [setting(name, one, "0.5", one) for one in TYPED]
    cases += [setting(name, "1", one, "1") for one in TYPED]
    cases += [setting(name, "1000", "0.201", "5"), setting(name, "1000", "900", "5")]
    told = run_script(
        "concurrency",
        "console.log(JSON.stringify(given[1].map("
        "(one) => globalThis.lambdaLabConcurrency.checked(given[0], one))));",
        [script_model(kind), cases],
    )
    for one, answer in zip(cases, told, strict=True):
        assert [answer["values"], answer["problems"]] == list(checked(kind, one)), one


@pytest.mark.parametrize(
    ("typed", "word"),
    [("-1", "above 0"), ("0", "above 0"), ("nan", "type a number"), ("inf", "type a number"),
     ("1001", "at most 1,000"), ("0.1234", "3 decimals"), ("", "type a number")],
)  # fmt: skip
def test_each_refusal_says_what_is_wrong(typed: str, word: str) -> None:
    with pytest.raises(LabError, match=word):
        FIELDS["rate"].parse(typed)


@pytest.mark.parametrize(
    "wrong",
    [{"rate": -1}, {"rate": 0}, {"rate": math.nan}, {"duration": math.inf}, {"setting": 0},
     {"setting": 1.5}, {"setting": -3}, {"rate": 1_000, "duration": 1}, {"kind": "other"}],
)  # fmt: skip
def test_an_explorer_is_not_made_of_what_cannot_be(wrong: Any) -> None:
    with pytest.raises(LabError):
        show.concurrency_explorer(**wrong)


@pytest.mark.parametrize("name", KINDS)
def test_without_a_script_the_page_shows_one_setting(name: str) -> None:
    explorer = show.concurrency_explorer(name, rate=20, duration=0.5, setting=12)
    page = explorer._repr_html_()
    assert "<fieldset disabled>" in page
    assert page.count('<input type="text"') == 3
    assert str(explorer).split("\n")[1] in html.unescape(page)
    assert page.count("<polyline") == len(KINDS[name].lines)
    assert not re.search(r"https?:(?!//www\.w3)|src=|@import|\bid=", page)
    ET.fromstring(re.findall(r"<svg.*?</svg>", page)[0])


def test_a_built_page_holds_no_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_STEADY", "1")
    bundle = show.concurrency_explorer()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle == show.concurrency_explorer()._repr_mimebundle_()


def test_the_widget_answers_and_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ipywidgets", reason="needs the extra 'lab'")
    box = show.concurrency_explorer("reserved").widget()
    _, rate, rate_wrong, _, _, limit, limit_wrong, shown = box.children
    before = shown.value
    limit.value = "20"
    assert shown.value != before
    assert "With 20 reserved" in shown.value
    for typed in ("-1", "0", "nan"):
        rate.value = typed
        assert "Requests a second" in rate_wrong.value
        assert rate_wrong.layout.display is None
        assert NOTHING in shown.value
        assert "<polyline" not in shown.value
    rate.value = "20"
    assert rate_wrong.layout.display == limit_wrong.layout.display == "none"
    assert "With 20 reserved" in shown.value
    assert holds_a_widget(show.concurrency_explorer(), monkeypatch)


@pytest.mark.browser
def test_it_works_with_the_keyboard_alone(tmp_path: Path) -> None:
    pages = [show.concurrency_explorer(name)._repr_html_() for name in KINDS]
    form = "document.querySelectorAll('form')[2]"
    settled = (
        "new Promise(done => setTimeout(() => "
        f"done({form}.querySelector('.ll-conc-said').textContent), 500))"
    )
    with on_a_phone(tmp_path, *pages) as browser:
        assert browser.run(f"{form}.querySelector('fieldset').disabled") is False
        assert browser.run("document.documentElement.scrollWidth") <= 390

        def put(name: str, text: str) -> str:
            browser.run(
                f"(() => {{ const one = {form}.elements['{name}']; one.value = '{text}'; "
                "one.dispatchEvent(new Event('input', {bubbles: true})); return 1; })()"
            )
            told: str = browser.run(settled)
            return told

        values, _ = checked(KINDS["reserved"], setting("reserved", "20", "0.5", "7"))
        assert put("reserved", "7") == picture(KINDS["reserved"], values).words
        points = f"{form}.querySelector('polyline').getAttribute('points')"
        drawn = browser.run(points)
        assert put("reserved", "-7") == NOTHING
        assert browser.run(f"{form}.querySelectorAll('b')[2].textContent").endswith("above 0.")
        assert browser.run(f"{form}.elements.reserved.getAttribute('aria-invalid')") == "true"
        assert browser.run(points) == drawn
        assert "With 8 reserved" in put("reserved", "8")
        assert browser.run(f"{form}.querySelectorAll('b')[2].textContent") == ""
