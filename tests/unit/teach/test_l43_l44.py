"""Exercises on streams: what the engine does agrees with the answers, and other ways are right."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.invoke.mapping.stream_batch import Answer, Batch, Response, Rules
from lambda_lab.invoke.mapping.stream_lane import Lane
from lambda_lab.invoke.mapping.stream_positions import Aggregation
from lambda_lab.invoke.mapping.stream_source import StreamRecord
from lambda_lab.teach.exercises import REGISTRY

MAPPING = MappingSettings(
    uuid="m",
    source_arn="arn:aws:kinesis:us-east-1:123456789012:stream/s",
    function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
    batch_size=8,
    bisect=True,
    retries=1,
)
DAY_NS = 86_400 * 10**9


def _worked(lane: Lane, bad: int) -> list[list[int]]:
    """Run a lane to its end; returns the positions in each batch."""
    batches: list[list[int]] = []
    now_ns = 0
    while not lane.empty:
        batch: Batch | None = lane.take(now_ns)
        if batch is None:
            now_ns = lane.due_ns() or 0
            continue
        batches.append(batch.positions)
        response = Response("r", "$LATEST", None)
        lane.answered(batch, Answer("r", response, failed=bad in batch.positions), now_ns, DAY_NS)
    return batches


def test_the_engine_halves_as_the_exercise_says() -> None:
    lane = Lane(Rules.of(MAPPING), Aggregation())
    for position in range(1, 9):
        lane.add(StreamRecord(position, "k", 0, {}, 10), 0)
    batches = _worked(lane, bad=2)
    answer = (len(batches), sum(1 in batch for batch in batches))
    assert teach.check("L43.1", answer).right


def test_every_failure_may_be_named_since_the_lowest_counts() -> None:
    def handler(event: Any, context: Any) -> Any:
        import base64

        numbers = [
            record["kinesis"]["sequenceNumber"]
            for record in reversed(event["Records"])
            if not base64.b64decode(record["kinesis"]["data"]).decode().isdecimal()
        ]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers]}

    assert teach.check("L43.2", handler).right


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        {"batchItemFailures": None},
        {"batchItemFailures": ["4900"]},
        {"batchItemFailures": [{"itemIdentifier": 4900}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": "4900", "more": 1}]},
        {"batchItemFailures": []},
    ],
    ids=str,
)
def test_other_results_are_met_with_a_reason(result: Any) -> None:
    outcome = teach.check("L43.2", lambda event, context: result)
    assert not outcome.right
    assert outcome.reason


@pytest.mark.parametrize(
    "more",
    [
        {"eventName": ["INSERT", "MODIFY"]},
        {"eventName": [{"anything-but": ["REMOVE"]}]},
        {"eventSource": ["aws:dynamodb"]},
    ],
    ids=str,
)
def test_a_pattern_may_say_more_than_it_must(more: dict[str, Any]) -> None:
    pattern = {"dynamodb": {"NewImage": {"kind": {"S": ["map", "atlas"]}}}, **more}
    assert teach.check("L44.3", pattern).right


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ({"dynamodb": {"Keys": []}, "eventName": ["INSERT"]}, "refuse"),
        ({"dynamodb": "x"}, "refuse"),
        ({"dynamodb": {"NewImage": {"kind": {"S": ["atlas"]}}}}, "does not let pass a map"),
        (
            {"dynamodb": {"NewImage": {"kind": {"S": [{"exists": True}]}}}},
            "lets pass a map that became a novel",
        ),
        ({"eventName": ["INSERT"]}, "does not let pass"),
        ({"dynamodb": {"NewImage": {"kind": {"S": {"atlas"}}}}}, ""),
    ],
    ids=["empty list", "text", "one kind", "any kind", "no kind", "no JSON"],
)
def test_a_pattern_that_is_wrong_is_met_with_an_example(pattern: Any, said: str) -> None:
    outcome = teach.check("L44.3", pattern)
    assert not outcome.right
    assert said in outcome.reason
    assert "lambda_lab" not in str(outcome)


def test_the_exercises_are_there() -> None:
    wanted = [f"L4{lab}.{number}" for lab in (3, 4) for number in (1, 2, 3)]
    assert [name for name in REGISTRY if name[:3] in ("L43", "L44")] == wanted
