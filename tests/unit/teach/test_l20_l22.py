"""L20 to L22: every way to be right is right, and every way to be wrong is told apart."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.teach import Verdict

COUNTER = """
calls = 0
def handler(event, context):
    global calls
    calls += 1
    return {"cold": calls == 1}
"""
LIST = """
seen = []
def handler(event, context):
    seen.append(context.aws_request_id)
    return dict(cold=len(seen) == 1)
"""


def verdict(exercise: str, answer: Any) -> Verdict:
    return teach.check(exercise, answer).verdict


@pytest.mark.parametrize("source", [COUNTER, LIST])
def test_a_function_may_know_in_any_way(source: str) -> None:
    assert verdict("L20.3", source) is Verdict.RIGHT


@pytest.mark.parametrize("exercise", ["L20.3", "L21.2", "L22.3"])
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (7, "text of a module"),
        ("def handler(", "not a Python module"),
        ("x = 1", "should define a function"),
        ("raise SystemExit(3)", "SystemExit"),
        ("def handler(event, context):\n    return object()", "JSON"),
        ("def handler(event, context):\n    raise KeyError('x')", "KeyError"),
        ("def handler():\n    return 1", "TypeError"),
        ("a\0b", "not a Python module"),
    ],
)
def test_a_module_that_cannot_be_tried(exercise: str, answer: Any, reason: str) -> None:
    outcome = teach.check(exercise, answer)
    assert outcome.verdict is Verdict.NOT_YET
    assert reason in outcome.reason


@pytest.mark.parametrize("answer", [3, 4.5, True, "four", [4], math.nan])
def test_other_numbers_of_environments(answer: Any) -> None:
    assert verdict("L20.2", answer) is Verdict.NOT_YET


def test_what_a_module_prints_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict("L20.3", "print('loaded')\n" + COUNTER) is Verdict.RIGHT
    assert capsys.readouterr().out == ""


def test_a_cache_may_be_a_decorator() -> None:
    source = """
from functools import lru_cache
@lru_cache(maxsize=100)
def kept(user):
    return look_up(user)
def handler(event, context):
    return kept(event["user"])
"""
    assert verdict("L21.2", source) is Verdict.RIGHT


def test_a_cache_that_leaks_after_the_first_of_each() -> None:
    source = """
last = {}
def handler(event, context):
    if event["user"] not in last:
        last.clear()
        last[event["user"]] = look_up(event["user"])
    return last[event["user"]]
"""
    outcome = teach.check("L21.2", source)
    assert outcome.verdict is Verdict.NOT_YET
    assert "looked up" in outcome.reason


@pytest.mark.parametrize("answer", [443, 443.0])
def test_the_bill_of_a_cold_call(answer: float) -> None:
    assert verdict("L22.1", answer) is Verdict.RIGHT


@pytest.mark.parametrize("answer", [True, "443", math.nan, math.inf, -443, [443]])
def test_what_is_no_bill(answer: Any) -> None:
    assert verdict("L22.1", answer) is Verdict.NOT_YET


@pytest.mark.parametrize(
    "draw", ["secrets.token_hex()", "os.urandom(8).hex()", "str(SYSTEM.random())"]
)
def test_the_operating_system_differs_in_each_copy(draw: str) -> None:
    source = f"""
import os, random, secrets
SYSTEM = random.SystemRandom()
def handler(event, context):
    return {draw}
"""
    assert verdict("L22.3", source) is Verdict.RIGHT


@pytest.mark.parametrize(
    "source",
    [
        (
            "import random\nmine = random.Random(5)\n"
            "def handler(event, context):\n    return str(mine.random())\n"
        ),
        (
            "number = 0\ndef handler(event, context):\n"
            "    global number\n    number += 1\n    return str(number)\n"
        ),
        (
            "import secrets\nready = [secrets.token_hex() for _ in range(9)]\n"
            "def handler(event, context):\n    return ready.pop()\n"
        ),
        (
            "import secrets\nnumber = secrets.token_hex()\n"
            "def handler(event, context):\n    return number\n"
        ),
    ],
)
def test_what_is_in_the_snapshot_is_in_each_copy(source: str) -> None:
    outcome = teach.check("L22.3", source)
    assert outcome.verdict is Verdict.NOT_YET
    assert "copies" in outcome.reason


def test_the_readers_own_chance_is_left_alone() -> None:
    random.seed(4)
    wanted = random.random()
    random.seed(4)
    teach.check("L22.3", "import random\ndef handler(e, c): return str(random.random())\n")
    assert random.random() == wanted
