"""News of an environment: the end of its process is told to the call and to who ended it."""

from __future__ import annotations

import threading

from lambda_lab.clock import stopwatch_ns
from lambda_lab.runtime.news import Exited, Mailbox, Step


def test_who_awaits_the_end_does_not_take_the_news_from_the_call() -> None:
    mailbox = Mailbox()
    heard: list[object] = []
    call = threading.Thread(target=lambda: heard.append(mailbox.next(10)))
    call.start()
    mailbox.put(Exited(9))
    mailbox.await_exit(10)
    call.join(10)
    assert heard == [Exited(9)]


def test_the_end_may_be_awaited_after_it_was_heard() -> None:
    mailbox = Mailbox()
    mailbox.put(Step.READY)
    mailbox.put(Exited(0))
    assert [mailbox.next(0), mailbox.next(0), mailbox.next(0)] == [Step.READY, Exited(0), None]
    begun = stopwatch_ns()
    mailbox.await_exit(30)
    assert stopwatch_ns() - begun < 10e9


def test_a_new_process_has_not_ended() -> None:
    mailbox = Mailbox()
    mailbox.put(Exited(0))
    mailbox.discard()
    assert mailbox.now() is None
    begun = stopwatch_ns()
    mailbox.await_exit(0.05)
    assert stopwatch_ns() - begun > 0.04e9
