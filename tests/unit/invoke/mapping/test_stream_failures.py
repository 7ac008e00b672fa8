"""A shard whose function fails: retries, bisecting, checkpoints, ages, destinations."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mapping_bench import FUNCTION, Failed, throttle
from stream_bench import (
    QUEUE,
    STREAM,
    TABLE,
    StreamBench,
    fails,
    fails_on,
    names,
    numbers,
    open_bench,
    reports,
)


@pytest.fixture
def bench() -> Iterator[StreamBench]:
    with open_bench() as made:
        yield made


@pytest.mark.fidelity("stream-backoff")
def test_a_failed_batch_is_tried_until_it_works(bench: StreamBench) -> None:
    bench.stream.put("a", "b")
    bench.function.handler = fails
    poller = bench.poller()
    assert poller.last_result == "PROBLEM: Function call failed"
    bench.clock.advance(minutes=5)
    assert set(map(tuple, bench.function.calls)) == {("a", "b")}
    bench.function.handler = lambda event: None
    bench.clock.advance(minutes=1)
    assert poller.last_result == "OK"
    assert bench.outcomes()[-1] == ("passed", ["1", "2"])


def test_waits_begin_anew_after_a_success(bench: StreamBench) -> None:
    bench.function.handler = fails_on("a", "c")
    bench.stream.put("a", "b", "c")
    bench.poller(batch_size=1, retries=2)
    bench.clock.advance(minutes=1)
    assert bench.function.bodies == ["a", "a", "a", "b", "c", "c", "c"]
    assert bench.function.times == [0, 1, 3, 3, 3, 4, 6]


def test_waits_begin_anew_after_giving_up(bench: StreamBench) -> None:
    bench.function.handler = fails
    bench.stream.put("a", "b")
    bench.poller(batch_size=1, retries=2)
    bench.clock.advance(minutes=1)
    assert bench.function.bodies == ["a", "a", "a", "b", "b", "b"]
    assert bench.function.times == [0, 1, 3, 3, 4, 6]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_are_limited(bench: StreamBench, retries: int) -> None:
    bench.function.handler = fails_on("bad")
    bench.stream.put("bad", "good")
    bench.poller(batch_size=1, retries=retries, on_failure=QUEUE)
    bench.clock.advance(minutes=5)
    assert bench.function.bodies == ["bad"] * (retries + 1) + ["good"]
    (record,) = bench.records
    assert record["requestContext"] == {
        "requestId": f"r{retries + 1}",
        "functionArn": FUNCTION,
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": retries + 1,
    }
    assert record["responseContext"] == {
        "statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"
    }  # fmt: skip


@pytest.mark.fidelity("stream-destinations")
def test_the_record_of_a_failure(bench: StreamBench) -> None:
    bench.function.handler = fails
    bench.stream.put("a")
    poller = bench.poller(window_seconds=2, retries=0, on_failure=QUEUE)
    bench.clock.advance(1.5)
    bench.put(poller, "b")
    bench.clock.advance(0.5)
    (delivery,) = bench.deliveries
    assert delivery.target_arn == QUEUE
    assert delivery.role_arn == "arn:aws:iam::123456789012:role/r"
    record = json.loads(delivery.body)
    assert list(record) == [
        "requestContext", "responseContext", "version", "timestamp", "KinesisBatchInfo"
    ]  # fmt: skip
    assert record["version"] == "1.0"
    assert record["timestamp"] == "2027-01-15T08:00:02.000Z"
    assert record["KinesisBatchInfo"] == {
        "shardId": "shard-0",
        "startSequenceNumber": "1",
        "endSequenceNumber": "2",
        "approximateArrivalOfFirstRecord": "2027-01-15T08:00:00.000Z",
        "approximateArrivalOfLastRecord": "2027-01-15T08:00:01.500Z",
        "batchSize": 2,
        "streamArn": STREAM,
    }


def test_the_record_of_a_table_has_its_own_name_and_whole_seconds() -> None:
    with open_bench(TABLE) as bench:
        bench.function.handler = fails
        bench.stream.put("a")
        bench.poller(retries=0, on_failure=QUEUE)
        (record,) = bench.records
    assert "KinesisBatchInfo" not in record
    info = record["DDBStreamBatchInfo"]
    assert info["approximateArrivalOfFirstRecord"] == "2027-01-15T08:00:00Z"
    assert info["streamArn"] == TABLE


def test_a_bucket_gets_the_records_too(bench: StreamBench) -> None:
    bench.function.handler = fails
    bench.stream.put("a")
    bench.poller(retries=0, on_failure="arn:aws:s3:::bucket")
    (delivery,) = bench.deliveries
    assert delivery.object_key.startswith("aws/lambda/u1/shard-0/2027/01/15/2027-01-15T08.00.00-")
    payload = json.loads(json.loads(delivery.body)["payload"])
    assert payload == bench.function.events[0]


def test_a_destination_that_takes_nothing_is_counted_and_the_shard_goes_on(
    bench: StreamBench,
) -> None:
    bench.refuses = True
    bench.function.handler = fails_on("bad")
    bench.stream.put("bad", "good")
    bench.poller(batch_size=1, retries=0, on_failure=QUEUE, counts_events=True)
    assert bench.function.bodies == ["bad", "good"]
    assert bench.values("DestinationDeliveryFailures") == [1]
    assert bench.metrics["DroppedEventCount"] == 1
    assert "OnFailureDestinationDeliveredEventCount" not in bench.metrics
    assert ("dropped", ["1"]) in bench.outcomes()


def test_what_is_given_up_is_counted(bench: StreamBench) -> None:
    bench.function.handler = fails
    bench.stream.put("a", "b")
    bench.poller(retries=1, on_failure=QUEUE, counts_events=True)
    bench.clock.advance(1)
    assert bench.metrics == {
        "PolledEventCount": 2,
        "InvokedEventCount": 4,
        "FailedInvokeEventCount": 4,
        "DroppedEventCount": 2,
        "OnFailureDestinationDeliveredEventCount": 2,
    }
    assert bench.outcomes() == [("retry", ["1", "2"]), ("delivered", ["1", "2"])]


# -- bisecting -------------------------------------------------------------------------------------


def test_a_split_finds_the_bad_record_and_uses_no_retry(bench: StreamBench) -> None:
    bench.stream.put(*numbers(8))
    bench.function.handler = fails_on("5")
    bench.poller(bisect=True, retries=0, on_failure=QUEUE)
    assert bench.function.calls == [
        numbers(8), ["0", "1", "2", "3"], ["4", "5", "6", "7"], ["4", "5"], ["4"], ["5"],
        ["6", "7"],
    ]  # fmt: skip
    (record,) = bench.records
    info = record["KinesisBatchInfo"]
    assert (info["startSequenceNumber"], info["batchSize"]) == ("6", 1)
    assert record["requestContext"]["approximateInvokeCount"] == 4
    assert bench.function.times == [0] * 7


def test_a_single_record_is_tried_as_often_as_allowed(bench: StreamBench) -> None:
    bench.stream.put("a", "bad", "b")
    bench.function.handler = fails_on("bad")
    bench.poller(bisect=True, retries=2, on_failure=QUEUE)
    bench.clock.advance(minutes=1)
    assert bench.function.calls == [
        ["a", "bad", "b"], ["a"], ["bad", "b"], ["bad"], ["bad"], ["bad"], ["b"]
    ]  # fmt: skip


def test_a_batch_of_bad_records_only_comes_to_an_end(bench: StreamBench) -> None:
    bench.stream.put(*numbers(7))
    bench.function.handler = fails
    poller = bench.poller(bisect=True, retries=0)
    assert poller.positions.shards["shard-0"].complete
    assert [call for call in bench.function.calls if len(call) == 1] == [[n] for n in numbers(7)]


# -- reported failures -----------------------------------------------------------------------------


def test_the_lowest_reported_number_is_the_checkpoint(bench: StreamBench) -> None:
    bench.stream.put(*numbers(6))
    bench.function.handler = reports("4", "2")
    bench.poller(report_failures=True)
    assert bench.function.calls == [numbers(6)]
    assert bench.outcomes() == [("passed", ["1", "2"]), ("retry", ["3", "4", "5", "6"])]
    bench.function.handler = lambda event: None
    bench.clock.advance(1)
    assert bench.function.calls[-1] == ["2", "3", "4", "5"]


def test_the_checkpoint_counts_for_the_next_poller(bench: StreamBench) -> None:
    bench.stream.put(*numbers(4))
    bench.function.handler = reports("2")
    poller = bench.poller(report_failures=True)
    poller.stop()
    bench.function.handler = lambda event: None
    bench.poller(poller)
    assert bench.function.calls[-1] == ["2", "3"]


def test_what_is_left_after_the_last_retry_is_given_up_without_a_function_error(
    bench: StreamBench,
) -> None:
    bench.stream.put(*numbers(4))
    bench.function.handler = reports("2")
    bench.poller(report_failures=True, retries=1, on_failure=QUEUE)
    bench.clock.advance(1)
    assert bench.function.calls == [numbers(4), ["2", "3"]]
    (record,) = bench.records
    assert record["responseContext"] == {
        "statusCode": 200, "executedVersion": "1", "functionError": None
    }  # fmt: skip
    info = record["KinesisBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == ("3", "4")


def test_with_bisect_a_batch_is_split_at_the_reported_number(bench: StreamBench) -> None:
    bench.stream.put(*numbers(8))
    bench.function.handler = reports("5")
    bench.poller(report_failures=True, bisect=True, retries=0, on_failure=QUEUE)
    assert bench.function.calls == [numbers(8), ["5", "6", "7"], ["5"], ["6", "7"]]
    assert [one["KinesisBatchInfo"]["startSequenceNumber"] for one in bench.records] == ["6"]


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"foo": "1"}]},
        {"batchItemFailures": [{"foo": None}]},
        {"batchItemFailures": [{"itemIdentifier": "123-abc"}]},
        b"no json",
    ],
)
def test_an_answer_that_cannot_be_used_fails_the_batch(bench: StreamBench, answer: Any) -> None:
    bench.stream.put("a")
    bench.function.handler = lambda event: answer
    bench.poller(report_failures=True, retries=3, on_failure=QUEUE)
    bench.clock.advance(minutes=1)
    (record,) = bench.records
    assert record["requestContext"]["approximateInvokeCount"] == 4
    assert record["responseContext"]["functionError"] is None


@pytest.mark.parametrize(
    "answer", [None, {}, [], {"batchItemFailures": []}, {"batchItemFailures": None}, b""]
)
def test_an_empty_answer_is_a_success(bench: StreamBench, answer: Any) -> None:
    bench.stream.put("a")
    bench.function.handler = lambda event: answer
    poller = bench.poller(report_failures=True)
    assert poller.last_result == "OK"
    assert bench.outcomes() == [("passed", ["1"])]


def test_reports_mean_nothing_where_they_are_not_asked_for(bench: StreamBench) -> None:
    bench.stream.put("a")
    bench.function.handler = reports("a")
    assert bench.poller().last_result == "OK"


# -- ages ------------------------------------------------------------------------------------------


def test_a_record_may_not_become_older_than_allowed(bench: StreamBench) -> None:
    bench.function.handler = fails_on("bad")
    bench.stream.put("bad", "good")
    bench.poller(batch_size=1, max_age_seconds=60, on_failure=QUEUE)
    bench.clock.advance(59.9)
    assert bench.function.bodies == ["bad"] * 6
    bench.clock.advance(0.1)
    # The good record is as old by now.
    assert [one["requestContext"]["condition"] for one in bench.records] == [
        "RecordAgeExceeded", "RecordAgeExceeded"
    ]  # fmt: skip
    # Each is told of on a worker of its own, in no fixed order.
    counted = {one["requestContext"]["approximateInvokeCount"]: one for one in bench.records}
    assert counted.keys() == {0, 6}
    assert counted[0]["responseContext"] is None


def test_the_young_ones_of_a_batch_go_on(bench: StreamBench) -> None:
    bench.stream.put("old")
    bench.clock.advance(50)
    bench.stream.put("young")
    bench.function.handler = fails
    bench.poller(max_age_seconds=60, on_failure=QUEUE)
    assert bench.function.calls == [["old", "young"]]
    bench.clock.advance(15)
    assert bench.function.calls[-1] == ["young"]
    (record,) = bench.records
    assert record["KinesisBatchInfo"]["endSequenceNumber"] == "1"


def test_records_that_are_too_old_when_read_are_discarded(bench: StreamBench) -> None:
    bench.stream.put(*numbers(5))
    bench.clock.advance(hours=2)
    bench.stream.put("new")
    bench.poller(max_age_seconds=3600, batch_size=3, on_failure=QUEUE)
    assert bench.function.calls == [["new"]]
    sizes = [one["KinesisBatchInfo"]["batchSize"] for one in bench.records]
    assert sizes == [3, 2]


def test_throttles_end_at_the_record_age(bench: StreamBench) -> None:
    bench.function.refusal = throttle()
    bench.stream.put("a")
    bench.poller(max_age_seconds=60, retries=0, on_failure=QUEUE)
    bench.clock.advance(hours=1)
    (record,) = bench.records
    assert record["requestContext"]["condition"] == "RecordAgeExceeded"
    assert record["responseContext"] is None
    assert bench.function.times[-1] < 60


def test_retries_that_would_last_longer_than_the_retention(bench: StreamBench) -> None:
    bench.function.handler = fails
    bench.stream.put("a")
    poller = bench.poller(retries=10_000, max_age_seconds=604_800, on_failure=QUEUE)
    bench.clock.advance(days=7)
    assert poller.positions.shards["shard-0"].complete
    assert bench.deliveries == []
    assert bench.function.times[-1] < 86_400


@pytest.mark.parametrize("seed", range(4))
def test_every_record_ends_once_whatever_happens(bench: StreamBench, seed: int) -> None:
    chance = random.Random(seed)
    lock = threading.Lock()
    pause = threading.Event()

    def handler(event: dict[str, Any]) -> Any:
        pause.wait(0.0005)  # let other batches run meanwhile
        with lock:
            kind = chance.choice(["fine", "fine", "fails", "reports", "throttled"])
        if kind == "throttled":
            raise throttle()
        if kind == "reports":
            return reports(*names(event)[-1:])(event)
        if kind == "fails" or "bad" in "".join(names(event)):
            raise Failed
        return None

    bench.function.handler = handler
    poller = bench.poller(retries=3, report_failures=True)
    for round_ in range(20):
        for number in range(20):
            key = chance.randrange(7)
            text = f"{key}-{'bad' if chance.random() < 0.05 else 'good'}-{round_}-{number}"
            bench.stream.put(text, key=str(key))
            poller.wake()
        if chance.random() < 0.5:
            bench.clock.advance(chance.randrange(3))
        if chance.random() < 0.3:
            poller.stop()
            bench.workers.wait_idle()
            settings = {"parallelization": chance.choice([1, 3, 10]), "retries": 3}
            poller = bench.poller(
                poller, bisect=chance.random() < 0.5, report_failures=True, on_failure=QUEUE,
                batch_size=chance.choice([1, 3, 50]), **settings,
            )  # fmt: skip
    bench.clock.advance(hours=10)
    ended = [
        number
        for outcome, records in bench.outcomes()
        if outcome in ("passed", "delivered", "dropped")
        for number in records
    ]
    assert sorted(ended, key=int) == [str(number) for number in range(1, 401)]
    assert poller.positions.shards["shard-0"].after == 400
    assert bench.function.most > 1
    tries: dict[str, list[str]] = {}
    for name in bench.function.bodies:
        tried = tries.setdefault(name.split("-")[0], [])
        if name not in tried:
            tried.append(name)
    put = [names({"Records": [record.event]})[0] for record in bench.stream.read("shard-0", 0)]
    for key, tried in tries.items():
        assert tried == [name for name in put if name.split("-")[0] == key]
