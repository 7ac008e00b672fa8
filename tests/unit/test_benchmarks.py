"""The benchmarks' own arithmetic: a wrong percentile would make every figure wrong."""

from __future__ import annotations

import doctest
import functools
import importlib
import itertools

import pytest
from benchmarks.functions import CallError, Reported
from benchmarks.resting import proportional_bytes
from benchmarks.samples import Samples, alternate, percentile
from benchmarks.table import Goal, Row, render, show_value

MODULES = ["samples", "table", "functions", "resting", "thousand"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_the_docstrings_hold(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"benchmarks.{name}"))
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize(
    ("share", "expected"), [(0, 1), (0.01, 1), (0.07, 7), (0.5, 50), (0.99, 99), (1, 100)]
)
def test_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    backwards = range(100, 0, -1)
    assert percentile(backwards, share) == expected


def test_percentile_of_one_value_is_that_value() -> None:
    assert percentile([3.5], 0.99) == 3.5


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_percentile_refuses_a_share_out_of_range(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        percentile([1.0], share)


def test_percentile_refuses_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        percentile([], 0.5)


def test_callers_are_counted_together() -> None:
    both = Samples.together([Samples((1.0, 2.0)), Samples((9.0,))])
    assert (len(both), both.p50, both.p99) == (3, 2.0, 9.0)


def recording(order: list[str], name: str, seconds: float) -> float:
    order.append(name)
    return seconds


def test_calls_take_turns_in_blocks_and_warm_up_is_not_counted() -> None:
    order: list[str] = []
    timers = {name: functools.partial(recording, order, name, 1.0) for name in "AB"}
    measured = alternate(timers, rounds=2, block=2, blocks={"B": 1}, warm_up=1)
    assert "".join(order) == "AB" + "AAB" * 2
    assert {name: len(found) for name, found in measured.items()} == {"A": 4, "B": 2}


def test_each_timer_keeps_its_own_figures() -> None:
    counts = {name: itertools.count(start) for name, start in (("A", 0), ("B", 100))}
    timers = {name: functools.partial(next, count) for name, count in counts.items()}
    measured = alternate(timers, rounds=3)
    assert list(measured["A"].values) == [0, 1, 2]
    assert list(measured["B"].values) == [100, 101, 102]


def test_the_first_round_is_measured_however_little_time_there_is() -> None:
    measured = alternate({"A": lambda: 1.0}, rounds=50, at_most_seconds=0)
    assert len(measured["A"]) == 1


@pytest.mark.parametrize(("rounds", "block"), [(0, 1), (1, 0), (-1, 1)])
def test_nothing_to_measure_is_refused(rounds: int, block: int) -> None:
    with pytest.raises(ValueError, match="at least one round"):
        alternate({"A": lambda: 1.0}, rounds=rounds, block=block)


@pytest.mark.parametrize(
    ("value", "floor", "goal", "met"),
    [
        (1.5, 1.0, Goal(ratio=1.5), True),
        (1.51, 1.0, Goal(ratio=1.5), False),
        (1.2, 1.0, Goal(ratio=1.5, value=1.1), False),
        (1.2, 0.5, Goal(ratio=1.5, value=1.3), False),
        (0.9, None, Goal(value=1.0), True),
        (0.9, None, Goal(ratio=1.5), None),
        (0.9, 0.0, Goal(ratio=1.5), None),
        (9.9, 1.0, None, None),
        (9.9, 1.0, Goal(), None),
    ],
)
def test_a_goal_is_met_missed_or_not_judged(
    value: float, floor: float | None, goal: Goal | None, met: bool | None
) -> None:
    row = Row("group", "name", value, floor=floor, goal=goal)
    assert row.met is met
    assert row.as_json()["met"] is met


def test_the_table_marks_what_missed_its_goal() -> None:
    rows = [
        Row("warm", "slow", 0.003, floor=0.001, floor_name="http", goal=Goal(ratio=1.5)),
        Row("warm", "quick", 0.001, floor=0.001, floor_name="http", goal=Goal(ratio=1.5)),
        Row("cold", "only told", 0.02, other=0.2),
    ]
    lines = render(rows, "Other 1.0").splitlines()
    assert lines[0].endswith("Other 1.0")
    (slow,) = (line for line in lines if line.startswith("slow"))
    assert slow.split()[-5:-1] == ["3.00x", "<=", "1.5x", "MISSED"]
    assert [line for line in lines if "MISSED" in line] == [slow]
    assert [line for line in lines if line.startswith("[")] == ["[warm]", "[cold]"]
    assert lines[-1].endswith("200.0 ms")


def test_a_table_of_nothing_has_its_head() -> None:
    assert len(render([]).splitlines()) == 2


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12.0, "s", "12.0 s"),
        (0.0999, "s", "99.9 ms"),
        (0.000_007, "s", "7.0 us"),
        (0.0, "s", "0.0 us"),
        (512 * 1024, "B", "0.5 MB"),
    ],
)
def test_figures_have_a_unit_that_suits_them(value: float, unit: str, text: str) -> None:
    assert show_value(value, unit) == text


def test_duration_is_not_mistaken_for_billed_or_init_duration() -> None:
    line = "REPORT RequestId: 1\tBilled Duration: 9 ms\tInit Duration: 7.5 ms\tDuration: 1.25 ms\t"
    found = Reported(line)
    assert (found.duration, found.init) == (0.00125, 0.0075)


@pytest.mark.parametrize("log", ["", "REPORT RequestId: 1\tDuration: 1.25 ms\t"])
def test_a_warm_or_missing_report_is_no_cold_start(log: str) -> None:
    with pytest.raises(CallError):
        Reported(log)


def test_a_rollup_without_its_line_is_refused() -> None:
    with pytest.raises(ValueError, match="Pss"):
        proportional_bytes("Rss: 12 kB\nPss_Anon: 3 kB\n")
