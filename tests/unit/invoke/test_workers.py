"""The pool of background jobs."""

from __future__ import annotations

import threading

import pytest

from lambda_lab.invoke.workers import Workers


def test_a_job_that_causes_another_keeps_the_region_busy() -> None:
    done: list[int] = []
    with Workers(2) as workers:

        def job(left: int) -> None:
            done.append(left)
            if left:
                workers.submit(lambda: job(left - 1))

        workers.submit(lambda: job(50))
        workers.wait_idle()
        assert done == list(range(50, -1, -1))
        assert workers.idle


def test_a_job_that_fails_is_told_and_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    with Workers(1) as workers:
        workers.submit(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
        workers.submit(lambda: done.append("next"))
        workers.wait_idle()
    assert done == ["next"]
    assert "ZeroDivisionError" in caplog.text


def test_after_stop_nothing_more_is_run() -> None:
    done: list[str] = []
    started, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        go_on.wait(5)
        done.append("slow")

    with Workers(1) as workers:
        workers.submit(slow)
        workers.submit(lambda: done.append("waiting"))
        started.wait(5)
        workers.stop()
        workers.submit(lambda: done.append("late"))
        go_on.set()
    assert done == ["slow"]
