"""Polling a standard queue: batches, windows, failures, throttles, scaling, ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lambda_lab.clock import SECOND
from lambda_lab.errors import AwsError, SandboxError
from lambda_lab.timeline import Kind
from live_region import until
from mapping_bench import Failed, throttle
from queue_bench import QueueBench, open_bench


@pytest.fixture
def bench() -> Iterator[QueueBench]:
    with open_bench() as made:
        yield made


def fail(event: dict[str, Any]) -> None:
    raise Failed


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


# -- batches ---------------------------------------------------------------------------------------


def test_what_is_there_is_processed_and_deleted(bench: QueueBench) -> None:
    bench.queue.put("a", "b")
    poller = bench.poller()
    assert bench.function.calls == [["a", "b"]]
    assert bench.queue.bodies == []
    assert poller.last_result == "OK"
    assert bench.outcomes() == [("deleted", ["m1", "m2"])]
    (batch,) = bench.timeline.of("worker", [Kind.BATCH])
    assert batch.request == "r1"
    assert batch.detail == {
        "mapping": "u1", "source": bench.queue.arn, "records": ["m1", "m2"], "lanes": ["", ""],
        "attempt": 1, "receives": [1, 1],
    }  # fmt: skip


def test_an_empty_queue_is_looked_at_once_however_far_the_clock_moves(bench: QueueBench) -> None:
    poller = bench.poller()
    bench.clock.advance(days=30)
    assert bench.queue.looks == 1
    assert poller.last_result == "No records processed"


@pytest.mark.fidelity("mapping-sqs")
def test_batches_hold_no_more_than_the_batch_size(bench: QueueBench) -> None:
    bench.queue.put(*numbers(25))
    bench.poller(batch_size=10)
    assert sorted(map(len, bench.function.calls)) == [5, 10, 10]
    assert sorted(bench.function.bodies, key=int) == numbers(25)


def test_a_window_begins_with_the_first_message(bench: QueueBench) -> None:
    poller = bench.poller(window_seconds=20)
    bench.clock.advance(7)
    bench.put(poller, "a")
    bench.clock.advance(15)
    bench.put(poller, "b")
    assert bench.function.calls == []
    bench.clock.advance(hours=1)
    assert bench.function.calls == [["a", "b"]]
    assert bench.function.times == [27]


def test_a_full_batch_does_not_wait_for_its_window(bench: QueueBench) -> None:
    poller = bench.poller(window_seconds=20, batch_size=3)
    bench.put(poller, *numbers(4))
    assert bench.function.calls == [["0", "1", "2"]]
    bench.clock.advance(60)
    assert bench.function.calls[1:] == [["3"]]
    assert bench.function.times == [0, 20]


def test_a_batch_of_six_megabytes_does_not_wait_either(bench: QueueBench) -> None:
    poller = bench.poller(window_seconds=20, batch_size=100)
    large = "x" * 1_000_000
    bench.put(poller, *[large] * 8)
    assert [len(call) for call in bench.function.calls] == [6]
    bench.clock.advance(20)
    assert [len(call) for call in bench.function.calls] == [6, 2]
    assert bench.queue.bodies == []


def test_a_window_longer_than_the_visibility_timeout_makes_no_duplicates(
    bench: QueueBench,
) -> None:
    poller = bench.poller(window_seconds=100)
    bench.put(poller, "a")
    bench.clock.advance(40)
    bench.put(poller, "b")
    bench.clock.advance(100)
    assert bench.function.calls == [["a", "b"]]
    assert bench.function.times == [100]
    assert bench.queue.bodies == []


def test_a_delayed_message_is_processed_when_it_becomes_visible(bench: QueueBench) -> None:
    bench.queue.put("later", delay=90)
    bench.queue.put("latest", delay=400)
    bench.poller()
    bench.clock.advance(hours=2)
    assert bench.function.calls == [["later"], ["latest"]]
    assert bench.function.times == [90, 400]


# -- failures --------------------------------------------------------------------------------------


def test_a_failed_batch_comes_back_after_the_visibility_timeout(bench: QueueBench) -> None:
    bench.function.handler = fail
    bench.queue.put("a", "b")
    poller = bench.poller()
    bench.clock.advance(95)
    assert bench.function.times == [0, 30, 60, 90]
    assert bench.queue.stored[0].receives == 4
    assert poller.last_result == "PROBLEM: Function call failed"
    assert bench.outcomes()[0] == ("returned", ["m1", "m2"])
    bench.function.handler = lambda event: None
    bench.clock.advance(hours=10)
    assert bench.queue.bodies == []
    assert poller.last_result == "OK"


def test_only_reported_items_come_back(bench: QueueBench) -> None:
    def second(event: dict[str, Any]) -> Any:
        failed = [r["messageId"] for r in event["Records"] if r["body"] == "b"]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}

    bench.function.handler = second
    bench.queue.put("a", "b", "c")
    bench.poller(report_failures=True)
    bench.clock.advance(65)
    assert bench.function.calls == [["a", "b", "c"], ["b"], ["b"]]
    assert bench.queue.bodies == ["b"]
    assert bench.outcomes()[:2] == [("deleted", ["m1", "m3"]), ("returned", ["m2"])]


@pytest.mark.parametrize("answer", [b"no JSON", {"batchItemFailures": [{"itemIdentifier": "z"}]}])
def test_a_bad_report_fails_the_whole_batch(bench: QueueBench, answer: Any) -> None:
    bench.function.handler = lambda event: answer
    bench.queue.put("a", "b")
    bench.poller(report_failures=True)
    assert bench.queue.bodies == ["a", "b"]
    bench.clock.advance(30)
    assert bench.function.calls == [["a", "b"], ["a", "b"]]


def test_a_report_that_was_not_asked_for_is_not_read(bench: QueueBench) -> None:
    bench.function.handler = lambda event: {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    bench.queue.put("a")
    bench.poller()
    assert bench.queue.bodies == []


def test_a_message_that_the_function_shows_again_is_no_busy_loop(bench: QueueBench) -> None:
    def show_and_fail(event: dict[str, Any]) -> None:
        bench.queue.release([record["receiptHandle"] for record in event["Records"]])
        raise Failed

    bench.function.handler = show_and_fail
    bench.queue.put("a")
    bench.poller()
    bench.clock.advance(3)
    assert bench.function.times == [0, 1, 2, 3]


def test_a_deleted_function_leaves_the_messages_in_the_queue(bench: QueueBench) -> None:
    def gone(event: dict[str, Any]) -> None:
        raise AwsError("ResourceNotFoundException", "Function not found: f", status=404)

    bench.function.handler = gone
    bench.queue.put("a")
    poller = bench.poller()
    assert poller.last_result == "PROBLEM: Function not found: f"
    bench.clock.advance(hours=1)
    assert bench.queue.bodies == ["a"]
    assert len(bench.function.calls) == 121


def test_a_broken_machine_is_said_and_costs_no_message(bench: QueueBench) -> None:
    def broken(event: dict[str, Any]) -> None:
        raise SandboxError("There is no python3.14 here.")

    bench.function.handler = broken
    bench.queue.put("a")
    poller = bench.poller()
    assert poller.last_result == "PROBLEM: There is no python3.14 here."
    bench.function.handler = lambda event: None
    bench.clock.advance(30)
    assert bench.queue.bodies == []


def test_an_error_of_ours_frees_its_slot(bench: QueueBench) -> None:
    def bug(event: dict[str, Any]) -> None:
        raise RuntimeError("a bug")

    bench.function.handler = bug
    bench.queue.put(*numbers(8))
    bench.poller(batch_size=1)
    bench.function.handler = lambda event: None
    bench.clock.advance(30)
    assert bench.queue.bodies == []


# -- throttles -------------------------------------------------------------------------------------


def test_throttles_are_tried_again_within_the_visibility_timeout(bench: QueueBench) -> None:
    def busy(event: dict[str, Any]) -> None:
        raise throttle()

    bench.function.handler = busy
    bench.queue.put("a")
    bench.poller()
    bench.clock.advance(29)
    assert bench.function.times == [0, 1, 3, 7, 15]
    assert bench.queue.stored[0].receives == 1
    bench.clock.advance(2)
    assert bench.function.times[5:] == [30, 31]
    assert bench.queue.stored[0].receives == 2
    outcomes = [name for name, _ in bench.outcomes()]
    assert outcomes[:5] == ["retry", "retry", "retry", "retry", "returned"]


def test_a_throttled_batch_succeeds_later(bench: QueueBench) -> None:
    answers = iter([throttle(), throttle()])

    def twice_busy(event: dict[str, Any]) -> None:
        if (error := next(answers, None)) is not None:
            raise error

    bench.function.handler = twice_busy
    bench.queue.put("a")
    bench.poller()
    bench.clock.advance(hours=1)
    assert bench.function.times == [0, 1, 3]
    attempts = [e.detail["attempt"] for e in bench.timeline.of("worker", [Kind.BATCH])]
    assert attempts == [1, 2, 3]
    assert bench.queue.bodies == []


# -- filters ---------------------------------------------------------------------------------------


def test_what_no_filter_matches_is_deleted(bench: QueueBench) -> None:
    bench.queue.put(
        '{"kind": "order", "n": 1}', '{"kind": "noise"}', "no JSON", '{"kind": "order"}'
    )
    bench.poller(filters=('{"body": {"kind": ["order"]}}',), counts_events=True)
    assert bench.function.calls == [['{"kind": "order", "n": 1}', '{"kind": "order"}']]
    assert bench.queue.bodies == []
    assert bench.outcomes() == [("filtered", ["m2", "m3"]), ("deleted", ["m1", "m4"])]
    assert bench.metrics == {
        "PolledEventCount": 4, "FilteredOutEventCount": 2, "InvokedEventCount": 2,
        "DeletedEventCount": 2,
    }  # fmt: skip


def test_filtered_messages_leave_room_in_the_batch(bench: QueueBench) -> None:
    bench.queue.put(*['{"k": 1}', '{"k": 2}'] * 10)
    bench.poller(filters=('{"body": {"k": [1]}}',))
    assert bench.function.calls == [['{"k": 1}'] * 10]


def test_event_counts_of_failures(bench: QueueBench) -> None:
    bench.function.handler = lambda event: {
        "batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]
    }
    bench.queue.put("a", "b", "c")
    bench.poller(report_failures=True, counts_events=True)
    assert bench.metrics == {
        "PolledEventCount": 3, "FilteredOutEventCount": 0, "InvokedEventCount": 3,
        "FailedInvokeEventCount": 1, "DeletedEventCount": 2,
    }  # fmt: skip


def test_no_metrics_unless_asked_for(bench: QueueBench) -> None:
    bench.queue.put("a")
    bench.poller()
    assert bench.metrics == {}


# -- concurrency -----------------------------------------------------------------------------------


class Gate:
    """A handler that waits until the test lets it end."""

    def __init__(self, bench: QueueBench) -> None:
        self.entered = threading.Semaphore(0)
        self.open = threading.Event()
        bench.function.handler = self

    def __call__(self, event: dict[str, Any]) -> None:
        self.entered.release()
        assert self.open.wait(20)

    def wait(self, count: int) -> None:
        for _ in range(count):
            assert self.entered.acquire(timeout=20)


@pytest.mark.parametrize(
    ("settings", "most"),
    [
        ({}, 5),
        ({"maximum_concurrency": 2}, 2),
        ({"maximum_concurrency": 1000}, 5),
        ({"minimum_pollers": 2, "maximum_pollers": 2}, 20),
    ],
)
def test_concurrency_at_the_start(bench: QueueBench, settings: dict[str, int], most: int) -> None:
    gate = Gate(bench)
    bench.queue.put(*numbers(50))
    poller = bench.start(batch_size=1, **settings)
    gate.wait(most)
    gate.open.set()
    bench.workers.wait_idle()
    assert bench.function.most == most
    assert bench.queue.bodies == []
    assert poller.last_result == "OK"


def test_concurrency_grows_with_the_clock_while_messages_are_left() -> None:
    now = [0]
    with open_bench() as bench:
        bench.clock._real_time_ns = lambda: now[0]
        gate = Gate(bench)
        bench.queue.put(*numbers(50))
        poller = bench.start(batch_size=1, maximum_concurrency=12)
        for second, more in ((0, 5), (1, 5), (60, 2)):
            now[0] = second * SECOND
            bench.clock.run_due()
            gate.wait(more)
            until(lambda: not poller._looking)  # its next look is on the clock
        gate.open.set()
        bench.workers.wait_idle()
        assert bench.function.most == 12


# -- ends ------------------------------------------------------------------------------------------


def test_stop_gives_back_what_waits_for_its_window(bench: QueueBench) -> None:
    poller = bench.poller(window_seconds=300)
    bench.put(poller, "a")
    poller.stop()
    bench.workers.wait_idle()
    assert poller.stopped
    assert bench.outcomes() == [("returned", ["m1"])]
    bench.clock.advance(hours=1)
    assert bench.function.calls == []
    bench.poller()
    assert bench.function.calls == [["a"]]


def test_stop_lets_batches_end(bench: QueueBench) -> None:
    gate = Gate(bench)
    bench.queue.put("a", "b")
    poller = bench.start(batch_size=1, maximum_concurrency=2)
    gate.wait(2)
    bench.queue.put("c")
    poller.stop()
    assert not poller.stopped
    gate.open.set()
    bench.workers.wait_idle()
    assert poller.stopped
    assert bench.queue.bodies == ["c"]
    poller.wake()
    bench.clock.advance(hours=1)
    assert bench.queue.bodies == ["c"]


def test_a_throttled_batch_counts_as_running_until_it_ends(bench: QueueBench) -> None:
    answers = iter([throttle()])

    def once_busy(event: dict[str, Any]) -> None:
        if (error := next(answers, None)) is not None:
            raise error

    bench.function.handler = once_busy
    bench.queue.put("a")
    poller = bench.poller()
    poller.stop()
    bench.workers.wait_idle()
    assert not poller.stopped
    bench.clock.advance(1)
    assert poller.stopped
    assert bench.queue.bodies == []


def test_a_deleted_queue_is_said_and_not_looked_at_again(bench: QueueBench) -> None:
    poller = bench.poller(window_seconds=60)
    bench.put(poller, "a")
    bench.queue.gone = True
    bench.clock.advance(days=1)
    assert poller.last_result == "PROBLEM: The queue does not exist."
    looks = bench.queue.looks
    bench.clock.advance(days=10)
    assert bench.queue.looks == looks
    bench.queue.gone = False
    bench.put(poller, "b")
    bench.clock.advance(120)
    assert poller.last_result == "OK"
    assert "b" in bench.function.bodies


def test_a_queue_that_goes_while_its_batch_runs(bench: QueueBench) -> None:
    def delete(event: dict[str, Any]) -> None:
        bench.queue.gone = True

    bench.function.handler = delete
    bench.queue.put("a")
    poller = bench.poller()
    assert poller.last_result == "PROBLEM: The queue does not exist."
    poller.stop()
    bench.workers.wait_idle()
    assert poller.stopped


def test_many_writers_and_wakes_lose_nothing(bench: QueueBench) -> None:
    poller = bench.poller(batch_size=7)

    def write(part: int) -> None:
        for number in range(200):
            bench.queue.put(f"{part}-{number}")
            poller.wake()

    threads = [threading.Thread(target=write, args=(part,)) for part in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.workers.wait_idle()
    assert bench.queue.bodies == []
    seen = bench.function.bodies
    assert len(seen) == len(set(seen)) == 1000
