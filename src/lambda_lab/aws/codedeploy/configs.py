"""CodeDeploy's deployment configurations for Lambda: the predefined ones and one's own.

moto has no operations for them. One's own are kept beside moto's deployments, and go with them.
https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeploymentConfig.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult

from lambda_lab.aws.services import services
from lambda_lab.aws.traffic_shifting import PREFIX, TrafficRouting, predefined
from lambda_lab.errors import AwsError, NotModelledError

__all__ = ["OPERATIONS", "find_routing"]

_SHAPES = {
    "TimeBasedCanary": ("timeBasedCanary", "canaryPercentage", "canaryInterval"),
    "TimeBasedLinear": ("timeBasedLinear", "linearPercentage", "linearInterval"),
}
_ALL_AT_ONCE = "AllAtOnce"


@dataclass(frozen=True, slots=True)
class _Config:
    """A configuration of the reader's own."""

    identity: str
    created: datetime
    routing: TrafficRouting


def _own(backend: Any) -> dict[str, _Config]:
    """Return the configurations kept with moto's *backend*; a reset takes both away."""
    configs: dict[str, _Config] = vars(backend).setdefault("lab_configs", {})
    return configs


def find_routing(backend: Any, name: str) -> TrafficRouting | None:
    """Return how the configuration *name* moves traffic; ``None`` if Lambda has none so called."""
    own = _own(backend).get(name)
    return predefined().get(name) if own is None else own.routing


def _read(config: Mapping[str, Any]) -> TrafficRouting:
    kind = config.get("type")
    if kind == _ALL_AT_ONCE:
        return TrafficRouting(_ALL_AT_ONCE)
    if kind not in _SHAPES:
        raise _invalid("its type must be TimeBasedCanary, TimeBasedLinear or AllAtOnce")
    member, percentage, interval = _SHAPES[kind]
    given = config.get(member) or {}
    percent, minutes = given.get(percentage), given.get(interval)
    if type(percent) is not int or not 0 < percent < 100:
        raise _invalid(f"{percentage} must be from 1 to 99")
    if type(minutes) is not int or minutes < 1:
        raise _invalid(f"{interval} must be at least 1 minute")
    return TrafficRouting(kind, percent, minutes)


def _invalid(why: str) -> AwsError:
    # CodeDeploy's words are not recorded: confidence L.
    text = f"The traffic routing configuration is not valid: {why}."
    return AwsError("InvalidTrafficRoutingConfigurationException", text)


def _described(routing: TrafficRouting) -> dict[str, Any]:
    if routing.kind == _ALL_AT_ONCE:
        return {"type": _ALL_AT_ONCE}
    member, percentage, interval = _SHAPES[routing.kind]
    values = {percentage: routing.percent, interval: routing.minutes}
    return {"type": routing.kind, member: values}


# -- operations ------------------------------------------------------------------------------------


def _create(response: Any) -> ActionResult:
    backend, name = response.codedeploy_backend, _name(response)
    if response._get_param("computePlatform") != "Lambda":
        raise NotModelledError("A deployment configuration for servers or for ECS")
    if name.startswith(PREFIX):
        text = f"The prefix {PREFIX} is kept for configurations of CodeDeploy's own."
        raise AwsError("InvalidDeploymentConfigNameException", text)
    if name in _own(backend):
        text = f"A deployment configuration named {name} already exists."
        raise AwsError("DeploymentConfigAlreadyExistsException", text)
    routing = _read(response._get_param("trafficRoutingConfig") or {})
    identity = services().ids.uuid()
    _own(backend)[name] = _Config(identity, services().clock.now(), routing)
    return ActionResult({"deploymentConfigId": identity})


def _get(response: Any) -> ActionResult:
    backend, name = response.codedeploy_backend, _name(response)
    routing = find_routing(backend, name)
    if routing is None:
        text = f"No deployment configuration for Lambda is named {name}."
        raise AwsError("DeploymentConfigDoesNotExistException", text)
    told: dict[str, Any] = {
        "deploymentConfigName": name,
        "computePlatform": "Lambda",
        "trafficRoutingConfig": _described(routing),
    }
    own = _own(backend).get(name)
    if own is not None:
        told |= {"deploymentConfigId": own.identity, "createTime": own.created}
    return ActionResult({"deploymentConfigInfo": told})


def _list(response: Any) -> ActionResult:
    names = [*predefined(), *sorted(_own(response.codedeploy_backend))]
    return ActionResult({"deploymentConfigsList": names})


def _delete(response: Any) -> ActionResult:
    backend, name = response.codedeploy_backend, _name(response)
    groups = (group for of in backend.deployment_groups.values() for group in of.values())
    if any(str(group.deployment_config_name) == name for group in groups):
        text = f"The deployment configuration {name} is used by a deployment group."
        raise AwsError("DeploymentConfigInUseException", text)
    if name.startswith(PREFIX):
        text = f"{name} is CodeDeploy's own and cannot be deleted."
        raise AwsError("InvalidOperationException", text)
    _own(backend).pop(name, None)
    return ActionResult({})


def _name(response: Any) -> str:
    name = response._get_param("deploymentConfigName")
    if not name:
        text = "A deployment configuration name is required."
        raise AwsError("DeploymentConfigNameRequiredException", text)
    return str(name)


OPERATIONS: Mapping[str, Callable[[Any], ActionResult]] = {
    "create_deployment_config": _create,
    "get_deployment_config": _get,
    "list_deployment_configs": _list,
    "delete_deployment_config": _delete,
}
"""By the names that moto's responses have their operations under."""
