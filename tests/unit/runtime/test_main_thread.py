"""A signal to a process that was just let go on: who gets to see it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lambda_lab.runtime.process_tree import (
    continue_processes,
    stop_families,
    tell_main_thread,
)
from live_region import until

WAITS_ON_A_SECOND_THREAD = """
import os, signal
from concurrent.futures import ThreadPoolExecutor

def heard(number, frame):
    os.write(1, b"heard")
    os._exit(0)

signal.signal(signal.SIGTERM, heard)
reader, _ = os.pipe()
with ThreadPoolExecutor() as pool:
    asked = pool.submit(os.read, reader, 1)
    os.write(1, b"ready\\n")
    asked.result()
"""
LISTENS_ON_A_SECOND_THREAD = """
import os, signal, threading

def listen():
    os.write(1, b"ready\\n")
    signal.sigwait({signal.SIGTERM})
    os.write(1, b"heard")
    os._exit(0)

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
threading.Thread(target=listen, daemon=True).start()
threading.Event().wait()
"""


def asleep(pid: int) -> bool:
    """Whether each thread of *pid* waits for something."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    states = [
        (thread / "stat").read_text().rpartition(")")[2].split(maxsplit=1)[0] for thread in threads
    ]
    return len(states) > 1 and set(states) == {"S"}


@contextmanager
def process(code: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as started:
        try:
            assert started.stdout
            assert started.stdout.readline() == b"ready\n"
            until(lambda: asleep(started.pid))
            yield started
        finally:
            started.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="threads and their states are read in /proc")
@pytest.mark.parametrize("code", [WAITS_ON_A_SECOND_THREAD, LISTENS_ON_A_SECOND_THREAD])
def test_a_process_that_was_frozen_sees_the_signal(code: str) -> None:
    # By kill() alone about two of five of the first kind sleep on.
    for _ in range(12):
        with process(code) as started:
            stopped = stop_families([started.pid])
            until(lambda pid=started.pid: not asleep(pid))
            continue_processes([started.pid], stopped)
            tell_main_thread(started.pid, signal.SIGTERM)
            assert started.communicate(timeout=10)[0] == b"heard"


def test_who_is_gone_is_told_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    tell_main_thread(ended.pid, signal.SIGTERM)
