"""Cold, warm, and every way in which a function's process ends."""

from __future__ import annotations

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from live_region import Answer, LiveRegion, private_root, until

LIFE = """
import ctypes, os, signal, sys, threading
from pathlib import Path

born, calls = os.urandom(8).hex(), 0

def eat(megabytes):
    return os.urandom(1 << 20) * megabytes

def handler(event, context):
    global calls
    calls += 1
    note = Path(event["note"])
    before = note.read_text() if note.exists() else ""
    note.write_text(before + "x")
    if event.get("do"):
        exec(event["do"])
    return {"born": born, "calls": calls, "note": before, "pid": os.getpid(),
            "stream": context.log_stream_name}
"""
ENDS = {
    "exit": ("os._exit(3)", "Runtime exited with error: exit status 3"),
    "quiet exit": ("os._exit(0)", "Runtime exited without providing a reason"),
    "sys.exit": ("sys.exit(4)", "Runtime exited with error: exit status 4"),
    "abort": ("os.abort()", "Runtime exited with error: signal: aborted"),
    "crash": ("ctypes.string_at(0)", "Runtime exited with error: signal: segmentation fault"),
    "killed": (
        "os.kill(os.getpid(), signal.SIGKILL)",
        "Runtime exited with error: signal: killed",
    ),
    "from a thread": (
        "threading.Thread(target=os._exit, args=(7,)).start(); threading.Event().wait()",
        "Runtime exited with error: exit status 7",
    ),
}
MEMORY = "Runtime exited with error: signal: killed"


@pytest.fixture
def note() -> str:
    """Where a function may leave a note: its own ``/tmp``."""
    return "/tmp/note"


@pytest.mark.fidelity("handler-code", "cold-and-warm")
def test_cold_then_warm(lab: LiveRegion, note: str) -> None:
    name = lab.deploy(LIFE)
    cold, warm = (lab.call(name, {"note": note}) for _ in range(2))
    assert "Init Duration" in cold.figures
    assert "Init Duration" not in warm.figures
    assert warm.value == {**cold.value, "calls": 2, "note": "x"}
    (environment,) = lab.idle(name)
    assert environment["invocations"] == 2
    assert environment["log_stream"] == cold.value["stream"]


@pytest.mark.fidelity("exception-keeps", "function-errors")
def test_a_raised_exception_keeps_the_environment(lab: LiveRegion, note: str) -> None:
    name = lab.deploy(LIFE)
    first = lab.call(name, {"note": note})
    error = lab.call(name, {"note": note, "do": "raise KeyError('action')"})
    document = error.fails("KeyError")
    assert document["errorMessage"] == "'action'"
    assert document["requestId"] == error.request_id
    assert any("in handler" in line for line in document["stackTrace"])
    assert "Status" not in error.figures  # the runtime is well: only the function is not
    third = lab.call(name, {"note": note})
    assert third.value == {**first.value, "calls": 3, "note": "xx"}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.fidelity("crash-replaces")
def test_an_end_of_the_process(lab: LiveRegion, note: str, end: str) -> None:
    code, sentence = ENDS[end]
    name = lab.deploy(LIFE)
    first = lab.call(name, {"note": note})
    (before,) = lab.idle(name)
    ended = lab.call(name, {"note": note, "do": code})
    assert ended.fails("Runtime.ExitError") == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {ended.request_id} Error: {sentence}",
    }
    assert ended.figures["Status"] == "error"
    assert ended.figures["Error Type"] == "Runtime.ExitError"
    _new_process_in_the_same_environment(lab, name, note, first, before)


def _new_process_in_the_same_environment(
    lab: LiveRegion, name: str, note: str, first: Answer, before: dict[str, object]
) -> None:
    after = lab.call(name, {"note": note})
    assert after.error is None, after.raw
    assert after.value["born"] != first.value["born"], "module state is fresh"
    assert after.value["calls"] == 1
    assert after.value["note"] == "xx", "/tmp is kept"
    assert after.value["stream"] == first.value["stream"], "the log stream is kept"
    assert "Init Duration" not in after.figures, "a suppressed init is part of Duration"
    (environment,) = lab.idle(name)
    assert environment["id"] == before["id"]


SLOW = {
    "busy loop": "while True: pass",
    "sleep": "import time; time.sleep(60)",
    "key derivation in C": "import hashlib; hashlib.pbkdf2_hmac('sha256', b'a', b'b', 1 << 30)",
    "a regular expression": "import re; re.match('(a+)+$', 'a' * 60 + 'b')",
    "signals ignored": "[signal.signal(n, signal.SIG_IGN) for n in (2, 15)]; import time; "
    "time.sleep(60)",
}


@private_root
@pytest.mark.fidelity("timeout")
def test_a_timeout_ends_what_runs_at_the_deadline(lab: LiveRegion) -> None:
    names = {kind: lab.deploy(LIFE, Timeout=1) for kind in SLOW}
    first = {kind: lab.call(names[kind], {"note": "/tmp/note"}) for kind in SLOW}
    before = {kind: lab.idle(names[kind])[0] for kind in SLOW}
    with ThreadPoolExecutor(len(SLOW)) as pool:
        calls = {
            kind: pool.submit(lab.call, names[kind], {"note": "/tmp/note", "do": SLOW[kind]})
            for kind in SLOW
        }
    for kind, call in calls.items():
        _timed_out(call.result())
        _new_process_in_the_same_environment(
            lab, names[kind], "/tmp/note", first[kind], before[kind]
        )


def _timed_out(answer: Answer) -> None:
    sentence = "Task timed out after 1.00 seconds"
    assert answer.fails("Sandbox.Timedout") == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {answer.request_id} Error: {sentence}",
    }
    assert answer.seconds >= 1
    assert answer.figures["Status"] == "timeout"
    assert re.fullmatch(r"1000\.\d\d ms", answer.figures["Duration"])
    assert any(line.endswith(f"{answer.request_id} {sentence}") for line in answer.tail)


@pytest.mark.fidelity("timeout")
def test_a_timeout(lab: LiveRegion, note: str) -> None:
    name = lab.deploy(LIFE, Timeout=1)
    first = lab.call(name, {"note": note})
    (before,) = lab.idle(name)
    _timed_out(lab.call(name, {"note": note, "do": "while True: pass"}))
    _new_process_in_the_same_environment(lab, name, note, first, before)


def test_a_timeout_on_the_first_call_keeps_the_init_apart(lab: LiveRegion, note: str) -> None:
    answer = lab.run(LIFE, {"note": note, "do": "while True: pass"}, Timeout=1)
    _timed_out(answer)
    assert "Init Duration" in answer.figures


TOO_MUCH = {
    "at once": "kept = eat(300); threading.Event().wait()",
    "bit by bit": "kept = []\nwhile True: kept.append(os.urandom(1 << 20))",
    "in a daemon": "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    "        kept = eat(300)\n        threading.Event().wait()\n    os._exit(0)\n"
    "os.wait(); threading.Event().wait()",
    "in a child": "import subprocess; subprocess.run([sys.executable, '-c', "
    "'import os, time; kept = os.urandom(1 << 20) * 300; time.sleep(60)']); "
    "threading.Event().wait()",
}


@pytest.mark.parametrize("how", TOO_MUCH)
@pytest.mark.fidelity("memory-limit")
@pytest.mark.makes("Runtime.OutOfMemory")
def test_out_of_memory(lab: LiveRegion, note: str, how: str) -> None:
    name = lab.deploy(LIFE, MemorySize=128)
    first = lab.call(name, {"note": note})
    (before,) = lab.idle(name)
    ended = lab.call(name, {"note": note, "do": TOO_MUCH[how]})
    assert ended.fails("Runtime.ExitError") == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {ended.request_id} Error: {MEMORY}",
    }
    assert ended.figures["Status"] == "error"
    assert ended.figures["Error Type"] == "Runtime.OutOfMemory"
    assert ended.figures["Max Memory Used"] == "128 MB"
    _new_process_in_the_same_environment(lab, name, note, first, before)


@pytest.mark.fidelity("memory-limit")
def test_more_memory_holds_more(lab: LiveRegion, note: str) -> None:
    name = lab.deploy(LIFE, MemorySize=512)
    small = lab.call(name, {"note": note})
    large = lab.call(name, {"note": note, "do": "eat(200)"})
    after = lab.call(name, {"note": note})
    assert large.error is None, large.raw
    used = [int(one.figures["Max Memory Used"].split()[0]) for one in (small, large, after)]
    assert 10 <= used[0] <= 80
    assert used[0] + 150 <= used[1] <= used[0] + 250
    assert used[2] >= used[1], "the peak is that of the environment"


@pytest.mark.fidelity("crash-replaces")
def test_an_environment_that_somebody_kills(lab: LiveRegion, note: str) -> None:
    name = lab.deploy(LIFE)
    first = lab.call(name, {"note": note})
    (before,) = lab.idle(name)
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: lab.environments(name)[0]["pid"] is None)
    again = lab.call(name, {"note": note})
    assert again.error is None
    assert again.value["born"] != first.value["born"]
    assert again.value["note"] == "x"


def test_an_environment_that_somebody_kills_unnoticed(lab: LiveRegion, note: str) -> None:
    name = lab.deploy(LIFE)
    lab.call(name, {"note": note})
    (before,) = lab.idle(name)
    os.kill(before["pid"], signal.SIGKILL)
    at_once = lab.call(name, {"note": note})  # either the end is known by now, or it is told
    assert at_once.error is None or at_once.fails("Runtime.ExitError")
    assert lab.call(name, {"note": note}).error is None


def test_word_to_freeze_a_process_does_not_stop_the_next_one(
    lab: LiveRegion, note: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = lab.deploy(LIFE, Timeout=5)
    lab.call(name, {"note": note})
    environment = lab.region.plane._pool.all()[-1]
    (before,) = lab.idle(name)
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: not environment.running)
    environment._ice.due_ns = 0  # as the thread that freezes had it when the process ended
    launch = environment._launch

    def launch_and_freeze(program: Any) -> Any:
        process = environment._process = launch(program)
        environment._ice.freeze()
        return process

    monkeypatch.setattr(environment, "_launch", launch_and_freeze)
    assert lab.call(name, {"note": note}).error is None


@pytest.mark.fidelity("one-call-at-a-time")
def test_eight_callers_get_eight_environments(lab: LiveRegion) -> None:
    name = lab.deploy(
        "import os, time\ndef handler(event, context):\n"
        "    time.sleep(event)\n    return os.getpid()"
    )
    with ThreadPoolExecutor(8) as pool:
        pids = {answer.value for answer in pool.map(lambda _: lab.call(name, 0.7), range(8))}
    assert len(pids) == 8
    assert len(lab.idle(name)) == 8
    assert {lab.call(name, 0).value for _ in range(4)} <= pids
    assert len(lab.idle(name)) == 8


@pytest.mark.fidelity("new-code")
def test_new_code_gets_a_new_environment_while_the_old_finishes(lab: LiveRegion) -> None:
    name = lab.deploy(
        "import time\ndef handler(event, context):\n    time.sleep(event)\n    return 'old'"
    )
    assert lab.call(name, 0).value == "old"
    (old,) = lab.idle(name)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lab.call, name, 1)
        until(lambda: lab.environments(name)[0]["state"] == "busy")
        lab.update(name, "def handler(event, context):\n    return 'new'")
        lab.lam.get_waiter("function_updated_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        new = lab.call(name, 0)
        assert (new.value, running.result().value) == ("new", "old")
    until(lambda: len(lab.environments(name)) == 1)
    (left,) = lab.idle(name)
    assert left["id"] != old["id"]


def test_new_configuration_gets_a_new_environment(lab: LiveRegion) -> None:
    name = lab.deploy("import os\ndef handler(event, context):\n    return os.environ.get('KEY')")
    assert lab.call(name).value is None
    variables = {"Variables": {"KEY": "v"}}
    lab.lam.update_function_configuration(FunctionName=name, Environment=variables)
    lab.settle()
    changed = lab.call(name)
    assert changed.value == "v"
    assert "Init Duration" in changed.figures
    assert len(lab.idle(name)) == 1


def test_delete_and_create_again(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context):\n    return 'first'")
    assert lab.call(name).value == "first"
    (old,) = lab.idle(name)
    lab.lam.delete_function(FunctionName=name)
    assert lab.environments(name) == []
    with pytest.raises(lab.lam.exceptions.ResourceNotFoundException):
        lab.call(name)
    lab.deploy("def handler(event, context):\n    return 'second'", name)
    assert lab.call(name).value == "second"
    assert lab.idle(name)[0]["id"] != old["id"]


@pytest.mark.fidelity("states")
def test_pending_then_active(lab: LiveRegion) -> None:
    with lab.region.clock.quiet():  # it does not become active meanwhile
        name = lab.create("def handler(event, context):\n    return 1")
        assert lab.lam.get_function(FunctionName=name)["Configuration"]["State"] == "Pending"
        with pytest.raises(lab.lam.exceptions.ResourceConflictException):
            lab.call(name)
    lab.lam.get_waiter("function_active_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    assert lab.call(name).value == 1
