"""The retry explorer: its model against a simulation, its page against its model."""

from __future__ import annotations

import html
import itertools
import json
import random
import re
from pathlib import Path

import pytest

from explorers import holds_a_widget, on_a_phone, run_script
from lambda_lab import show
from lambda_lab.errors import LabError
from lambda_lab.invoke.event_rules import (
    Condition,
    End,
    Progress,
    after_function_error,
    before_try,
)
from lambda_lab.invoke.targets import EventInvokeConfig
from lambda_lab.show.whatif_model import EVENTS, ages, retry_fates
from lambda_lab.show.whatif_page import sentence

SETTINGS = list(itertools.product((0, 1, 2), ages(), range(0, 101, 5)))


def model_of(page: str) -> str:
    """The data that the page carries for its script."""
    found = re.search(r'data-model="([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


def simulate(config: EventInvokeConfig, rate: float, chance: random.Random) -> tuple[str, int]:
    """One event through the rules of the queue: how it ends, and how often the handler ran."""
    age, errors = 0.0, 0
    while True:
        if before_try(age, config, None) is not None:
            return "expired", errors
        if chance.random() >= rate:
            return f"done {errors + 1}", errors + 1
        errors += 1
        step = after_function_error(Progress(age, errors), config)
        if isinstance(step, End):
            expired = step.condition is Condition.EVENT_AGE_EXCEEDED
            return ("expired" if expired else "failed"), errors
        age += step.seconds


@pytest.mark.parametrize(("retries", "age"), list(itertools.product((0, 1, 2), ages())))
def test_the_shares_agree_with_a_simulation(retries: int, age: int) -> None:
    chance, rate, many = random.Random(retries * 7 + age), 0.6, 20_000
    config = EventInvokeConfig(retries=retries, max_age_seconds=age)
    ends = [simulate(config, rate, chance) for _ in range(many)]
    fates = retry_fates(retries, age, round(rate * 100))
    names = ("done 1", "done 2", "done 3", "failed", "expired")
    for name, count in zip(names, fates.counts, strict=True):
        share = sum(end == name for end, _ in ends) / many * EVENTS
        assert count == pytest.approx(share, abs=2), name
    runs = sum(number for _, number in ends) / many * EVENTS
    assert fates.runs == pytest.approx(runs, abs=3)


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_every_event_ends_once(retries: int) -> None:
    for age, percent in itertools.product(ages(), range(101)):
        fates = retry_fates(retries, age, percent)
        assert sum(fates.counts) == EVENTS
        assert min(fates.counts) >= 0
        assert fates.runs >= EVENTS
        assert not any(fates.done[retries + 1 :])
        assert fates.failed == 0 or fates.expired == 0


def test_each_age_on_offer_changes_something() -> None:
    fates = [retry_fates(2, age, 50) for age in ages()]
    assert ages() == [60, 61, 180, 181, 3_600, 21_600]
    assert fates[0] != fates[1] == fates[2] != fates[3]


@pytest.mark.parametrize(
    ("retries", "age", "percent"),
    [(3, 60, 5), (-1, 60, 5), (1, 59, 5), (1, 21_601, 5), (1, 60, 101)],
)
def test_what_lambda_refuses_is_refused(retries: int, age: int, percent: int) -> None:
    with pytest.raises(LabError):
        retry_fates(retries, age, percent)
    with pytest.raises(LabError):
        show.retry_explorer(retries=retries, max_age_seconds=age, failure_percent=percent)


def test_the_script_computes_the_same() -> None:
    program = """
        const [data, settings] = given;
        const { fates, sentence } = globalThis.lambdaLabRetries;
        console.log(JSON.stringify(settings.map((one) => {
          const found = fates(data, ...one);
          return [found.counts, found.runs, sentence(data, found)];
        })));
    """
    data = json.loads(model_of(show.retry_explorer()._repr_html_()))
    theirs = run_script("whatif", program, [data, SETTINGS])
    for setting, (counts, runs, told) in zip(SETTINGS, theirs, strict=True):
        fates = retry_fates(*setting)
        assert (tuple(counts), runs, told) == (fates.counts, fates.runs, sentence(fates)), setting


def test_without_a_script_the_page_shows_one_setting() -> None:
    page = show.retry_explorer(retries=1, failure_percent=50)._repr_html_()
    assert page.count('class="ll-fate-0"') == 50 + 1  # the cells, and the sign in the list
    assert page.count('class="ll-fate-3"') == 25 + 1
    assert 'role="status" aria-live="polite">Of 100 events, 50 succeed' in page
    assert "<fieldset disabled>" in page
    assert not re.search(r"https?:|src=|@import|\bid=", page)


def test_a_built_page_holds_no_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_STEADY", "1")
    bundle = show.retry_explorer()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle == show.retry_explorer()._repr_mimebundle_()


def test_the_widget_answers_its_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    widgets = pytest.importorskip("ipywidgets", reason="needs the extra 'lab'")
    box = show.retry_explorer().widget()
    retries, age, rate = box.children[1:4]
    shown = box.children[-1]
    assert isinstance(shown, widgets.HTML)
    assert "70 succeed at the first try" in shown.value
    rate.value = 50
    retries.value = 1
    assert "25 fail at every try" in shown.value
    age.value = ages()[0]
    assert "50 grow too old" in shown.value
    assert holds_a_widget(show.retry_explorer(), monkeypatch)


@pytest.mark.browser
def test_it_works_with_the_keyboard_alone(tmp_path: Path) -> None:
    pair = (show.retry_explorer(), show.retry_explorer(retries=0))
    said = "document.querySelector('.ll-whatif-said').textContent"
    settled = f"new Promise(done => setTimeout(() => done({said}), 300))"
    with on_a_phone(tmp_path, *(one._repr_html_() for one in pair)) as browser:
        for key in ("Tab", "Tab", "Tab", "ArrowDown"):  # retries, maximum age, tries that fail
            browser.press(key)
        assert browser.run(settled) == sentence(retry_fates(2, 21_600, 25))
        value = "document.activeElement.getAttribute('aria-valuetext')"
        assert browser.run(value) == "25 %"
        cells = "document.querySelector('.ll-whatif-cells').querySelectorAll('.ll-fate-0').length"
        assert browser.run(cells) == 75
        other = "document.querySelectorAll('.ll-whatif-said')[1].textContent"
        assert browser.run(other) == sentence(retry_fates(0, 21_600, 30))
