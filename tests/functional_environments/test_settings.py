"""The settings of an environment's life: each from the region's constructor or a variable."""

from __future__ import annotations

import math
import signal
import threading

import psutil
import pytest

from lambda_lab.errors import SandboxError
from lambda_lab.region import Region
from live_region import open_region, until

PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"


@pytest.mark.parametrize("wrong", [0, -1, math.nan, "soon"])
def test_a_wrong_expiry_is_refused(wrong: float) -> None:
    with pytest.raises(SandboxError, match=r"idle_expiry_seconds is .* no positive number"):
        Region(idle_expiry_seconds=wrong)


@pytest.mark.parametrize(
    ("name", "value"), [("LAMBDA_LAB_IDLE_EXPIRY", "soon"), ("LAMBDA_LAB_FREEZE", "no")]
)
def test_a_wrong_variable_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SandboxError, match=name):
        Region()
    monkeypatch.delenv(name)
    with open_region(isolate=False) as live:
        assert live.run(PID).error is None, "a refused region leaves the way free"


@pytest.mark.fidelity("idle-expiry")
def test_the_time_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_IDLE_EXPIRY", "never")
    with open_region(isolate=False) as live:
        name = live.deploy(PID)
        first = live.call(name).value
        live.idle(name)
        live.region.clock.advance(days=30)
        assert live.call(name).value == first
    with open_region(isolate=False, idle_expiry_seconds=30) as live:
        name = live.deploy(PID)
        live.call(name)
        live.idle(name)
        live.region.clock.advance(31)
        assert live.environments(name) == []


def test_freezing_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_FREEZE", "0")
    with open_region(isolate=False) as live:
        name = live.deploy(PID)
        pid = live.call(name).value
        live.idle(name)
        threading.Event().wait(0.1)  # the time in which it would be frozen
        until(lambda: psutil.Process(pid).status() == psutil.STATUS_SLEEPING)


def test_what_the_owner_ignores_a_function_does_not() -> None:
    former = signal.signal(signal.SIGQUIT, signal.SIG_IGN)  # as under nohup, or a script's `&`
    try:
        with open_region(isolate=False) as live:
            code = "import os\ndef handler(event, context):\n    os.kill(os.getpid(), 3)\n"
            document = live.run(code).fails("Runtime.ExitError")
    finally:
        signal.signal(signal.SIGQUIT, former)
    assert document["errorMessage"].endswith("signal: quit")
