"""moto's queues from the inside: receiving, deleting and hiding messages.

This is the poller's path and, through :mod:`lambda_lab.aws.sources.sqs_clients`, that of clients.
Every private name of moto's SQS that it uses has a contract test.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager

from moto.core.utils import unix_time_millis
from moto.sqs.models import Message, Queue, sqs_backends

__all__ = [
    "Notify",
    "append",
    "delete",
    "drop_expired",
    "find_queue",
    "hold",
    "now_ms",
    "release",
    "sent_ms",
    "take",
    "tell",
    "telling",
]

Notify = Callable[[str], None]
"""Takes the ARN of a queue. Must be quick: it is called on the thread that wrote."""
Taken = tuple[list[Message], float | None]


def now_ms() -> float:
    """Return the region's time as moto's queues keep it: milliseconds since the epoch."""
    return float(unix_time_millis())


def find_queue(arn: str) -> Queue | None:
    """Return the queue *arn* if it exists."""
    parts = arn.split(":")
    if len(parts) != 6:
        return None
    region, account, name = parts[3:]
    try:
        found: Queue | None = sqs_backends[account][region].queues.get(name)
    except KeyError:  # no such region
        return None
    return found


# -- receiving -------------------------------------------------------------------------------------


def take(
    queue: Queue,
    limit: int,
    visibility_seconds: int,
    *,
    fits: Callable[[Message, int], bool] = lambda message, taken: True,
    without_groups: Collection[str] = frozenset(),
) -> Taken:
    """Receive up to *limit* messages.

    Parameters
    ----------
    fits
        Whether a message may be taken in addition to so many; the first that may not ends it.

    Returns
    -------
    tuple
        The messages, and when (in milliseconds since the epoch) the next hidden one becomes
        visible; the latter only where fewer than *limit* were found.
    """
    taken: list[Message] = []
    with queue._messages_lock:
        now = now_ms()
        drop_expired(queue, now)
        blocked = set(without_groups) | _groups_in_flight(queue, now)
        dead: list[Message] = []
        for message in queue._messages:
            if len(taken) == limit:
                break
            hidden = message.visible_at >= now or message.delayed_until > now
            if hidden or (queue.fifo_queue and message.group_id in blocked):
                continue
            if _received_enough(queue, message):
                dead.append(message)
                continue
            if not fits(message, len(taken)):
                break
            message.lab_received_ms = now  # type: ignore[attr-defined]
            message.mark_received(visibility_timeout=visibility_seconds)
            taken.append(message)
        for message in dead:
            queue._messages.remove(message)
        next_ms = _next_visible(queue, now) if len(taken) < limit else None
    for message in dead:
        _bury(queue, message)
    return taken, next_ms


def _groups_in_flight(queue: Queue, now: float) -> set[str]:
    if not queue.fifo_queue:
        return set()
    return {str(message.group_id) for message in queue._messages if message.visible_at >= now}


def _next_visible(queue: Queue, now: float) -> float | None:
    moments = (max(message.visible_at, message.delayed_until) for message in queue._messages)
    return min((moment for moment in moments if moment >= now), default=None)


def drop_expired(queue: Queue, now: float) -> None:
    """Forget what is older than the retention period; the oldest message stands first."""
    oldest = now - int(vars(queue)["message_retention_period"]) * 1000
    if queue._messages and sent_ms(queue._messages[0]) < oldest:
        queue._messages = [m for m in queue._messages if sent_ms(m) >= oldest]


def sent_ms(message: Message) -> int:
    """Return when *message* was sent."""
    return int(vars(message)["sent_timestamp"])


def _received_enough(queue: Queue, message: Message) -> bool:
    """Whether the redrive policy sends *message* to a dead-letter queue that exists."""
    policy = queue.redrive_policy
    return bool(
        policy
        and message.approximate_receive_count >= policy["maxReceiveCount"]
        and find_queue(policy["deadLetterTargetArn"]) is not None
    )


def _bury(queue: Queue, message: Message) -> None:
    """Move a message to the dead-letter queue."""
    policy = queue.redrive_policy or {}
    # Where the dead-letter queue was deleted this very moment, the message stays.
    target = find_queue(policy["deadLetterTargetArn"]) or queue
    message.receipt_handle = None
    message._old_receipt_handles = []
    message.lab_dead_letter_source = queue.queue_arn  # type: ignore[attr-defined]
    append(target, message)


# -- what is done with messages --------------------------------------------------------------------


def delete(queue: Queue, receipts: Iterable[str]) -> int:
    """Delete the messages that were ever received under one of *receipts*; return how many."""
    wanted = set(receipts)
    with queue._messages_lock:
        gone = [m for m in queue._messages if m.receipt_handle in wanted]
        if len(gone) < len(wanted):  # received again meanwhile, by whomever
            gone = [m for m in queue._messages if not wanted.isdisjoint(m.all_receipt_handles)]
        names = {message.id for message in gone}
        queue._messages = [m for m in queue._messages if m.id not in names]
        for message in gone:
            queue.deleted_messages.update(map(str, message.all_receipt_handles))
    return len(gone)


def hold(queue: Queue, receipts: Collection[str], seconds: int) -> None:
    """Hide for *seconds* those of *receipts* that are visible and were not received since."""
    with queue._messages_lock:
        now = now_ms()
        for message in queue._messages:
            if message.receipt_handle in receipts and message.visible_at < now:
                message.visible_at = now + seconds * 1000


def release(queue: Queue, receipts: Collection[str]) -> None:
    """Make the messages of *receipts* visible now."""
    with queue._messages_lock:
        for message in queue._messages:
            if message.receipt_handle in receipts:
                message.visible_at = 0.0
    tell(queue)


# -- telling ---------------------------------------------------------------------------------------

_notify: Notify | None = None


@contextmanager
def telling(notify: Notify) -> Iterator[None]:
    """Let *notify* hear, while the block runs, where something may be receivable anew."""
    global _notify  # noqa: PLW0603 - one world of moto's per process
    _notify = notify
    try:
        yield
    finally:
        _notify = None


def tell(queue: Queue) -> None:
    """Wake who waits for *queue*: clients that poll long, and the poller of a mapping."""
    with queue._messages_lock:
        queue._messages_lock.notify_all()
    if _notify is not None:
        _notify(queue.queue_arn)


def append(queue: Queue, message: Message) -> None:
    """Put a message at the end of *queue*."""
    with queue._messages_lock:
        queue._messages.append(message)
    tell(queue)
