"""What Node.js handlers see, and how ``console`` writes."""

from __future__ import annotations

import json
import re

import pytest

from fake_runtime_api import ARN
from lambda_lab.runtime.log_pipe import FRAME_HEADER
from node_function import NEW, OLD, TIME, Run, answers, needs_node, run

pytestmark = needs_node
__all__ = ["run"]

# -- context ---------------------------------------------------------------------------------------

CONTEXT = """
export const handler = async (event, context) => ({
  ...context,
  left: context.getRemainingTimeInMillis() > 1e9,
  trace: process.env._X_AMZN_TRACE_ID ?? null,
  fd: process.env._LAMBDA_TELEMETRY_LOG_FD ?? null,
});
"""


@pytest.mark.parametrize("runtime", [OLD, NEW])
@pytest.mark.fidelity("nodejs")
def test_context(run: Run, runtime: str) -> None:
    headers = [
        {
            "Lambda-Runtime-Client-Context": '{"custom":{"k":"é"}}',
            "Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId":"i"}',
            "Lambda-Runtime-Trace-Id": "Root=1-2-3",
        }
    ]
    first, second = answers(run(CONTEXT, runtime=runtime, events=[1, 2], headers=headers))
    expected = {
        "awsRequestId": "r1",
        "functionName": "f",
        "functionVersion": "7",
        "invokedFunctionArn": ARN,
        "memoryLimitInMB": "256",
        "logGroupName": "/aws/lambda/f",
        "logStreamName": "2026/11/21/[7]abc",
        "clientContext": {"custom": {"k": "é"}},
        "identity": {"cognitoIdentityId": "i"},
        "left": True,
        "trace": "Root=1-2-3",
        "fd": None,
    }
    assert first.items() >= expected.items()
    assert (second["awsRequestId"], second["trace"]) == ("r2", None)
    assert "identity" not in second
    assert first.get("callbackWaitsForEmptyEventLoop") == (True if runtime == OLD else None)


# -- logs ------------------------------------------------------------------------------------------

SHOUT = """
console.log("at start");
export const handler = async () => {
  console.trace("t"); console.debug("d"); console.info("i"); console.warn("w");
  console.error("e"); console.fatal("f");
  console.log("two\\nlines %s", "here", { a: 1 });
  console.log();
};
"""


@pytest.mark.parametrize(("runtime", "none"), [(OLD, "undefined"), (NEW, "-")])
def test_text_records(run: Run, runtime: str, none: str) -> None:
    ran = run(SHOUT, runtime=runtime)
    assert all(re.match(rf"^{TIME}\t", line) for line in ran.logs)
    assert [line.split("\t", 1)[1] for line in ran.logs] == [
        f"{none}\tINFO\tat start",
        "r1\tTRACE\tt", "r1\tDEBUG\td", "r1\tINFO\ti", "r1\tWARN\tw", "r1\tERROR\te",
        "r1\tFATAL\tf", "r1\tINFO\ttwo\nlines here { a: 1 }", "r1\tINFO\tundefined",
    ]  # fmt: skip


def test_frames_carry_type_length_and_time(run: Run) -> None:
    ran = run("export const handler = async () => { console.error('é'); };")
    kind, length, stamp = FRAME_HEADER.unpack_from(ran.raw)
    body = ran.raw[FRAME_HEADER.size :]
    assert kind == 0xA55A0017
    assert length == len(body)
    assert body.endswith("\tr1\tERROR\té\n".encode())
    assert stamp > 1_700_000_000_000_000
    assert stamp % 1000 == 0


def test_without_a_log_pipe_a_record_is_one_line(run: Run) -> None:
    ran = run("export const handler = async () => { console.log('a\\nb '); };", framed=False)
    assert ran.raw.endswith(b"\tr1\tINFO\ta\rb \n")


def test_json_records_and_their_level(run: Run) -> None:
    source = """
    export const handler = async () => {
      const circle = { a: 1 }; circle.self = circle;
      console.info("hidden"); console.warn({ a: [1, "b"] }); console.warn("%d of", 3, "x\\ny");
      console.error("with", new TypeError("inner")); console.error(circle); console.warn(1n);
      throw new RangeError("out");
    };
    """
    env = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "warn"}
    ran = run(source, env=env)
    records = [json.loads(line) for line in ran.logs]
    assert FRAME_HEADER.unpack_from(ran.raw)[0] == 0xA55A0012
    assert all(re.fullmatch(TIME, record.pop("timestamp")) for record in records)
    assert {record.pop("requestId") for record in records} == {"r1"}
    first, second, third, fourth, fifth, last = records
    assert first == {"level": "WARN", "message": {"a": [1, "b"]}}
    assert second == {"level": "WARN", "message": "3 of x\ny"}
    assert (third["errorType"], third["errorMessage"]) == ("TypeError", "inner")
    assert third["stackTrace"][0] == "TypeError: inner"
    assert "Circular" in fourth["message"]
    assert fifth["message"] == "1n"
    assert (last["message"]["errorType"], last["message"]["errorMessage"]) == ("RangeError", "out")


def test_a_large_record_is_whole_on_a_pipe_that_does_not_block(run: Run) -> None:
    source = """
    export const handler = async () => {
      process.stdout.write("plain\\n");
      for (let n = 0; n < 20; n += 1) console.log("x".repeat(100000));
      return "done";
    };
    """
    ran = run(source)
    assert answers(ran) == ["done"]
    assert ran.logs[0] == "plain"
    assert [len(line.split("\t")[3]) for line in ran.logs[1:]] == [100_000] * 20
