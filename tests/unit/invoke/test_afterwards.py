"""Work after an answer: who waits for it, and for which of it."""

from __future__ import annotations

import threading

from lambda_lab.invoke.afterwards import Afterwards
from live_region import until


def test_waiting_is_not_put_off_by_what_comes_meanwhile() -> None:
    afterwards = Afterwards()
    done: list[str] = []
    collected, answered = threading.Event(), threading.Event()

    def client() -> None:
        afterwards.begin()
        afterwards.later(lambda: done.append("meanwhile"))
        collected.set()
        answered.wait(60)
        afterwards.run()

    other = threading.Thread(target=client)

    def job() -> None:
        # It ends when the wait has begun and another client has work left, but not before.
        waiting.start()
        until(lambda: afterwards._underway._turn > 0)
        other.start()
        assert collected.wait(60)
        done.append("before")

    waiting = threading.Thread(target=afterwards.wait)
    afterwards.begin()
    afterwards.later(job)
    afterwards.run()
    waiting.join(60)
    assert not waiting.is_alive()
    assert done == ["before"]
    answered.set()
    other.join()
    afterwards.wait()
    assert done == ["before", "meanwhile"]
