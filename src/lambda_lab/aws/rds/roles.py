"""Roles of instances: what a database may do in other services.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_AddRoleToDBInstance.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from moto.core.responses import EmptyResult
from moto.rds.models import AssociatedRole, RDSBackend, rds_backends
from moto.rds.responses import RDSResponse

from lambda_lab.aws.moto_seam import ACCOUNT, role_trusts
from lambda_lab.aws.pushes.patches import added, replaced
from lambda_lab.aws.rds.lifecycle import STATE_SECONDS, record_of, require_state
from lambda_lab.clock import Clock
from lambda_lab.errors import AwsError

__all__ = ["FEATURES", "SERVICE", "instance_roles", "role_for"]

SERVICE = "rds.amazonaws.com"
"""Who assumes the roles of instances."""
FEATURES = ("Lambda", "s3Export", "s3Import")
"""What an instance of PostgreSQL has roles for (``SupportedFeatureNames`` of its engine version).
Of these, only Lambda does anything here."""
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")


@contextmanager
def instance_roles(clock: Clock) -> Iterator[None]:
    """Let roles be attached to instances and taken away while the block runs.

    Parameters
    ----------
    clock
        When a role that was attached is ``ACTIVE``.
    """
    add = RDSBackend.add_role_to_db_instance

    def add_role(
        backend: Any, db_instance_identifier: str, role_arn: str, feature_name: str
    ) -> None:
        database = _database(backend, db_instance_identifier)
        require_state(database, "available")
        _check(role_arn, feature_name, database)
        add(backend, database.db_instance_identifier, role_arn, feature_name)
        added = database._associated_roles[-1]
        added.lab_region = backend.region_name
        if record_of(database) is not None:
            added.status = "PENDING"
            clock.call_later(STATE_SECONDS, partial(setattr, added, "status", "ACTIVE"))

    def remove_role(response: Any) -> EmptyResult:
        asked = response.params
        database = _database(response.backend, asked["DBInstanceIdentifier"])
        require_state(database, "available")
        wanted = (asked["RoleArn"], asked["FeatureName"])
        for role in database._associated_roles:
            if (role.role_arn, role.feature_name) == wanted:
                database._associated_roles.remove(role)
                return EmptyResult()
        # Confidence L.
        raise AwsError(
            "DBInstanceRoleNotFound",
            f"Role ARN {wanted[0]} cannot be found for DB Instance: "
            f"{database.db_instance_identifier}",
            status=404,
        )

    with (
        replaced(RDSBackend, add_role_to_db_instance=add_role),
        added(RDSResponse, remove_role_from_db_instance=remove_role),
        _told(),
    ):
        yield


@contextmanager
def _told() -> Iterator[None]:
    """Let a role tell whether RDS can assume it, at every look."""

    def status(role: Any) -> str:
        kept = str(vars(role).get("lab_status", "ACTIVE"))
        region = vars(role).get("lab_region")
        if kept == "ACTIVE" and region and not role_trusts(region, role.role_arn, SERVICE):
            return "INVALID"
        return kept

    def keep(role: Any, value: str) -> None:
        vars(role)["lab_status"] = value

    with added(AssociatedRole, status=property(status, keep)):
        yield


def _database(backend: Any, identifier: str) -> Any:
    find: Callable[..., Any] = backend.describe_db_instances
    return find(identifier)[0]


def _check(role_arn: str, feature: str, database: Any) -> None:
    if _ROLE.fullmatch(role_arn or "") is None:
        # Confidence L.
        raise AwsError("InvalidParameterValue", f"Invalid role ARN: {role_arn}")
    if database.engine == "postgres" and feature not in FEATURES:
        # Confidence L.
        raise AwsError(
            "InvalidParameterValue",
            f"The feature name {feature} is not supported by engine {database.engine} version "
            f"{database.engine_version}. Supported feature names: {', '.join(FEATURES)}",
        )


def role_for(region: str, resource_id: str, feature: str) -> str | None:
    """Return the ARN of the role that is attached to an instance for *feature*, if any.

    Parameters
    ----------
    region, resource_id
        Of the instance.
    feature
        For example ``Lambda``.
    """
    for database in list(rds_backends[ACCOUNT][region].databases.values()):
        if database.dbi_resource_id == resource_id:
            for role in database._associated_roles:
                if role.feature_name == feature:
                    return str(role.role_arn)
    return None
