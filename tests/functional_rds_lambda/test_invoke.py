"""A database calls functions with aws_lambda.invoke, as AWS's page says it."""

from __future__ import annotations

import base64
import json
from typing import Any

import psycopg
import pytest

from lambda_caller import ACCOUNT, Caller
from live_region import LiveRegion
from rds_tools import Rds

ECHO = """
def handler(event, context):
    custom = context.client_context.custom if context.client_context else None
    print("seen", event)
    return {"event": event, "custom": custom, "arn": context.invoked_function_arn}
"""
FAILS = "def handler(event, context):\n    raise ValueError('no \u20ac left')\n"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"


@pytest.fixture(scope="module", autouse=True)
def functions(lab: LiveRegion) -> None:
    lab.deploy(ECHO, name="echo")
    lab.deploy(FAILS, name="fails")
    lab.deploy("def handler(event, context):\n    return 'x' * event\n", name="long")
    lab.deploy(
        "import time\ndef handler(event, context):\n    time.sleep(event)\n    return 1\n",
        name="slow",
    )


@pytest.mark.parametrize("kind", ["json", "jsonb"])
@pytest.mark.parametrize(
    "name", ["'echo'", f"'{ARN}echo'", f"'{ACCOUNT}:function:echo'", "'echo:$LATEST'"]
)
def test_names(caller: Caller, kind: str, name: str) -> None:
    row = caller.run(f"SELECT * FROM aws_lambda.invoke({name}, '{{\"a\": [1, null]}}'::{kind})")
    status, payload, version, log = row
    assert (status, version, log) == (200, "$LATEST", None)
    assert payload["event"] == {"a": [1, None]}


@pytest.mark.parametrize("kind", ["json", "jsonb"])
@pytest.mark.parametrize("region", ["", ", 'us-east-1'", ", NULL"])
def test_arns_of_aws_commons(caller: Caller, kind: str, region: str) -> None:
    arn = f"aws_commons.create_lambda_function_arn('echo'{region})"
    row = caller.run(f"SELECT status_code, payload FROM aws_lambda.invoke({arn}, '1'::{kind})")
    assert row[1]["event"] == 1


def test_the_types_of_the_columns(caller: Caller) -> None:
    sql = "SELECT pg_typeof(status_code)::text, pg_typeof(payload)::text FROM aws_lambda.invoke"
    assert caller.run(f"{sql}('echo', '1'::json)") == ("integer", "json")
    assert caller.run(f"{sql}('echo', '1'::jsonb)") == ("integer", "jsonb")


@pytest.mark.fidelity("database-calls")
def test_every_documented_signature(caller: Caller) -> None:
    with caller.session() as session:
        found = session.execute(
            "SELECT pg_get_function_arguments(oid) FROM pg_proc "
            "WHERE pronamespace = 'aws_lambda'::regnamespace ORDER BY 1"
        ).fetchall()
    more = (
        "invocation_type text DEFAULT 'RequestResponse'::text, log_type text DEFAULT 'None'::text, "
        "context {0} DEFAULT NULL::{0}, qualifier character varying DEFAULT NULL::character "
        "varying, OUT status_code integer, OUT payload {0}, OUT executed_version text, "
        "OUT log_result text"
    )
    wanted = []
    for kind in ("json", "jsonb"):
        text = more.format(kind)
        wanted.append(f"function_name text, payload {kind}, region text DEFAULT NULL::text, {text}")
        arn = "aws_commons._lambda_function_arn_1"
        wanted.append(f"function_name {arn}, payload {kind}, {text}")
    assert sorted(row[0] for row in found) == sorted(wanted)


def test_event_and_dry_run(caller: Caller, lab: LiveRegion) -> None:
    sql = "SELECT * FROM aws_lambda.invoke('echo', %s::json, NULL, %s)"
    assert caller.run(sql, '"dry"', "DryRun") == (204, None, None, None)
    assert caller.run(sql, '"later"', "Event") == (202, None, None, None)
    lab.region.settle()
    assert any("seen later" in line for line in lab.logs("echo"))
    assert not any("seen dry" in line for line in lab.logs("echo"))


@pytest.mark.parametrize("kind", ["requestresponse", "EVENT", "", None])
def test_invocation_types_have_case(caller: Caller, kind: str | None) -> None:
    told = caller.fails("SELECT aws_lambda.invoke('echo', '1'::json, NULL, %s)", kind)
    assert told.sqlstate == "22023"
    assert "RequestResponse" in str(told.message_detail)


def test_log_result(caller: Caller) -> None:
    sql = "SELECT log_result FROM aws_lambda.invoke('echo', '1'::json, NULL, 'RequestResponse', %s)"
    text = base64.b64decode(caller.run(sql, "Tail")[0]).decode()
    assert "seen 1" in text
    assert "REPORT RequestId" in text
    assert caller.run(sql, "None") == (None,)
    assert caller.fails(sql, "tail").sqlstate == "22023"


def test_context(caller: Caller) -> None:
    sql = (
        "SELECT payload FROM aws_lambda.invoke('echo', '1'::jsonb, NULL, 'RequestResponse', "
        "'None', %s::jsonb)"
    )
    assert caller.run(sql, '{"custom": {"k": "v"}}')[0]["custom"] == {"k": "v"}
    assert caller.fails(sql, "[1]").message_primary == "invoke API failed"
    assert "Client context" in str(caller.fails(sql, json.dumps({"k": "v" * 4000})).message_detail)


def test_qualifiers(caller: Caller, lab: LiveRegion) -> None:
    lab.lam.publish_version(FunctionName="echo")
    lab.lam.create_alias(FunctionName="echo", Name="live", FunctionVersion="1")
    lab.settle()
    sql = (
        "SELECT executed_version, payload FROM aws_lambda.invoke(%s, '1'::json, "
        "qualifier => %s::varchar)"
    )
    assert caller.run(sql, "echo", "1")[0] == "1"
    version, payload = caller.run(sql, "echo", "live")
    assert (version, payload["arn"]) == ("1", f"{ARN}echo:live")
    assert caller.run(sql, "echo:live", "live")[0] == "1"
    told = caller.fails(sql, "echo:live", "1")
    assert "does not match the specified qualifier" in str(told.message_detail)
    assert "Function not found" in str(caller.fails(sql, "echo", "7").message_detail)


# -- what is given ---------------------------------------------------------------------------------


def test_nulls(caller: Caller) -> None:
    sql = "SELECT payload FROM aws_lambda.invoke('echo', %s::json)"
    assert caller.run(sql, "null")[0]["event"] is None
    assert caller.run(sql, None)[0]["event"] == {}  # as Invoke without a payload
    assert caller.fails("SELECT aws_lambda.invoke(NULL::text, '1'::json)").sqlstate == "22004"
    assert caller.run(
        "SELECT (aws_lambda.invoke('echo', '1'::json, NULL, 'DryRun', 'None', NULL, NULL)).*"
    ) == (204, None, None, None)


@pytest.mark.parametrize("kind", ["json", "jsonb"])
def test_unicode_and_quotes(caller: Caller, kind: str) -> None:
    text = 'it\'s "quoted" \\ grüße 東京 🚀 \n\t $$ %s {} @extschema@ \u2028'
    sql = f"SELECT payload FROM aws_lambda.invoke('echo', %s::{kind})"
    assert caller.run(sql, json.dumps(text))[0]["event"] == text
    assert caller.run(sql, json.dumps(text, ensure_ascii=False))[0]["event"] == text


def test_a_database_of_another_encoding(caller: Caller) -> None:
    with caller.session() as session:
        session.execute("CREATE DATABASE west TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with caller.session(dbname="west") as session:
        session.execute("CREATE EXTENSION aws_lambda CASCADE")
        sql = "SELECT payload ->> 'event' FROM aws_lambda.invoke('echo', %s::json)"
        assert session.execute(sql, ('"grüße"',)).fetchone() == ("grüße",)
        with pytest.raises(psycopg.errors.UntranslatableCharacter):
            session.execute("SELECT aws_lambda.invoke('echo', '\"\\u20ac\"'::jsonb)")


def test_the_largest_event(caller: Caller) -> None:
    limit = 6 << 20
    sql = (
        "SELECT length(payload->>'event') FROM aws_lambda.invoke('echo', to_json(repeat('x', %s)))"
    )
    # The function sends the event back with a little more, so it stays below the limit.
    assert caller.run(sql, limit - 1000) == (limit - 1000,)
    told = caller.fails(sql, limit)
    assert told.message_primary == "invoke API failed"
    assert str(limit) in str(told.message_detail)
    assert str(limit) in str(caller.fails(sql, 40 << 20).message_detail)
    event = sql.replace("'echo', ", "'echo', invocation_type => 'Event', payload => ")
    assert "too large for the Event" in str(caller.fails(event, 1 << 20).message_detail)


def test_the_largest_result(caller: Caller) -> None:
    sql = "SELECT length(payload #>> '{}') FROM aws_lambda.invoke('long', %s::json)"
    assert caller.run(sql, str((6 << 20) - 2)) == ((6 << 20) - 2,)
    told = caller.fails(sql, str(7 << 20))
    assert told.message_primary == "lambda invocation failed"
    assert "Function.ResponseSizeTooLarge" in str(told.message_detail)


# -- failures --------------------------------------------------------------------------------------


def test_a_function_that_fails(caller: Caller) -> None:
    told = caller.fails("SELECT * FROM aws_lambda.invoke('fails', '1'::json)")
    assert told.message_primary == "lambda invocation failed"
    assert str(told.message_detail).startswith(f'"{ARN}fails" returned error "Unhandled", details:')
    assert "ValueError" in str(told.message_detail)
    assert 'SQL function "invoke" statement 1' in str(told.context)
    # An event's failure is nobody's here.
    sql = "SELECT status_code FROM aws_lambda.invoke('fails', '1'::json, NULL, 'Event')"
    assert caller.run(sql) == (202,)


def test_a_function_that_is_not_there(caller: Caller) -> None:
    told = caller.fails("SELECT * FROM aws_lambda.invoke('nobody', '1'::json)")
    assert told.message_primary == "invoke API failed"
    assert told.message_detail == (f"AWS Lambda client returned 'Function not found: {ARN}nobody'")


@pytest.mark.parametrize("name", ["no name", "a" * 200, "", "x;DROP TABLE", "arn:aws:s3:::b"])
def test_names_that_are_none(caller: Caller, name: str) -> None:
    told = caller.fails("SELECT * FROM aws_lambda.invoke(%s, '1'::json)", name)
    assert told.sqlstate in ("58000", "22004")


def test_other_regions(caller: Caller) -> None:
    sql = "SELECT * FROM aws_lambda.invoke('echo', '1'::json, %s)"
    assert "Function not found" in str(caller.fails(sql, "eu-west-1").message_detail)
    told = caller.fails(sql, "mars-north-1")
    assert told.message_detail == "AWS Lambda client returned 'Unable to connect to endpoint'"


def test_a_throttle(caller: Caller, lab: LiveRegion) -> None:
    lab.lam.put_function_concurrency(FunctionName="echo", ReservedConcurrentExecutions=0)
    try:
        told = caller.fails("SELECT * FROM aws_lambda.invoke('echo', '1'::json)")
    finally:
        lab.lam.delete_function_concurrency(FunctionName="echo")
    assert told.message_detail == "AWS Lambda client returned 'Rate Exceeded.'"


def test_the_request_timeout(caller: Caller, lab: LiveRegion) -> None:
    with caller.session() as session:
        assert session.execute("SHOW aws_lambda.request_timeout_ms").fetchone() == ("3000",)
        assert session.execute("SHOW aws_lambda.connect_timeout_ms").fetchone() == ("1000",)
        session.execute("SET aws_lambda.request_timeout_ms = 200")
    sql = (
        "SET aws_lambda.request_timeout_ms = '{}'; SELECT (aws_lambda.invoke('slow', '{}'::json)).*"
    )
    told = caller.fails(sql.format("200ms", "1"))
    assert told.message_detail == "AWS Lambda client returned 'Timeout was reached'"
    lab.region.settle()  # the function ran to its end all the same
    assert any(line.startswith("REPORT") for line in lab.logs("slow"))
    with caller.session() as session:
        session.execute("SET aws_lambda.request_timeout_ms = '10s'")
        assert session.execute("SELECT (aws_lambda.invoke('slow', '0'::json)).*").fetchone()


@pytest.mark.parametrize("name", ["connect_timeout_ms", "request_timeout_ms"])
@pytest.mark.parametrize("value", ["0", "900001", "-1", "soon", "1 hour", "1e3", "9" * 40])
def test_timeouts_that_are_none(caller: Caller, name: str, value: str) -> None:
    sql = f"SET aws_lambda.{name} = '{value}'; SELECT aws_lambda.invoke('echo', '1'::json)"
    assert caller.fails(sql).sqlstate == "22023"


def test_timeouts_of_a_parameter_group(caller: Caller, rds: Rds) -> None:
    family = rds.describe(caller.identifier)["EngineVersion"].partition(".")[0]
    rds.api.create_db_parameter_group(
        DBParameterGroupName="short", DBParameterGroupFamily=f"postgres{family}", Description="x"
    )
    change: dict[str, Any] = {"ParameterName": "aws_lambda.request_timeout_ms"}
    change |= {"ParameterValue": "250", "ApplyMethod": "immediate"}
    rds.api.modify_db_parameter_group(DBParameterGroupName="short", Parameters=[change])
    name = rds.make(DBParameterGroupName="short")
    assert rds.ask(name, "SHOW aws_lambda.request_timeout_ms") == "250"


def test_a_database_that_cannot_reach_lambda(caller: Caller, lab: LiveRegion) -> None:
    databases = lab.region.databases
    reach = databases.may_reach
    databases.may_reach = lambda instance: instance.identifier != caller.identifier
    try:
        told = caller.fails("SELECT * FROM aws_lambda.invoke('echo', '1'::json)")
    finally:
        databases.may_reach = reach
    assert told.message_primary == "invoke API failed"
    assert told.message_detail == "AWS Lambda client returned 'Unable to connect to endpoint'"
