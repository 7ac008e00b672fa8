"""The ledger of fidelity: what is claimed is proved, and every mark proves something claimed."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from functools import cache
from typing import Any

import pytest

from lambda_lab import facts
from lambda_lab.facts.fidelity import read_behaviours, read_emulators
from lambda_lab.facts.model import FactsDataError
from repository import ROOT

sys.path.insert(0, str(ROOT / "_ext"))

SAYS_SO = re.compile(r"\b501\b|NotModelled|NOT_MODELLED|is not modelled")
KINDS = ("real", "model", "moto", "simulated", "not modelled")


@cache
def found() -> dict[str, list[Any]]:
    from lambda_book.proofs import proofs

    by_key: dict[str, list[Any]] = defaultdict(list)
    for proof in proofs(ROOT):
        by_key[proof.key].append(proof)
    return dict(by_key)


def test_every_behaviour_is_proved() -> None:
    proved = found()
    wanted = {one.key for one in facts.behaviours() if one.needs_a_test}
    assert wanted - proved.keys() == set()


def test_every_mark_names_a_behaviour() -> None:
    known = {one.key for one in facts.behaviours()}
    assert {key: [one.name for one in by] for key, by in found().items() if key not in known} == {}


def test_what_is_said_to_answer_501_is_seen_to() -> None:
    """One of its tests looks for the status or for the name of the error."""
    proved = found()
    for one in facts.behaviours():
        if one.answer is facts.Answer.NOT_MODELLED:
            assert any(SAYS_SO.search(proof.text) for proof in proved[one.key]), one.key


def test_what_has_no_test_says_why() -> None:
    for one in facts.behaviours():
        if not one.needs_a_test:
            assert one.note, one.key
            assert one.key not in found(), f"{one.key} has a test after all: say how it answers"


def test_facts_are_filled_in_everywhere() -> None:
    assert [one.key for one in facts.behaviours() if "{{" in one.text + one.note] == []


def test_there_is_something_of_each_kind() -> None:
    kinds = {kind: sum(one.kind.value == kind for one in facts.behaviours()) for kind in KINDS}
    assert min(kinds.values()) >= 3, kinds
    assert len(facts.behaviours()) > 150


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('@pytest.mark.fidelity("a", "b")\ndef test_x(): ...', {"a", "b"}),
        ('@pytest.mark.slow\n@pytest.mark.fidelity("a")\ndef test_x(): ...', {"a"}),
        (
            """@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.fidelity("a"))])
def test_x(n): ...""",
            {"a"},
        ),
        ('pytestmark = [pytest.mark.slow, pytest.mark.fidelity("a")]\n', {"a"}),
        ('@pytest.mark.fidelity("a")\ndef helper(): ...', set()),
        ('# @pytest.mark.fidelity("a")\ndef test_x(): ...', set()),
    ],
)
def test_where_a_mark_is_seen(text: str, keys: set[str]) -> None:
    from lambda_book.proofs import proofs_of

    assert {proof.key for proof in proofs_of(text, "tests/test_x.py")} == keys


@pytest.mark.parametrize("arguments", ["", "KEY", '"a", KEY', 'key="a"'])
def test_a_mark_that_could_not_be_read_is_refused(arguments: str) -> None:
    from lambda_book.proofs import proofs_of

    with pytest.raises(ValueError, match=r"tests/test_x\.py:1: name what"):
        list(proofs_of(f"@pytest.mark.fidelity({arguments})\ndef test_x(): ...", "tests/test_x.py"))


def test_a_table_of_cases_counts_as_the_test_s_text() -> None:
    from lambda_book.proofs import proofs_of

    text = 'CASES = [501]\n@pytest.mark.parametrize("n", CASES)\n@pytest.mark.fidelity("a")\n'
    (proof,) = proofs_of(f"{text}def test_x(n): ...", "tests/test_x.py")
    assert SAYS_SO.search(proof.text)


GOOD = {"text": "It is so.", "kind": "model"}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"A": {"x": {"kind": "model"}}}, "needs a text"),
        ({"A": {"x": {**GOOD, "why": "so"}}}, "may have no why"),
        ({"A": {"x": {**GOOD, "kind": "perhaps"}}}, "'perhaps' is not a valid"),
        ({"A": {"x": {**GOOD, "answer": "501"}}}, "says how it answers"),
        ({"A": {"x": {**GOOD, "kind": "not modelled"}}}, "says how it answers"),
        ({"A": {"x": GOOD}, "B": {"x": GOOD}}, "in two topics"),
        ({"A": {"x": {**GOOD, "source": "NO:page"}}}, "pages.toml"),
    ],
)
def test_a_bad_behaviour_is_refused(content: dict[str, Any], complaint: str) -> None:
    with pytest.raises(FactsDataError, match=complaint):
        read_behaviours(content)


def test_a_bad_comparison_is_refused() -> None:
    column = {"key": "a", "name": "A {version}", "version": "1"}
    good = {"checked": 1, "emulator": [column], "footnotes": [], "row": []}
    with pytest.raises(FactsDataError, match="has cells for a, b; the emulators are a"):
        read_emulators({**good, "row": [{"question": "?", "a": "yes", "b": "no"}]})
    with pytest.raises(FactsDataError, match="beyond the 0"):
        read_emulators({**good, "emulator": [{**column, "footnote": 1}]})


def test_the_readme_has_the_same_comparison() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    told = facts.emulators()
    heads = " | ".join(one.head for one in told.emulators)
    assert f"| | {heads} |" in lines
    for row in told.rows:
        assert f"| {' | '.join((row.question, *row.cells))} |" in lines
    for number, note in enumerate(told.footnotes, start=1):
        assert f"{number}. {note}" in lines
    assert f"{told.checked.day} {told.checked:%B %Y}" in "\n".join(lines)
