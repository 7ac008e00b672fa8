"""New code and new configuration under load: running calls finish on the old, no call fails."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from lambda_lab.timeline import Kind
from live_region import LiveRegion, until

CODE = "import os, time\ndef handler(event, context):\n    time.sleep(0.02)\n    return [{}, os.environ.get('KEY')]\n"  # noqa: E501


def updated(lab: LiveRegion, name: str) -> bool:
    found = lab.lam.get_function_configuration(FunctionName=name)
    return bool(found["LastUpdateStatus"] == "Successful")


@pytest.mark.fidelity("new-code")
def test_every_call_runs_on_what_was_there_when_it_came(lab: LiveRegion) -> None:
    name = lab.deploy(CODE.format(1))
    stop, seen = threading.Event(), Counter[str]()
    lock = threading.Lock()

    def call() -> None:
        latest = 0
        while not stop.is_set():
            value = lab.call(name)
            assert value.error is None, value.raw
            with lock:
                seen[str(value.value)] += 1
            assert value.value[0] >= latest, "no caller goes back to older code"
            latest = value.value[0]

    with ThreadPoolExecutor(4) as pool:
        callers = [pool.submit(call) for _ in range(4)]
        for number in range(2, 6):
            before = seen.total()
            until(lambda: seen.total() > before + 20)  # noqa: B023
            lab.update(name, CODE.format(number))
            until(lambda: updated(lab, name))
        lab.lam.update_function_configuration(
            FunctionName=name, Environment={"Variables": {"KEY": "new"}}
        )
        until(lambda: seen["[5, 'new']"] > 20)
        stop.set()
        for caller in callers:
            caller.result()
    lab.region.plane.settle()
    left = lab.idle(name)
    assert len(left) <= 4
    revisions = {one.spec.revision for one in lab.region.plane._pool.all() if one.spec.name == name}
    assert len(revisions) == 1, "no environment of older code is left"
    ends = lab.region.timeline.of(name, [Kind.SHUTDOWN])
    assert {end.detail["reason"] for end in ends} == {"replaced"}
    starts = lab.region.timeline.of(name, [Kind.STARTING])
    assert len(starts) == len(ends) + len(left)


def test_versions_have_environments_of_their_own(lab: LiveRegion) -> None:
    name = lab.deploy("import os\ndef handler(event, context):\n    return os.getpid()\n")
    version = lab.lam.publish_version(FunctionName=name)["Version"]
    lab.settle()
    pids = [lab.call(name, Qualifier=which).value for which in ("$LATEST", version) * 2]
    assert pids[0] != pids[1]
    assert pids[:2] == pids[2:]
    assert {one["version"] for one in lab.idle(name)} == {"$LATEST", version}
