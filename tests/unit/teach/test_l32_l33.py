"""Labs L32 and L33: other ways to be right, and other ways to be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.teach import Verdict


@pytest.fixture(autouse=True)
def _begin_again() -> Iterator[None]:
    teach.forget()
    yield
    teach.forget()


def solution(exercise: str) -> Any:
    cell: dict[str, Any] = {}
    exec(teach.solution_source(exercise), cell)
    return cell["answer"]


@pytest.mark.parametrize("exercise", ["L32.1", "L32.2", "L33.3"])
def test_case_and_blanks_do_not_matter(exercise: str) -> None:
    shouted = {case: f" {value.upper()} " for case, value in solution(exercise).items()}
    assert teach.check(exercise, shouted).verdict is Verdict.RIGHT


@pytest.mark.parametrize("exercise", ["L32.1", "L32.2", "L33.1", "L33.3"])
def test_every_case_counts(exercise: str) -> None:
    right = solution(exercise)
    for case in right:
        wrong = teach.check(exercise, right | {case: "something else"})
        assert wrong.verdict is Verdict.NOT_YET
        assert case in wrong.reason
        missing = teach.check(exercise, {name: right[name] for name in right if name != case})
        assert missing.verdict is Verdict.NOT_YET
        assert "missing" in missing.reason


def test_true_is_not_the_number_one() -> None:
    answer = solution("L33.1") | {"the shop and the order": True}
    assert teach.check("L33.1", answer).verdict is Verdict.NOT_YET


@pytest.mark.parametrize(
    "handler",
    [
        lambda record, context: {},
        lambda record, context: {"order": 17, "tries": 3, "why": "the shop is closed"},
        lambda record, context: {"order": "17", "tries": 3, "why": "the shop is closed"},
        lambda record, context: record["Records"],
    ],
    ids=["nothing", "always the same", "number as text", "another event's shape"],
)
def test_a_reader_of_records_that_is_wrong(handler: Any) -> None:
    assert teach.check("L32.3", handler).verdict is Verdict.NOT_YET


@pytest.mark.parametrize(
    "key",
    [
        lambda event, context: f"{event['order']}@{event['shop']}",
        lambda event, context: repr((event["shop"], event["order"])),
    ],
    ids=["other order", "a tuple's text"],
)
def test_other_keys_that_are_right(key: Any) -> None:
    assert teach.check("L33.2", key).verdict is Verdict.RIGHT


@pytest.mark.parametrize(
    "key",
    [
        lambda event, context: "always",
        lambda event, context: "",
        lambda event, context: event["order"],
        lambda event, context: event["customer"],
        lambda event, context: f"{event['shop']}{event['order']}{event['sent']}",
    ],
    ids=["one for all", "empty", "no text", "a field that is not there", "when it was sent"],
)
def test_other_keys_that_are_wrong(key: Any) -> None:
    assert teach.check("L33.2", key).verdict is Verdict.NOT_YET
