"""Putting deployments to Lambda into moto's CodeDeploy, for as long as a region is open.

moto takes applications, groups and deployments, and leaves every deployment ``Created``. That is
kept for servers and ECS; here a deployment of the compute platform ``Lambda`` runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import moto.codedeploy.responses as moto_responses
from moto.codedeploy.models import CodeDeployBackend, DeploymentInfo, codedeploy_backends
from moto.codedeploy.responses import CodeDeployResponse
from moto.core.responses import ActionResult

from lambda_lab.aws.codedeploy.appspec import Shift, read_appspec
from lambda_lab.aws.codedeploy.configs import OPERATIONS, find_routing
from lambda_lab.aws.codedeploy.deployments import BACK, Deployments, Run
from lambda_lab.aws.moto_seam import ACCOUNT, read_object
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.services import services
from lambda_lab.aws.traffic_shifting import ALL_AT_ONCE, PREFIX, Step, predefined
from lambda_lab.clock import Clock
from lambda_lab.errors import AwsError, NotModelledError
from lambda_lab.invoke.workers import Workers

__all__ = ["lambda_deployments"]

_ALL_AT_ONCE = f"{PREFIX}LambdaAllAtOnce"


@contextmanager
def lambda_deployments(
    clock: Clock, workers: Workers, before_reading: Callable[[], None]
) -> Iterator[None]:
    """Let CodeDeploy shift the traffic of aliases while the block runs.

    Parameters
    ----------
    clock, workers, before_reading
        As for :class:`~lambda_lab.aws.codedeploy.deployments.Deployments`.
    """
    deployments = Deployments(clock, workers, before_reading, lambda run: _back(deployments, run))
    create, describe = CodeDeployBackend.create_deployment, moto_responses._deployment_info
    create_group = CodeDeployBackend.create_deployment_group
    describe_group = moto_responses._deployment_group_info

    def create_deployment(backend: Any, **asked: Any) -> str:
        application = backend.applications.get(asked["application_name"])
        if application is None or application.compute_platform != "Lambda":
            return str(create(backend, **asked))
        with deployments.lock:  # two at once would both find that no other one runs
            return _create(deployments, backend, create, asked)

    def create_deployment_group(backend: Any, **asked: Any) -> str:
        application = backend.applications.get(asked["application_name"])
        of_lambda = application is not None and application.compute_platform == "Lambda"
        if of_lambda and asked.get("trigger_configurations"):
            raise NotModelledError("Telling a topic of what happens to a deployment")
        return str(create_group(backend, **asked))

    def deployment_info(deployment: Any) -> dict[str, Any]:
        told: dict[str, Any] = describe(deployment)
        for member, attribute in (
            ("errorInformation", "error_information"),
            ("rollbackInfo", "rollback_info"),
        ):
            told[member] = getattr(deployment, attribute, None) or told[member]
        return told

    def deployment_group_info(group: Any) -> dict[str, Any]:
        told: dict[str, Any] = describe_group(group)
        told["alarmConfiguration"] = group.alarm_configuration or {}
        return told

    def stop_deployment(response: Any) -> ActionResult:
        rolls_back = response._get_param("autoRollbackEnabled")
        return ActionResult(_stop(deployments, response, rolls_back))

    with (
        replaced(
            CodeDeployBackend,
            create_deployment=create_deployment,
            create_deployment_group=create_deployment_group,
        ),
        replaced(moto_responses, _deployment_info=deployment_info),
        replaced(moto_responses, _deployment_group_info=deployment_group_info),
        _added(CodeDeployResponse, {**OPERATIONS, "stop_deployment": stop_deployment}),
    ):
        yield


@contextmanager
def _added(owner: type, operations: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """Let *owner* have operations that moto does not know."""
    for name, operation in operations.items():
        setattr(owner, name, operation)
    try:
        yield
    finally:
        for name in operations:
            delattr(owner, name)


# -- CreateDeployment ------------------------------------------------------------------------------


def _create(
    deployments: Deployments, backend: Any, create: Callable[..., str], asked: Mapping[str, Any]
) -> str:
    application, group_name = asked["application_name"], asked["deployment_group_name"]
    group = backend.deployment_groups.get(application, {}).get(group_name)
    if group is None:
        return str(create(backend, **asked))  # moto refuses it
    for other in backend.deployments.values():
        run = deployments.of(other)
        if run is not None and run.is_open and other.deployment_group is group:
            raise AwsError(
                "DeploymentLimitExceededException",
                f"The Deployment Group '{group_name}' already has an active Deployment "
                f"'{other.deployment_id}'",
            )
    steps = _steps(
        backend, str(asked.get("deployment_config_name") or group.deployment_config_name)
    )
    shift = read_appspec(_appspec_text(backend.region_name, asked.get("revision") or {}))
    deployment = backend.deployments.pop(create(backend, **asked))
    return _begin(deployments, backend, deployment, shift, steps)


def _begin(
    deployments: Deployments, backend: Any, deployment: Any, shift: Shift, steps: tuple[Step, ...]
) -> str:
    # "d-" and nine letters and digits, as AWS's own ids look.
    identity = f"d-{services().ids.hex(9).upper()}"
    deployment.deployment_id = identity
    backend.deployments[identity] = deployment
    deployments.begin(Run(backend.region_name, deployment, shift, steps))
    return identity


def _steps(backend: Any, config: str) -> tuple[Step, ...]:
    routing = find_routing(backend, config)
    if routing is None:
        # A group that names none has OneAtATime, which is for servers. The text is ours.
        raise AwsError(
            "InvalidDeploymentConfigNameException",
            f"{config} is no deployment configuration for the Lambda compute platform. "
            f"CodeDeploy's own are {', '.join(predefined())}.",
        )
    return routing.steps


def _appspec_text(region: str, revision: Mapping[str, Any]) -> str:
    kind = revision.get("revisionType")
    if kind == "AppSpecContent":
        return str((revision.get("appSpecContent") or {}).get("content") or "")
    if kind == "String":
        return str((revision.get("string") or {}).get("content") or "")
    place = revision.get("s3Location") or {}
    if kind == "S3" and place.get("bucket") and place.get("key"):
        archive = read_object(region, place["bucket"], place["key"], place.get("version"))
        return archive.decode(errors="replace")
    if kind == "GitHub":
        raise NotModelledError("Reading an AppSpec file from GitHub")
    raise AwsError("InvalidRevisionException", "The revision names no AppSpec file.")


# -- the way back ----------------------------------------------------------------------------------


def _back(deployments: Deployments, run: Run) -> str:
    """Make and begin the deployment that undoes *run*; returns its id."""
    backend: Any = codedeploy_backends[ACCOUNT][run.region]
    undone, shift = run.deployment, run.shift.back()
    content = {"revisionType": "AppSpecContent", "appSpecContent": {"content": shift.appspec()}}
    deployment: Any = DeploymentInfo(
        undone.application,
        undone.deployment_group,
        content,
        _ALL_AT_ONCE,
        f"Rollback of {undone.deployment_id}",
        None,
        None,
        None,
        None,
        None,
        None,
        BACK,
    )
    deployment.rollback_info = {"rollbackTriggeringDeploymentId": undone.deployment_id}
    return _begin(deployments, backend, deployment, shift, ALL_AT_ONCE)


# -- StopDeployment --------------------------------------------------------------------------------


def _stop(deployments: Deployments, response: Any, rolls_back: bool | None) -> dict[str, str]:
    deployment = response.codedeploy_backend.get_deployment(response._get_param("deploymentId"))
    run = deployments.of(deployment)
    if run is None:
        raise NotModelledError("Stopping a deployment to servers or to ECS")
    if not run.is_open:
        raise AwsError(
            "DeploymentAlreadyCompletedException",
            f"The deployment {deployment.deployment_id} can't be stopped, because it has ended.",
        )
    deployments.stop(run, rolls_back)
    return {"status": "Succeeded", "statusMessage": "No more calls are shifted."}
