"""What a function can do to other processes, to the kernel's settings, and to other functions.

Nothing here would do harm: files are opened and not written, and signals go to a process that the
test has started, by its number.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lambda_lab.runtime import landlock
from live_region import LiveRegion, alive, private_root, until

linux = pytest.mark.skipif(sys.platform != "linux", reason="these are walls of Linux")
signals_kept_in = pytest.mark.skipif(
    landlock.version() < landlock.SIGNALS_FROM, reason="needs Landlock 6, of Linux 6.12"
)
pytestmark = linux


@pytest.fixture
def decoy() -> Iterator[subprocess.Popen[bytes]]:
    """Return a process of the reader's that does nothing."""
    with subprocess.Popen(["sleep", "300"], env={"OF_THE_READER": "a-secret"}) as process:
        yield process
        process.kill()


TOUCH = """
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE = 0x4206

def tried(do):
    try:
        return do()
    except OSError as error:
        return os.strerror(error.errno)

def traced(pid):
    return libc.ptrace(PTRACE_SEIZE, pid, 0, 0) == 0

def handler(pid, context):
    return {
        "signal": tried(lambda: os.kill(pid, 0)),
        "stop": tried(lambda: os.kill(pid, signal.SIGSTOP)),
        "trace": traced(pid),
        "files": tried(lambda: os.listdir(f"/proc/{pid}/root/tmp")),
        "memory": tried(lambda: open(f"/proc/{pid}/mem", "rb").name),
    }
"""
NO_SIGNAL, NO_LOOK = "Operation not permitted", "Permission denied"
OUT_OF_REACH = {
    "signal": NO_SIGNAL,
    "stop": NO_SIGNAL,
    "trace": False,
    "files": NO_LOOK,
    "memory": NO_LOOK,
}


@signals_kept_in
@pytest.mark.fidelity("wall-of-files")
def test_processes_of_the_reader_are_out_of_reach(
    lab: LiveRegion, decoy: subprocess.Popen[bytes]
) -> None:
    name = lab.deploy(TOUCH)
    assert lab.call(name, decoy.pid).value == OUT_OF_REACH
    assert lab.call(name, os.getpid()).value == OUT_OF_REACH
    assert decoy.poll() is None


@signals_kept_in
@pytest.mark.fidelity("wall-of-files", "private-tmp")
def test_processes_of_other_environments_are_out_of_reach(lab: LiveRegion) -> None:
    other = lab.deploy("import os\ndef handler(event, context):\n    return os.getpid()\n")
    pid = lab.call(other).value
    assert lab.run(TOUCH, pid).value == OUT_OF_REACH
    assert lab.call(other).value == pid


@signals_kept_in
def test_a_function_may_signal_what_it_has_started(lab: LiveRegion) -> None:
    code = """
import os, signal, subprocess
def handler(event, context):
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    os.kill(child.pid, signal.SIGTERM)
    return child.wait()
"""
    assert lab.run(code).value == -signal.SIGTERM


@signals_kept_in
@pytest.mark.parametrize("runtime", ["nodejs22.x", "provided.al2023"])
def test_programs_are_kept_from_the_readers_processes(
    lab: LiveRegion, decoy: subprocess.Popen[bytes], runtime: str
) -> None:
    if runtime == "provided.al2023":
        script = f"#!/bin/sh\nkill -9 {decoy.pid} 2>/dev/null && exit 3\nexit 4\n"
        answer = lab.run({"bootstrap": script}, Runtime=runtime, Handler="any")
        assert answer.fails("Runtime.ExitError")["errorMessage"].endswith("exit status 4")
    else:
        if shutil.which("node") is None:
            pytest.skip("there is no Node.js")
        code = "exports.handler = async (pid) => { process.kill(pid, 'SIGKILL'); };"
        answer = lab.run({"index.js": code}, decoy.pid, Runtime=runtime)
        assert "EPERM" in answer.value["errorMessage"]
    assert decoy.poll() is None


MOUNTS = """
import os
def handler(places, context):
    mounts = [line.split(" ") for line in open("/proc/self/mountinfo")]
    opened = []
    for place in places:
        try:
            os.close(os.open(place, os.O_WRONLY))
            opened.append(place)
        except OSError:
            pass
    return [[one[4] for one in mounts if "rw" in one[5].split(",")], opened]
"""
SETTINGS = [
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/domainname",
    "/proc/sys/vm/drop_caches",
    "/proc/sysrq-trigger",
    "/sys/fs/cgroup/cgroup.procs",
    "/sys/fs/cgroup/unified/cgroup.procs",
    "/sys/fs/cgroup/cpu/tasks",
]


@private_root
@pytest.mark.fidelity("wall-of-files")
def test_nothing_but_tmp_and_processes_can_be_written(lab: LiveRegion) -> None:
    writable, opened = lab.run(MOUNTS, SETTINGS).value
    devices = {f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")}
    assert set(writable) - devices <= {"/tmp", "/proc"}
    assert opened == []


SHARED_MEMORY = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def handler(key, context):
    found = libc.shmget(key, 1, 0)
    made = libc.shmget(key + 1, 4096, 0o1666)
    return [found, made]
"""


@private_root
def test_shared_memory_ends_with_the_environment(lab: LiveRegion) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    key, create, remove = 0x6C61_0000 + os.getpid() % 0x8000 * 2, 0o1600, 0
    ours = libc.shmget(key, 4096, create)
    assert ours >= 0
    try:
        found, made = lab.run(SHARED_MEMORY, key).value
    finally:
        libc.shmctl(ours, remove, None)
    assert found == -1
    assert made >= 0
    assert libc.shmget(key + 1, 1, 0) == -1


HIDES = """
import ctypes, os, time
NEW_USER_AND_MOUNTS = 0x10020000
def handler(event, context):
    if event == "end":
        os._exit(1)
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            hidden = ctypes.CDLL(None).unshare(NEW_USER_AND_MOUNTS) == 0
            os.write(writing, f"{os.getpid()} {int(hidden)}".encode())
            time.sleep(300)
        os._exit(0)
    os.wait()
    return [int(word) for word in os.read(reading, 30).split()]
"""


@private_root
@pytest.mark.parametrize("end", ["crash", "delete"])
@pytest.mark.fidelity("children-end")
def test_who_hides_in_a_namespace_of_its_own_is_found(lab: LiveRegion, end: str) -> None:
    name = lab.deploy(HIDES, MemorySize=256)
    pid, hidden = lab.call(name).value
    assert alive(pid)
    if not hidden:
        pytest.skip("functions may not make namespaces on this system")
    if end == "crash":
        lab.call(name, "end").fails("Runtime.ExitError")
    else:
        lab.lam.delete_function(FunctionName=name)
    until(lambda: not alive(pid))
