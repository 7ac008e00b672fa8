"""One event source mapping as its poller needs it. A change makes a new record."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MappingSettings"]


@dataclass(frozen=True, slots=True)
class MappingSettings:
    """What ``CreateEventSourceMapping`` and its updates have come to, defaults filled in.

    Times are in seconds unless a name says otherwise. ``-1`` means without limit, as in the API.
    """

    uuid: str
    source_arn: str
    """A queue, a Kinesis stream or consumer, or a DynamoDB stream."""
    function_arn: str
    """As the caller named it, qualified if it was."""
    batch_size: int
    window_seconds: int = 0
    """``MaximumBatchingWindowInSeconds``."""
    filters: tuple[str, ...] = ()
    """JSON patterns; a record that matches one of them is kept. None means all."""
    report_failures: bool = False
    """``ReportBatchItemFailures`` is among the ``FunctionResponseTypes``."""
    counts_events: bool = False
    """``EventCount`` is among the ``MetricsConfig.Metrics``."""
    maximum_concurrency: int | None = None
    """SQS: ``ScalingConfig.MaximumConcurrency``."""
    minimum_pollers: int | None = None
    """SQS provisioned mode: ``MinimumPollers``; ``None`` where it is not on."""
    maximum_pollers: int | None = None
    starting_position: str = "TRIM_HORIZON"
    """Streams: ``TRIM_HORIZON``, ``LATEST`` or ``AT_TIMESTAMP``."""
    starting_timestamp_ns: int | None = None
    parallelization: int = 1
    """Streams: ``ParallelizationFactor``."""
    bisect: bool = False
    """Streams: ``BisectBatchOnFunctionError``."""
    retries: int = -1
    """Streams: ``MaximumRetryAttempts``."""
    max_age_seconds: int = -1
    """Streams: ``MaximumRecordAgeInSeconds``."""
    on_failure: str | None = None
    """Streams: ARN of the on-failure destination."""
    tumbling_seconds: int = 0
    """Streams: ``TumblingWindowInSeconds``."""
