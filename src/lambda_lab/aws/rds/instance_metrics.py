"""The metrics of instances in CloudWatch, each minute of the region's clock.

``DatabaseConnections`` only: processor, memory and storage of an instance are this machine's here,
and would say nothing about AWS's.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from lambda_lab.aws.cloudwatch import put_service_metrics
from lambda_lab.aws.rds.records import InstanceServers, LifecycleEvent
from lambda_lab.clock import SECOND, Clock, Scheduled
from lambda_lab.invoke.workers import Workers

__all__ = ["instance_metrics"]

NAMESPACE = "AWS/RDS"
PERIOD_SECONDS = 60
_LONGEST = 60
"""Minutes between two looks, at most, in one move of the clock."""


@contextmanager
def instance_metrics(servers: InstanceServers, clock: Clock, workers: Workers) -> Iterator[None]:
    """Publish the metrics of every instance while the block runs.

    Parameters
    ----------
    servers
        Whose connections are counted, and who tells of new ones.
    clock
        When.
    workers
        What asks the databases.
    """
    counting = _Counting(servers, clock, workers)
    servers.listen(counting.heard)
    try:
        yield
    finally:
        counting.stop()


class _Counting:
    """Looks once a minute while there are instances.

    Moving the clock by a day would be 1440 looks at the same thing. So while the clock is moved and
    looks find what they found before, the pauses grow, and the minutes between two equal looks are
    told by the second. The last look of a move is in its last minute.
    """

    def __init__(self, servers: InstanceServers, clock: Clock, workers: Workers) -> None:
        self._servers, self._clock, self._workers = servers, clock, workers
        self._lock = threading.Lock()
        self._next: Scheduled | None = None
        self._stopped = False
        self._minutes = 1
        self._seen: dict[tuple[str, str], int] = {}

    def heard(self, event: LifecycleEvent) -> None:
        """Begin with the first instance."""
        with self._lock:
            if event.what == "created" and self._next is None and not self._stopped:
                self._wait(1)

    def stop(self) -> None:
        """Look no more."""
        self._stopped = True
        if self._next is not None:
            self._next.cancel()

    def _wait(self, minutes: int) -> None:
        self._minutes = minutes
        self._next = self._clock.call_later(
            PERIOD_SECONDS * minutes, lambda: self._workers.submit(self._look)
        )

    def _look(self) -> None:
        if self._stopped:
            return
        at_ns, seen = self._clock.now_ns(), dict(self._servers.connections())
        for key, count in seen.items():
            region, identifier = key
            told = self._minutes if count == self._seen.get(key) else 1
            points = [_point(identifier, count, at_ns, ago) for ago in range(told)]
            put_service_metrics(region, NAMESPACE, points)
        same, self._seen = seen == self._seen, seen
        with self._lock:
            self._next = None
            if seen:
                longer = min(self._minutes * 2, _LONGEST, self._minutes_left(at_ns))
                self._wait(max(1, longer) if same else 1)

    def _minutes_left(self, now_ns: int) -> int:
        """Return how many minutes the clock is still to be moved by."""
        jumps = self._clock.jumps
        return (jumps[-1][1] - now_ns) // (PERIOD_SECONDS * SECOND) if jumps else 0


def _point(identifier: str, count: int, at_ns: int, minutes_ago: int) -> dict[str, Any]:
    moment = at_ns / SECOND - PERIOD_SECONDS * minutes_ago
    return {
        "MetricName": "DatabaseConnections",
        "Value": count,
        "Unit": "Count",
        "Timestamp": datetime.fromtimestamp(moment, tz=UTC).replace(tzinfo=None),
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": identifier}],
    }
