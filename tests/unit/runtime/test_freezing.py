"""Stopping families of processes, and the thread that does it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import psutil
import pytest

from lambda_lab.errors import SandboxError
from lambda_lab.runtime.freezing import Freezer, Ice, freezing_wanted
from lambda_lab.runtime.process_tree import continue_processes, stop_families
from live_region import until

CODE = """
import subprocess, sys
child = subprocess.Popen(["sleep", "300"], start_new_session=True)
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def family() -> Iterator[tuple[int, int]]:
    """A process and a child of it in a session of its own."""
    command = [sys.executable, "-c", CODE]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        yield parent.pid, child
        parent.kill()
        os.kill(child, signal.SIGKILL)


def stopped(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED


def test_a_family_stops_and_goes_on(family: tuple[int, int]) -> None:
    parent, child = family
    assert stop_families([parent]) == {parent, child}
    until(lambda: stopped(parent) and stopped(child))
    continue_processes([parent], {parent, child})
    until(lambda: not stopped(parent) and not stopped(child))


def test_who_was_stopped_before_is_not_ours(family: tuple[int, int]) -> None:
    parent, child = family
    os.kill(child, signal.SIGSTOP)
    until(lambda: stopped(child))
    mine = stop_families([parent])
    assert mine == {parent}
    continue_processes([parent], mine)
    until(lambda: not stopped(parent))
    assert stopped(child)


def test_who_does_not_belong_is_left_alone(family: tuple[int, int]) -> None:
    parent, child = family
    stop_families([parent])
    until(lambda: stopped(parent) and stopped(child))
    continue_processes([], {parent, child})
    assert stopped(parent)
    assert stop_families([1 << 30]) == frozenset()
    continue_processes([1 << 30], {1 << 30})


def test_the_thread_freezes_what_is_idle(family: tuple[int, int]) -> None:
    ice = Ice(lambda: [family[0]])
    with Freezer() as freezer:
        for _ in range(3):
            freezer.soon(ice)
            until(lambda: ice.frozen and stopped(family[0]))
            ice.thaw()
            until(lambda: not ice.frozen and not stopped(family[0]))


def test_work_that_comes_in_time_is_never_stopped() -> None:
    asked = threading.Event()

    def roots() -> list[int]:
        asked.set()
        return []

    with Freezer() as freezer:
        early, late = Ice(roots), Ice(list)
        freezer.soon(early)
        early.thaw()
        freezer.soon(late)
        until(lambda: late.due_ns is None)
    assert not asked.is_set()


def test_a_sleeping_thread_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_lab.runtime.freezing.LINGER_LOOKS", 1)
    with Freezer() as freezer:
        for _ in range(3):
            ice = Ice(list)
            freezer.soon(ice)
            until(lambda: ice.due_ns is None)  # noqa: B023
            until(lambda: freezer._parked)


def test_switched_off() -> None:
    with Freezer(wanted=False) as freezer:
        ice = Ice(list)
        freezer.soon(ice)
        assert ice.due_ns is None
        assert freezer._thread is None


@pytest.mark.parametrize("text", ["", "no", "2"])
def test_a_wrong_setting(text: str) -> None:
    with pytest.raises(SandboxError, match="LAMBDA_LAB_FREEZE"):
        freezing_wanted({"LAMBDA_LAB_FREEZE": text})
