"""A database: its first start, and an INSERT whose trigger calls a function.

Such an INSERT does what a caller does with boto3, and a little more; so the same call through
boto3, in the same process, is its floor. The first start is measured beside ``initdb``, which makes
the files and starts nothing that stays. ``python -m benchmarks.databases`` prints these rows alone.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from benchmarks.functions import TRIVIAL, call, deploy
from benchmarks.samples import alternate, timed
from benchmarks.table import Goal, Row, render
from lambda_lab.clock import SECOND, stopwatch_ns

__all__ = ["databases"]

GROUP = "a database"
NAME, PASSWORD = "bench", "bench-password"
KINDS = ("RequestResponse", "Event", "DryRun")
GOALS = {"RequestResponse": Goal(ratio=1.0), "DryRun": Goal(ratio=0.5)}
START = Goal(value=2.0)
ROUNDS, BLOCK, WARM_UP = 20, 20, 20
STARTS = 5
TRIGGER = """CREATE FUNCTION {kind}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM aws_lambda.invoke(aws_commons.create_lambda_function_arn('{name}'),
    json_build_object('n', NEW.n), invocation_type => '{kind}');
  RETURN NEW;
END $$"""


def databases() -> list[Row]:
    """Measure servers, and calls from one of a region's."""
    return [*_starts(), *_calls()]


def _starts() -> list[Row]:
    measured = alternate({"server": _start, "initdb": timed(_initdb)}, rounds=STARTS)
    took, floor = measured["server"], measured["initdb"]
    return [
        Row(GROUP, "from nothing to its first answer", took.p50, p99=took.p99,
            floor=floor.p50, floor_name="initdb", goal=START)
    ]  # fmt: skip


def _start() -> float:
    """Return how long a server took to its first answer; its end does not count."""
    from lambda_lab.rds.server import PostgresServer

    began = stopwatch_ns()
    with PostgresServer.create() as server:
        server.sql("SELECT 1")
        return (stopwatch_ns() - began) / SECOND


def _initdb() -> None:
    from lambda_lab.rds.server import PostgresServer

    class Files(PostgresServer):
        """A server that is made and not started."""

        def start(self) -> None:
            """Leave it at the files."""

    Files.create().close()


def _calls() -> list[Row]:
    import boto3

    from lambda_lab.region import Region

    with Region() as region:
        client = boto3.client("lambda")
        deploy(client, NAME, TRIVIAL)
        connection = _connection(region)
        try:
            timers = {"boto3": timed(partial(call, client, NAME))}
            for table in ("plain", *KINDS):
                insert = partial(connection.run, f'INSERT INTO "{table}" VALUES (1)')
                timers[table] = timed(insert)
            found = alternate(
                timers, rounds=ROUNDS, block=BLOCK, warm_up=WARM_UP, at_most_seconds=20
            )
        finally:
            connection.close()
    floor = found["boto3"].p50
    rows = [
        Row(GROUP, f"an INSERT that calls a function, {kind}", found[kind].p50, p99=found[kind].p99,
            floor=floor, floor_name="boto3", goal=GOALS.get(kind))
        for kind in KINDS
    ]  # fmt: skip
    rows.append(Row(GROUP, "  floor: Invoke through boto3", floor, p99=found["boto3"].p99))
    rows.append(Row(GROUP, "  an INSERT alone", found["plain"].p50, p99=found["plain"].p99))
    return rows


def _connection(region: Any) -> Any:
    """Return a connection to a new instance that may call every function."""
    import boto3
    from pg8000.native import Connection

    rds, iam = boto3.client("rds"), boto3.client("iam")
    rds.create_db_instance(
        DBInstanceIdentifier=NAME, Engine="postgres", DBInstanceClass="db.t3.micro",
        AllocatedStorage=20, DBName=NAME, MasterUsername=NAME, MasterUserPassword=PASSWORD,
    )  # fmt: skip
    region.clock.advance(seconds=2)
    trust = _policy(Action="sts:AssumeRole", Principal={"Service": "rds.amazonaws.com"})
    role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    allows = _policy(Action="lambda:InvokeFunction", Resource="*")
    iam.put_role_policy(RoleName=NAME, PolicyName=NAME, PolicyDocument=allows)
    rds.add_role_to_db_instance(DBInstanceIdentifier=NAME, RoleArn=role, FeatureName="Lambda")
    region.clock.advance(seconds=2)
    where = rds.describe_db_instances()["DBInstances"][0]["Endpoint"]
    connection = Connection(
        NAME, host=where["Address"], port=where["Port"], database=NAME, password=PASSWORD
    )
    connection.run("CREATE EXTENSION aws_lambda CASCADE")
    for table in ("plain", *KINDS):
        connection.run(f'CREATE TABLE "{table}" (n integer)')
    for kind in KINDS:
        connection.run(TRIGGER.format(kind=kind, name=NAME))
        connection.run(
            f'CREATE TRIGGER calls BEFORE INSERT ON "{kind}" FOR EACH ROW EXECUTE FUNCTION {kind}()'
        )
    return connection


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


if __name__ == "__main__":
    print(render(databases(), ""))
