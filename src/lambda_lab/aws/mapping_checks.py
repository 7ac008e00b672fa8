"""What AWS refuses in the settings of an event source mapping, beyond the bounds of its model.

Texts marked as recorded were seen on AWS. "For given event source mapping type", "for arn type" and
the one about ``startingPosition`` are as users of AWS report them (confidence M). The others are
worded close to AWS: confidence L.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.mapping_shapes import SourceKind
from lambda_lab.errors import AwsError
from lambda_lab.invoke.mapping.filters import check_pattern

__all__ = ["check_members", "check_settings", "check_start"]

Params = Mapping[str, Any]
_OTHER_SOURCES = (
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "LoggingConfig",
    "Queues",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "Topics",
)
"""Settings of sources that are not modelled."""
_KAFKA_METRICS = ("ErrorCount", "KafkaMetrics")


def _invalid(text: str) -> AwsError:
    return aws_error("InvalidParameterValueException", text)


def _unsupported(member: str) -> AwsError:
    return _invalid(f"Unsupported {member} parameter for given event source mapping type.")


def check_members(kind: SourceKind, params: Params) -> None:
    """Refuse settings that a mapping of this kind cannot have.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` that names the first of them.
    """
    others = {member for other in SourceKind for member in other.members} - {*kind.members}
    for member in sorted({*others, *_OTHER_SOURCES}):
        if params.get(member) not in (None, {}, []):
            raise _unsupported(member)
    destinations = params.get("DestinationConfig") or {}
    if (destinations.get("OnSuccess") or {}).get("Destination"):
        raise _unsupported("DestinationConfig")


def check_start(kind: SourceKind, arn: str, params: Params, now: datetime) -> None:
    """Check where a new mapping of a stream begins to read.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``.
    """
    if not kind.streams:
        return
    position, moment = params.get("StartingPosition"), params.get("StartingPositionTimestamp")
    if position is None:
        raise _invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
            "constraint: Member must not be null."
        )
    at_timestamp = position == "AT_TIMESTAMP"
    if at_timestamp and kind is SourceKind.DYNAMODB:
        raise _invalid(f"Unsupported starting position for arn type: {arn}")
    if at_timestamp and moment is None:
        raise _invalid(
            "StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP."
        )
    if not at_timestamp and moment is not None:
        raise _invalid(
            "StartingPositionTimestamp is supported only when StartingPosition is AT_TIMESTAMP."
        )
    if moment is not None and moment > now:
        raise _invalid("StartingPositionTimestamp cannot be in the future.")


def check_settings(kind: SourceKind, arn: str, config: Params) -> None:
    """Check the settings that a mapping would have.

    Parameters
    ----------
    config
        All of them, defaults and earlier ones included.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``.
    """
    checks: list[Callable[[], None]] = [
        lambda: _check_filters(config.get("FilterCriteria") or {}),
        lambda: _check_metrics(config.get("MetricsConfig") or {}),
    ]
    if kind.streams:
        checks.append(lambda: _check_age(config["MaximumRecordAgeInSeconds"]))
    else:
        checks += [lambda: _check_batch(arn, config), lambda: _check_scaling(config)]
    for check in checks:
        check()


def _check_batch(arn: str, config: Params) -> None:
    size, window = config["BatchSize"], config["MaximumBatchingWindowInSeconds"]
    small = int(facts.value("esm.batch.fifo.maximum"))
    if arn.endswith(".fifo"):
        if window:
            raise _invalid("Maximum batch window in seconds is not supported for FIFO queues.")
        if size > small:
            raise _invalid(f"Batch size must be less than or equal to {small} for FIFO queues.")
    elif size > small and not window:
        # Recorded, for Create and for Update.
        raise _invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            f"greater than {small}"
        )


def _check_scaling(config: Params) -> None:
    pollers = config.get("ProvisionedPollerConfig")
    if not pollers:
        return
    if config.get("ScalingConfig"):
        raise _invalid(
            "ScalingConfig.MaximumConcurrency and ProvisionedPollerConfig cannot be used together."
        )
    if pollers.get("PollerGroupName"):
        raise _unsupported("PollerGroupName")
    least, most = pollers["MinimumPollers"], pollers["MaximumPollers"]
    lowest = int(facts.value("esm.sqs.provisioned.minimum.default"))
    if least < lowest or most < lowest:
        raise _invalid(
            f"MinimumPollers and MaximumPollers must be at least {lowest} for Amazon SQS event "
            "source mappings."
        )
    if least > most:
        raise _invalid("MinimumPollers must be less than or equal to MaximumPollers.")


def _check_filters(criteria: Params) -> None:
    filters = criteria.get("Filters") or []
    most = int(facts.value("esm.filters.default"))
    if len(filters) > most:
        raise _invalid(f"FilterCriteria cannot have more than {most} filters.")
    for one in filters:
        check_pattern((one or {}).get("Pattern") or "")


def _check_metrics(config: Params) -> None:
    for name in config.get("Metrics") or []:
        if name in _KAFKA_METRICS:
            raise _invalid(
                f"The metric {name} is not supported for given event source mapping type."
            )


def _check_age(seconds: int) -> None:
    # API reference: "-1 or 60 to 604800"; the model's own bound begins at -1.
    least, most = (int(facts.value(f"esm.record-age.{end}")) for end in ("minimum", "maximum"))
    if seconds != -1 and seconds < least:
        raise _invalid(
            f"MaximumRecordAgeInSeconds must be -1, or a value between {least} and {most}."
        )
