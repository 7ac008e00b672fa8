"""Making database instances in a test, connecting to them, and what RDS refuses."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live_region import LiveRegion

PASSWORD = "correct-horse"
_numbers = itertools.count(1)


class Rds:
    """The RDS of a region, with plain clients."""

    def __init__(self, lab: LiveRegion) -> None:
        self.lab = lab
        self.api = lab.client("rds")

    def settings(self, **more: Any) -> dict[str, Any]:
        """Return parameters of CreateDBInstance; ``None`` leaves one out."""
        asked = {
            "DBInstanceIdentifier": f"db{next(_numbers)}",
            "DBInstanceClass": "db.t3.micro",
            "Engine": "postgres",
            "MasterUsername": "boss",
            "MasterUserPassword": PASSWORD,
            "AllocatedStorage": 20,
            "DBName": "shop",
            **more,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def create(self, **more: Any) -> dict[str, Any]:
        """Ask for an instance; returns what RDS answers at once."""
        told: dict[str, Any] = self.api.create_db_instance(**self.settings(**more))["DBInstance"]
        return told

    def make(self, **more: Any) -> str:
        """Make an instance that is available; returns its identifier."""
        identifier = str(self.create(**more)["DBInstanceIdentifier"])
        self.settle()
        assert self.status(identifier) == "available"
        return identifier

    def settle(self) -> None:
        """Let states pass."""
        self.lab.region.clock.advance(2)

    def describe(self, identifier: str) -> dict[str, Any]:
        (told,) = self.api.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
        return dict(told)

    def status(self, identifier: str) -> str:
        return str(self.describe(identifier)["DBInstanceStatus"])

    def connect(self, identifier: str, **more: Any) -> Any:
        """Connect with pg8000 to the endpoint that RDS tells."""
        from pg8000.native import Connection

        endpoint = self.describe(identifier)["Endpoint"]
        asked = {"user": "boss", "password": PASSWORD, "database": "shop", **more}
        return Connection(host=endpoint["Address"], port=endpoint["Port"], **asked)

    def ask(self, identifier: str, sql: str, **more: Any) -> Any:
        """Return the first value that *sql* answers, over a connection of its own."""
        connection = self.connect(identifier, **more)
        try:
            rows = connection.run(sql)
        finally:
            connection.close()
        return rows[0][0] if rows else None

    def refuses(self, call: str, code: str, **asked: Any) -> str:
        """Return the message with which RDS refuses *call*; the code must be *code*."""
        with pytest.raises(ClientError) as refusal:
            getattr(self.api, call)(**asked)
        error = refusal.value.response["Error"]
        assert error["Code"] == code, error
        return str(error["Message"])
