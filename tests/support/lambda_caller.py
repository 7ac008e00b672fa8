"""A database with the extension ``aws_lambda`` and a role, and what its sessions are told."""

from __future__ import annotations

import itertools
import json
from typing import Any

import psycopg
import pytest

from rds_tools import PASSWORD, Rds

ACCOUNT = "123456789012"
_numbers = itertools.count(1)


def make_role(lab: Any, *statements: dict[str, Any], trusts: str = "rds.amazonaws.com") -> str:
    """Make a role with these statements; returns its ARN."""
    iam, name = lab.client("iam"), f"role{next(_numbers)}"
    trust = {"Effect": "Allow", "Principal": {"Service": trusts}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
    if statements:
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    return str(arn["Role"]["Arn"])


def allows(resource: str, action: str = "lambda:InvokeFunction") -> dict[str, Any]:
    """Return a statement that allows calling *resource*, a function's name or an ARN."""
    if not resource.startswith(("arn:", "*")):
        resource = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{resource}"
    return {"Effect": "Allow", "Action": action, "Resource": resource}


class Caller:
    """An instance, with the extension in its database ``shop``."""

    def __init__(self, rds: Rds, role: str | None = None) -> None:
        self.rds, self.lab = rds, rds.lab
        self.identifier = rds.make()
        self.role = role or make_role(self.lab, allows("*"))
        self.attach(self.role)
        with self.session() as session:
            session.execute("CREATE EXTENSION IF NOT EXISTS aws_lambda CASCADE")

    def attach(self, role: str) -> None:
        self.rds.api.add_role_to_db_instance(
            DBInstanceIdentifier=self.identifier, RoleArn=role, FeatureName="Lambda"
        )
        self.rds.settle()

    def detach(self, role: str) -> None:
        self.rds.api.remove_role_from_db_instance(
            DBInstanceIdentifier=self.identifier, RoleArn=role, FeatureName="Lambda"
        )

    def session(self, **more: Any) -> Any:
        """Connect with psycopg, each statement a transaction of its own."""
        endpoint = self.rds.describe(self.identifier)["Endpoint"]
        asked = {"user": "boss", "password": PASSWORD, "dbname": "shop", **more}
        return psycopg.connect(
            host=endpoint["Address"], port=endpoint["Port"], autocommit=True, **asked
        )

    def run(self, sql: str, *values: Any, **more: Any) -> Any:
        """Return the one row that *sql* answers, in a session of its own."""
        with self.session(**more) as session:
            return session.execute(sql, values or None).fetchone()

    def fails(self, sql: str, *values: Any, **more: Any) -> psycopg.errors.Diagnostic:
        """Return what the session is told when *sql* fails."""
        with pytest.raises(psycopg.Error) as failure:
            self.run(sql, *values, **more)
        return failure.value.diag
