"""What the proxy counts, under the names of its CloudWatch metrics.

Counters grow from the start of the proxy; gauges are what is now. Whoever publishes them each
minute keeps the snapshot before and asks :meth:`Snapshot.since`.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from lambda_lab.clock import stopwatch_ns

__all__ = ["ClientMetrics", "DatabaseMetrics", "Readings", "Snapshot", "Stall"]


@dataclass(frozen=True, slots=True)
class Stall:
    """A time in which no writer could be reached, by the stopwatch.

    Parameters
    ----------
    began_ns, ended_ns
        When the last writer was lost and when the next was found.
    waited
        The most clients that were waiting for a connection.
    """

    began_ns: int
    ended_ns: int
    waited: int

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended_ns - self.began_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Readings:
    """Numbers read at one moment.

    Parameters
    ----------
    gauges
        What is now.
    counters
        What happened since the start.
    latencies
        For each latency, how often it was measured and the sum in nanoseconds, since the start.
    """

    gauges: Mapping[str, float] = field(default_factory=dict)
    counters: Mapping[str, float] = field(default_factory=dict)
    latencies: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def since(self, before: Readings) -> dict[str, float]:
        """Return the values to publish for the time since *before*.

        Latencies that were not measured in that time are left out, as AWS leaves them out.

        Examples
        --------
        >>> before = Readings({}, {"QueryRequests": 2}, {"QueryResponseLatency": (2, 9000)})
        >>> now = Readings({}, {"QueryRequests": 5}, {"QueryResponseLatency": (4, 19000)})
        >>> now.since(before)
        {'QueryRequests': 3, 'QueryResponseLatency': 5.0}
        """
        values = dict(self.gauges)
        for name, count in self.counters.items():
            values[name] = count - before.counters.get(name, 0)
        for name, (count, total) in self.latencies.items():
            old_count, old_total = before.latencies.get(name, (0, 0))
            if count > old_count:
                values[name] = (total - old_total) / (count - old_count) / 1000
        return values


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the proxy tells of itself at one moment.

    Parameters
    ----------
    clients
        By endpoint name; AWS's dimension sets 1 (their sum) and 2.
    database
        Of the target; sets 1, 3 and 4.
    at_ns, down_ns
        The stopwatch, and for how long in all no writer could be reached.
    stalls
        Every such time that has ended.
    """

    clients: Mapping[str, Readings]
    database: Readings
    at_ns: int
    down_ns: int
    stalls: tuple[Stall, ...] = ()

    def availability(self, before: Snapshot) -> float:
        """Return ``AvailabilityPercentage`` for the time since *before*."""
        passed = self.at_ns - before.at_ns
        return 100.0 * (1 - (self.down_ns - before.down_ns) / passed) if passed else 100.0


class _Latency:
    """How often something was measured, and the sum in nanoseconds."""

    def __init__(self) -> None:
        self.count = self.total = 0

    def add(self, took_ns: int) -> None:
        """Note one."""
        self.count += 1
        self.total += took_ns

    def read(self) -> tuple[int, int]:
        """Return both."""
        return self.count, self.total


class ClientMetrics:
    """What clients of one endpoint do.

    Parameters
    ----------
    endpoint
        Its name; ``default`` for the proxy's own.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.in_setup = self.with_tls = self.without_tls = 0
        self.queries_with_tls = self.queries_without_tls = 0
        self.counts: Counter[str] = Counter()
        self._response, self._database = _Latency(), _Latency()

    def query(self, took_ns: int, database_ns: int, *, tls: bool) -> None:
        """Note a query that has its answer."""
        if tls:
            self.queries_with_tls += 1
        else:
            self.queries_without_tls += 1
        self._response.add(took_ns)
        self._database.add(database_ns)

    def client(self, step: int, *, tls: bool) -> None:
        """Note that a client came (1) or left (-1)."""
        if tls:
            self.with_tls += step
        else:
            self.without_tls += step

    def read(self) -> Readings:
        """Return the numbers of now."""
        counted = (
            "ClientConnectionsReceived", "ClientConnectionsClosed",
            "ClientConnectionsSetupSucceeded", "ClientConnectionsSetupFailedAuth",
        )  # fmt: skip
        return Readings(
            {
                "ClientConnections": self.with_tls + self.without_tls,
                "ClientConnectionsInSetup": self.in_setup,
                "ClientConnectionsTLS": self.with_tls,
                "ClientConnectionsNoTLS": self.without_tls,
            },
            {
                **{name: self.counts[name] for name in counted},
                "QueryRequests": self.queries_with_tls + self.queries_without_tls,
                "QueryRequestsTLS": self.queries_with_tls,
                "QueryRequestsNoTLS": self.queries_without_tls,
            },
            {
                "QueryResponseLatency": self._response.read(),
                "QueryDatabaseResponseLatency": self._database.read(),
            },
        )


class DatabaseMetrics:
    """What the proxy does with the database."""

    def __init__(self) -> None:
        self.requests = self.opened = self.failed = 0
        self.borrows = self.aborted = self.timed_out = self.cut_clients = 0
        self._borrow = _Latency()
        self._down_since: int | None = None
        self._down_before = self._waited = 0
        self.stalls: list[Stall] = []

    def borrowed(self, waited_ns: int) -> None:
        """A client got its connection."""
        self.borrows += 1
        self._borrow.add(waited_ns)

    @property
    def down(self) -> bool:
        """Whether no writer can be reached."""
        return self._down_since is not None

    def went_down(self, waiting: int) -> None:
        """No writer can be reached, and so many clients wait for one."""
        if self._down_since is None:
            self._down_since, self._waited = stopwatch_ns(), 0
        self._waited = max(self._waited, waiting)

    def came_up(self, waiting: int) -> None:
        """A writer was reached."""
        if self._down_since is not None:
            now, most = stopwatch_ns(), max(self._waited, waiting)
            self.stalls.append(Stall(self._down_since, now, most))
            self._down_before += now - self._down_since
            self._down_since = None

    def down_ns(self, now_ns: int) -> int:
        """Return for how long in all no writer could be reached."""
        return self._down_before + (now_ns - self._down_since if self._down_since else 0)

    def read(self, gauges: Mapping[str, float]) -> Readings:
        """Return the numbers of now; *gauges* are the pool's."""
        return Readings(
            gauges,
            {
                "DatabaseConnectionRequests": self.requests,
                "DatabaseConnectionRequestsWithTLS": 0,
                "DatabaseConnectionsSetupSucceeded": self.opened,
                "DatabaseConnectionsSetupFailed": self.failed,
                "DatabaseConnectionsBorrowRequests": self.borrows + self.aborted + self.timed_out,
                "DatabaseConnectionsBorrowRequestsAborted": self.aborted,
            },
            {"DatabaseConnectionsBorrowLatency": self._borrow.read()},
        )
