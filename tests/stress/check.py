"""What must hold after a storm, whatever happened in it."""

from __future__ import annotations

from chaos import Ending

__all__ = ["check"]


def check(ending: Ending, events: int, messages: int) -> None:
    """Hold that nothing is lost, nothing is stuck, and nothing ended twice that must not.

    An event ends exactly once: as a success, or at both its failure targets. A message may have
    been worked on more than once - SQS and Lambda promise *at least* once - but it ends: worked on,
    or in the dead-letter queue.
    """
    sent = {f"e{number}" for number in range(events)}
    succeeded, failed = set(ending.succeeded), set(ending.failed)
    assert succeeded | failed == sent
    assert not succeeded & failed
    assert set(ending.succeeded.values()) | set(ending.failed.values()) <= {1}
    assert ending.dead_events == ending.failed
    assert set(ending.conditions) <= {"Success", "RetriesExhausted", "EventAgeExceeded"}

    posted = {f"m{number}" for number in range(messages)}
    assert set(ending.done) | set(ending.dead_messages) == posted
    assert set(ending.dead_messages.values()) <= {1}
    assert ending.left_in_queue == 0
