"""Polling a stream: positions, batches, windows, filters, metrics, what is gone, ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lambda_lab.clock import SECOND
from lambda_lab.errors import AwsError, SandboxError
from lambda_lab.invoke.mapping.stream_source import StreamGone
from lambda_lab.timeline import Kind
from live_region import until
from stream_bench import (
    DAY,
    ROLE,
    START,
    STREAM,
    StreamBench,
    fails,
    fails_on,
    numbers,
    open_bench,
)


@pytest.fixture
def bench() -> Iterator[StreamBench]:
    with open_bench() as made:
        yield made


# -- where it begins -------------------------------------------------------------------------------


def test_the_trim_horizon_is_the_oldest_record(bench: StreamBench) -> None:
    bench.stream.put("a", "b")
    poller = bench.poller()
    assert bench.function.calls == [["a", "b"]]
    bench.put(poller, "c")
    assert bench.function.calls == [["a", "b"], ["c"]]
    assert poller.last_result == "OK"


def test_latest_is_what_is_written_from_now_on(bench: StreamBench) -> None:
    bench.stream.put("a")
    poller = bench.make(starting_position="LATEST")
    bench.stream.put("b")  # between the poller's making and its start: the mapping is enabled
    poller.start()
    bench.workers.wait_idle()
    assert bench.function.calls == [["b"]]


def test_latest_reads_shards_that_come_later_from_their_beginning(bench: StreamBench) -> None:
    bench.stream.put("a")
    poller = bench.poller(starting_position="LATEST")
    bench.stream.split("shard-0", "shard-1", "shard-2")
    bench.stream.put("b", shard="shard-1")
    bench.stream.put("c", shard="shard-2")
    poller.wake()
    bench.workers.wait_idle()
    assert sorted(bench.function.bodies) == ["b", "c"]


def test_a_time_is_a_starting_position(bench: StreamBench) -> None:
    bench.stream.put("early")
    bench.clock.advance(60)
    bench.stream.put("exactly")
    bench.clock.advance(60)
    bench.stream.put("late")
    at = (START + 60) * SECOND
    # The bench's clock is not held: it is where it was moved to.
    bench.poller(starting_position="AT_TIMESTAMP", starting_timestamp_ns=at)
    assert bench.function.calls == [["exactly", "late"]]


# -- batches ---------------------------------------------------------------------------------------


def test_batches_keep_to_the_size_and_the_order(bench: StreamBench) -> None:
    bench.stream.put(*numbers(25))
    bench.poller(batch_size=10)
    assert [len(call) for call in bench.function.calls] == [10, 10, 5]
    assert bench.function.bodies == numbers(25)
    assert bench.function.most == 1


def test_what_the_function_gets(bench: StreamBench) -> None:
    bench.stream.put("a")
    bench.poller()
    (event,) = bench.function.events
    assert event == {
        "Records": [
            {
                "kinesis": {"data": "YQ==", "partitionKey": "k", "sequenceNumber": "1"},
                "invokeIdentityArn": ROLE,
            }
        ]
    }
    (batch,) = bench.timeline.of("worker", [Kind.BATCH])
    assert batch.request == "r1"
    assert batch.detail == {
        "mapping": "u1", "source": STREAM, "records": ["1"], "lanes": ["shard-0"], "attempt": 1,
    }  # fmt: skip
    assert bench.outcomes() == [("passed", ["1"])]


def test_a_batch_waits_for_its_window(bench: StreamBench) -> None:
    poller = bench.poller(window_seconds=30)
    bench.put(poller, "a")
    bench.clock.advance(20)
    bench.put(poller, "b")
    assert bench.function.calls == []
    bench.clock.advance(9)
    assert bench.function.calls == []
    bench.clock.advance(1)
    assert bench.function.calls == [["a", "b"]]


def test_a_full_batch_does_not_wait(bench: StreamBench) -> None:
    poller = bench.poller(window_seconds=300, batch_size=3)
    bench.put(poller, "a", "b", "c", "d")
    assert bench.function.calls == [["a", "b", "c"]]
    bench.clock.advance(300)
    assert bench.function.calls == [["a", "b", "c"], ["d"]]


def test_an_event_stays_within_6_mb(bench: StreamBench) -> None:
    big = "x" * 1_000_000
    bench.stream.put(*[big] * 9)
    bench.poller(batch_size=100)
    sizes = [len(json.dumps(event)) for event in bench.function.events]
    assert [len(call) for call in bench.function.calls] == [4, 4, 1]
    assert all(size <= 6 * 1024 * 1024 for size in sizes)


def test_every_shard_has_its_own_batches(bench: StreamBench) -> None:
    bench.stream.shard("shard-1")
    bench.stream.put("a", shard="shard-0")
    bench.stream.put("b", shard="shard-1")
    both = threading.Barrier(2, timeout=10)
    bench.function.handler = lambda event: both.wait() and None
    bench.poller()
    assert sorted(bench.function.calls) == [["a"], ["b"]]


def test_children_come_after_their_parents(bench: StreamBench) -> None:
    bench.stream.put("old")
    bench.stream.split("shard-0", "shard-1")
    bench.stream.put("new", shard="shard-1")
    bench.function.handler = fails_on("old")
    bench.poller(retries=1)
    assert bench.function.bodies == ["old"]
    bench.clock.advance(1)
    assert bench.function.bodies == ["old", "old", "new"]


# -- parallelization -------------------------------------------------------------------------------


def test_a_key_keeps_its_order_and_others_do_not_wait(bench: StreamBench) -> None:
    keys = numbers(20)
    for round_ in range(3):
        for key in keys:
            bench.stream.put(f"{key}-{round_}", key=key)
    bench.poller(parallelization=10, batch_size=2)
    for key in keys:
        mine = [body for body in bench.function.bodies if body.split("-")[0] == key]
        assert mine == [f"{key}-{round_}" for round_ in range(3)]
    assert len(bench.function.bodies) == 60


def test_as_many_batches_of_a_shard_run_at_once_as_asked_for(bench: StreamBench) -> None:
    for key in numbers(40):
        bench.stream.put(key, key=key)
    together = threading.Barrier(4, timeout=10)
    bench.function.handler = lambda event: together.wait() and None
    bench.poller(parallelization=4, batch_size=100)
    assert bench.function.most == 4
    assert sorted(bench.function.bodies) == sorted(numbers(40))


def test_a_bad_record_blocks_its_own_lane(bench: StreamBench) -> None:
    for key in numbers(20):
        bench.stream.put(key, key=key)
    bench.function.handler = fails_on("0")
    poller = bench.poller(parallelization=10, batch_size=1)
    others = [body for body in bench.function.bodies if body != "0"]
    from lambda_lab.invoke.mapping.shard import lane_of

    blocked = [key for key in numbers(20) if lane_of(key, 10) == lane_of("0", 10)]
    assert set(others) == set(numbers(20)) - set(blocked)
    assert poller.last_result in ("OK", "PROBLEM: Function call failed")
    bench.function.handler = lambda event: None
    bench.clock.advance(60)
    assert set(bench.function.bodies) == set(numbers(20))


# -- filters and metrics ---------------------------------------------------------------------------


def test_what_no_filter_wants_is_passed_by(bench: StreamBench) -> None:
    bench.stream.put('{"n": 1}', '{"n": 2}', "text", '{"n": 1, "m": 3}')
    poller = bench.poller(filters=('{"data": {"n": [1]}}',), counts_events=True)
    assert bench.function.calls == [['{"n": 1}', '{"n": 1, "m": 3}']]
    assert bench.outcomes()[0] == ("filtered", ["2", "3"])
    assert bench.metrics == {
        "PolledEventCount": 4, "FilteredOutEventCount": 2, "InvokedEventCount": 2
    }  # fmt: skip
    assert poller.positions.shards["shard-0"].after == 4


def test_filters_see_the_partition_key(bench: StreamBench) -> None:
    bench.stream.put("a", key="x")
    bench.stream.put("b", key="y")
    bench.poller(filters=('{"partitionKey": ["y"]}',))
    assert bench.function.calls == [["b"]]


def test_events_are_counted_only_where_asked(bench: StreamBench) -> None:
    bench.stream.put("a")
    bench.poller()
    assert bench.metrics == {}


@pytest.mark.fidelity("iterator-age")
def test_iterator_age_is_that_of_the_last_record_when_handed_over(bench: StreamBench) -> None:
    bench.stream.put("a")
    bench.clock.advance(90)
    bench.stream.put("b")
    bench.clock.advance(30)
    bench.poller()
    assert bench.values("IteratorAge") == [30_000]


# -- time passes -----------------------------------------------------------------------------------


def test_nothing_is_looked_at_while_nothing_happens(bench: StreamBench) -> None:
    poller = bench.poller()
    bench.clock.advance(days=30)
    assert bench.stream.reads == 1
    assert poller.last_result == "No records processed"


def test_records_that_the_stream_no_longer_keeps_are_skipped(bench: StreamBench) -> None:
    bench.stream.put("old")
    bench.clock.advance(hours=24)
    bench.stream.put("new")
    poller = bench.poller()
    assert bench.function.calls == [["new"]]
    assert poller.positions.shards["shard-0"].after == 2


def test_a_blocked_shard_goes_on_when_its_records_expire(bench: StreamBench) -> None:
    bench.function.handler = fails_on("bad")
    bench.stream.put("bad")
    poller = bench.poller(batch_size=1, on_failure="arn:aws:sqs:us-east-1:123456789012:q")
    bench.clock.advance(hours=12)
    bench.put(poller, "good")
    assert "good" not in bench.function.bodies
    bench.clock.advance(hours=11, minutes=59, seconds=59)
    assert "good" not in bench.function.bodies
    bench.clock.advance(seconds=1)
    assert bench.function.bodies[-1] == "good"
    assert bench.function.times[-1] == DAY
    assert bench.deliveries == []  # the stream let go of it, not Lambda
    assert ("dropped", ["1"]) in bench.outcomes()
    assert poller.last_result == "OK"


def test_a_month_in_one_step_comes_to_the_same(bench: StreamBench) -> None:
    bench.function.handler = fails_on("bad")
    bench.stream.put("bad")
    poller = bench.poller(batch_size=1)
    bench.clock.advance(days=30)
    bench.put(poller, "good")
    assert bench.function.bodies[-1] == "good"
    # One try at once, then waits of 1, 2, 4, 8, 16, 32 and 60 seconds, until the day is over.
    assert bench.function.times[:8] == [0, 1, 3, 7, 15, 31, 63, 123]
    assert bench.function.times[-2] < DAY
    assert len(bench.function.times) == 7 + (DAY - 63 - 1) // 60 + 1


# -- on and off ------------------------------------------------------------------------------------


def test_a_new_poller_goes_on_where_the_last_one_was(bench: StreamBench) -> None:
    bench.stream.put("a")
    first = bench.poller(starting_position="TRIM_HORIZON")
    first.stop()
    assert first.stopped
    bench.put(first, "b")
    bench.clock.advance(hours=1)
    assert bench.function.calls == [["a"]]
    bench.poller(first, starting_position="LATEST", batch_size=1)
    assert bench.function.calls == [["a"], ["b"]]


def test_what_is_finished_behind_a_blocked_record_is_not_repeated(bench: StreamBench) -> None:
    for key in numbers(20):
        bench.stream.put(key, key=key)
    bench.function.handler = fails_on("0")
    first = bench.poller(parallelization=10, batch_size=1)
    first.stop()
    done = [body for body in bench.function.bodies if body != "0"]
    bench.function.events.clear()
    bench.function.handler = lambda event: None
    bench.poller(first, parallelization=1, batch_size=100)
    assert bench.function.bodies == [body for body in numbers(20) if body not in done]


def test_a_batch_that_runs_when_it_is_stopped_counts(bench: StreamBench) -> None:
    bench.stream.put("a", "b")
    running, go_on = threading.Event(), threading.Event()

    def handler(event: dict[str, Any]) -> None:
        running.set()
        assert go_on.wait(10)

    bench.function.handler = handler
    poller = bench.make(batch_size=1)
    poller.start()
    assert running.wait(10)
    poller.stop()
    assert not poller.stopped
    go_on.set()
    bench.workers.wait_idle()
    until(lambda: poller.stopped)
    assert bench.function.calls == [["a"]]
    bench.poller(poller)
    assert bench.function.calls == [["a"], ["b"]]
    assert poller.last_result == "OK"


def test_a_stopped_poller_tries_nothing_again(bench: StreamBench) -> None:
    bench.function.handler = fails
    bench.stream.put("a")
    poller = bench.poller()
    poller.stop()
    bench.clock.advance(days=2)
    assert bench.function.calls == [["a"]]


def test_the_result_is_kept_by_the_next_poller(bench: StreamBench) -> None:
    bench.function.handler = fails
    bench.stream.put("a")
    first = bench.poller()
    first.stop()
    assert bench.make(first).last_result == "PROBLEM: Function call failed"


# -- gone ------------------------------------------------------------------------------------------


def test_a_stream_that_is_deleted(bench: StreamBench) -> None:
    bench.function.handler = fails
    bench.stream.put("a")
    poller = bench.poller()
    bench.stream.gone = True
    poller.wake()
    bench.workers.wait_idle()
    bench.clock.advance(days=3)
    assert poller.last_result == "PROBLEM: The stream does not exist."
    assert bench.function.calls == [["a"]]


def test_a_stream_of_the_same_name_is_another_stream(bench: StreamBench) -> None:
    bench.stream.put("a", "b", "c")
    poller = bench.poller()
    bench.stream.made.clear()
    bench.stream.shard("shard-0")
    bench.stream.generation = 2
    bench.put(poller, "x")
    assert bench.function.calls == [["a", "b", "c"], ["x"]]


def test_a_consumer_that_comes_back_finds_what_was_not_finished(bench: StreamBench) -> None:
    bench.function.handler = fails
    bench.stream.put("a")
    poller = bench.poller()
    bench.stream.gone = True
    poller.wake()
    bench.workers.wait_idle()
    bench.stream.gone = False
    bench.function.handler = lambda event: None
    bench.put(poller, "b")
    assert bench.function.calls[-1] == ["a", "b"]


def test_there_is_no_poller_of_a_stream_that_is_not_there(bench: StreamBench) -> None:
    bench.stream.gone = True
    with pytest.raises(StreamGone):
        bench.make()


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (
            AwsError("ResourceNotFoundException", "Function not found: f", status=404),
            "Function not found: f",
        ),
        (
            AwsError("TooManyRequestsException", "Rate Exceeded.", status=429),
            "Function call failed",
        ),
        (AwsError("ResourceConflictException", "Pending", status=409), "Function call failed"),
        (SandboxError("no interpreter"), "no interpreter"),
        (RuntimeError("something else"), "Function call failed"),
    ],
)
def test_what_keeps_a_function_from_running_uses_no_retry(
    bench: StreamBench, refusal: Exception, said: str
) -> None:
    bench.function.refusal = refusal
    bench.function.gone = getattr(refusal, "status", 0) == 404
    bench.stream.put("a")
    poller = bench.poller(retries=0, on_failure="arn:aws:sqs:us-east-1:123456789012:q")
    bench.clock.advance(minutes=10)
    assert len(bench.function.calls) > 10
    assert poller.last_result == f"PROBLEM: {said}"
    assert bench.deliveries == []
    bench.function.refusal = None
    bench.clock.advance(minutes=1)
    assert poller.last_result == "OK"
    assert bench.outcomes()[-1] == ("passed", ["1"])
