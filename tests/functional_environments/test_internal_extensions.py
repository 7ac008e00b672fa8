"""Internal extensions: registered by the function itself, and told by SIGTERM that it ends."""

from __future__ import annotations

import json
import signal
import sys

import pytest

from lambda_lab.clock import stopwatch_ns
from live_region import LiveRegion, alive, until

REGISTERING = """
import atexit, json, os, signal, sys, threading, time, urllib.error, urllib.request

BASE = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"]

def ask(method, path, document=None, headers=None):
    data = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(BASE + path, data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), json.loads(error.read() or b"null")

EXTENSION = "/2020-01-01/extension"
heard = []

def register(events, name="inside"):
    return ask("POST", EXTENSION + "/register", {"events": events},
               {"Lambda-Extension-Name": name})

def identifier():
    return register([])[1]["Lambda-Extension-Identifier"]

def listen(identifier):
    while True:
        heard.append(ask("GET", EXTENSION + "/event/next", None,
                         {"Lambda-Extension-Identifier": identifier})[2])

def join(events=("INVOKE",)):
    status, headers, body = register(list(events))
    threading.Thread(target=listen, args=(headers["Lambda-Extension-Identifier"],),
                     daemon=True).start()
    return body

def on_term(number, frame):
    print("asked to end", flush=True)
    atexit.register(print, "ended by itself", flush=True)
    if os.environ.get("STAY") != "yes":
        sys.exit(0)

"""
HANDLER = """
def handler(event, context):
    return {"pid": os.getpid(), "heard": heard}
"""
GRACEFUL = REGISTERING + "signal.signal(signal.SIGTERM, on_term)\njoin()\n" + HANDLER


def gone(lab: LiveRegion, name: str, pid: int) -> float:
    """Delete the function; returns the seconds until its process was gone."""
    started = stopwatch_ns()
    lab.lam.delete_function(FunctionName=name)
    until(lambda: not alive(pid))
    lab.region.plane.settle()
    return (stopwatch_ns() - started) / 1e9


def test_a_function_with_an_internal_extension_is_told(lab: LiveRegion) -> None:
    name = lab.deploy(GRACEFUL)
    lab.call(name)
    lab.idle(name)
    answer = lab.call(name)
    assert [one["eventType"] for one in answer.value["heard"]][:1] == ["INVOKE"]
    lab.idle(name)
    gone(lab, name, answer.value["pid"])
    # Since Python 3.13 a thread is waited for at the end though its ``join`` was interrupted, and
    # the one on which AWS's client waits for the next call never ends: atexit is not reached.
    said = ["asked to end", "ended by itself"][: 1 if sys.version_info >= (3, 13) else 2]
    assert lab.logs(name)[-len(said) :] == said


@pytest.mark.fidelity("internal-extensions")
def test_it_has_half_a_second(lab: LiveRegion) -> None:
    name = lab.deploy(GRACEFUL, Environment={"Variables": {"STAY": "yes"}})
    pid = lab.call(name).value["pid"]
    lab.idle(name)
    assert gone(lab, name, pid) > 0.4
    assert "asked to end" in lab.logs(name)


@pytest.mark.fidelity("internal-extensions")
def test_without_an_extension_there_is_no_signal(lab: LiveRegion) -> None:
    name = lab.deploy(
        REGISTERING + "signal.signal(signal.SIGTERM, on_term)\n" + HANDLER,
        Environment={"Variables": {"STAY": "yes"}},
    )
    pid = lab.call(name).value["pid"]
    lab.idle(name)
    gone(lab, name, pid)
    assert "asked to end" not in lab.logs(name)


def test_a_handler_that_leaves_by_the_default_signal_is_the_function_s(lab: LiveRegion) -> None:
    name = lab.deploy(
        REGISTERING
        + f"def handler(event, context):\n    os.kill(os.getpid(), {int(signal.SIGTERM)})\n"
        "    time.sleep(5)\n"
    )
    document = lab.call(name).fails("Runtime.ExitError")
    assert document["errorMessage"].endswith("signal: terminated")


REFUSALS = [
    (
        "ask('POST', EXTENSION + '/register', {'events': []})",
        403, "Extension.InvalidExtensionName",
    ),
    ("register(['SHUTDOWN'])", 403, "Extension.InvalidEventType"),
    ("register(['NONSENSE'])", 403, "Extension.InvalidEventType"),
    ("register('INVOKE')", 403, "InvalidRequestFormat"),
    ("[register([], 'a'), register([], 'a')][1]", 403, "Extension.InvalidExtensionState"),
    (
        "[register([], f'e{n}') for n in range(11)][-1]",
        403, "Extension.TooManyExtensions",
    ),
    ("ask('GET', EXTENSION + '/event/next')", 403, "Extension.MissingExtensionIdentifier"),
    (
        "ask('GET', EXTENSION + '/event/next', None, {'Lambda-Extension-Identifier': 'x'})",
        403, "Extension.UnknownExtensionIdentifier",
    ),
    (
        "ask('POST', EXTENSION + '/exit/error', {}, {'Lambda-Extension-Identifier': identifier()})",
        403, "Extension.MissingHeader",
    ),
    ("ask('GET', EXTENSION + '/nonsense')", 404, "InvalidPath"),
    ("ask('PUT', '/2022-07-01/telemetry', {})", 501, "NotModelledException"),
    ("ask('PUT', '/2020-08-15/logs', {})", 501, "NotModelledException"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "status", "kind"), REFUSALS, ids=range(len(REFUSALS)))
@pytest.mark.fidelity("telemetry-api")
def test_refusals(lab: LiveRegion, code: str, status: int, kind: str) -> None:
    # Asked at init and printed: an extension that registers and never asks holds the init up.
    name = lab.deploy(
        REGISTERING + f"print('GOT', json.dumps({code}[::2]), flush=True)\nos._exit(1)\n"
        "def handler(event, context):\n    pass\n"
    )
    lab.call(name)
    (got, *_) = [line for line in lab.logs(name) if line.startswith("GOT ")]
    found, body = json.loads(got.removeprefix("GOT "))
    assert (found, body["errorType"]) == (status, kind)
    assert body["errorMessage"]


def test_registration_closes_with_init(lab: LiveRegion) -> None:
    name = lab.deploy(REGISTERING + "def handler(event, context):\n    return register([])[::2]\n")
    status, body = lab.call(name).value
    assert (status, body["errorType"]) == (403, "Extension.RegistrationClosed")
