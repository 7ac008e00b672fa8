"""External extensions: registered, told of every call, frozen, and shut down in time."""

from __future__ import annotations

import json
import threading
from typing import Any

import psutil
import pytest

from extension_tools import TOOLS, WATCHER, layer
from lambda_lab.clock import stopwatch_ns
from lambda_lab.invoke import plane
from live_region import LiveRegion, alive, until

GOOD = "import os\ndef handler(event, context):\n    return os.getpid()\n"


def said(lab: LiveRegion, name: str, who: str) -> list[str]:
    return [line.removeprefix(f"{who} ") for line in lab.logs(name) if line.startswith(f"{who} ")]


def events(lab: LiveRegion, name: str, who: str = "watcher") -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(lab, name, who) if line.startswith("{")]


def extension_pids(lab: LiveRegion, name: str) -> list[int]:
    (environment,) = lab.region.plane._pool.all()[-1:]
    assert environment.spec.name == name
    return environment.extensions.pids


@pytest.mark.fidelity("external-extensions")
def test_an_extension_hears_of_every_call_and_of_the_end(lab: LiveRegion) -> None:
    name = lab.deploy(GOOD, Layers=[layer(lab, {"watcher": WATCHER})])
    answers = [lab.call(name)]
    lab.idle(name)  # the extension is done with the first call, too
    answers.append(lab.call(name))
    assert answers[0].value == answers[1].value
    lab.idle(name)
    pids = extension_pids(lab, name)
    members = [answers[0].value, *pids]
    until(lambda: all(psutil.Process(pid).status() == "stopped" for pid in members))
    lab.lam.delete_function(FunctionName=name)
    until(lambda: not [pid for pid in members if alive(pid)])
    lab.region.plane.settle()
    registered, *told = said(lab, name, "watcher")
    account = lab.client("sts").get_caller_identity()["Account"]
    assert json.loads(registered.removeprefix("registered ")) == {
        "accountId": account, "functionName": name, "functionVersion": "$LATEST",
        "handler": "lambda_function.handler",
    }  # fmt: skip
    *invokes, end = [json.loads(line) for line in told]
    assert [one["requestId"] for one in invokes] == [one.request_id for one in answers]
    assert {one["eventType"] for one in invokes} == {"INVOKE"}
    assert all(one["invokedFunctionArn"].endswith(f":function:{name}") for one in invokes)
    assert all(one["tracing"]["type"] == "X-Amzn-Trace-Id" for one in invokes)
    assert all(one["deadlineMs"] > 1.7e12 for one in invokes)
    assert (end["eventType"], end["shutdownReason"]) == ("SHUTDOWN", "spindown")
    line = "EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE, SHUTDOWN]"
    log = lab.logs(name)
    assert log.index(line) < min(log.index(one) for one in log if one.startswith("START"))


SLOW = (
    TOOLS
    + """
status, me, body = register(["INVOKE"])
while True:
    following(me)
    time.sleep(2)
"""
)


def test_the_answer_does_not_wait_but_the_environment_does(lab: LiveRegion) -> None:
    name = lab.deploy(GOOD, Layers=[layer(lab, {"slow": SLOW})])
    first = lab.call(name)
    assert lab.environments(name)[0]["state"] == "busy", "the extension still works"
    second = lab.call(name)
    assert second.value != first.value, "so the second call gets an environment of its own"
    lab.region.plane.settle()
    assert [one["state"] for one in lab.environments(name)] == ["idle", "idle"]
    (report,) = [
        line for line in lab.logs(name) if line.startswith(f"REPORT RequestId: {first.request_id}")
    ]
    figures = dict(part.split(": ", 1) for part in report.split("\t") if ": " in part)
    duration, billed = (float(figures[key].split()[0]) for key in ("Duration", "Billed Duration"))
    assert billed - duration >= 500, "what the extension worked after the answer"
    data = lab.client("cloudwatch").list_metrics(
        Namespace="AWS/Lambda", MetricName="PostRuntimeExtensionsDuration",
        Dimensions=[{"Name": "FunctionName", "Value": name}],
    )  # fmt: skip
    assert data["Metrics"]


def test_an_extension_that_passes_the_timeout(lab: LiveRegion) -> None:
    stuck = SLOW.replace("sleep(2)", "sleep(60)")
    name = lab.deploy(GOOD, Timeout=1, Layers=[layer(lab, {"stuck": stuck, "watcher": WATCHER})])
    first = lab.call(name)
    assert first.error is None
    lab.region.plane.settle()
    assert any(line.endswith("Task timed out after 1.00 seconds") for line in lab.logs(name))
    until(lambda: events(lab, name)[-1].get("shutdownReason") == "timeout")
    lab.idle(name)
    assert lab.call(name).value != first.value


CRASHING = (
    TOOLS
    + """
status, me, body = register(["INVOKE"])
following(me)
sys.exit(3)
"""
)


@pytest.mark.makes("Extension.Crash")
def test_an_extension_that_ends_ends_the_call(lab: LiveRegion) -> None:
    name = lab.deploy(
        "import time\ndef handler(event, context):\n    time.sleep(event)\n",
        Layers=[layer(lab, {"crash": CRASHING, "watcher": WATCHER})],
    )
    failed = lab.call(name, 5)
    assert failed.fails("Extension.Crash") == {
        "errorType": "Extension.Crash",
        "errorMessage": f"RequestId: {failed.request_id} Error: exit status 3",
    }
    lab.region.plane.settle()
    log = lab.logs(name)
    assert f"RequestId: {failed.request_id} Error: exit status 3\nExtension.Crash" in log
    until(lambda: events(lab, name)[-1].get("shutdownReason") == "failure")
    assert any("Status: error\tError Type: Extension.Crash" in line for line in log)


def test_a_function_that_crashes_tells_the_extension(lab: LiveRegion) -> None:
    name = lab.deploy(
        "import os\ndef handler(event, context):\n    os._exit(1) if event else None\n",
        Layers=[layer(lab, {"watcher": WATCHER})],
    )
    lab.call(name, 1).fails("Runtime.ExitError")
    lab.region.plane.settle()
    until(lambda: events(lab, name)[-1].get("shutdownReason") == "failure")
    lab.idle(name)
    assert lab.call(name, 0).error is None, "everything is started again"
    until(lambda: len(events(lab, name)) == 3)  # it need not be done when the call is
    assert [one["eventType"] for one in events(lab, name)] == ["INVOKE", "SHUTDOWN", "INVOKE"]


@pytest.mark.parametrize(
    ("text", "mode", "kind", "reason"),
    [
        (WATCHER, 0o644, "PermissionDenied", "permission denied"),
        ("no program", 0o755, "UnknownError", "exec format error"),
    ],
)
@pytest.mark.makes("Extension.LaunchError")
def test_an_extension_that_cannot_be_started(
    lab: LiveRegion, text: str, mode: int, kind: str, reason: str
) -> None:
    name = lab.deploy(GOOD, Layers=[layer(lab, {"broken": text}, mode=mode)])
    failed = lab.call(name)
    document = failed.fails("Extension.LaunchError")
    assert document["errorMessage"].endswith(f"/extensions/broken: {reason}")
    line = f"EXTENSION\tName: broken\tState: LaunchError\tEvents: []\tError Type: {kind}"
    assert line in lab.logs(name)


INIT_ERROR = (
    TOOLS
    + """
status, me, body = register([])
ask("POST", "/init/error", {"errorMessage": "x"}, Identifier=me,
    Function_Error_Type="Extension.NoConfig")
time.sleep(60)
"""
)


@pytest.mark.makes("Extension.InitError")
def test_an_extension_whose_init_fails(lab: LiveRegion) -> None:
    name = lab.deploy(GOOD, Timeout=3, Layers=[layer(lab, {"unready": INIT_ERROR})])
    lab.call(name).fails("Extension.InitError")
    assert any(
        "Name: unready\tState: InitError\tEvents: []\tError Type: Extension.NoConfig" in line
        for line in lab.logs(name)
    )
    assert lab.environments(name)[0]["pid"] is None


EXIT_ERROR = (
    TOOLS
    + """
status, me, body = register(["INVOKE"])
following(me)
ask("POST", "/exit/error", {"errorMessage": "x"}, Identifier=me,
    Function_Error_Type="Extension.DiskFull")
sys.exit(1)
"""
)


@pytest.mark.makes("Extension.ExitError")
def test_an_extension_that_reports_its_end(lab: LiveRegion) -> None:
    name = lab.deploy(
        "import time\ndef handler(event, context):\n    time.sleep(event)\n",
        Timeout=10,
        Layers=[layer(lab, {"full": EXIT_ERROR})],
    )
    failed = lab.call(name, 9)
    failed.fails("Extension.ExitError")
    line = f"RequestId: {failed.request_id} Error: Extension.DiskFull\nExtension.ExitError"
    assert line in lab.logs(name)


def test_ten_extensions_and_no_more(lab: LiveRegion) -> None:
    quiet = TOOLS + "status, me, body = register([])\nfollowing(me)\n"
    many = {f"e{number:02}": quiet for number in range(11)}
    ten = dict(list(many.items())[:10])
    assert lab.call(lab.deploy(GOOD, MemorySize=1024, Layers=[layer(lab, ten)])).error is None
    failed = lab.call(lab.deploy(GOOD, MemorySize=1024, Layers=[layer(lab, many)]))
    assert "(10) reached" in failed.fails("Extension.LaunchError")["errorMessage"]


STUBBORN = (
    TOOLS
    + """
status, me, body = register(["SHUTDOWN"])
following(me)
say("asked to end")
time.sleep(60)
"""
)


@pytest.mark.fidelity("external-extensions")
def test_an_extension_has_two_seconds_in_all(lab: LiveRegion) -> None:
    name = lab.deploy(GOOD, Layers=[layer(lab, {"stubborn": STUBBORN})])
    lab.call(name)
    lab.idle(name)
    (pid,) = extension_pids(lab, name)
    started = stopwatch_ns()
    lab.lam.delete_function(FunctionName=name)
    until(lambda: not alive(pid))
    assert (stopwatch_ns() - started) / 1e9 > 1.5
    lab.region.plane.settle()
    assert "asked to end" in said(lab, name, "stubborn")


ENVIRONMENT = (
    TOOLS + "status, me, body = register([])\nsay(json.dumps(dict(os.environ)))\nfollowing(me)\n"
)


def test_what_an_extension_sees(lab: LiveRegion) -> None:
    name = lab.deploy(
        GOOD,
        Layers=[layer(lab, {"seer": ENVIRONMENT})],
        Environment={"Variables": {"MINE": "yes"}},
    )
    lab.call(name)
    until(lambda: said(lab, name, "seer"))
    (seen,) = [json.loads(line) for line in said(lab, name, "seer")]
    assert seen["MINE"] == "yes"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert {"AWS_ACCESS_KEY_ID", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION"} <= seen.keys()
    hidden = {
        "_HANDLER", "AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR", "AWS_XRAY_DAEMON_ADDRESS", "_LAMBDA_TELEMETRY_LOG_FD",
    }  # fmt: skip
    assert not hidden & seen.keys()


def test_who_calls_again_at_once_finds_the_environment(
    lab: LiveRegion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An extension that only asks for its next event has no work for which a call would wait."""
    monkeypatch.setattr(plane, "ANSWER_SECONDS", 60)  # this machine may be busier than AWS
    name = lab.deploy(GOOD, Layers=[layer(lab, {"watcher": WATCHER})])
    assert len({lab.call(name).value for _ in range(10)}) == 1


WORKING = (
    TOOLS
    + """
status, me, body = register(["INVOKE"])
following(me)
time.sleep(300)
"""
)


def test_a_reset_does_not_wait_for_what_an_extension_does(lab: LiveRegion) -> None:
    name = lab.deploy(GOOD, Timeout=60, Layers=[layer(lab, {"working": WORKING})])
    assert alive(lab.call(name).value)
    resetting = threading.Thread(target=lab.region.plane.reset, daemon=True)
    resetting.start()
    until(lambda: not resetting.is_alive())
    assert lab.environments(name) == []
