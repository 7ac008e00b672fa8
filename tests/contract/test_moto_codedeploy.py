"""Each private name of moto's that deployments to Lambda go through."""

from __future__ import annotations

import inspect
from typing import Any

import moto.codedeploy.responses as moto_responses
import pytest
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.codedeploy.models import CodeDeployBackend, DeploymentInfo, codedeploy_backends
from moto.codedeploy.responses import CodeDeployResponse
from moto.core.models import DEFAULT_ACCOUNT_ID

from lambda_lab.aws.codedeploy.configs import OPERATIONS


@pytest.mark.parametrize(
    ("method", "expected", "where"),
    [
        (
            CodeDeployBackend.create_deployment,
            "self application_name deployment_group_name revision deployment_config_name",
            "codedeploy/opened.py",
        ),
        (moto_responses._deployment_info, "deployment", "codedeploy/opened.py"),
        (moto_responses._deployment_group_info, "deployment_group", "codedeploy/opened.py"),
        (
            DeploymentInfo.__init__,
            (
                "self application deployment_group revision deployment_config_name description "
                "ignore_application_stop_failures targetInstances auto_rollback_configuration "
                "update_outdated_instances_only file_exists_behavior "
                "override_alarm_configuration creator"
            ),
            "codedeploy/opened.py: _back",
        ),
        (Alarm.update_state, "self reason reason_data state_value", "codedeploy/alarms.py"),
        (
            CloudWatchBackend.get_metric_statistics,
            "self namespace metric_name start_time end_time period stats dimensions unit",
            "codedeploy/alarms.py",
        ),
    ],
)
def test_methods_have_the_parameters_we_use(method: Any, expected: str, where: str) -> None:
    names = [*inspect.signature(method).parameters]
    wanted = expected.split()
    assert names[: len(wanted)] == wanted, f"moto changed: look at aws/{where}"


def test_a_deployment_group_has_the_triggers_we_refuse() -> None:
    names = {*inspect.signature(CodeDeployBackend.create_deployment_group).parameters}
    assert {"application_name", "trigger_configurations"} <= names, "see codedeploy/opened.py"


def test_moto_leaves_a_deployment_as_it_was_made() -> None:
    backend = codedeploy_backends[DEFAULT_ACCOUNT_ID]["eu-west-3"]
    backend.create_application("contract", "Lambda", [])
    backend.create_deployment_group(
        "contract", "group", None, None, None, None, "role", alarm_configuration=None
    )
    identity = backend.create_deployment("contract", "group", {})
    deployment = backend.deployments[identity]
    assert deployment.status == "Created", "moto deploys now: see aws/codedeploy"
    assert deployment.deployment_id == identity
    assert set(deployment.deployment_overview) >= {"InProgress", "Succeeded", "Failed"}
    assert str(deployment.deployment_config_name) == "CodeDeployDefault.OneAtATime"
    codedeploy_backends.reset()


def test_what_is_added_is_still_missing() -> None:
    for name in ("stop_deployment", *OPERATIONS):
        assert not hasattr(CodeDeployResponse, name), f"moto has {name}: see aws/codedeploy"
