"""Tumbling windows: a state that is passed along, and an end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mapping_bench import Failed
from stream_bench import START, STREAM, StreamBench, names, open_bench

MINUTE_0 = "2027-01-15T08:00:00Z"
MINUTE_1 = "2027-01-15T08:01:00Z"
MINUTE_2 = "2027-01-15T08:02:00Z"


@pytest.fixture
def bench() -> Iterator[StreamBench]:
    with open_bench() as made:
        made.function.handler = count
        yield made


def count(event: dict[str, Any]) -> Any:
    return {"state": {"n": event["state"].get("n", 0) + len(event["Records"])}}


def seen(bench: StreamBench) -> list[tuple[list[str], Any, bool]]:
    return [
        (names(event), event["state"], event["isFinalInvokeForWindow"])
        for event in bench.function.events
    ]


def test_the_bench_begins_with_a_window() -> None:
    assert START % 60 == 0


def test_a_state_is_passed_along_until_the_window_ends(bench: StreamBench) -> None:
    poller = bench.poller(tumbling_seconds=60)
    bench.put(poller, "a", "b")
    bench.clock.advance(30)
    bench.put(poller, "c")
    bench.clock.advance(29)
    assert seen(bench) == [(["a", "b"], {}, False), (["c"], {"n": 2}, False)]
    bench.clock.advance(1)
    assert seen(bench)[2:] == [([], {"n": 3}, True)]
    assert bench.function.times[-1] == 60


@pytest.mark.fidelity("tumbling-windows")
def test_the_event_of_a_window(bench: StreamBench) -> None:
    poller = bench.poller(tumbling_seconds=60)
    bench.put(poller, "a")
    (event,) = bench.function.events
    assert [name for name in event if name != "Records"] == [
        "window", "state", "isFinalInvokeForWindow", "isWindowTerminatedEarly", "shardId",
        "eventSourceARN",
    ]  # fmt: skip
    assert event["window"] == {"start": MINUTE_0, "end": MINUTE_1}
    assert event["shardId"] == "shard-0"
    assert event["eventSourceARN"] == STREAM
    assert event["isWindowTerminatedEarly"] is False


def test_a_window_without_records_is_no_window(bench: StreamBench) -> None:
    poller = bench.poller(tumbling_seconds=60)
    bench.put(poller, "a")
    bench.clock.advance(hours=5)
    assert len(bench.function.events) == 2


def test_a_batch_does_not_reach_into_the_next_window(bench: StreamBench) -> None:
    bench.stream.put("a", "b")
    bench.clock.advance(60)
    bench.stream.put("c")
    bench.poller(tumbling_seconds=60)
    assert seen(bench) == [(["a", "b"], {}, False), ([], {"n": 2}, True), (["c"], {}, False)]
    assert bench.function.events[2]["window"] == {"start": MINUTE_1, "end": MINUTE_2}
    bench.clock.advance(60)
    assert seen(bench)[3:] == [([], {"n": 1}, True)]


def test_a_batching_window_ends_with_the_tumbling_window(bench: StreamBench) -> None:
    poller = bench.poller(tumbling_seconds=60, window_seconds=300)
    bench.clock.advance(40)
    bench.put(poller, "a")
    bench.clock.advance(20)
    assert seen(bench) == [(["a"], {}, False), ([], {"n": 1}, True)]
    assert bench.function.times == [60, 60]


def test_an_answer_without_a_state_is_a_failure(bench: StreamBench) -> None:
    bench.function.handler = lambda event: {"total": 1}
    poller = bench.poller(tumbling_seconds=60)
    bench.put(poller, "a")
    assert poller.last_result == "PROBLEM: Function call failed"
    bench.function.handler = count
    bench.clock.advance(1)
    assert seen(bench) == [(["a"], {}, False), (["a"], {}, False)]
    assert poller.last_result == "OK"


def test_the_last_answer_needs_no_state(bench: StreamBench) -> None:
    poller = bench.poller(tumbling_seconds=60)
    bench.put(poller, "a")
    bench.function.handler = lambda event: None
    bench.clock.advance(hours=1)
    assert len(bench.function.events) == 2
    assert poller.last_result == "OK"


def test_a_blocked_shard_ends_its_window_late(bench: StreamBench) -> None:
    def handler(event: dict[str, Any]) -> Any:
        if bench.function.times[-1] < 90:
            raise Failed
        return count(event)

    bench.function.handler = handler
    poller = bench.poller(tumbling_seconds=60)
    bench.put(poller, "a")
    bench.clock.advance(minutes=5)
    assert seen(bench)[-2:] == [(["a"], {}, False), ([], {"n": 1}, True)]
    assert bench.function.times[-1] == 123


def test_a_state_that_is_too_large_ends_the_window_early(bench: StreamBench) -> None:
    def handler(event: dict[str, Any]) -> Any:
        return {"state": {"big": "x" * 1024 * 1024}} if names(event) == ["b"] else count(event)

    bench.function.handler = handler
    poller = bench.poller(tumbling_seconds=60, batch_size=1)
    bench.put(poller, "a", "b", "c")
    flags = [event["isWindowTerminatedEarly"] for event in bench.function.events]
    assert seen(bench) == [
        (["a"], {}, False),
        (["b"], {"n": 1}, False),
        ([], {"n": 1}, True),
        (["c"], {}, False),
    ]
    assert flags == [False, False, True, False]


def test_the_end_of_a_window_is_tried_as_often_as_a_batch(bench: StreamBench) -> None:
    def handler(event: dict[str, Any]) -> Any:
        if event["isFinalInvokeForWindow"]:
            raise Failed
        return count(event)

    bench.function.handler = handler
    poller = bench.poller(tumbling_seconds=60, retries=2, on_failure="arn:aws:s3:::b")
    bench.put(poller, "a")
    bench.clock.advance(hours=1)
    assert [final for _, _, final in seen(bench)] == [False, True, True, True]
    assert bench.deliveries == []
    bench.put(poller, "b")
    assert seen(bench)[-1] == (["b"], {}, False)


def test_the_end_of_a_window_is_not_tried_for_ever(bench: StreamBench) -> None:
    def handler(event: dict[str, Any]) -> Any:
        if event["isFinalInvokeForWindow"]:
            raise Failed
        return count(event)

    bench.function.handler = handler
    poller = bench.poller(tumbling_seconds=60)
    bench.put(poller, "a")
    bench.clock.advance(days=3)
    assert bench.function.times[-1] <= 86_400 + 60
    bench.put(poller, "b")
    assert seen(bench)[-1] == (["b"], {}, False)


def test_a_window_goes_on_after_the_mapping_was_off(bench: StreamBench) -> None:
    first = bench.poller(tumbling_seconds=60)
    bench.put(first, "a")
    first.stop()
    bench.clock.advance(hours=1)
    bench.poller(first, tumbling_seconds=60)
    assert seen(bench) == [(["a"], {}, False), ([], {"n": 1}, True)]


def test_a_closed_shard_ends_its_window_for_its_children(bench: StreamBench) -> None:
    poller = bench.poller(tumbling_seconds=60)
    bench.put(poller, "a")
    bench.stream.split("shard-0", "shard-1")
    bench.stream.put("b", shard="shard-1")
    poller.wake()
    bench.workers.wait_idle()
    assert seen(bench) == [(["a"], {}, False), ([], {"n": 1}, True), (["b"], {}, False)]


def test_failures_are_reported_beside_the_state(bench: StreamBench) -> None:
    def handler(event: dict[str, Any]) -> Any:
        done = [name for name in names(event) if name != "bad"]
        failed = [
            {"itemIdentifier": record["kinesis"]["sequenceNumber"]}
            for record, name in zip(event["Records"], names(event), strict=True)
            if name == "bad"
        ]
        total = event["state"].get("n", 0) + len(done)
        return {"state": {"n": total}, "batchItemFailures": failed}

    bench.function.handler = handler
    poller = bench.poller(tumbling_seconds=60, report_failures=True, retries=1)
    bench.put(poller, "a", "bad")
    bench.clock.advance(60)
    assert seen(bench) == [
        (["a", "bad"], {}, False), (["bad"], {"n": 1}, False), ([], {"n": 1}, True)
    ]  # fmt: skip


def test_the_event_stays_within_6_mb_with_its_state(bench: StreamBench) -> None:
    bench.function.handler = lambda event: {"state": {"big": "x" * 1_000_000}}
    poller = bench.poller(tumbling_seconds=60, batch_size=100)
    bench.put(poller, *["y" * 880_000] * 12)
    assert len(bench.function.bodies) == 12
    assert max(len(json.dumps(event)) for event in bench.function.events) <= 6 * 1024 * 1024
