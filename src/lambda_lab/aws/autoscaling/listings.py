"""The four Describe operations: filters and pages as the API reference has them.

moto's own pages begin anew after the second, some of its filters match parts of names, and it has
no scaling activities.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import moto.applicationautoscaling.responses as moto_responses

from lambda_lab import facts
from lambda_lab.aws.autoscaling.checks import invalid
from lambda_lab.aws.autoscaling.resources import SUSPENDABLE
from lambda_lab.aws.autoscaling.scaling import journal_of
from lambda_lab.aws.services import services
from lambda_lab.errors import AwsError

__all__ = ["OPERATIONS", "describe_scaling_activities", "page"]

Params = Mapping[str, Any]


def page(member: str, items: Sequence[Any], params: Params) -> dict[str, Any]:
    """Cut *items* into the page that ``MaxResults`` and ``NextToken`` ask for.

    Raises
    ------
    AwsError
        ``ValidationException`` or ``InvalidNextTokenException``. The words are ours (confidence L).

    Examples
    --------
    >>> first = page("Names", ["a", "b", "c"], {"MaxResults": 2})
    >>> first["Names"], page("Names", ["a", "b", "c"], {"NextToken": first["NextToken"]})
    (['a', 'b'], {'Names': ['c']})
    """
    most = int(facts.value("autoscaling.page"))
    size = params.get("MaxResults", most)
    if type(size) is not int or not 1 <= size <= most:
        raise invalid(f"MaxResults must be between 1 and {most}")
    start = _place(params.get("NextToken"))
    cut: dict[str, Any] = {member: list(items[start : start + size])}
    if len(items) > start + size:
        cut["NextToken"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return cut


def _place(token: str | None) -> int:
    if token is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(token).decode()
    except ValueError:
        text = ""
    if not text.isdecimal():
        raise AwsError("InvalidNextTokenException", "The next token supplied is invalid.")
    return int(text)


def _described(
    response: Any, member: str, found: Callable[[Any, Params], Iterable[dict[str, Any]]]
) -> str:
    response._validate_params()
    params = json.loads(response.body or "{}")
    resources = params.get("ResourceIds")
    if resources is None and params.get("ResourceId"):
        resources = [params["ResourceId"]]
    dimension = params.get("ScalableDimension")
    if dimension and not resources:
        # API reference: "If you specify a scalable dimension, you must also specify a resource ID."
        raise invalid("A resource ID must be specified together with a scalable dimension")
    items = [
        item
        for item in found(response.applicationautoscaling_backend, params)
        if item["ServiceNamespace"] == params.get("ServiceNamespace")
        and (not resources or item["ResourceId"] in resources)
        and dimension in (None, item["ScalableDimension"])
    ]
    return json.dumps(page(member, items, params))


def _told(item: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what has no value, as AWS does."""
    return {name: value for name, value in item.items() if value is not None}


def _targets(backend: Any, params: Params) -> Iterable[dict[str, Any]]:
    del params
    for of in backend.targets.values():
        for target in of.values():
            yield _told(moto_responses._build_target(target)) | {
                "SuspendedState": target.suspended_state or dict.fromkeys(SUSPENDABLE, False)
            }


def _policies(backend: Any, params: Params) -> Iterable[dict[str, Any]]:
    names = params.get("PolicyNames")
    for policy in backend.policies.values():
        if not names or policy.policy_name in names:
            yield _told(moto_responses._build_policy(policy))


def _actions(backend: Any, params: Params) -> Iterable[dict[str, Any]]:
    names = params.get("ScheduledActionNames")
    for action in backend.scheduled_actions:
        if not names or action.scheduled_action_name in names:
            yield _told(moto_responses._build_scheduled_action(action))


def _activities(backend: Any, params: Params) -> Iterable[dict[str, Any]]:
    with_all = params.get("IncludeNotScaledActivities")
    for activity in journal_of(backend).latest_first(services().clock.now_ns()):
        if with_all or not activity.not_scaled:
            yield activity.described()


OPERATIONS: Mapping[str, Callable[[Any], str]] = {
    "describe_scalable_targets": lambda response: _described(response, "ScalableTargets", _targets),
    "describe_scaling_policies": lambda response: _described(
        response, "ScalingPolicies", _policies
    ),
    "describe_scheduled_actions": lambda response: _described(
        response, "ScheduledActions", _actions
    ),
}
"""By the names that moto's responses have their operations under."""


def describe_scaling_activities(response: Any) -> str:
    """Answer ``DescribeScalingActivities``, which moto does not have."""
    return _described(response, "ScalingActivities", _activities)
