"""moto's queues as pollers and clients see them, on a clock that moves only by hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from moto.sqs.models import Queue, sqs_backends

from lambda_lab.aws.moto_seam import ACCOUNT, moto_reads, reset_moto
from lambda_lab.aws.sources.queue import MotoQueue, queue_writes
from lambda_lab.clock import SECOND, Clock
from lambda_lab.invoke.lineage import carrying
from lambda_lab.invoke.mapping.queue_source import QueueGone

REGION = "us-east-1"


class Bench:
    def __init__(self) -> None:
        self.clock = Clock(real_time_ns=lambda: 1_800_000_000 * SECOND)
        self.notes: list[str] = []

    @property
    def sqs(self) -> Any:
        return sqs_backends[ACCOUNT][REGION]

    def queue(self, name: str = "q", **attributes: Any) -> MotoQueue:
        self.sqs.create_queue(name, **attributes)
        return MotoQueue(f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")

    def fifo(self, name: str = "q.fifo", **attributes: Any) -> MotoQueue:
        defaults = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        return self.queue(name, **defaults | attributes)

    def send(self, *bodies: str, to: str = "q", **more: Any) -> list[Any]:
        return [self.sqs.send_message(to, body, {}, **more) for body in bodies]

    def receive(self, name: str = "q", count: int = 10, visibility: int = 30) -> list[Any]:
        """Receive as a client does."""
        found: list[Any] = self.sqs.receive_message(name, count, 0, visibility, ["All"])
        return found

    def counts(self, name: str = "q") -> tuple[int, int, int]:
        """Visible, in flight, delayed."""
        all_of = self.sqs.get_queue_attributes(name, ["All"])
        stem = "ApproximateNumberOfMessages"
        return all_of[stem], all_of[f"{stem}NotVisible"], all_of[f"{stem}Delayed"]


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    reset_moto()
    with moto_reads(made.clock.now), queue_writes(made.notes.append):
        yield made
    reset_moto()


def bodies(messages: Any) -> list[str]:
    return [message.body for message in messages]


# -- receiving -------------------------------------------------------------------------------------


def test_receive_hides_for_the_queues_own_timeout(bench: Bench) -> None:
    queue = bench.queue(VisibilityTimeout=90)
    bench.send("a", "b", "c")
    first = queue.receive(2)
    assert bodies(first.messages) == ["a", "b"]
    assert first.next_ns is None
    second = queue.receive(2)
    assert bodies(second.messages) == ["c"]
    now = bench.clock.now_ns()
    assert second.next_ns is not None
    assert 90 * SECOND < second.next_ns - now <= 90 * SECOND + 2_000_000
    assert second.messages[0].visible_ns - now == 90 * SECOND
    assert bench.counts() == (0, 3, 0)
    assert queue.receive(10).messages == ()
    bench.clock.advance((second.next_ns - now) / SECOND)
    again = queue.receive(10).messages
    assert bodies(again) == ["a", "b", "c"]
    assert [message.receives for message in again] == [2, 2, 2]
    assert again[0].receipt != first.messages[0].receipt


def test_a_queue_that_hides_nothing_hides_for_a_second(bench: Bench) -> None:
    queue = bench.queue(VisibilityTimeout=0)
    bench.send("a")
    assert bodies(queue.receive(10).messages) == ["a"]
    assert queue.receive(10).messages == ()


def test_a_delayed_message(bench: Bench) -> None:
    queue = bench.queue(DelaySeconds=40)
    bench.send("a")
    found = queue.receive(10)
    assert found.messages == ()
    assert found.next_ns is not None
    assert round((found.next_ns - bench.clock.now_ns()) / SECOND) == 40
    assert bench.counts() == (0, 0, 1)
    bench.clock.advance(41)
    assert bodies(queue.receive(10).messages) == ["a"]


def test_a_message_past_its_retention_is_gone_and_blocks_nothing(bench: Bench) -> None:
    queue = bench.queue(MessageRetentionPeriod=60)
    bench.send("old")
    bench.clock.advance(59)
    bench.send("new")
    assert bench.counts() == (2, 0, 0)
    bench.clock.advance(2)
    assert bench.counts() == (1, 0, 0)
    assert bodies(queue.receive(10).messages) == ["new"]


def test_the_plain_message(bench: Bench) -> None:
    queue = bench.queue()
    sent = bench.sqs.send_message(
        "q", "hello", {"B": {"DataType": "Binary", "BinaryValue": b"\x00"}}
    )
    (message,) = queue.receive(1).messages
    assert message.id == sent.id
    assert message.md5 == "5d41402abc4b2a76b9719d911017c592"
    assert message.message_attributes == {"B": {"DataType": "Binary", "BinaryValue": b"\x00"}}
    assert message.md5_of_attributes == sent.attribute_md5
    assert dict(message.attributes) == {
        "ApproximateReceiveCount": "1", "SentTimestamp": "1800000000000",
        "SenderId": "AIDAIT2UOQQY3AUEKVGXU", "ApproximateFirstReceiveTimestamp": "1800000000000",
    }  # fmt: skip
    assert (message.group, message.trace_header) == ("", None)


@pytest.mark.parametrize("arn", ["arn:aws:sqs:us-east-1:123456789012:no", "arn:aws:sqs:mars:1:q",
                                 "arn:aws:sqs:us-east-1:123456789012", "q", ""])  # fmt: skip
def test_a_queue_that_is_not_there(bench: Bench, arn: str) -> None:
    queue = MotoQueue(arn)
    assert not queue.exists
    calls = (
        lambda: queue.receive(1),
        lambda: queue.delete(["r"]),
        lambda: queue.release(["r"]),
        lambda: queue.hold(["r"], 1),
        queue.visibility_seconds,
    )
    for call in calls:
        with pytest.raises(QueueGone, match="does not exist"):
            call()


def test_a_queue_made_anew_is_the_same_source(bench: Bench) -> None:
    queue = bench.queue()
    bench.sqs.delete_queue("q")
    assert not queue.exists
    bench.queue()
    bench.send("a")
    assert bodies(queue.receive(1).messages) == ["a"]


# -- deleting and hiding ---------------------------------------------------------------------------


def test_delete_knows_earlier_receipts_too(bench: Bench) -> None:
    queue = bench.queue()
    bench.send("a", "b")
    first = queue.receive(10).messages
    bench.clock.advance(31)
    queue.receive(10)
    assert queue.delete([first[0].receipt, "no such"]) == 1
    assert queue.delete([first[0].receipt]) == 0
    assert bench.counts() == (0, 1, 0)


def test_release_and_hold(bench: Bench) -> None:
    queue = bench.queue()
    bench.send("a", "b")
    a, b = queue.receive(10).messages
    queue.release([a.receipt])
    assert bench.counts() == (1, 1, 0)
    queue.hold([a.receipt, b.receipt], 5)
    assert bench.counts() == (0, 2, 0)
    bench.clock.advance(6)
    assert bodies(queue.receive(10).messages) == ["a"]


def test_hold_leaves_alone_what_somebody_else_received(bench: Bench) -> None:
    queue = bench.queue(VisibilityTimeout=30)
    bench.send("a")
    (mine,) = queue.receive(1).messages
    queue.release([mine.receipt])
    bench.receive(visibility=0)
    queue.hold([mine.receipt], 60)
    assert bench.counts() == (1, 0, 0)


# -- redrive ---------------------------------------------------------------------------------------


def test_redrive_after_as_many_receives_as_allowed(bench: Bench) -> None:
    dead = bench.queue("dead")
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2}
    queue = bench.queue(RedrivePolicy=json.dumps(policy))
    bench.send("a")
    for _ in range(2):
        assert bodies(queue.receive(10).messages) == ["a"]
        bench.clock.advance(31)
    assert bench.counts("dead") == (0, 0, 0)
    bench.notes.clear()
    assert queue.receive(10).messages == ()
    assert bench.notes == [dead.arn]
    assert bench.counts() == (0, 0, 0)
    (buried,) = dead.receive(10).messages
    assert buried.attributes["DeadLetterQueueSourceArn"] == queue.arn


def test_clients_bury_too(bench: Bench) -> None:
    dead = bench.queue("dead")
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1}
    bench.queue(RedrivePolicy=json.dumps(policy))
    bench.send("a", "b")
    assert bodies(bench.receive(count=1)) == ["a"]
    bench.clock.advance(31)
    assert bodies(bench.receive()) == ["b"]
    assert bodies(bench.receive("dead")) == ["a"]


def test_nothing_is_lost_where_the_dead_letter_queue_is_gone(bench: Bench) -> None:
    dead = bench.queue("dead")
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1}
    queue = bench.queue(RedrivePolicy=json.dumps(policy))
    bench.send("a")
    bench.sqs.delete_queue("dead")
    for count in (1, 2, 3):
        (message,) = queue.receive(10).messages
        assert message.receives == count
        bench.clock.advance(31)
    dead = bench.queue("dead")
    assert queue.receive(10).messages == ()
    assert bodies(dead.receive(10).messages) == ["a"]


# -- FIFO ------------------------------------------------------------------------------------------


def test_a_group_in_flight_is_left_alone(bench: Bench) -> None:
    queue = bench.fifo()
    bench.send("a1", "a2", "a3", to="q.fifo", group_id="a")
    bench.send("b1", to="q.fifo", group_id="b")
    first = queue.receive(2).messages
    assert bodies(first) == ["a1", "a2"]
    assert [message.group for message in first] == ["a", "a"]
    assert bodies(queue.receive(10).messages) == ["b1"]
    queue.delete([first[0].receipt])
    assert queue.receive(10).messages == ()
    queue.delete([first[1].receipt])
    assert bodies(queue.receive(10).messages) == ["a3"]


def test_order_is_kept_when_messages_come_back(bench: Bench) -> None:
    queue = bench.fifo()
    bench.send("a1", "a2", "a3", to="q.fifo", group_id="a")
    queue.receive(2)
    bench.clock.advance(31)
    assert bodies(queue.receive(10).messages) == ["a1", "a2", "a3"]


def test_groups_that_run_are_left_alone(bench: Bench) -> None:
    queue = bench.fifo()
    bench.send("a1", to="q.fifo", group_id="a")
    bench.send("b1", to="q.fifo", group_id="b")
    assert bodies(queue.receive(10, without_groups={"a"}).messages) == ["b1"]


def test_room_in_the_event(bench: Bench) -> None:
    queue = bench.fifo()
    bench.send(*(f"{n}" + '"' * 900_000 for n in range(5)), to="q.fifo", group_id="a")
    found = queue.receive(10, room_bytes=6 * 1024 * 1024).messages
    assert len(found) == 3  # each quotation mark takes two bytes in JSON
    queue.delete([message.receipt for message in found])
    assert len(queue.receive(10, room_bytes=10).messages) == 1


def test_a_buried_message_lets_its_group_go_on(bench: Bench) -> None:
    dead = bench.fifo("dead.fifo")
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1}
    queue = bench.fifo(RedrivePolicy=json.dumps(policy))
    bench.send("a1", "a2", to="q.fifo", group_id="a")
    assert bodies(queue.receive(1).messages) == ["a1"]
    bench.clock.advance(31)
    assert bodies(queue.receive(10).messages) == ["a2"]
    assert bodies(dead.receive(10).messages) == ["a1"]


def test_duplicates_are_dropped_for_five_minutes_even_if_the_first_is_deleted(
    bench: Bench,
) -> None:
    queue = bench.fifo()
    (first,) = bench.send("a", to="q.fifo", group_id="a")
    queue.delete([queue.receive(1).messages[0].receipt])
    bench.clock.advance(299)
    (second,) = bench.send("a", to="q.fifo", group_id="b")
    assert (second.id, second.sequence_number) == (first.id, first.sequence_number)
    assert queue.receive(10).messages == ()
    bench.clock.advance(2)
    (third,) = bench.send("a", to="q.fifo", group_id="a")
    assert int(third.sequence_number) > int(first.sequence_number)
    assert bodies(queue.receive(10).messages) == ["a"]


def test_duplicates_per_group(bench: Bench) -> None:
    queue = bench.fifo(DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    bench.send("a", "a", to="q.fifo", group_id="a")
    bench.send("a", to="q.fifo", group_id="b")
    assert [message.group for message in queue.receive(10).messages] == ["a", "b"]


def test_sequence_numbers_grow(bench: Bench) -> None:
    queue = bench.fifo()
    bench.send("1", "2", "3", to="q.fifo", group_id="a")
    found = [message.attributes["SequenceNumber"] for message in queue.receive(10).messages]
    assert found == sorted(found)
    assert {len(number) for number in found} == {20}


# -- what clients do -------------------------------------------------------------------------------


def test_every_way_a_message_becomes_receivable_is_told(bench: Bench) -> None:
    queue = bench.queue()
    bench.send("a")
    assert bench.notes == [queue.arn]
    (message,) = bench.receive()
    assert bench.notes == [queue.arn]
    bench.sqs.change_message_visibility("q", message.receipt_handle, 0)
    assert bench.notes == [queue.arn] * 2
    assert bench.counts() == (1, 0, 0)
    fifo = bench.fifo()
    bench.send("a", to="q.fifo", group_id="a")
    (message,) = bench.receive("q.fifo")
    bench.sqs.delete_message("q.fifo", message.receipt_handle)
    assert bench.notes[2:] == [fifo.arn] * 2


def test_visibility_is_changed_up_to_twelve_hours_after_the_receive(bench: Bench) -> None:
    bench.queue()
    bench.send("a")
    bench.clock.advance(hours=40)
    (message,) = bench.receive()
    bench.sqs.change_message_visibility("q", message.receipt_handle, 43_200)
    assert bench.counts() == (0, 1, 0)
    bench.clock.advance(1)
    from moto.sqs.exceptions import InvalidParameterValue

    with pytest.raises(InvalidParameterValue, match="beyond the limit"):
        bench.sqs.change_message_visibility("q", message.receipt_handle, 43_200)


def test_receipts_that_are_none(bench: Bench) -> None:
    from moto.sqs.exceptions import ReceiptHandleIsInvalid

    bench.queue()
    bench.send("a")
    (message,) = bench.receive()
    bench.sqs.delete_message("q", message.receipt_handle)
    bench.sqs.delete_message("q", message.receipt_handle)
    with pytest.raises(ReceiptHandleIsInvalid):
        bench.sqs.delete_message("q", "none")
    with pytest.raises(ReceiptHandleIsInvalid):
        bench.sqs.change_message_visibility("q", "none", 3)


def test_a_client_gets_the_attributes_it_asks_for_and_the_queue_keeps_all(bench: Bench) -> None:
    bench.queue()
    bench.sqs.send_message("q", "a", {"X": {"DataType": "String", "StringValue": "x"}})
    (bare,) = bench.sqs.receive_message("q", 1, 0, 1)
    assert bare.message_attributes == {}
    bench.clock.advance(2)
    (full,) = bench.receive()
    assert set(full.message_attributes) == {"X"}


def test_a_long_poll_ends_when_a_message_comes(bench: Bench) -> None:
    bench.queue()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(bench.sqs.receive_message, "q", 10, 20, 30)
        assert not waiting.done()
        bench.send("a")
        assert bodies(waiting.result(timeout=20)) == ["a"]


def test_a_long_poll_ends_with_the_clock(bench: Bench) -> None:
    bench.queue()
    started = threading.Event()
    receive = bench.sqs.receive_message

    def poll() -> Any:
        started.set()
        return receive("q", 10, 20, 30)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(poll)
        assert started.wait(20)
        while not waiting.done():
            bench.clock.advance(20)
        assert waiting.result() == []


def test_many_receivers_never_share_a_message(bench: Bench) -> None:
    queue = bench.queue()
    bench.send(*map(str, range(400)))

    def receive(number: int) -> list[str]:
        if number % 2:
            return bodies(bench.receive(count=3))
        return bodies(queue.receive(3).messages)

    with ThreadPoolExecutor(8) as pool:
        found = [body for taken in pool.map(receive, range(150)) for body in taken]
    assert len(found) == len(set(found)) == 400


def test_the_trace_header_of_a_request_stays_with_its_message(bench: Bench) -> None:
    queue = bench.queue()
    with carrying("Root=1;Lineage=a:1"):
        bench.send("a")
        bench.sqs.send_message(
            "q", "b", {}, system_attributes={"AWSTraceHeader": {"StringValue": "Root=2"}}
        )
    bench.send("c")
    headers = [message.trace_header for message in queue.receive(10).messages]
    assert headers == ["Root=1;Lineage=a:1", "Root=2", None]


def test_ten_thousand_messages_are_sent_and_deleted_in_reasonable_time(bench: Bench) -> None:
    queue = bench.queue()
    bench.send(*map(str, range(3_000)))
    assert bench.counts() == (3_000, 0, 0)
    while messages := queue.receive(10).messages:
        assert queue.delete([message.receipt for message in messages]) == len(messages)
    assert bench.counts() == (0, 0, 0)


def test_outside_the_block_moto_is_as_it_was() -> None:
    before = dict(vars(Queue))
    with queue_writes(lambda arn: None):
        assert dict(vars(Queue)) != before
    assert dict(vars(Queue)) == before
