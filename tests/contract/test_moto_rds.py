"""Each private name of moto's that instances of RDS go through."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from moto.ec2.models import ec2_backends
from moto.rds.models import DBInstance, MasterUserSecret, RDSBackend
from moto.rds.responses import RDSResponse
from moto.secretsmanager.models import SecretsManagerBackend


@pytest.mark.parametrize(
    ("method", "expected", "where"),
    [
        (RDSBackend.create_db_instance, "self db_kwargs", "instances.py: create"),
        (
            RDSBackend.stop_db_instance,
            "self db_instance_identifier db_snapshot_identifier",
            "instances.py: stop",
        ),
        (RDSBackend.start_db_instance, "self db_instance_identifier", "instances.py: start"),
        (RDSBackend.modify_db_instance, "self db_instance_identifier db_kwargs", "changes.py"),
        (
            RDSBackend.delete_db_instance,
            (
                "self db_instance_identifier final_db_snapshot_identifier skip_final_snapshot "
                "delete_automated_backups"
            ),
            "instances.py: delete",
        ),
        (
            RDSBackend.create_db_snapshot,
            "self db_instance_identifier db_snapshot_identifier snapshot_type",
            "instances.py: delete",
        ),
        (
            RDSBackend.restore_db_instance_from_db_snapshot,
            "self from_snapshot_id overrides",
            "opened.py",
        ),
        (
            RDSBackend.restore_db_instance_to_point_in_time,
            "self source_db_identifier target_db_identifier",
            "opened.py",
        ),
        (RDSBackend.create_db_instance_read_replica, "self db_kwargs", "opened.py"),
        (DBInstance.db_parameter_groups, "self", "lifecycle.py: wanted"),
        (MasterUserSecret._generate_secret_string, "self", "secrets.py"),
        (MasterUserSecret.rotate_secret, "self", "secrets.py"),
        (
            SecretsManagerBackend.put_secret_value,
            "self secret_id secret_string secret_binary client_request_token version_stages",
            "secrets.py",
        ),
        (
            SecretsManagerBackend.get_secret_value,
            "self secret_id version_id version_stage",
            "secrets.py",
        ),
        (RDSResponse.modify_db_parameter_group, "self", "opened.py"),
        (RDSResponse.describe_db_parameters, "self", "opened.py"),
        (RDSResponse.reboot_db_instance, "self", "opened.py"),
    ],
)
def test_methods_have_the_parameters_we_use(method: Any, expected: str, where: str) -> None:
    names = [*inspect.signature(method).parameters]
    wanted = expected.split()
    assert names[: len(wanted)] == wanted, f"moto changed: look at aws/rds/{where}"


@pytest.mark.parametrize("name", ["endpoint", "address", "db_parameter_group_status_list"])
def test_what_we_replace_is_a_property(name: str) -> None:
    assert isinstance(vars(DBInstance)[name], property), "look at aws/rds/opened.py: _told"


@pytest.mark.parametrize("name", ["status_infos", "pending_modified_values"])
def test_what_we_add_is_not_there(name: str) -> None:
    assert not hasattr(DBInstance, name), "moto has it now: look at aws/rds/opened.py: _told"


def test_security_groups_are_found_by_id() -> None:
    from moto.core.models import DEFAULT_ACCOUNT_ID

    backend = ec2_backends[DEFAULT_ACCOUNT_ID]["eu-west-3"]
    assert backend.get_security_group_from_id("sg-nowhere") is None
