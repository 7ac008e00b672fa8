"""Polling a FIFO queue: order per message group, and no group twice at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from lambda_lab.timeline import Kind
from live_region import until
from mapping_bench import Failed
from queue_bench import QueueBench, open_bench


@pytest.fixture
def bench() -> Iterator[QueueBench]:
    with open_bench(fifo=True) as made:
        yield made


def bodies(event: dict[str, Any]) -> list[str]:
    return [record["body"] for record in event["Records"]]


def test_a_batch_may_hold_several_groups_in_the_order_they_were_sent(bench: QueueBench) -> None:
    for body in ("a1", "b1", "a2", "b2"):
        bench.queue.put(body, group=body[0])
    bench.poller()
    assert bench.function.calls == [["a1", "b1", "a2", "b2"]]
    (batch,) = bench.timeline.of("worker", [Kind.BATCH])
    assert batch.detail["lanes"] == ["a", "b", "a", "b"]


@pytest.mark.fidelity("mapping-fifo")
def test_each_group_in_order_and_never_twice_at_once(bench: QueueBench) -> None:
    running: Counter[str] = Counter()
    lock = threading.Lock()
    seen: dict[str, list[int]] = {}
    twice: list[str] = []

    def handler(event: dict[str, Any]) -> None:
        groups = {body.split("-")[0] for body in bodies(event)}
        with lock:
            running.update(groups)
            twice.extend(group for group in groups if running[group] > 1)
        for body in bodies(event):
            group, number = body.split("-")
            seen.setdefault(group, []).append(int(number))
        with lock:
            running.subtract(groups)

    bench.function.handler = handler
    for number in range(60):
        for group in "abc":
            bench.queue.put(f"{group}-{number}", group=group)
    bench.poller(batch_size=4)
    assert twice == []
    assert seen == {group: list(range(60)) for group in "abc"}


def test_a_failure_blocks_its_group_only(bench: QueueBench) -> None:
    def handler(event: dict[str, Any]) -> None:
        if "a1" in bodies(event) and bench.clock.now_ns() == 0:
            raise Failed

    bench.function.handler = handler
    poller = bench.poller(batch_size=1)
    bench.put(poller, "a1", "a2", group="a")
    bench.put(poller, "b1", "b2", group="b")
    assert bench.function.calls == [["a1"], ["b1"], ["b2"]]
    bench.clock.advance(29)
    assert len(bench.function.calls) == 3
    bench.clock.advance(1)
    assert bench.function.calls[3:] == [["a1"], ["a2"]]


def test_a_group_waits_for_its_batch_even_where_the_visibility_timeout_is_shorter() -> None:
    with open_bench(fifo=True, visibility=1) as bench:
        entered, leave = threading.Event(), threading.Event()

        def handler(event: dict[str, Any]) -> None:
            if bodies(event) == ["a1"]:
                entered.set()
                assert leave.wait(20)

        bench.function.handler = handler
        bench.queue.put("a1", "a2", group="a")
        poller = bench.start(batch_size=1)
        assert entered.wait(20)
        bench.clock._advanced_ns = 5_000_000_000
        poller.wake()
        bench.queue.put("b1", group="b")
        poller.wake()
        until(lambda: ["b1"] in bench.function.calls)
        assert bench.function.calls == [["a1"], ["b1"]]
        leave.set()
        bench.workers.wait_idle()
        assert bench.function.calls == [["a1"], ["b1"], ["a2"]]
        assert bench.queue.bodies == []


def test_what_is_not_listed_is_deleted_also_behind_a_failure(bench: QueueBench) -> None:
    def second_fails(event: dict[str, Any]) -> Any:
        failed = [record["messageId"] for record in event["Records"] if record["body"] == "a2"]
        if bench.clock.now_ns():
            failed = []
        return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}

    bench.function.handler = second_fails
    for body in ("a1", "b1", "a2", "b2", "a3"):
        bench.queue.put(body, group=body[0])
    bench.poller(report_failures=True)
    # AWS asks the function to stop at the first failure and to list all that follows; it does not
    # do so itself: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    assert bench.queue.bodies == ["a2"]
    bench.clock.advance(30)
    assert bench.function.calls == [["a1", "b1", "a2", "b2", "a3"], ["a2"]]


def test_filtered_messages_of_a_group_do_not_hold_it_up(bench: QueueBench) -> None:
    for number in range(12):
        bench.queue.put(f'{{"n": {number % 3}}}', group="a")
    bench.poller(batch_size=5, filters=('{"body": {"n": [0]}}',))
    assert bench.function.bodies == ['{"n": 0}'] * 4
    assert bench.queue.bodies == []
