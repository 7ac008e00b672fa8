"""The price calculator: its page against the bill, its script against both."""

from __future__ import annotations

import html
import json
import random
import re
from pathlib import Path

import pytest

from explorers import holds_a_widget, on_a_phone, run_script
from lambda_lab import cost, show
from lambda_lab.cost.fields import fields
from lambda_lab.show.calculator_model import answer, form_fields, script_model

START = {
    "requests": "3,000,000", "duration_ms": "120", "memory_mb": "1,536", "cold_percent": "0",
    "init_ms": "0", "ephemeral_mb": "512", "provisioned": "0", "provisioned_hours": "0",
}  # fmt: skip
STRANGE = [
    "", " ", "\u00a0\u202f", ",", "20 GB", "-Infinity", "nan",
    "-1", "-0", "0", "NaN", "Infinity", "2e308", "1e999", "0e-999", "1e-999", "text",
    "20480", "960000", "1.5", "0.001", "0.0005", ".5", "5.", "1e3", "1E+2", "1,2,3", "1 000",
    "1\u00a0000", "1\u202f000", "1_000", "١٢", "0x1f", "1e", "<b>", "\U0001f600" * 30, "9" * 400,
    "7." + "0" * 50, "7." + "0" * 50 + "1", "+3", "--3", "1/2", "true", "null", "1e15", "1e16",
]  # fmt: skip


def typed_by(chance: random.Random) -> dict[str, str]:
    """Texts of a form: mostly numbers within bounds, now and then anything."""
    found = {}
    for name in START:
        field = fields()[name]
        size = chance.uniform(0, len(str(field.most)))
        number = min(field.most, field.least + int(10**size))
        text = f"{number:,}" if chance.random() < 0.5 else str(number)
        if field.places and number < field.most:
            text += f".{chance.randrange(1000):03}"
        if chance.random() < 0.3:
            text = str(field.least)
        found[name] = chance.choice(STRANGE) if chance.random() < 0.02 else text
    return found


def cases() -> list[tuple[dict[str, str], str, bool]]:
    chance = random.Random(7)
    found = [
        (typed_by(chance), chance.choice(["x86_64", "arm64"]), chance.random() < 0.5)
        for _ in range(3000)
    ]
    for name in START:
        found += [(START | {name: text}, "arm64", True) for text in STRANGE]
    small = [("1", ms, "128") for ms in ("0", "1", "7")] + [("0", "0", "128")]
    found += [
        (START | {"requests": n, "duration_ms": ms, "memory_mb": mb}, "x86_64", False)
        for n, ms, mb in small
    ]
    return found


def test_the_script_computes_the_same() -> None:
    program = """
        const [data, cases] = given;
        const { answer } = globalThis.lambdaLabPrices;
        console.log(JSON.stringify(cases.map((one) => answer(data, ...one))));
    """
    page = show.price_calculator()._repr_html_()
    found = re.search(r'data-model="([^"]+)"', page)
    assert found is not None
    data = json.loads(html.unescape(found[1]))
    assert data == json.loads(json.dumps(script_model()))
    told = run_script("calculator", program, [data, cases()])
    refused = 0
    for case, theirs in zip(cases(), told, strict=True):
        ours = answer(case[0], case[1], free_tier=case[2])
        assert theirs == {"problems": ours.problems, "rows": ours.rows, "words": ours.words}, case
        refused += bool(ours.problems)
    assert 300 < refused < 1500


def test_the_form_begins_with_the_example_of_the_price_page() -> None:
    page = show.price_calculator()._repr_html_()
    assert 'name="requests" value="3,000,000"' in page
    assert "<dt>Total</dt><dd>$2.73</dd>" in page
    assert "<fieldset disabled>" in page
    assert page.count("<input") == len(form_fields()) + 3
    assert not re.search(r"""(?:src|href)=|@import|\bid=|url\(""", page.partition("<script>")[0])
    # Every entry and the choice of architecture have a name that is read out.
    labels = re.findall(r"<label>(?:<span>)?(.*?)(?:</span>)? ", page)
    assert len(labels) >= len(form_fields())


def test_another_workload_and_an_impossible_one() -> None:
    idle = cost.Workload(requests=0, duration_ms=0, architecture="arm64")
    page = show.price_calculator(idle, free_tier=False)._repr_html_()
    assert "The bill is $0.00: everything is free." in page
    assert 'value="arm64" checked' in page
    assert 'name="free"> ' in page
    with pytest.raises(cost.WorkloadError):
        show.price_calculator(cost.Workload(requests=-1, duration_ms=0))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("requests", "-5", "Requests a month is “-5”. Give a whole number from 0"),
        ("memory_mb", "20480", "Give a whole number from 128 to 10,240 MB (Lambda's quota: https"),
        ("duration_ms", "960000", "Give a number from 0 to 900,000 ms"),
        ("requests", "2e308", "to 1,000,000,000,000,000"),
        ("provisioned", "many", "Provisioned environments is “many”"),
        ("duration_ms", "", "Duration is empty. Give a number from 0 to 900,000 ms"),
        ("memory_mb", " \u00a0", "Memory is empty. Give a whole number from 128"),
        ("memory_mb", "NaN", "Memory is “NaN”. Give a whole number from 128"),
        ("requests", "Infinity", "Requests a month is “Infinity”. Give a whole number"),
        ("duration_ms", "-Infinity", "Duration is “-Infinity”. Give a number from 0"),
        ("memory_mb", "1024.5", "Memory is “1024.5”. Give a whole number"),
        ("cold_percent", "101", "Cold starts, share of runs is “101”. Give a number from 0 to 100"),
        ("memory_mb", "20 GB", "Memory is “20 GB”. Give a whole number from 128"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(name: str, text: str, says: str) -> None:
    found = answer(START | {name: text}, "x86_64", free_tier=True)
    assert list(found.problems) == [name]
    assert says in found.problems[name]
    assert found.rows == []
    assert found.words == "No bill yet: 1 entry needs another look."


def test_a_built_page_holds_no_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_STEADY", "1")
    bundle = show.price_calculator()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle == show.price_calculator()._repr_mimebundle_()


def test_the_widget_answers_its_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    widgets = pytest.importorskip("ipywidgets", reason="needs the extra 'lab'")
    box = show.price_calculator().widget()
    memory = next(child for child in box.children if child.description.startswith("Memory"))
    problem = box.children[box.children.index(memory) + 1]
    shown = box.children[-1]
    assert isinstance(shown, widgets.HTML)
    assert "$2.73" in shown.value
    assert problem.layout.display == "none"
    memory.value = "20480"
    assert "128 to 10,240 MB" in problem.value
    assert problem.layout.display is None
    assert "No bill yet" in shown.value
    memory.value = "<script>"
    assert "<script>" not in problem.value
    memory.value = "1024"
    assert problem.layout.display == "none"
    (free,) = [child for child in box.children if isinstance(child, widgets.Checkbox)]
    free.value = False
    assert "The bill is $6.60" in shown.value
    assert holds_a_widget(show.price_calculator(), monkeypatch)


@pytest.mark.browser
def test_it_works_on_a_phone_with_the_keyboard_alone(tmp_path: Path) -> None:
    page = show.price_calculator()._repr_html_()
    said = "document.querySelector('.ll-calc-said').textContent"
    settled = f"new Promise(done => setTimeout(() => done({said}), 600))"
    error = "document.activeElement.closest('.ll-calc-field').querySelector('.ll-calc-problem')"
    with on_a_phone(tmp_path, page, page) as browser:
        for key in ("Tab", "Tab", "Tab"):
            browser.press(key)
        browser.run("document.activeElement.select()")
        set_to = "document.execCommand('insertText', false, '{}')"
        browser.run(set_to.format("20480"))
        assert browser.run(settled) == "No bill yet: 1 entry needs another look."
        assert "from 128 to 10,240 MB" in browser.run(f"{error}.textContent")
        described = "document.activeElement.getAttribute('aria-describedby')"
        assert browser.run(f"{described} === {error}.id") is True
        assert browser.run("document.documentElement.scrollWidth") <= 390
        browser.run("document.activeElement.select()")
        browser.run(set_to.format("3072"))
        expected = answer(START | {"memory_mb": "3072"}, "x86_64", free_tier=True)
        assert browser.run(settled) == expected.words
        assert browser.run(f"{error}.textContent") == ""
        other = "document.querySelectorAll('.ll-calc-said')[1].textContent"
        assert browser.run(other) == answer(START, "x86_64", free_tier=True).words
