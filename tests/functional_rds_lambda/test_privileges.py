"""Who may call: roles of the database, the role of the instance, and what neither gets around."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lambda_caller import ACCOUNT, Caller, allows, make_role
from live_region import LiveRegion
from rds_tools import Rds

CALL = "SELECT status_code FROM aws_lambda.invoke('echo', '1'::json)"
HINT = 'Has the IAM role Amazon Resource Name (ARN) been associated with the feature-name "Lambda"?'


@pytest.fixture(scope="module", autouse=True)
def echo(lab: LiveRegion) -> None:
    lab.deploy("def handler(event, context):\n    return event\n", name="echo")
    lab.lam.publish_version(FunctionName="echo")
    lab.settle()


@pytest.fixture
def app(caller: Caller) -> Iterator[dict[str, Any]]:
    """Return the login of a plain user."""
    with caller.session() as session:
        session.execute("CREATE ROLE app LOGIN PASSWORD 'secret-word'")
        yield {"user": "app", "password": "secret-word"}
        session.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aws_lambda FROM app")
        session.execute("REVOKE ALL ON SCHEMA aws_lambda FROM app")
        session.execute("DROP ROLE app")


def test_grants_as_the_page_has_them(caller: Caller, app: dict[str, Any]) -> None:
    told = caller.fails(CALL, **app)
    assert told.message_primary == "permission denied for schema aws_lambda"
    with caller.session() as session:
        session.execute("GRANT USAGE ON SCHEMA aws_lambda TO app")
        told = caller.fails(CALL, **app)
        assert told.message_primary == "permission denied for function invoke"
        notices: list[Any] = []
        session.add_notice_handler(notices.append)
        session.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_lambda TO app")
        assert notices == []
    assert caller.run(CALL, **app) == (200,)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM aws_lambda_bridge.key",
        "SELECT aws_lambda_bridge.call('echo', NULL, '1', 'DryRun', 'None', NULL, NULL)",
        "SELECT aws_lambda_bridge.connect('x', 'host=127.0.0.1')",
        "GRANT USAGE ON SCHEMA aws_lambda_bridge TO boss",
        "CREATE FUNCTION aws_lambda.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT pg_read_file('postgresql.auto.conf')",
    ],
)
def test_the_token_is_out_of_reach(caller: Caller, sql: str) -> None:
    assert caller.run(CALL) == (200,)
    assert caller.fails(sql).sqlstate == "42501"


def test_no_function_shows_the_token(caller: Caller, lab: LiveRegion) -> None:
    with caller.session() as session:
        (texts,) = session.execute("SELECT string_agg(prosrc, ' ') FROM pg_proc").fetchone()
    admin = lab.region.databases.get(caller.identifier)
    assert admin is not None
    ((token,),) = admin.server.sql("SELECT token FROM aws_lambda_bridge.key", database="shop")
    assert token not in texts


def test_only_rds_superusers_make_the_extension(caller: Caller, app: dict[str, Any]) -> None:
    with caller.session() as session:
        session.execute("CREATE DATABASE theirs")
        session.execute("GRANT ALL ON DATABASE theirs TO app")
    login = {**app, "dbname": "theirs"}
    told = caller.fails("CREATE EXTENSION aws_lambda CASCADE", **login)
    assert told.message_primary == 'permission denied to create extension "aws_lambda"'
    told = caller.fails("CREATE EXTENSION aws_lambda", dbname="theirs")
    assert "aws_commons" in str(told.message_primary)
    with caller.session(dbname="theirs") as session:
        session.execute("CREATE EXTENSION aws_lambda CASCADE")
        names = session.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall()
        assert names == [("aws_commons",), ("aws_lambda",), ("plpgsql",)]
        assert session.execute(CALL).fetchone() == (200,)
        session.execute("DROP EXTENSION aws_lambda")
        assert session.execute("SELECT to_regnamespace('aws_lambda_bridge')").fetchone() == (None,)
        session.execute("CREATE EXTENSION aws_lambda")
        assert session.execute(CALL).fetchone() == (200,)
    with caller.session() as session:
        session.execute("DROP DATABASE theirs")


# -- the role of the instance ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare(rds: Rds, lab: LiveRegion) -> Caller:
    """Return a database without a role."""
    found = Caller(rds)
    found.detach(found.role)
    return found


def test_no_role(bare: Caller) -> None:
    told = bare.fails(CALL)
    assert told.message_primary == "credentials stored with the database cluster can't be accessed"
    assert told.message_hint == HINT


def test_a_role_for_another_feature(bare: Caller, lab: LiveRegion) -> None:
    role = make_role(lab, allows("*"))
    for call in ("add_role_to_db_instance", "remove_role_from_db_instance"):
        getattr(bare.rds.api, call)(
            DBInstanceIdentifier=bare.identifier, RoleArn=role, FeatureName="s3Import"
        )
        assert bare.fails(CALL).message_hint == HINT


@pytest.mark.parametrize(
    ("statement", "sql", "allowed"),
    [
        (allows("echo"), CALL, True),
        (allows("echo"), CALL.replace("'echo'", "'echo:1'"), False),
        (allows("echo:*"), CALL.replace("'echo'", "'echo:1'"), True),
        (allows("echo:*"), CALL, False),
        (allows("other"), CALL, False),
        (allows("*", "lambda:GetFunction"), CALL, False),
        (allows("*", "lambda:*"), CALL, True),
        ({**allows("*"), "Effect": "Deny"}, CALL, False),
        (allows("echo"), CALL.replace("json)", "json, NULL, 'DryRun')"), True),
        (allows("other"), CALL.replace("json)", "json, NULL, 'DryRun')"), False),
        (allows("other"), CALL.replace("json)", "json, NULL, 'Event')"), False),
    ],
)
@pytest.mark.fidelity("database-role")
def test_what_the_role_must_allow(
    bare: Caller, lab: LiveRegion, statement: dict[str, Any], sql: str, allowed: bool
) -> None:
    role = make_role(lab, statement)
    bare.attach(role)
    try:
        if allowed:
            assert bare.run(sql)[0] in (200, 202, 204)
        else:
            detail = str(bare.fails(sql).message_detail)
            assert "is not authorized to perform: lambda:InvokeFunction on resource: arn" in detail
    finally:
        bare.detach(role)


def test_a_role_that_is_taken_away_or_deleted_counts_at_once(bare: Caller, lab: LiveRegion) -> None:
    role = make_role(lab, allows("echo"))
    bare.attach(role)
    with bare.session() as session:
        assert session.execute(CALL).fetchone() == (200,)
        iam, name = lab.client("iam"), role.rpartition("/")[2]
        iam.delete_role_policy(RoleName=name, PolicyName="p")
        assert "not authorized" in str(bare.fails(CALL).message_detail)
        iam.delete_role(RoleName=name)
        assert bare.fails(CALL).message_hint == HINT
        (told,) = bare.rds.describe(bare.identifier)["AssociatedRoles"]
        assert told == {"RoleArn": role, "FeatureName": "Lambda", "Status": "INVALID"}
    bare.detach(role)
    assert bare.rds.describe(bare.identifier).get("AssociatedRoles", []) == []


def test_a_role_that_does_not_trust_rds(bare: Caller, lab: LiveRegion) -> None:
    role = make_role(lab, allows("*"), trusts="lambda.amazonaws.com")
    bare.attach(role)
    assert bare.fails(CALL).message_hint == HINT
    assert bare.rds.describe(bare.identifier)["AssociatedRoles"][0]["Status"] == "INVALID"
    bare.detach(role)


def test_attaching_takes_a_moment(bare: Caller, lab: LiveRegion) -> None:
    role = make_role(lab, allows("*"))
    asked = {"DBInstanceIdentifier": bare.identifier, "RoleArn": role, "FeatureName": "Lambda"}
    bare.rds.api.add_role_to_db_instance(**asked)
    assert bare.rds.describe(bare.identifier)["AssociatedRoles"][0]["Status"] == "PENDING"
    bare.rds.settle()
    assert bare.rds.describe(bare.identifier)["AssociatedRoles"][0]["Status"] == "ACTIVE"
    bare.rds.refuses("add_role_to_db_instance", "DBInstanceRoleAlreadyExists", **asked)
    bare.detach(role)
    bare.rds.refuses("remove_role_from_db_instance", "DBInstanceRoleNotFound", **asked)


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("InvalidParameterValue", {"RoleArn": "boss"}),
        ("InvalidParameterValue", {"FeatureName": "lambda"}),
        ("DBInstanceNotFound", {"DBInstanceIdentifier": "nobody"}),
    ],
)
def test_roles_that_are_refused(bare: Caller, code: str, more: dict[str, str]) -> None:
    asked = {
        "DBInstanceIdentifier": bare.identifier,
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/any",
        "FeatureName": "Lambda",
        **more,
    }
    bare.rds.refuses("add_role_to_db_instance", code, **asked)
