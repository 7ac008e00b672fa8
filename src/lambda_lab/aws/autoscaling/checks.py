"""What Application Auto Scaling refuses, as far as provisioned concurrency is concerned.

Words that AWS is known to use stand as they are; the others are close to its way of saying such
things, and marked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from lambda_lab import facts
from lambda_lab.aws.autoscaling.resources import DIMENSION, Bounds, Resource, parse_resource_id
from lambda_lab.aws.schedule_expressions import Expression, ScheduleExpressionError, parse
from lambda_lab.errors import AwsError, NotModelledError

__all__ = [
    "METRIC",
    "check_action",
    "check_bounds",
    "check_policy",
    "invalid",
    "not_found",
    "read_resource",
    "read_schedule",
    "read_zone",
]

Settings = Mapping[str, Any]
METRIC = "LambdaProvisionedConcurrencyUtilization"
"""The one predefined metric for provisioned concurrency."""
_LARGEST = 2**31 - 1
"""Of the API's integers."""
_STATISTICS = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")


def invalid(message: str) -> AwsError:
    """Make a ``ValidationException``."""
    return AwsError("ValidationException", message)


def not_found(what: str, resource_id: str, name: str = "") -> AwsError:
    """Make an ``ObjectNotFoundException``.

    The words for a target are AWS's as its users report them (confidence M); those for what has
    a name follow them (L).

    Examples
    --------
    >>> print(not_found("scalable target found", "function:f:live"))
    ObjectNotFoundException: No scalable target found for service namespace: lambda, resource ID:
    function:f:live, scalable dimension: lambda:function:ProvisionedConcurrency
    """
    named = f", {name}" if name else ""
    return AwsError(
        "ObjectNotFoundException",
        f"No {what} for service namespace: lambda, resource ID: {resource_id}, scalable "
        f"dimension: {DIMENSION}{named}",
    )


def read_resource(resource_id: str, dimension: str) -> Resource:
    """Return what is to be scaled.

    Raises
    ------
    AwsError
        ``ValidationException`` for ``$LATEST``, a function without qualifier, another dimension.
    """
    resource = parse_resource_id(resource_id)
    if resource is None or dimension != DIMENSION:
        # AWS's words, M. That they are the answer to $LATEST as well: L.
        raise invalid("Unsupported service namespace, resource type or scalable dimension")
    return resource


def check_bounds(minimum: Any, maximum: Any) -> Bounds:
    """Check a target's capacity, as it will be; the words are close to AWS's (confidence L).

    Raises
    ------
    AwsError
        ``ValidationException``.
    """
    for name, value in (("Minimum", minimum), ("Maximum", maximum)):
        if value is None:
            raise invalid(f"{name} capacity is required when registering a new scalable target")
        _check_capacity(name, value)
    if maximum < minimum:
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    return Bounds(minimum, maximum)


def _check_capacity(name: str, value: Any) -> None:
    if type(value) is not int or value > _LARGEST:
        raise invalid(f"{name} capacity must be an integer of at most {_LARGEST}")
    if value < 0:
        raise invalid(f"{name} capacity cannot be less than 0")


# -- policies --------------------------------------------------------------------------------------


def check_policy(policy_type: str | None, config: Settings | None) -> None:
    """Check a scaling policy, as it will be.

    Raises
    ------
    AwsError
        ``ValidationException``. That step scaling is not for Lambda stands in the API reference;
        the words are ours (confidence L).
    NotModelledError
        For metric math.
    """
    if policy_type not in ("PredictiveScaling", "StepScaling", "TargetTrackingScaling"):
        raise invalid(
            f"1 validation error detected: Value '{policy_type}' at 'policyType' failed to "
            "satisfy constraint: Member must satisfy enum value set: "
            "[PredictiveScaling, StepScaling, TargetTrackingScaling]"
        )
    if policy_type != "TargetTrackingScaling":
        raise invalid(
            f"Policy type {policy_type} is not supported for service namespace lambda and "
            f"scalable dimension {DIMENSION}"
        )
    if not isinstance(config, Mapping) or "TargetValue" not in config:
        raise invalid("TargetTrackingScalingPolicyConfiguration with a TargetValue is required")
    predefined = config.get("PredefinedMetricSpecification")
    customized = config.get("CustomizedMetricSpecification")
    if bool(predefined) is bool(customized):
        raise invalid(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must "
            "be specified"
        )
    if predefined:
        _check_predefined(predefined)
    else:
        _check_customized(customized or {})
    _check_target(config["TargetValue"], shares=bool(predefined))
    for name in ("ScaleOutCooldown", "ScaleInCooldown"):
        value = config.get(name, 0)
        if type(value) is not int or not 0 <= value <= _LARGEST:
            raise invalid(f"{name} must be an integer that is not negative")


def _check_predefined(metric: Settings) -> None:
    kind = metric.get("PredefinedMetricType")
    if kind != METRIC:
        raise invalid(
            f"Unsupported predefined metric type {kind} for scalable dimension {DIMENSION}: it "
            f"must be {METRIC}"
        )
    if metric.get("ResourceLabel"):
        raise invalid(f"A resource label cannot be specified with the metric type {METRIC}")


def _check_customized(metric: Settings) -> None:
    if metric.get("Metrics"):
        raise NotModelledError("A target tracking policy with metric math")
    for name in ("Namespace", "MetricName"):
        if not metric.get(name):
            raise invalid(f"CustomizedMetricSpecification must have a {name}")
    if metric.get("Statistic") not in _STATISTICS:
        raise invalid(
            f"1 validation error detected: Value '{metric.get('Statistic')}' at "
            "'targetTrackingScalingPolicyConfiguration.customizedMetricSpecification.statistic' "
            f"failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(_STATISTICS)}]"
        )


def _check_target(value: Any, *, shares: bool) -> None:
    """Check a target: a share of what is provisioned, or any number of a metric of one's own."""
    number = type(value) is int or (type(value) is float and math.isfinite(value))
    least, most = (
        float(facts.value(f"autoscaling.target.{end}")) if shares else limit
        for end, limit in (("minimum", 2.0**-360), ("maximum", 2.0**360))
    )
    if not number or not least <= value <= most:
        raise invalid(f"TargetValue {value} is not valid: it must be between {least} and {most}")


# -- scheduled actions -----------------------------------------------------------------------------


def check_action(action: Settings | None, schedule: str | None, known: bool) -> None:
    """Check a scheduled action; *known* is whether there is one of that name already.

    Raises
    ------
    AwsError
        ``ValidationException``; the words are ours (confidence L).
    """
    if schedule is None and not known:
        raise invalid("Schedule is required when creating a scheduled action")
    if action is None:
        if not known:
            raise invalid("ScalableTargetAction is required when creating a scheduled action")
        return
    values = {"Minimum": action.get("MinCapacity"), "Maximum": action.get("MaxCapacity")}
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        raise invalid("ScalableTargetAction must have a MinCapacity, a MaxCapacity or both")
    for name, value in given.items():
        _check_capacity(name, value)
    if len(given) == len(values):
        check_bounds(*values.values())


def read_schedule(text: str) -> Expression:
    """Read ``Schedule``: ``at(...)``, ``rate(...)`` or ``cron(...)``.

    Raises
    ------
    AwsError
        ``ValidationException``; the words are ours (confidence L).
    """
    try:
        return parse(text, once=True)
    except ScheduleExpressionError:
        raise invalid(f"Invalid schedule expression: {text}") from None


def read_zone(name: str | None) -> tzinfo:
    """Read ``Timezone``, a name of the IANA database; without one it is UTC.

    Raises
    ------
    AwsError
        ``ValidationException``; the words are ours (confidence L).
    """
    if not name or name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise invalid(f"Invalid time zone: {name}") from None
