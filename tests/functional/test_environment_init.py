"""Functions that cannot start: what the caller gets, and what stands in the log."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from lambda_lab.clock import stopwatch_ns
from live_region import LiveRegion, private_root, until

MODULE = "lambda_function"
GOOD = "def handler(event, context):\n    return 1\n"
BROKEN = {
    "a missing dependency": (
        {f"{MODULE}.py": f"import moto\n{GOOD}"},
        f"{MODULE}.handler",
        "Runtime.ImportModuleError",
        f"Unable to import module '{MODULE}': No module named 'moto'",
    ),
    "a missing module": (
        {"other.py": GOOD},
        f"{MODULE}.handler",
        "Runtime.ImportModuleError",
        f"Unable to import module '{MODULE}': No module named '{MODULE}'",
    ),
    "a syntax error": (
        {f"{MODULE}.py": f"{GOOD}\nx = = 1\n"},
        f"{MODULE}.handler",
        "Runtime.UserCodeSyntaxError",
        f"Syntax error in module '{MODULE}': invalid syntax ({MODULE}.py, line 4)",
    ),
    "an exception at import": (
        {f"{MODULE}.py": f"{GOOD}\nraise ValueError('no settings')\n"},
        f"{MODULE}.handler",
        "ValueError",
        "no settings",
    ),
    "a missing handler": (
        {f"{MODULE}.py": GOOD},
        f"{MODULE}.main",
        "Runtime.HandlerNotFound",
        f"Handler 'main' missing on module '{MODULE}'",
    ),
    "a handler without a dot": (
        {f"{MODULE}.py": GOOD},
        "handler",
        "Runtime.MalformedHandlerName",
        "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.fidelity("only-the-package", "init-failures")
def test_a_function_that_cannot_start(lab: LiveRegion, what: str) -> None:
    files, handler, error_type, message = BROKEN[what]
    name = lab.deploy(files, Handler=handler)
    answer = lab.call(name)
    document = answer.fails(error_type)
    assert document["errorMessage"] == message
    assert set(document) == {"errorMessage", "errorType", "requestId", "stackTrace"}
    init, again = [line for line in answer.tail if line.startswith("INIT_REPORT")]
    assert init.startswith("INIT_REPORT Init Duration: ")
    assert init.endswith(f" ms\tPhase: init\tStatus: error\tError Type: {error_type}")
    assert again.endswith(f" ms\tPhase: invoke\tStatus: error\tError Type: {error_type}")
    assert answer.figures["Status"] == "error"
    assert answer.figures["Error Type"] == error_type
    said = [line for line in answer.tail if line == f"[ERROR] {error_type}: {message}"]
    assert len(said) == 2, "once in the init phase, once in the invoke phase"
    assert lab.call(name).fails(error_type)["errorMessage"] == message, "and every time"
    assert len(lab.idle(name)) == 1


EXITS = {
    "sys.exit(3)": "Runtime exited with error: exit status 3",
    "sys.exit()": "Runtime exited without providing a reason",
    "os._exit(5)": "Runtime exited with error: exit status 5",
    "os.abort()": "Runtime exited with error: signal: aborted",
}


@pytest.mark.parametrize("code", EXITS)
def test_a_process_that_ends_while_it_starts(lab: LiveRegion, code: str) -> None:
    answer = lab.run(f"import os, sys\n{code}\n{GOOD}")
    assert answer.fails("Runtime.ExitError") == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {answer.request_id} Error: {EXITS[code]}",
    }
    reports = [line for line in answer.tail if line.startswith("INIT_REPORT")]
    assert [line.split("\t", 1)[1] for line in reports] == [
        "Phase: init\tStatus: error\tError Type: Runtime.ExitError",
        "Phase: invoke\tStatus: error\tError Type: Runtime.ExitError",
    ]
    assert answer.figures["Error Type"] == "Runtime.ExitError"


@pytest.mark.fidelity("init-failures")
def test_out_of_memory_while_it_starts(lab: LiveRegion) -> None:
    answer = lab.run(f"import os\nkept = os.urandom(1 << 20) * 300\n{GOOD}")
    message = answer.fails("Runtime.ExitError")["errorMessage"]
    assert message.endswith("Runtime exited with error: signal: killed")
    reports = [line for line in answer.tail if line.startswith("INIT_REPORT")]
    assert all(line.endswith("Error Type: Runtime.OutOfMemory") for line in reports)
    assert answer.figures["Error Type"] == "Runtime.OutOfMemory"
    assert answer.figures["Max Memory Used"] == "128 MB"


SECOND_TRY = """
import os
from pathlib import Path
if not Path("/tmp/tried").exists():
    Path("/tmp/tried").touch()
    raise ValueError("not yet")
def handler(event, context):
    return "well"
"""


@private_root
def test_the_second_init_may_succeed_within_the_invocation(lab: LiveRegion) -> None:
    name = lab.deploy(SECOND_TRY)
    answer = lab.call(name)
    assert answer.error is None
    assert answer.value == "well"
    reports = [line for line in answer.tail if line.startswith("INIT_REPORT")]
    assert [line.split("\t", 1)[1] for line in reports] == [
        "Phase: init\tStatus: error\tError Type: ValueError"
    ]
    assert "Init Duration" not in answer.figures, "the init that counted was part of the call"
    assert float(answer.figures["Duration"].split()[0]) > 1


def test_an_init_longer_than_the_timeout_within_the_invocation(lab: LiveRegion) -> None:
    name = lab.deploy(f"import os, time\nif os.environ.get('BAD'): os._exit(1)\n{GOOD}", Timeout=1)
    assert lab.call(name).value == 1
    slow = f"import os, time\ntime.sleep(0 if os.getppid() < 0 else 60)\n{GOOD}"
    lab.region.plane._init_limit, kept = 0.3, lab.region.plane._init_limit
    try:
        lab.update(name, slow)
        lab.settle()
        answer = lab.call(name)
    finally:
        lab.region.plane._init_limit = kept
    document = answer.fails("Sandbox.Timedout")
    assert document["errorMessage"] == (
        f"RequestId: {answer.request_id} Error: Task timed out after 1.00 seconds"
    )
    reports = [line for line in answer.tail if line.startswith("INIT_REPORT")]
    assert reports == [
        "INIT_REPORT Init Duration: 300.00 ms\tPhase: init\tStatus: timeout",
        "INIT_REPORT Init Duration: 1000.00 ms\tPhase: invoke\tStatus: timeout",
    ]
    assert answer.figures["Status"] == "timeout"
    assert answer.seconds >= 1.3


def test_the_turn_at_the_fork_server_is_no_part_of_an_init(lab: LiveRegion) -> None:
    name = lab.deploy(GOOD)
    lab.region.plane._init_limit, kept = 2.0, lab.region.plane._init_limit
    try:
        with ThreadPoolExecutor(1) as pool:
            with lab.region.launcher._sending:
                begun = stopwatch_ns()
                called = pool.submit(lab.call, name)
                until(lambda: stopwatch_ns() - begun > 2.5e9)
            answer = called.result()
    finally:
        lab.region.plane._init_limit = kept
    assert answer.value == 1
    assert not [line for line in answer.tail if line.startswith("INIT_REPORT")]


@pytest.mark.slow
@private_root
@pytest.mark.fidelity("init-limit")
def test_the_limit_of_the_init_phase(lab: LiveRegion) -> None:
    slow_once = SECOND_TRY.replace('raise ValueError("not yet")', "import time; time.sleep(60)")
    answer = lab.run(slow_once)
    assert answer.value == "well"
    assert answer.seconds >= 10
    (report,) = [line for line in answer.tail if line.startswith("INIT_REPORT")]
    assert report == "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"


def test_what_init_writes_stands_before_the_start_line(lab: LiveRegion) -> None:
    answer = lab.run(f"print('loading')\n{GOOD}")
    kinds = [line.split(" ")[0] for line in answer.tail]
    assert kinds == ["INIT_START", "loading", "START", "END", "REPORT"]


@pytest.mark.fidelity("other-languages", "snapstart-others")
def test_a_runtime_that_nothing_here_serves_is_refused(lab: LiveRegion) -> None:
    with pytest.raises(lab.lam.exceptions.ClientError) as refused:
        lab.create(GOOD, Runtime="java21", Handler="a.b")
    assert "java21" in refused.value.response["Error"]["Message"]
    assert "Java" in refused.value.response["Error"]["Message"]


BASH = """#!/bin/bash
# One HTTP request per connection, with nothing but bash.
ask() {
  exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
  printf '%s /2018-06-01/runtime/%s HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %s\\r\\n\\r\\n%s' \
    "$1" "$2" "${#3}" "$3" >&3
  size=0
  while IFS=$': \\r' read -r name value <&3 && [ -n "$name" ]; do
    case "${name,,}" in
      content-length) size=$value ;;
      lambda-runtime-aws-request-id) id=$value ;;
    esac
  done
  IFS= read -r -N "$size" body <&3
  exec 3<&- 3>&-
}
calls=0
while true; do
  ask GET invocation/next ""
  calls=$((calls + 1))
  echo "handling call $calls"
  case "$body" in
    *fail*) ask POST "invocation/$id/error" '{"errorType":"Shell.Error","errorMessage":"no"}' ;;
    *exit*) exit 9 ;;
    *env*) ask POST "invocation/$id/response" "\\"$(env | cut -d= -f1 | sort | tr '\\n' ' ')\\"" ;;
    *) ask POST "invocation/$id/response" "{\\"calls\\":$calls,\\"event\\":$body}" ;;
  esac
done
"""


@pytest.mark.fidelity("os-only-runtimes", "runtime-api")
def test_a_bootstrap_in_shell(lab: LiveRegion) -> None:
    name = lab.deploy({"bootstrap": BASH}, Runtime="provided.al2023", Handler="any.thing")
    cold = lab.call(name, {"n": 1})
    assert cold.value == {"calls": 1, "event": {"n": 1}}
    assert [line.split(" ")[0] for line in cold.tail] == [
        "INIT_START", "START", "handling", "END", "REPORT",
    ]  # fmt: skip
    assert lab.call(name, {"n": 2}).value == {"calls": 2, "event": {"n": 2}}
    failed = lab.call(name, "fail")
    assert failed.fails("Shell.Error") == {"errorType": "Shell.Error", "errorMessage": "no"}
    assert lab.call(name, 1).value["calls"] == 4
    ended = lab.call(name, "exit").fails("Runtime.ExitError")
    assert ended["errorMessage"].endswith("Runtime exited with error: exit status 9")
    assert lab.call(name, 1).value["calls"] == 1
    variables = lab.call(name, "env").value.split()
    assert {"_HANDLER", "LAMBDA_TASK_ROOT", "AWS_LAMBDA_RUNTIME_API"} <= set(variables)
    assert not {"AWS_EXECUTION_ENV", "PYTHONPATH", "_X_AMZN_TRACE_ID"} & set(variables)
    assert not [name for name in variables if "TELEMETRY" in name]


@pytest.mark.fidelity("os-only-runtimes")
def test_a_bootstrap_in_a_layer(lab: LiveRegion) -> None:
    from lambda_lab.deploy import make_zip

    layer = lab.lam.publish_layer_version(
        LayerName="shell", Content={"ZipFile": make_zip({"bootstrap": BASH})}
    )["LayerVersionArn"]
    name = lab.deploy({"readme": "x"}, Runtime="provided.al2023", Handler="x", Layers=[layer])
    assert lab.call(name, {}).value == {"calls": 1, "event": {}}


@pytest.mark.parametrize("files", [{"readme": "x"}, {"bootstrap.sh": BASH}])
@pytest.mark.makes("Runtime.InvalidEntrypoint")
def test_a_missing_bootstrap(lab: LiveRegion, files: dict[str, str]) -> None:
    answer = lab.run(files, Runtime="provided.al2023", Handler="x")
    document = answer.fails("Runtime.InvalidEntrypoint")
    assert document["errorMessage"] == (
        f"RequestId: {answer.request_id} Error: "
        "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
    )


def test_a_bootstrap_that_cannot_be_run(lab: LiveRegion) -> None:
    answer = lab.run({"bootstrap": "no shebang"}, Runtime="provided.al2023", Handler="x")
    assert answer.error == "Unhandled"
    assert answer.value["errorMessage"].startswith(f"RequestId: {answer.request_id} Error: ")
    assert answer.value["errorType"] == "Runtime.InvalidEntrypoint"
    assert json.loads(answer.raw)


def test_starting_again_and_again_spares_the_fork_server(lab: LiveRegion) -> None:
    """Whoever ends an environment's last process must not end its next one, or their parent."""
    server = lab.region.launcher._server.pid
    name = lab.deploy(f"import os\nkept = os.urandom(1 << 20) * 200\n{GOOD}")
    for _ in range(12):
        answer = lab.call(name)
        assert answer.fails("Runtime.ExitError")["errorMessage"].endswith("signal: killed")
        assert answer.figures["Error Type"] == "Runtime.OutOfMemory"
    assert lab.region.launcher._server.pid == server
