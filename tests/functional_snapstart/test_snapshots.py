"""SnapStart: init runs once, environments begin as copies, and what that means for a function."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from lambda_lab.timeline import Kind
from live_region import Answer, LiveRegion, until

SNAP_START = {"ApplyOn": "PublishedVersions"}


def publish(lab: LiveRegion, source: str, **settings: Any) -> str:
    """Deploy a function with SnapStart and publish it as version 1; returns its name."""
    name = lab.deploy(source, SnapStart=SNAP_START, **settings)
    lab.lam.publish_version(FunctionName=name)
    lab.settle()
    return name


def state(lab: LiveRegion, name: str, version: str = "1") -> dict[str, Any]:
    config: dict[str, Any] = lab.lam.get_function_configuration(
        FunctionName=name, Qualifier=version
    )
    return config


def at_once(lab: LiveRegion, name: str, count: int, event: Any = None) -> list[Answer]:
    """Call version 1 so that *count* environments are at work together."""
    with ThreadPoolExecutor(count) as pool:
        calls = [
            pool.submit(lab.call, name, event or {"seconds": 0.5}, Qualifier="1")
            for _ in range(count)
        ]
        return [call.result() for call in calls]


UNIQUE = """
import os, random, secrets, time, uuid

with open("/tmp/notes", "a") as notes:
    notes.write("init ")
made_in_init = uuid.uuid4().hex
calls = []

def handler(event, context):
    calls.append(1)
    time.sleep(event.get("seconds", 0))
    return {
        "random": random.random(), "uuid": uuid.uuid4().hex, "secret": secrets.token_hex(8),
        "init": made_in_init, "calls": len(calls), "pid": os.getpid(),
        "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], "stream": context.log_stream_name,
        "notes": open("/tmp/notes").read(),
    }
"""


@pytest.mark.fidelity("snapstart-python")
def test_init_runs_once_and_every_copy_draws_the_same_numbers(lab: LiveRegion) -> None:
    name = publish(lab, UNIQUE, MemorySize=512)
    told = [answer.value for answer in at_once(lab, name, 5)]

    assert len({one["pid"] for one in told}) == 5
    assert {one["calls"] for one in told} == {1}, "module state is private from the snapshot on"
    assert len({one["init"] for one in told}) == 1, "what init made is in every copy"
    assert len({one["random"] for one in told}) == 1, "the trap: one seed in every copy"
    assert len({one["uuid"] for one in told}) == len({one["secret"] for one in told}) == 5
    assert {one["type"] for one in told} == {"snap-start"}
    assert {one["stream"] for one in told} == {None}, "one snapshot serves many log streams"
    assert {one["notes"] for one in told} == {"init "}
    assert sum("INIT_START" in line for line in lab.logs(name)) == 1
    again = lab.call(name, {}, Qualifier="1").value
    assert again["calls"] == 2


RESEEDS = """
import random, time
from snapshot_restore_py import register_after_restore, register_before_snapshot

order = []
for number in (1, 2):
    register_before_snapshot(order.append, f"before {number}")
for number in (1, 2):
    register_after_restore(order.append, f"after {number}")
register_after_restore(random.seed)

def handler(event, context):
    time.sleep(event.get("seconds", 0))
    return {"order": order, "random": random.random()}
"""


@pytest.mark.fidelity("snapstart-hooks")
def test_hooks_run_in_their_order_and_a_reseed_cures_the_trap(lab: LiveRegion) -> None:
    name = publish(lab, RESEEDS)
    told = [answer.value for answer in at_once(lab, name, 3)]
    order = ["before 2", "before 1", "after 1", "after 2"]
    assert [one["order"] for one in told] == [order] * 3
    assert len({one["random"] for one in told}) == 3


OPEN_FILES = """
import asyncio, os, socket, time

listener = socket.create_server(("127.0.0.1", 0))
line = socket.create_connection(listener.getsockname())
other, _ = listener.accept()
loop = asyncio.new_event_loop()
with open("/tmp/made", "w") as made:
    made.write("abcdef")
file = open("/tmp/made")
file.read(2)
os.lseek(file.fileno(), 2, os.SEEK_SET)

def handler(event, context):
    time.sleep(event.get("seconds", 0))
    try:
        line.sendall(b"x")
        got = line.recv(1)
    except OSError as error:
        got = type(error).__name__
    number = loop.run_until_complete(loop.run_in_executor(None, len, "four"))
    position = os.lseek(file.fileno(), 1, os.SEEK_CUR)
    return [str(got), number, position, os.path.exists("/tmp/made")]
"""


def test_connections_are_stale_and_files_are_the_copys_own(lab: LiveRegion) -> None:
    name = publish(lab, OPEN_FILES)
    told = [answer.value for answer in at_once(lab, name, 3)]
    for got, number, position, there in told:
        assert got in ("ConnectionResetError", "BrokenPipeError")
        assert (number, position, there) == (4, 3, True)


@pytest.mark.fidelity("snapstart-python")
def test_tmp_is_copied_and_then_private(lab: LiveRegion) -> None:
    name = publish(
        lab,
        """
import os, time
os.mkdir("/tmp/folder"); open("/tmp/folder/init", "w").write("made in init")
def handler(event, context):
    time.sleep(event["seconds"])
    open(f"/tmp/{context.aws_request_id}", "w").close()
    space = os.statvfs("/tmp")
    return [open("/tmp/folder/init").read(), len(os.listdir("/tmp")), os.getuid(),
            space.f_blocks * space.f_frsize // 2**20]
""",
    )
    told = [answer.value for answer in at_once(lab, name, 3)]
    assert [one[:2] for one in told] == [["made in init", 2]] * 3
    if lab.isolated:
        assert [one[2:] for one in told] == [[993, 512]] * 3


@pytest.mark.makes("SnapStartNotReadyException")
def test_states_lines_and_figures(lab: LiveRegion) -> None:
    name = lab.deploy("def handler(event, context): return 1", SnapStart=SNAP_START)
    assert state(lab, name, "$LATEST")["SnapStart"] == {**SNAP_START, "OptimizationStatus": "Off"}
    with lab.region.clock.quiet():  # it is not ready meanwhile
        published = lab.lam.publish_version(FunctionName=name)
        assert published["State"] == "Pending"
        assert published["SnapStart"]["OptimizationStatus"] == "Off"
        with pytest.raises(lab.lam.exceptions.SnapStartNotReadyException) as refused:
            lab.call(name, Qualifier="1")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    lab.settle()
    assert state(lab, name)["State"] == "Active"
    assert state(lab, name)["SnapStart"]["OptimizationStatus"] == "On"
    assert lab.lam.publish_version(FunctionName=name)["Version"] == "1"

    cold = lab.call(name, Qualifier="1")
    assert cold.tail[0].startswith("RESTORE_START Runtime Version: ")
    assert cold.tail[1].startswith("RESTORE_REPORT Restore Duration: ")
    assert {"Restore Duration", "Billed Restore Duration"} <= set(cold.figures)
    assert "Init Duration" not in cold.figures
    assert "Restore Duration" not in lab.call(name, Qualifier="1").figures
    assert "Init Duration" in lab.call(name).figures, "$LATEST starts cold"
    kinds = [event.kind for event in lab.region.timeline.of(name)]
    assert kinds.count(Kind.SNAPSHOT) == kinds.count(Kind.RESTORE_DONE) == 1
    assert sum("INIT_REPORT" in line for line in lab.logs(name)) == 1


def test_a_restore_is_faster_than_an_init(lab: LiveRegion) -> None:
    name = publish(lab, "import time\ntime.sleep(1)\ndef handler(event, context): pass")
    restored, cold = lab.call(name, Qualifier="1").figures, lab.call(name).figures
    # By the platform's own clock: what the caller waits for has more in it on a busy machine.
    took = [float(one.split()[0]) for one in (restored["Restore Duration"], cold["Init Duration"])]
    assert took[0] < took[1]
    assert took[1] >= 1000


BROKEN = """
from snapshot_restore_py import register_after_restore, register_before_snapshot
import threading
{init}
def handler(event, context):
    {handler}
"""


@pytest.mark.parametrize(
    "init", ["1 / 0", "register_before_snapshot(lambda: 1 / 0)", "import os; os._exit(3)"]
)
def test_an_init_that_fails_leaves_the_version_failed(lab: LiveRegion, init: str) -> None:
    name = publish(lab, BROKEN.format(init=init, handler="pass"))
    config = state(lab, name)
    assert (config["State"], config["StateReasonCode"]) == (
        "Failed",
        "FunctionError.RuntimeInitError",
    )
    assert config["SnapStart"]["OptimizationStatus"] == "Off"
    with pytest.raises(lab.lam.exceptions.ResourceConflictException):
        lab.call(name, Qualifier="1")


@pytest.mark.makes("Runtime.BeforeSnapshotError")
def test_a_before_snapshot_hook_that_fails(lab: LiveRegion) -> None:
    init = "register_before_snapshot(lambda: 1 / 0)"
    name = publish(lab, BROKEN.format(init=init, handler="pass"))
    assert "(Runtime.BeforeSnapshotError)" in state(lab, name)["StateReason"]
    (report,) = [line for line in lab.logs(name) if line.startswith("INIT_REPORT")]
    assert report.endswith("Status: error\tError Type: Runtime.BeforeSnapshotError")


@pytest.mark.fidelity("snapstart-hooks")
@pytest.mark.makes("SnapStartException", "Runtime.AfterRestoreError")
def test_an_after_restore_hook_that_fails(lab: LiveRegion) -> None:
    init = "register_after_restore(lambda: 1 / 0)"
    name = publish(lab, BROKEN.format(init=init, handler="pass"))
    with pytest.raises(lab.lam.exceptions.SnapStartException):
        lab.call(name, Qualifier="1")
    report = [line for line in lab.logs(name) if line.startswith("RESTORE_REPORT")]
    assert report[0].endswith("Status: error\tError Type: Runtime.AfterRestoreError")
    until(lambda: not lab.environments(name))


@pytest.mark.makes("SnapStartTimeoutException")
def test_a_hook_that_hangs_is_given_up(lab: LiveRegion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_lab.invoke.execution.restore_limit", lambda: 0.5)
    init = "register_after_restore(threading.Event().wait)"
    name = publish(lab, BROKEN.format(init=init, handler="pass"))
    with pytest.raises(lab.lam.exceptions.SnapStartTimeoutException):
        lab.call(name, Qualifier="1")
    report = [line for line in lab.logs(name) if line.startswith("RESTORE_REPORT")]
    assert report == ["RESTORE_REPORT Restore Duration: 500.00 ms\tStatus: timeout"]


def test_a_copy_that_crashes_is_replaced_by_another(lab: LiveRegion) -> None:
    handler = "import os; os._exit(1) if event else None; return os.getpid()"
    name = publish(lab, BROKEN.format(init="", handler=handler))
    lab.call(name, {"crash": True}, Qualifier="1").fails("Runtime.ExitError")
    until(lambda: not lab.environments(name))
    assert "Restore Duration" in lab.call(name, Qualifier="1").figures


def test_threads_of_init_are_told_of(lab: LiveRegion) -> None:
    init = "threading.Thread(target=threading.Event().wait, daemon=True, name='beat').start()"
    name = publish(
        lab, BROKEN.format(init=init, handler="return [t.name for t in threading.enumerate()]")
    )
    assert lab.call(name, Qualifier="1").value == ["MainThread"]
    (warning,) = [line for line in lab.logs(name) if "LAMBDA_LAB_WARNING" in line]
    assert "1 thread(s) (beat)" in warning


def test_the_snapshot_is_frozen_survives_its_copies_and_ends_with_its_version(
    lab: LiveRegion,
) -> None:
    source = """
import os, time
def handler(event, context):
    time.sleep((event or {}).get("seconds", 0))
    return os.getpid()
"""
    name = publish(lab, source)
    (held,) = [
        one.template
        for (arn, _), one in lab.region.plane.snapshots._held.items()
        if arn.endswith(f":{name}")
    ]
    until(lambda: psutil.Process(held.pid).status() == "stopped")
    copy = lab.call(name, Qualifier="1").value
    until(lambda: psutil.Process(held.pid).status() == "stopped")
    psutil.Process(held.pid).kill()
    until(lambda: not held.running)
    assert psutil.pid_exists(copy)
    assert len({answer.value for answer in at_once(lab, name, 2)}) == 2, "initialised again"
    pids = [held.pid, copy]
    lab.lam.delete_function(FunctionName=name, Qualifier="1")
    until(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    assert not lab.environments(name)


def test_aliases_lead_to_it(lab: LiveRegion) -> None:
    name = publish(lab, "def handler(event, context): return context.function_version")
    lab.lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    answer = lab.call(name, Qualifier="live")
    assert (answer.value, answer.version) == ("1", "1")
    assert "Restore Duration" in answer.figures


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"Runtime": "nodejs22.x"}, "nodejs22.x is not supported for SnapStart enabled functions."),
        ({"Runtime": "python3.11"}, "python3.11 is not supported for SnapStart enabled functions."),
        ({"EphemeralStorage": {"Size": 513}}, "ephemeral storage over 512 MB"),
        ({"SnapStart": {"ApplyOn": "Always"}}, "enum value set"),
    ],
)
def test_bad_settings(lab: LiveRegion, settings: dict[str, Any], text: str) -> None:
    with pytest.raises(ClientError, match=text):
        lab.create("def handler(event, context): pass", **{"SnapStart": SNAP_START, **settings})


def test_no_provisioned_concurrency_beside_it(lab: LiveRegion) -> None:
    name = publish(lab, "def handler(event, context): pass")
    with pytest.raises(lab.lam.exceptions.InvalidParameterValueException, match="SnapStart"):
        lab.lam.put_provisioned_concurrency_config(
            FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1
        )


def test_a_listener_of_init_stays() -> None:
    from lambda_lab.runtime import snapshot_files

    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with pytest.raises(OSError, match="not connected"):
            snapshot_files._break_connection(server.fileno())
        assert server.getsockname() == address
