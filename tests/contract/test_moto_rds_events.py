"""Each private name of moto's that roles and events of RDS go through."""

from __future__ import annotations

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import camelcase_to_underscores
from moto.rds.models import AssociatedRole, rds_backends
from moto.rds.responses import RDSResponse


@pytest.mark.parametrize(
    "operation",
    [
        "RemoveRoleFromDBInstance",
        "ModifyEventSubscription",
        "AddSourceIdentifierToSubscription",
        "RemoveSourceIdentifierFromSubscription",
        "DescribeEventCategories",
    ],
)
def test_operations_that_we_add_are_not_there(operation: str) -> None:
    name = camelcase_to_underscores(operation)
    assert not hasattr(RDSResponse, name), "moto has it now: look at aws/rds/events_answers.py"


def test_the_status_of_a_role_is_its_own() -> None:
    assert "status" not in vars(AssociatedRole), "look at aws/rds/roles.py: _told"
    assert AssociatedRole("arn", "Lambda").status == "ACTIVE"


@pytest.mark.parametrize(
    "name",
    [
        *("databases", "clusters", "db_parameter_groups", "security_groups", "events"),
        *("database_snapshots", "cluster_snapshots", "db_proxies", "event_subscriptions"),
    ],
)
def test_what_is_looked_up(name: str) -> None:
    backend = rds_backends[DEFAULT_ACCOUNT_ID]["eu-west-3"]
    assert hasattr(backend, name), "look at aws/rds/events_checks.py and events.py"
