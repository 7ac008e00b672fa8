"""Families of processes: their memory, and their end."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_lab.runtime import faults, memory, process, process_tree
from lambda_lab.runtime.memory import MemoryWatch, Watched
from lambda_lab.runtime.process import Process
from lambda_lab.runtime.process_tree import children_of, kill_environment, resident_kb
from live_region import alive, until

FAMILY = """
import os, subprocess, sys
kept = os.urandom(1 << 20) * int(sys.argv[1])
child = subprocess.Popen([sys.executable, "-c",
    f"import os, sys; kept = os.urandom(1 << 20) * {sys.argv[1]}; print('ok', flush=True); "
    "sys.stdin.read()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def family() -> Iterator[tuple[int, int]]:
    """A process and its child, each with 40 MB."""
    parent = subprocess.Popen(
        [sys.executable, "-c", FAMILY, "40"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout
        yield parent.pid, int(parent.stdout.readline())
        parent.kill()


@pytest.mark.fidelity("memory-limit")
def test_memory_is_that_of_the_whole_family(family: tuple[int, int]) -> None:
    parent, child = family
    assert children_of(parent) == [child]
    assert 40 <= sum(resident_kb(child)) >> 10 <= 70
    assert 80 <= sum(resident_kb(parent)) >> 10 <= 140
    assert sum(resident_kb(0)) >= 0


STARTS = """
import os, sys
kept = b"1" * (100 << 20)
print("ok", flush=True)
# The child runs in this process's memory until it has opened the pipe; then it runs the program.
opened = (os.POSIX_SPAWN_OPEN, 0, sys.argv[1], os.O_RDONLY, 0)
child = os.posix_spawn("/bin/cat", ["cat"], {}, file_actions=[opened])
os.waitpid(child, 0)
print("ran", flush=True)
sys.stdin.read()
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")


@on_linux
@pytest.mark.fidelity("memory-limit")
def test_who_starts_a_program_uses_no_more_for_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    argv = [sys.executable, "-c", STARTS, str(pipe)]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(argv, text=True, **streams) as parent:  # type: ignore[call-overload]
        assert parent.stdout.readline() == "ok\n"
        until(lambda: children_of(parent.pid))
        watched = Watched(parent.pid, 128 << 10, lambda: None)
        watched.look()
        assert sum(resident_kb(parent.pid)) >> 10 > 200, "each has all of it"
        assert 100 <= watched.peak_kb >> 10 < 128
        assert not watched.over
        pipe.write_bytes(b"")
        assert parent.stdout.readline() == "ran\n"
        parent.kill()


SHARES = """
import os, signal, sys
kept = bytearray(b"1" * (50 << 20))
for number in range(3):
    if os.fork() == 0:
        if number == 0:
            sys.stdin.readline()
            kept[:] = b"2" * len(kept)
            print("written", flush=True)
        signal.pause()
print("ok", flush=True)
os.wait()
"""


@on_linux
@pytest.mark.fidelity("memory-limit")
def test_pages_that_are_shared_count_once_until_they_are_written() -> None:
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    argv = [sys.executable, "-c", SHARES]
    with subprocess.Popen(argv, text=True, **streams) as parent:  # type: ignore[call-overload]
        assert parent.stdout.readline() == "ok\n"
        watched = Watched(parent.pid, 1 << 30, lambda: None)
        watched.look()
        assert 50 <= watched.peak_kb >> 10 < 90
        parent.stdin.write("go\n")
        parent.stdin.flush()
        assert parent.stdout.readline() == "written\n"
        for _ in range(memory.EXACT_EVERY):
            watched.look()
        assert 100 <= watched.peak_kb >> 10 < 140
        kill_environment(parent.pid, None)


def test_the_whole_family_ends(family: tuple[int, int]) -> None:
    parent, child = family
    kill_environment(parent, None)
    until(lambda: not alive(parent) and not alive(child))
    assert (children_of(parent), list(resident_kb(child))) == ([], [0])
    kill_environment(child, None)  # who is gone already is no error


def test_the_watch_tells_once_and_keeps_the_peak(family: tuple[int, int]) -> None:
    told: list[str] = []
    with MemoryWatch() as watch:
        large = Watched(family[0], 60 << 10, lambda: told.append("large"))
        small = Watched(family[1], 200 << 10, lambda: told.append("small"))
        for one in (large, small):
            watch.add(one)
        until(lambda: large.over and small.peak_kb)
        for one in (large, small):
            watch.remove(one)
    assert told == ["large"]
    assert large.peak_kb >= 80 << 10
    assert not small.over


@pytest.mark.fidelity("process-limit")
def test_too_many_processes_are_told_of_and_counted_no_further(
    family: tuple[int, int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(memory, "MOST_PROCESSES", 1)
    told: list[str] = []
    watched = Watched(family[0], 1 << 30, lambda: told.append("ended"))
    watched.look()
    watched.look()
    assert told == ["ended"]
    assert (watched.crowded, watched.over) == (True, False)
    assert "more than 1 processes" in caplog.text
    assert len(caplog.records) == 1


def test_counting_ends_where_the_limit_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that starts processes faster than they are counted would keep the watch."""
    for name in ("resident_kb", "used_kb"):
        monkeypatch.setattr(memory, name, lambda pid: itertools.repeat(10))
    told: list[str] = []
    Watched(1, 100, lambda: told.append("ended")).look()
    assert told == ["ended"]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("raise SystemExit", "Runtime exited without providing a reason"),
        ("raise SystemExit(255)", "Runtime exited with error: exit status 255"),
        ("import os; os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("import os; os.kill(os.getpid(), 15)", "Runtime exited with error: signal: terminated"),
        ("import os; os.kill(os.getpid(), 6)", "Runtime exited with error: signal: aborted"),
        (
            f"import os; os.kill(os.getpid(), {int(signal.SIGUSR1)})",
            "Runtime exited with error: signal: user defined signal 1",
        ),
    ],
)
def test_the_words_for_a_real_wait_status(code: str, sentence: str) -> None:
    pid = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-I", "-c", code])
    assert faults.exit_reason(os.waitpid(pid, 0)[1]) == sentence


def test_a_retired_handle_kills_nobody(family: tuple[int, int]) -> None:
    """The environment's next process lives in the same namespace; late news must not end it."""
    parent, child = family
    handle = Process("e", lambda _: None, pid=parent, ended=True)
    handle.retire()
    handle.kill()
    assert alive(parent)
    assert alive(child)


def test_retiring_ends_what_nobody_would_know_of(family: tuple[int, int]) -> None:
    parent, child = family
    Process("e", lambda _: None, pid=parent).retire()
    until(lambda: not alive(parent) and not alive(child))


def test_retiring_waits_for_who_kills(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, order = threading.Event(), threading.Event(), []

    def slow(*args: object, **more: object) -> None:
        begun.set()
        go_on.wait(10)
        order.append("killed")

    monkeypatch.setattr(process, "kill_environment", slow)
    handle = Process("e", lambda _: None, pid=1 << 30, ended=True)
    killer = threading.Thread(target=handle.kill)
    killer.start()
    assert begun.wait(10)
    retirer = threading.Thread(target=lambda: (handle.retire(), order.append("retired")))
    retirer.start()
    go_on.set()
    for thread in (killer, retirer):
        thread.join()
    assert order == ["killed", "retired"]


def test_the_fork_server_survives_a_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the file system of an environment while it starts the next process there."""
    server, left_running = 71, 72
    alive_now, killed = {server, left_running}, []

    def kill(pid: int, number: int = signal.SIGKILL) -> bool:
        killed.append(pid)
        alive_now.discard(pid)
        return True

    for name, fake in {
        "_kill": kill,
        "_all_pids": lambda: sorted(alive_now),
        "_state": lambda pid: "S",
        "children_of": lambda pid: [],
        "mount_namespace": lambda pid: 5 if pid in alive_now else 4,
    }.items():
        monkeypatch.setattr(process_tree, name, fake)
    Process("e/extension", lambda _: None, pid=70, namespace=5, server=server).kill()
    assert killed == [70, left_running]


def test_a_watch_that_is_closed_as_it_falls_asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has looked whether to go on, and has not yet taken the lock to sleep."""

    class Late(threading.Condition):
        def __enter__(self) -> bool:
            if threading.current_thread().name == "lab-memory":
                watch._closed = True  # as close() does, which finds nobody to wake
            return super().__enter__()

    monkeypatch.setattr(memory, "LINGER_LOOKS", 0)
    watch = MemoryWatch()
    watch.close()
    watch._closed, watch._changed = False, Late()
    thread = threading.Thread(target=watch._run, name="lab-memory", daemon=True)
    thread.start()
    until(lambda: not thread.is_alive())
