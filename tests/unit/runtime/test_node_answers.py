"""What the Node.js bootstrap posts for what handlers return, throw or leave undone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from node_function import GONE, NEW, OLD, TIME, Run, answers, failure, matching, needs_node, run

pytestmark = needs_node
__all__ = ["run"]

# -- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("runtime", [OLD, NEW])
@pytest.mark.parametrize(
    ("returned", "answer"),
    [
        ("undefined", None),
        ("null", None),
        ("''", ""),
        ("NaN", None),
        ("[undefined]", [None]),
        ("({ toJSON: () => 'mine' })", "mine"),
        ("'é漢😀'", "é漢😀"),
        ("'x'.repeat(3000000)", "x" * 3_000_000),
    ],
)
@pytest.mark.fidelity("nodejs")
def test_what_is_returned_becomes_json(run: Run, runtime: str, returned: str, answer: Any) -> None:
    ran = run(f"export const handler = async () => {returned};", runtime=runtime)
    assert answers(ran) == [answer]


def test_nodejs24_takes_a_plain_return_value_and_nodejs22_does_not(run: Run) -> None:
    source = "export const handler = () => 5;"
    assert answers(run(source)) == [5]
    assert answers(run(source, runtime=OLD)) == [None]


@pytest.mark.parametrize(
    ("returned", "kind", "message"),
    [
        ("1n", ("Error", "Runtime.JSONStringifyError"), "Unable to stringify response body"),
        (
            "(() => { const a = {}; a.a = a; return a; })()",
            ("Error", "Runtime.JSONStringifyError"),
            "Unable to stringify response body",
        ),
        ("() => 1", ("TypeError", "TypeError"), "Wrong arguments"),
        ("Symbol('x')", ("TypeError", "TypeError"), "Wrong arguments"),
    ],
)
@pytest.mark.parametrize("index", [0, 1], ids=[OLD, NEW])
def test_what_json_cannot_say_is_an_error(
    run: Run, index: int, returned: str, kind: tuple[str, str], message: str
) -> None:
    ran = run(f"export const handler = async () => ({returned});", runtime=[OLD, NEW][index])
    body = failure(ran)
    assert (body["errorType"], body["errorMessage"]) == (kind[index], message)
    assert ran.code == GONE


THROWN = [
    ("new Error('boom')", "Error", "boom"),
    ("new (class Custom extends Error { name = 'Custom' })('c')", "Custom", "c"),
    ("new Error('a\\u007fb')", "Error", "a%7Fb"),
    ("'text'", "string", "text"),
    ("7", "number", "7"),
    ("{ a: 1 }", "object", "[object Object]"),
    ("Object.create(null)", "handled", "problem while retrieving"),
    ("Object.assign(new Error('s'), { stack: undefined })", "Error", "s"),
    ("Object.defineProperty(new Error(), 'message', { get() { throw 1; } })", "handled", "problem"),
    ("(() => { const e = new Error('o'); e.self = e; e.big = 1n; return e; })()", "Error", "o"),
    ("require('node:vm').runInNewContext('new Error(\"elsewhere\")')", "Error", "elsewhere"),
]


@pytest.mark.parametrize("runtime", [OLD, NEW])
@pytest.mark.parametrize("how", ["async () => { throw T; }", "() => { throw T; }"])
@pytest.mark.parametrize(("thrown", "kind", "message"), THROWN)
def test_anything_may_be_thrown(
    run: Run, runtime: str, how: str, thrown: str, kind: str, message: str
) -> None:
    source = how.replace("T", f"({thrown})")
    ran = run({"index.js": f"exports.handler = {source};"}, runtime=runtime)
    body = failure(ran)
    assert body["errorType"] == kind
    assert message in body["errorMessage"]
    line = matching(rf"^{TIME}\tr1\tERROR\tInvoke Error \t\{{", ran.logs)[0]
    logged = json.loads(line.split("\t", 4)[4])
    assert "errorMessage" in logged
    assert ran.code == GONE


def test_undefined_may_be_thrown(run: Run) -> None:
    later = "export const handler = async () => { throw undefined; };"
    at_once = "export const handler = () => { throw undefined; };"
    assert failure(run(later))["errorType"] == "undefined"
    assert failure(run(later, runtime=OLD))["errorMessage"] == "handled"
    # There, a callback whose error is undefined is a success.
    assert answers(run(at_once, runtime=OLD)) == [None]


def test_the_log_names_an_error_and_its_stack(run: Run) -> None:
    ran = run(
        "export const handler = async () => { throw Object.assign(new RangeError('bad'), "
        "{ code: 9 }); };"
    )
    body = failure(ran)
    assert body["trace"][0] == "RangeError: bad"
    assert "index.mjs:1" in body["trace"][1]
    logged = json.loads(ran.logs[-1].split("\t", 4)[4])
    assert list(logged) == ["errorType", "errorMessage", "code", "stack"]
    assert logged["stack"] == body["trace"]


def test_the_next_call_is_served_after_an_error(run: Run) -> None:
    source = "export const handler = async (n) => { if (n === 1) throw new Error('x'); return n; };"
    ran = run(source, events=[1, 2])
    assert ran.paths == ["invocation/r1/error", "invocation/r2/response"]


# -- ends ------------------------------------------------------------------------------------------

LATER = "await new Promise((done) => setTimeout(done, 20000));"


@pytest.mark.parametrize(
    ("source", "kind", "code"),
    [
        ("Promise.reject(new Error('lost'));", "Runtime.UnhandledPromiseRejection", 128),
        ("setImmediate(() => { throw new RangeError('lost'); });", "RangeError", 129),
    ],
)
def test_what_nobody_catches_ends_the_process(run: Run, source: str, kind: str, code: int) -> None:
    source = f"export const handler = async () => {{ {source} {LATER} }};"
    old = run(source, runtime=OLD)
    body = failure(old)
    assert (body["errorType"], old.code) == (kind, code)
    assert "lost" in body["errorMessage"]
    title = "Unhandled Promise Rejection" if code == 128 else "Uncaught Exception"
    assert matching(rf"\tr1\tERROR\t{title} \t\{{\"errorType\":\"{kind}\"", old.logs)
    new = run(source)
    assert (new.paths, new.code) == ([], 1)
    assert matching("lost", new.logs)


@pytest.mark.parametrize("source", ["Promise.reject(1);", "setImmediate(() => { throw 1; });"])
def test_what_nobody_catches_during_init(run: Run, source: str) -> None:
    ran = run(f"{source} {LATER}", runtime=OLD)
    assert ran.paths == ["init/error"]
    assert ran.code in {128, 129}


def test_a_promise_that_nothing_settles(run: Run) -> None:
    source = "export const handler = () => new Promise(() => {});"
    assert answers(run(source, runtime=OLD, events=[1, 2])) == [None, None]
    new = run(source)
    assert (new.paths, new.code) == ([], 0)


def test_an_error_between_calls_gets_out_while_the_runtime_waits(run: Run) -> None:
    source = """
    export const handler = async () => { setTimeout(() => { throw new Error("late"); }, 50); };
    """
    ran = run(source, runtime=OLD, hold=True)
    assert ran.paths == ["invocation/r1/response", "invocation/r1/error"]
    assert ran.code == 129


def test_the_first_of_two_uncaught_errors_counts(run: Run) -> None:
    source = f"""
    const fail = (text) => setImmediate(() => {{ throw new Error(text); }});
    export const handler = async () => {{ fail("one"); fail("two"); {LATER} }};
    """
    ran = run(source, runtime=OLD)
    assert failure(ran)["errorMessage"] == "one"
    assert len(matching("Uncaught Exception", ran.logs)) == 1
    assert ran.code == 129


@pytest.mark.parametrize("runtime", [OLD, NEW])
def test_process_exit_in_a_handler(run: Run, runtime: str) -> None:
    ran = run("export const handler = async () => process.exit(3);", runtime=runtime)
    assert (ran.paths, ran.code) == ([], 3)


# -- callbacks (nodejs22.x and older) --------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "path", "answer"),
    [
        ("callback(null, 5)", "response", 5),
        ("callback()", "response", None),
        ("setTimeout(() => callback(null, 'late'), 5)", "response", "late"),
        ("callback(new Error('no'))", "error", "no"),
        ("callback('text')", "error", "text"),
        ("callback(null, 1); callback(null, 2)", "response", 1),
        ("callback(null, 1n)", "error", "Unable to stringify response body"),
        ("context.succeed(1n)", "error", "Unable to stringify response body"),
        ("context.succeed('s')", "response", "s"),
        ("context.fail('f')", "error", "f"),
        ("context.fail()", "error", "handled"),
        ("context.done(null, 'd')", "response", "d"),
        ("context.done('e')", "error", "e"),
        ("let n = 0; const o = { n }; callback(null, o); setTimeout(() => { o.n = 1; }, 5)",
         "response", {"n": 1}),
        ("AT_ONCE; const o = { n: 0 }; callback(null, o); setTimeout(() => { o.n = 1; }, 5)",
         "response", {"n": 0}),
        ("AT_ONCE; setInterval(() => {}, 1000); callback(null, 'open')", "response", "open"),
        ("return { then: 5 }", "response", None),
        ("return { get then() { throw new Error('then'); } }", "error", "then"),
        ("1", "response", None),
    ],
)  # fmt: skip
def test_ways_to_answer(run: Run, body: str, path: str, answer: Any) -> None:
    body = body.replace("AT_ONCE", "context.callbackWaitsForEmptyEventLoop = false")
    source = f"export const handler = (event, context, callback) => {{ {body}; }};"
    ran = run(source, runtime=OLD)
    assert ran.paths == [f"invocation/r1/{path}"]
    got = ran.posts[0].body
    assert (got["errorMessage"] if path == "error" else got) == answer


def test_a_callback_serves_the_next_call(run: Run) -> None:
    source = "exports.handler = (event, context, callback) => callback(null, event);"
    assert answers(run({"index.js": source}, runtime="nodejs20.x", events=[1, 2, 3])) == [1, 2, 3]


def test_an_answer_that_comes_after_null_was_sent_is_dropped(run: Run) -> None:
    """An unreferenced timer does not keep Node at work, so null goes out before it runs."""
    source = """
    exports.handler = (event, context, callback) => {
      context.callbackWaitsForEmptyEventLoop = false;
      setTimeout(() => {
        callback(null, "late");
        setTimeout(() => process.exit(4), 50);
      }, 50).unref();
    };
    """
    ran = run({"index.js": source}, runtime=OLD, hold=True)
    assert (answers(ran), ran.code) == ([None], 4)


def test_bad_json_is_an_error_of_the_call(run: Run) -> None:
    ran = run("export const handler = async () => 1;", runtime=OLD, events=[b"{"])
    assert failure(ran)["errorType"] == "SyntaxError"


def test_nodejs24_refuses_callback_handlers(run: Run) -> None:
    ran = run("export const handler = (event, context, callback) => callback(null, 1);")
    body = failure(ran, "init/error")
    assert body["errorType"] == "Runtime.CallbackHandlerDeprecated"
    assert "removed support for callback-based function handlers" in body["errorMessage"]
    assert ran.code == 1
