"""The event queue and its region: shorter waits, and an end that leaves nothing."""

from __future__ import annotations

import json
import threading

import pytest

from lambda_lab.clock import Clock
from lambda_lab.errors import SandboxError
from lambda_lab.timeline import Kind
from live_region import open_region

FAILS = "def handler(event, context):\n    raise ValueError('no')\n"


def test_a_scale_makes_a_minute_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_RETRY_SCALE", "60")
    with open_region(isolate=False) as lab:
        name = lab.deploy(FAILS)
        lab.lam.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
        lab.region.clock.advance(5)
        assert len(lab.region.timeline.of(name, [Kind.RECEIVED])) == 3
        waits = [e.detail["after_seconds"] for e in lab.region.timeline.of(name, [Kind.RETRY])]
        assert waits == [1, 2]


def test_a_scale_that_is_no_number_opens_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_LAB_RETRY_SCALE", "soon")
    with pytest.raises(SandboxError, match="LAMBDA_LAB_RETRY_SCALE"), open_region():
        pass
    monkeypatch.delenv("LAMBDA_LAB_RETRY_SCALE")
    with open_region(isolate=False) as lab:
        assert lab.region.health()["status"] == "ok"


def test_a_region_closes_with_events_in_every_state() -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(event)\n"
    with open_region(isolate=False) as lab:
        slow, failing, pending = lab.deploy(source), lab.deploy(FAILS), lab.create(FAILS)
        arn = lab.lam.get_function(FunctionName=pending)["Configuration"]["FunctionArn"]
        lab.region.events.accept(arn, b"{}")
        lab.lam.invoke(FunctionName=failing, InvocationType="Event", Payload=b"{}")
        for _ in range(100):
            payload = json.dumps(9).encode()
            lab.lam.invoke(FunctionName=slow, InvocationType="Event", Payload=payload)
        events = lab.region.events
    assert events.waiting == 0
    left = [t.name for t in threading.enumerate() if t.name.startswith("lab-worker")]
    assert left == []


def test_an_event_waits_while_time_passes_by_itself() -> None:
    now = [1_795_000_000 * 10**9]
    with open_region(isolate=False, clock=Clock(real_time_ns=lambda: now[0])) as lab:
        name = lab.deploy(FAILS)
        lab.lam.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
        lab.region.settle()
        now[0] += 59 * 10**9
        lab.region.clock.run_due()
        lab.region.settle()
        assert len(lab.region.timeline.of(name, [Kind.RECEIVED])) == 1
        now[0] += 2 * 10**9
        lab.region.clock.run_due()
        lab.region.settle()
        assert len(lab.region.timeline.of(name, [Kind.RECEIVED])) == 2
