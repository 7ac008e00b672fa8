"""What an event source mapping is in the control plane, and how AWS words it.

Which members an answer has depends on the source. Recorded from AWS: a mapping of a queue has few,
and the reason ``USER_INITIATED``; one of a stream has all of the stream's settings, and the reason
``User action``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.invoke.mapping.engine import Status
from lambda_lab.invoke.mapping.settings import MappingSettings

__all__ = ["LabMapping", "SourceKind", "defaults", "describe", "settings_of", "with_changes"]

Config = dict[str, Any]
_EVERY_SOURCE = ("FilterCriteria", "FunctionResponseTypes", "KMSKeyArn", "MetricsConfig")
_OF_BATCHES = ("BatchSize", "MaximumBatchingWindowInSeconds")
_OF_QUEUES = ("ProvisionedPollerConfig", "ScalingConfig")
_OF_STREAMS = (
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
)


class SourceKind(StrEnum):
    """What a mapping reads."""

    QUEUE = "sqs"
    KINESIS = "kinesis"
    DYNAMODB = "dynamodb"

    @property
    def streams(self) -> bool:
        """Whether records are read in order, and stay where they are."""
        return self is not SourceKind.QUEUE

    @property
    def members(self) -> tuple[str, ...]:
        """The settings such a mapping can have."""
        return (*_EVERY_SOURCE, *_OF_BATCHES, *(_OF_STREAMS if self.streams else _OF_QUEUES))


@dataclass(slots=True)
class LabMapping:
    """One event source mapping as the control plane keeps it. Its state is the engine's."""

    uuid: str
    arn: str
    kind: SourceKind
    source_arn: str
    function_arn: str
    """Qualified if the caller's name was."""
    config: Config
    """Members of the API by name, defaults filled in."""
    order: int
    """Mappings are listed in the order they were made."""
    enabled: bool = True
    tags: dict[str, str] = field(default_factory=dict)


def defaults(kind: SourceKind) -> Config:
    """Return the settings of a mapping for which none were given.

    Examples
    --------
    >>> defaults(SourceKind.QUEUE)["BatchSize"], defaults(SourceKind.KINESIS)["BatchSize"]
    (10, 100)
    """
    config: Config = {"MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []}
    if not kind.streams:
        return {**config, "BatchSize": int(facts.value("esm.batch.sqs.default"))}
    return {
        **config,
        "BatchSize": int(facts.value("esm.batch.stream.default")),
        "BisectBatchOnFunctionError": False,
        # An empty structure where there is no destination: confidence M.
        "DestinationConfig": {"OnFailure": {}},
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "TumblingWindowInSeconds": 0,
    }


def with_changes(kind: SourceKind, config: Config, params: Mapping[str, Any]) -> Config:
    """Return *config* with what a request says; an empty value takes a setting away.

    Examples
    --------
    >>> old = {**defaults(SourceKind.QUEUE), "ScalingConfig": {"MaximumConcurrency": 2}}
    >>> new = with_changes(SourceKind.QUEUE, old, {"BatchSize": 1, "ScalingConfig": {}})
    >>> new["BatchSize"], "ScalingConfig" in new
    (1, False)
    """
    changed = dict(config)
    for member in kind.members:
        value = params.get(member)
        if value is not None:
            changed[member] = value
    for member, inner in _EMPTIED.items():
        if member in changed and not (changed[member] or {}).get(inner):
            del changed[member]
    if not changed.get("KMSKeyArn"):
        changed.pop("KMSKeyArn", None)
    # That an empty value ends provisioned mode, as it ends a ScalingConfig: confidence L.
    pollers = changed.pop("ProvisionedPollerConfig", None)
    if pollers:
        changed["ProvisionedPollerConfig"] = _pollers(pollers)
    if kind.streams:
        on_failure = (changed.get("DestinationConfig") or {}).get("OnFailure") or {}
        kept = {"Destination": on_failure["Destination"]} if on_failure.get("Destination") else {}
        changed["DestinationConfig"] = {"OnFailure": kept}
    return changed


_EMPTIED = {
    "FilterCriteria": "Filters",
    "MetricsConfig": "Metrics",
    "ScalingConfig": "MaximumConcurrency",
}
"""Settings that are gone once what they hold is empty."""


def _pollers(config: Mapping[str, Any]) -> Config:
    # API reference, ProvisionedPollerConfig: the defaults for queues.
    least = int(facts.value("esm.sqs.provisioned.minimum.default"))
    most = int(facts.value("esm.sqs.provisioned.maximum.default"))
    minimum = config.get("MinimumPollers") or least
    return {
        **config,
        "MinimumPollers": minimum,
        "MaximumPollers": config.get("MaximumPollers") or max(most, minimum),
    }


def describe(mapping: LabMapping, status: Status) -> dict[str, Any]:
    """Word a mapping as AWS does."""
    streams = mapping.kind.streams
    output: dict[str, Any] = {
        "UUID": mapping.uuid,
        "EventSourceMappingArn": mapping.arn,
        "EventSourceArn": mapping.source_arn,
        "FunctionArn": mapping.function_arn,
        "State": str(status.state),
        "StateTransitionReason": "User action" if streams else "USER_INITIATED",
        "LastModified": datetime.fromtimestamp(status.since_ns / SECOND, tz=UTC),
        **mapping.config,
    }
    # Recorded for queues without. That a problem of a queue is told is ours: confidence L.
    if streams or status.last_result.startswith("PROBLEM"):
        output["LastProcessingResult"] = status.last_result
    return output


def settings_of(mapping: LabMapping) -> MappingSettings:
    """Return a mapping as its poller needs it."""
    config = mapping.config
    filters = (config.get("FilterCriteria") or {}).get("Filters") or []
    pollers = config.get("ProvisionedPollerConfig") or {}
    shared = MappingSettings(
        uuid=mapping.uuid,
        source_arn=mapping.source_arn,
        function_arn=mapping.function_arn,
        batch_size=config["BatchSize"],
        window_seconds=config["MaximumBatchingWindowInSeconds"],
        filters=tuple(one["Pattern"] for one in filters),
        report_failures="ReportBatchItemFailures" in config["FunctionResponseTypes"],
        counts_events="EventCount" in (config.get("MetricsConfig") or {}).get("Metrics", ()),
        maximum_concurrency=(config.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        minimum_pollers=pollers.get("MinimumPollers"),
        maximum_pollers=pollers.get("MaximumPollers"),
    )
    return _of_stream(shared, config) if mapping.kind.streams else shared


def _of_stream(shared: MappingSettings, config: Config) -> MappingSettings:
    moment: datetime | None = config.get("StartingPositionTimestamp")
    return replace(
        shared,
        starting_position=config["StartingPosition"],
        starting_timestamp_ns=None if moment is None else round(moment.timestamp() * SECOND),
        parallelization=config["ParallelizationFactor"],
        bisect=config["BisectBatchOnFunctionError"],
        retries=config["MaximumRetryAttempts"],
        max_age_seconds=config["MaximumRecordAgeInSeconds"],
        on_failure=config["DestinationConfig"]["OnFailure"].get("Destination"),
        tumbling_seconds=config["TumblingWindowInSeconds"],
    )
