"""Each private name of moto's that roles and events of RDS go through."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import camelcase_to_underscores
from moto.events.models import Rule
from moto.rds.models import AssociatedRole, EventSubscription, RDSBackend, rds_backends
from moto.rds.responses import RDSResponse
from moto.sns.models import SNSBackend


@pytest.mark.parametrize(
    ("method", "expected", "where"),
    [
        (
            RDSBackend.add_role_to_db_instance,
            "self db_instance_identifier role_arn feature_name",
            "roles.py",
        ),
        (AssociatedRole.__init__, "self role_arn feature_name", "roles.py: _told"),
        (RDSBackend.add_event, "self event_type resource", "events_sources.py"),
        (RDSBackend.delete_db_snapshot, "self db_snapshot_identifier", "events_sources.py"),
        (
            RDSBackend.copy_db_snapshot,
            "self source_db_snapshot_identifier target_db_snapshot_identifier",
            "events_sources.py",
        ),
        (
            RDSBackend.modify_db_parameter_group,
            "self db_parameter_group_name db_parameter_group_parameters",
            "events_sources.py",
        ),
        (RDSBackend.create_event_subscription, "self kwargs", "events_answers.py"),
        (RDSBackend.describe_event_subscriptions, "self subscription_name", "events_answers.py"),
        (EventSubscription.__init__, "self backend subscription_name", "events_answers.py"),
        (RDSResponse.describe_events, "self", "events_answers.py"),
        (SNSBackend.get_topic, "self arn", "events.py: _send"),
        (Rule.send_to_targets, "self original_event", "events.py: _put_on_bus"),
    ],
)
def test_methods_have_the_parameters_we_use(method: Any, expected: str, where: str) -> None:
    names = [*inspect.signature(method).parameters]
    wanted = expected.split()
    assert names[: len(wanted)] == wanted, f"moto changed: look at aws/rds/{where}"


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
