"""Each private name of moto's that instances of RDS, their roles and their events go through."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from moto.ec2.models import ec2_backends
from moto.events.models import Rule
from moto.rds.models import (
    AssociatedRole,
    DBInstance,
    EventSubscription,
    MasterUserSecret,
    RDSBackend,
)
from moto.rds.responses import RDSResponse
from moto.secretsmanager.models import SecretsManagerBackend
from moto.sns.models import SNSBackend

USED: dict[str, dict[Any, str]] = {
    "instances.py": {
        RDSBackend.create_db_instance: "db_kwargs",
        RDSBackend.stop_db_instance: "db_instance_identifier db_snapshot_identifier",
        RDSBackend.start_db_instance: "db_instance_identifier",
        RDSBackend.delete_db_instance: (
            "db_instance_identifier final_db_snapshot_identifier skip_final_snapshot "
            "delete_automated_backups"
        ),
        RDSBackend.create_db_snapshot: (
            "db_instance_identifier db_snapshot_identifier snapshot_type"
        ),
    },
    "changes.py": {
        RDSBackend.modify_db_instance: "db_instance_identifier db_kwargs",
    },
    "opened.py": {
        RDSBackend.restore_db_instance_from_db_snapshot: "from_snapshot_id overrides",
        RDSBackend.restore_db_instance_to_point_in_time: (
            "source_db_identifier target_db_identifier"
        ),
        RDSBackend.create_db_instance_read_replica: "db_kwargs",
        RDSResponse.modify_db_parameter_group: "",
        RDSResponse.describe_db_parameters: "",
        RDSResponse.reboot_db_instance: "",
    },
    "lifecycle.py": {
        DBInstance.db_parameter_groups: "",
    },
    "secrets.py": {
        MasterUserSecret._generate_secret_string: "",
        MasterUserSecret.rotate_secret: "",
        SecretsManagerBackend.put_secret_value: (
            "secret_id secret_string secret_binary client_request_token version_stages"
        ),
        SecretsManagerBackend.get_secret_value: "secret_id version_id version_stage",
    },
    "offers.py": {
        RDSResponse.describe_orderable_db_instance_options: "",
    },
    "roles.py": {
        RDSBackend.add_role_to_db_instance: "db_instance_identifier role_arn feature_name",
        AssociatedRole.__init__: "role_arn feature_name",
    },
    "events_sources.py": {
        RDSBackend.add_event: "event_type resource",
        RDSBackend.delete_db_snapshot: "db_snapshot_identifier",
        RDSBackend.copy_db_snapshot: "source_db_snapshot_identifier target_db_snapshot_identifier",
        RDSBackend.modify_db_parameter_group: (
            "db_parameter_group_name db_parameter_group_parameters"
        ),
    },
    "events_answers.py": {
        RDSBackend.create_event_subscription: "kwargs",
        RDSBackend.describe_event_subscriptions: "subscription_name",
        EventSubscription.__init__: "backend subscription_name",
        RDSResponse.describe_events: "",
    },
    "events.py": {
        SNSBackend.get_topic: "arn",
        Rule.send_to_targets: "original_event",
    },
}
"""By the file of aws/rds that uses a method: its parameters behind ``self``, to the last used."""


@pytest.mark.parametrize(
    ("where", "method", "wanted"),
    [(where, method, wanted) for where, used in USED.items() for method, wanted in used.items()],
)
def test_methods_have_the_parameters_we_use(where: str, method: Any, wanted: str) -> None:
    names = [*inspect.signature(method).parameters][1 : len(wanted.split()) + 1]
    assert names == wanted.split(), f"moto changed: look at aws/rds/{where}"


@pytest.mark.parametrize("name", ["endpoint", "address", "db_parameter_group_status_list"])
def test_what_we_replace_is_a_property(name: str) -> None:
    assert isinstance(vars(DBInstance)[name], property), "look at aws/rds/opened.py: _told"


@pytest.mark.parametrize("name", ["status_infos", "pending_modified_values"])
def test_what_we_add_is_not_there(name: str) -> None:
    assert not hasattr(DBInstance, name), "moto has it now: look at aws/rds/opened.py: _told"


def test_versions_are_told_by_us_alone() -> None:
    assert not hasattr(RDSResponse, "describe_db_engine_versions"), "look at aws/rds/offers.py"


def test_security_groups_are_found_by_id() -> None:
    from moto.core.models import DEFAULT_ACCOUNT_ID

    backend = ec2_backends[DEFAULT_ACCOUNT_ID]["eu-west-3"]
    assert backend.get_security_group_from_id("sg-nowhere") is None
