"""Which function the Node.js bootstrap loads, and what it says when it cannot."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from fake_runtime_api import FakeRuntimeApi
from lambda_lab.runtime.runtimes import NODE_BOOTSTRAP, node_flags
from node_function import (
    GONE,
    NEW,
    NODE,
    OLD,
    TIME,
    Run,
    answers,
    failure,
    matching,
    needs_node,
    run,
)

pytestmark = needs_node
BOOTSTRAP = NODE_BOOTSTRAP / "index.mjs"
__all__ = ["run"]

# -- finding the handler -----------------------------------------------------------------------

ECHO = "exports.handler = async (event) => ({ got: event });"
ES_ECHO = "export const handler = async (event) => ({ got: event });"
AWAITING = f"await new Promise(setImmediate);{ES_ECHO}"


@pytest.mark.parametrize("runtime", [OLD, NEW])
@pytest.mark.parametrize(
    ("files", "handler"),
    [
        ({"index.js": ECHO}, "index.handler"),
        ({"index.cjs": ECHO}, "index.handler"),
        ({"index.mjs": ES_ECHO}, "index.handler"),
        ({"index.js": ES_ECHO, "package.json": '{"type": "module"}'}, "index.handler"),
        (
            {"a/index.js": AWAITING, "package.json": '{"type": "module"}'},
            "a/index.handler",
        ),
        ({"src/a b#é.js": ECHO}, "src/a b#é.handler"),
        ({"src/deep/app.mjs": ES_ECHO}, "src/deep/app.handler"),
        ({"index.js": "exports.a = { b: async (event) => ({ got: event }) };"}, "index.a.b"),
        ({"index.mjs": "export const a = { b: async (event) => ({ got: event }) };"}, "index.a.b"),
        ({"index.mjs": AWAITING}, "index.handler"),
        ({"node_modules/mine/index.js": ECHO}, "mine.handler"),
        (
            {"index.js": "exports.handler = require('./lib').handler;", "lib.js": ECHO},
            "index.handler",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
@pytest.mark.fidelity("nodejs")
def test_handlers_are_found(run: Run, files: dict[str, str], handler: str, runtime: str) -> None:
    ran = run(files, handler=handler, runtime=runtime, events=[{"n": 1}, "ü\n", None])
    assert answers(ran) == [{"got": {"n": 1}}, {"got": "ü\n"}, {"got": None}]
    assert ran.connections == 1
    assert ran.code == GONE


def test_only_nodejs24_looks_into_the_default_export(run: Run) -> None:
    source = "export default { handler: async () => 1 };"
    assert answers(run(source)) == [1]
    assert failure(run(source, runtime=OLD), "init/error")["errorType"] == (
        "Runtime.HandlerNotFound"
    )


# -- what Lambda switches off ------------------------------------------------------------------

DETECTED = {"index.js": ES_ECHO}
REQUIRED = {"index.cjs": "exports.handler = require('./lib.mjs').handler;", "lib.mjs": ES_ECHO}


@pytest.mark.parametrize("runtime", [OLD, NEW])
@pytest.mark.parametrize(
    ("files", "kind"), [(DETECTED, "Runtime.UserCodeSyntaxError"), (REQUIRED, "Error")]
)
def test_experiments_of_nodejs_are_off(
    run: Run, files: dict[str, str], kind: str, runtime: str
) -> None:
    assert failure(run(files, runtime=runtime), "init/error")["errorType"] == kind


@pytest.mark.skipif(not node_flags(str(NODE), NEW, {}), reason="this Node.js has no experiments")
@pytest.mark.parametrize(
    ("files", "option"),
    [(DETECTED, "--experimental-detect-module"), (REQUIRED, "--experimental_require_module")],
)
def test_experiments_can_be_switched_on(run: Run, files: dict[str, str], option: str) -> None:
    ran = run(files, events=[{"n": 1}], env={"NODE_OPTIONS": f"--no-warnings {option}"})
    assert answers(ran) == [{"got": {"n": 1}}]


def test_options_are_for_newer_runtimes_and_for_who_knows_them() -> None:
    assert node_flags(str(NODE), "nodejs20.x", {}) == ()
    assert node_flags(str(NODE), "python3.14", {}) == ()
    # Python stands for a Node.js that has no such option.
    assert node_flags(sys.executable, NEW, {}) == ()
    assert node_flags("/no/such/node", NEW, {}) == ()


INIT_FAILURES = [
    ({}, "index.handler", "Runtime.ImportModuleError",
     r"Error: Cannot find module 'index'\nRequire stack:\n- .*\.mjs"),
    ({"index.js": "require('nope');"}, "index.handler", "Runtime.ImportModuleError",
     r"Error: Cannot find module 'nope'\nRequire stack:\n- .*/index\.js"),
    ({"index.mjs": "import 'nope';"}, "index.handler", "Error", r"Cannot find package 'nope'"),
    ({"index.js": "exports.x = 1;"}, "index.handler", "Runtime.HandlerNotFound",
     r"^index\.handler is undefined or not exported$"),
    ({"index.js": "exports.handler = 5;"}, "index.handler", "Runtime.HandlerNotFound",
     r"^index\.handler is not a function$"),
    ({"index.js": "module.exports = null;"}, "index.handler", "Runtime.ImportModuleError", "."),
    ({"src/app.js": "exports.x = 1;"}, "src/app.a.b", "Runtime.HandlerNotFound",
     r"^src/app\.a\.b is undefined or not exported$"),
    ({"index.js": ECHO}, "index", "Runtime.MalformedHandlerName", r"^Bad handler$"),
    ({"index.js": ECHO}, "", "Runtime.MalformedHandlerName", r"^Bad handler$"),
    ({"index.js": ECHO}, "../index.handler", "Runtime.MalformedHandlerName",
     r"^'\.\./index\.handler' is not a valid handler name\."),
    ({"index.js": "exports.handler = async ( => 1;"}, "index.handler",
     "Runtime.UserCodeSyntaxError", r"^SyntaxError: "),
    ({"index.mjs": "export const handler = = 1;"}, "index.handler",
     "Runtime.UserCodeSyntaxError", r"^SyntaxError: "),
    ({"index.js": "throw new TypeError('at start');"}, "index.handler", "TypeError", "^at start$"),
    ({"index.js": "throw 'text';"}, "index.handler", "string", "^text$"),
    ({"index.js": "const e = new Error('x'); e.name = 'Ä\\nB'; throw e;"}, "index.handler",
     "Ä\nB", "^x$"),
    ({"index.mjs": "export const handler = awslambda.streamifyResponse(async () => 1);"},
     "index.handler", "Error", r"streaming .* is not modelled"),
]  # fmt: skip


@pytest.mark.parametrize(("runtime", "title", "code"), [
    (OLD, "Uncaught Exception", 129), (NEW, "Init Error", 1),
])  # fmt: skip
@pytest.mark.parametrize(("files", "handler", "kind", "message"), INIT_FAILURES)
def test_a_function_that_cannot_start(
    run: Run, files: dict[str, str], handler: str, kind: str, message: str,
    runtime: str, title: str, code: int,
) -> None:  # fmt: skip
    if runtime == NEW and "null" in str(files):
        kind = "Runtime.HandlerNotFound"  # import() wraps what CommonJS exports
    ran = run(files, handler=handler, runtime=runtime)
    body = failure(ran, "init/error")
    assert body["errorType"] == kind
    assert re.search(message, body["errorMessage"])
    header = ran.posts[0].headers["Lambda-Runtime-Function-Error-Type"]
    assert header == re.sub(r"[^\x20-\x7e]", "?", kind)
    assert matching(rf"^{TIME}\t(undefined|-)\tERROR\t{title} \t\{{\"errorType\":", ran.logs)
    assert ran.code == code


@pytest.mark.parametrize(("runtime", "code"), [(OLD, 129), (NEW, 13)])
@pytest.mark.makes("Runtime.NodejsExit")
def test_a_top_level_await_that_nothing_settles(run: Run, runtime: str, code: int) -> None:
    ran = run("await new Promise(() => {}); export const handler = 1;", runtime=runtime)
    body = failure(ran, "init/error")
    assert body["errorType"] == "Runtime.NodejsExit"
    assert "never settled" in body["errorMessage"]
    assert ran.code == code


def test_patching_http_and_json_leaves_the_runtime_alone(run: Run) -> None:
    source = """
    const http = require("node:http");
    http.request = http.get = () => { throw new Error("no network in this test"); };
    require("node:module").syncBuiltinESMExports();
    exports.handler = async () => "through";
    """
    assert answers(run({"index.js": source})) == ["through"]


def test_outside_an_environment_it_says_so(tmp_path: Path) -> None:
    api = FakeRuntimeApi([])
    code = f"delete process.env.AWS_LAMBDA_RUNTIME_API; import({str(BOOTSTRAP)!r})"
    ran = api.run([str(NODE), "-e", code], {}, tmp_path)
    assert ran.code == 1
    assert "create a function with a nodejs runtime" in ran.logs[0]


@pytest.mark.parametrize("runtime", [OLD, NEW])
@pytest.mark.parametrize(
    ("files", "warned"),
    [
        ({"index.js": "require('@aws-sdk/client-s3');"}, "@aws-sdk/client-s3"),
        ({"index.mjs": "import '@aws-sdk/client-sqs';"}, "@aws-sdk/client-sqs"),
        ({"index.mjs": "import 'left-pad';"}, None),
        ({"index.js": "require('./not-aws-sdk');"}, None),
    ],
)
def test_a_missing_sdk_says_that_aws_brings_it(
    run: Run, runtime: str, files: dict[str, str], warned: str | None
) -> None:
    ran = run(files, runtime=runtime)
    assert ran.paths == ["init/error"]
    told = matching("LAMBDA_LAB_WARNING", ran.logs)
    assert [line.rpartition(" ")[2] for line in told] == ([warned] if warned else [])
