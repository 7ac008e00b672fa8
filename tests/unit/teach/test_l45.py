"""L45: numbers as AWS documents them, whatever form they come in."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.teach import Verdict

# Developer Guide, "Configuring scaling behavior for SQS event source mappings": 5 batches at the
# start, 300 more a minute, 1,250 at the end.
CURVE = (5, 305, 605, 1250)
COUNTS = {
    "FIFO queue, 7 active groups": 7,
    "FIFO queue, 80 active groups, MaximumConcurrency 20": 20,
    "stream, 6 shards": 6,
    "stream, 6 shards, ParallelizationFactor 4": 24,
    "standard queue, MaximumConcurrency 20": 20,
    "standard queue, provisioned, 2 to 5 pollers": 50,
}


@pytest.mark.parametrize("answer", [CURVE, list(CURVE), tuple(map(float, CURVE))])
def test_the_documented_curve_is_right(answer: Any) -> None:
    assert teach.check("L45.1", answer).verdict is Verdict.RIGHT


@pytest.mark.parametrize(
    "answer",
    [
        CURVE[:3],
        (*CURVE, 1250),
        set(CURVE),
        "5, 305, 605, 1250",
        (0, 60, 120, 600),
        (5, 305, 605, 1000),
        (5, 305, ..., 1250),
        (True, 305, 605, 1250),
    ],
)
def test_another_curve_is_not_yet(answer: Any) -> None:
    assert teach.check("L45.1", answer).verdict is Verdict.NOT_YET


def test_the_counts() -> None:
    assert teach.check("L45.2", COUNTS).verdict is Verdict.RIGHT
    for case, count in COUNTS.items():
        outcome = teach.check("L45.2", COUNTS | {case: count + 1})
        assert outcome.verdict is Verdict.NOT_YET
        assert case in outcome.reason


@pytest.mark.parametrize(
    "answer",
    [
        {"ScalingConfig": {"MaximumConcurrency": None, "more": 1}},
        {"ScalingConfig": {"MaximumConcurrency": 11}},
        {"ScalingConfig": {"MaximumConcurrency": "12"}},
        {"ScalingConfig": {"MaximumConcurrency": 12}, "BatchSize": 12},
        {"ScalingConfig"},
        12,
    ],
)
def test_other_settings_do_not_hold_the_pollers(answer: Any) -> None:
    assert teach.check("L45.3", answer).verdict is Verdict.NOT_YET
