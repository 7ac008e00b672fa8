"""Functions that nobody writes on purpose: each must end in AWS's answer, and leave nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_lab import facts
from lambda_lab.runtime.memory import MemoryWatch
from lambda_lab.runtime.own_modules import LOADED_BY_THE_CLIENT
from live_region import LiveRegion, private_root

# -- signals ---------------------------------------------------------------------------------------

SIGNALS = """
import os, signal, time
def handler(event, context):
    os.kill(os.getpid(), getattr(signal, event))
    time.sleep(5)
"""
WORDS = {
    "SIGALRM": "alarm clock",
    "SIGQUIT": "quit",
    "SIGUSR1": "user defined signal 1",
    "SIGSYS": "bad system call",
    "SIGXCPU": "CPU time limit exceeded",
    "SIGINT": "interrupt",
}


@private_root
@pytest.mark.parametrize("name", WORDS)
@pytest.mark.fidelity("crash-replaces")
def test_signals_have_the_names_of_awss_supervisor(lab: LiveRegion, name: str) -> None:
    ended = lab.run(SIGNALS, name).fails("Runtime.ExitError")
    assert ended["errorMessage"].endswith(f"Runtime exited with error: signal: {WORDS[name]}")


def test_programs_of_a_function_hear_signals(lab: LiveRegion) -> None:
    code = """
import os, signal, subprocess, time
def handler(event, context):
    child = subprocess.Popen(["sleep", "60"])
    child.send_signal(signal.SIGINT)
    ended = child.wait()
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
    except KeyboardInterrupt:
        return ended
"""
    assert lab.run(code).value == -2


def test_a_pipe_ends_quietly_in_a_bootstrap(lab: LiveRegion) -> None:
    # Who ignores SIGPIPE hands that on to all programs, and `yes` would complain instead of ending.
    script = '#!/bin/bash\nyes | head -1 >/dev/null\necho "${PIPESTATUS[@]}"\nexit 3\n'
    answer = lab.run({"bootstrap": script}, Runtime="provided.al2023", Handler="any")
    answer.fails("Runtime.ExitError")
    assert "141 0" in answer.tail
    assert not [line for line in answer.tail if "roken pipe" in line]


# -- modules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["secrets", "random", "email", "calendar", "html", "socket"])
@pytest.mark.fidelity("handler-code")
def test_a_file_named_like_the_standard_librarys(lab: LiveRegion, name: str) -> None:
    files = {f"{name}.py": "def handler(event, context):\n    return __file__\n"}
    path = lab.run(files, Handler=f"{name}.handler").value
    assert path.endswith(f"/{name}.py")
    assert path.startswith("/var/task/" if lab.isolated else "/")


@pytest.mark.parametrize("name", ["json", "logging", "queue"])
def test_a_name_that_the_runtime_client_has_loaded(lab: LiveRegion, name: str) -> None:
    files = {f"{name}.py": "def handler(event, context):\n    return 1\n"}
    lab.run(files, Handler=f"{name}.handler").fails("Runtime.HandlerNotFound")


def test_the_sdk_works_beside_a_file_that_it_does_not_use(lab: LiveRegion) -> None:
    files = {
        "statistics.py": "",
        "platform_.py": "",
        "cgi.py": "",
        "lambda_function.py": "import boto3, uuid, datetime, asyncio, ssl, decimal\n"
        "def handler(event, context):\n"
        "    return boto3.client('s3').list_buckets()['Buckets']\n",
    }
    assert lab.run(files, Handler="lambda_function.handler").value == []
    assert lab.run({**files, "csv.py": ""}, Handler="lambda_function.handler").value == []


def test_the_client_loads_what_is_listed() -> None:
    code = (
        "import sys; before = set(sys.modules); sys.path.append(sys.argv[1]);"
        "import types; made = types.ModuleType('runtime_client');"
        "made.initialize_client = print; sys.modules['runtime_client'] = made;"
        "import awslambdaric.bootstrap, concurrent.futures.thread; print(*sys.modules)"
    )
    import awslambdaric

    folder = str(Path(awslambdaric.__file__).parents[1])
    # The base interpreter: the files of a virtual environment's site load more.
    python = getattr(sys, "_base_executable", sys.executable)
    run = [python, "-I", "-S", "-c", code, folder]
    env = {"PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": "none"}
    out = subprocess.run(run, capture_output=True, text=True, check=True, env=env).stdout
    loaded = {name.partition(".")[0] for name in out.splitlines()[-1].split()}
    loaded -= set(sys.builtin_module_names)
    missing = {name for name in loaded - LOADED_BY_THE_CLIENT if not name.startswith("_")}
    assert missing <= {"zipimport"}, "frozen into the interpreter"


MAIN = """
import __main__, multiprocessing, pickle, unittest
class Thing:
    pass
def work(pipe):
    pipe.send(__name__)
    pipe.close()
def handler(event, context):
    pickle.dumps(Thing())
    context = multiprocessing.get_context(event)
    mine, theirs = multiprocessing.Pipe()
    child = context.Process(target=work, args=(theirs,))
    child.start()
    theirs.close()
    answer = mine.recv()
    child.join()
    return [__main__.__name__, answer, child.exitcode, sorted(vars(__main__))]
"""


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_a_process_with_a_pipe(lab: LiveRegion, how: str) -> None:
    main, answer, code, names = lab.run(MAIN, how, MemorySize=512).value
    assert (main, answer, code) == ("__main__", "lambda_function", 0)
    assert all(name.startswith("__") for name in names), "nothing of ours is in it"


@private_root
def test_no_shared_memory(lab: LiveRegion) -> None:
    # Lambda has no /dev/shm: of multiprocessing, Queue and Pool cannot be had, Pipe can.
    code = "import multiprocessing\ndef handler(event, context):\n    multiprocessing.Queue()\n"
    assert lab.run(code).error == "Unhandled"


# -- answers and output ----------------------------------------------------------------------------


@pytest.mark.fidelity("payload-limits")
def test_an_error_too_large(lab: LiveRegion) -> None:
    limit = int(facts.value("payload.sync.response-message-bytes"))
    code = "def handler(event, context):\n    raise ValueError('x' * event)\n"
    name = lab.deploy(code, MemorySize=512)
    answer = lab.call(name, limit)
    document = answer.fails("Function.ResponseSizeTooLarge")
    assert str(limit) in document["errorMessage"]
    assert lab.call(name, 1).fails("ValueError")["errorMessage"] == "x"


@pytest.mark.fidelity("log-streams")
def test_a_line_of_four_megabytes(lab: LiveRegion) -> None:
    name = lab.deploy(
        "def handler(event, context):\n    print('\\u20ac' * 1_500_000)\n", MemorySize=256
    )
    assert lab.call(name, LogType="None").error is None
    pieces = [line for line in lab.logs(name) if line.startswith("\u20ac")]
    assert "".join(pieces) == "\u20ac" * 1_500_000
    largest = int(facts.value("logs.event.maximum")) - int(facts.value("logs.event.overhead"))
    assert max(len(one.encode()) for one in pieces) <= largest
    assert len(pieces) == -(-4_500_000 // largest)


def test_half_a_line_before_the_end(lab: LiveRegion) -> None:
    code = (
        "import os\ndef handler(event, context):\n    print('half', end='', flush=True)\n"
        "    os._exit(9)\n"
    )
    name = lab.deploy(code)
    lab.call(name).fails("Runtime.ExitError")
    assert "half" in lab.logs(name)


@private_root
@pytest.mark.parametrize("where", ["init", "handler"])
@pytest.mark.fidelity("memory-limit")
def test_too_much_memory_that_nobody_saw_being_taken(
    lab: LiveRegion, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the thread that looks at memory had no processor all the while.
    monkeypatch.setattr(MemoryWatch, "add", lambda watch, watched: None)
    take = "kept = b'1' * (200 << 20)"
    code = "def handler(event, context):\n    return 1\n"
    code = (
        f"{take}\n{code}"
        if where == "init"
        else code.replace("return 1", f"global kept; {take}; return 1")
    )
    name = lab.deploy(code)
    for _ in range(2):
        answer = lab.call(name)
        assert answer.fails("Runtime.ExitError")["errorMessage"].endswith("signal: killed")
        assert answer.figures["Error Type"] == "Runtime.OutOfMemory"
        assert answer.figures["Max Memory Used"] == "128 MB"
    assert lab.call(lab.deploy("def handler(event, context):\n    return 1\n")).value == 1


@pytest.mark.fidelity("memory-limit")
def test_starting_programs_takes_no_memory_twice(lab: LiveRegion) -> None:
    code = """
import subprocess
kept = b"1" * (70 << 20)
def handler(event, context):
    return [subprocess.run(["true"]).returncode for _ in range(20)]
"""
    answer = lab.call(lab.deploy(code))
    assert answer.value == [0] * 20
    assert int(answer.figures["Max Memory Used"].split()[0]) < 128


# -- the Runtime API -------------------------------------------------------------------------------

ATTEMPTS = """#!/bin/sh
tmp=${TMPDIR:-/tmp}  # without a private root, scripts find their own folder by it
base=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
field() { grep -i "^$1:" $tmp/headers | cut -d: -f2 | tr -d '[:space:]'; }
while true; do
  curl -sS -D $tmp/headers -o $tmp/event $base/next
  id=$(field Lambda-Runtime-Aws-Request-Id)
  attempt=$(field Lambda-Runtime-Invocation-Id)
  post() { curl -sS -o /dev/stderr -w '%{http_code}' -H "Lambda-Runtime-Invocation-Id: $1" \
    -d "$2" $base/$id/response; }
  first=$(post another '"wrong"' 2>$tmp/said)
  post $attempt "[\\"$attempt\\", $first, $(cat $tmp/said)]" 2>/dev/null
done
"""


@pytest.mark.fidelity("runtime-api")
def test_an_answer_to_another_attempt_is_refused(lab: LiveRegion) -> None:
    settings = {"Runtime": "provided.al2023", "Handler": "any"}
    name = lab.deploy({"bootstrap": ATTEMPTS}, **settings)
    answers = [lab.call(name).value for _ in range(2)]
    for _, status, said in answers:
        assert (status, said["errorType"]) == (400, "InvalidInvocationId")
    assert answers[0][0] != answers[1][0], "each attempt has its own"
