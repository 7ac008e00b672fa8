"""What is written down about one environment: its log stream, and the region's timeline."""

from __future__ import annotations

from lambda_lab import facts
from lambda_lab.clock import Clock
from lambda_lab.invoke.telemetry import Telemetry
from lambda_lab.records import FunctionSpec
from lambda_lab.runtime.report import PlatformLog
from lambda_lab.timeline import Event, Kind, Timeline

__all__ = ["Journal", "stream_name"]


def stream_name(spec: FunctionSpec, identity: str, date: str) -> str:
    """Return the log stream of an environment, in the form AWS uses for the log group's kind.

    Examples
    --------
    >>> spec = FunctionSpec("1", "r", "f", "$LATEST", "arn", "", "", "", "", "", b"")
    >>> stream_name(spec, "ab12", "2026/11/21")
    '2026/11/21/f[$LATEST]ab12'
    """
    if spec.logging.group == f"{facts.value('logs.group.prefix')}{spec.name}":
        return f"{date}/[{spec.version}]{identity}"
    return f"{date}/{spec.name}[{spec.version}]{identity}"


class Journal:
    """Writes one environment's log messages and timeline events.

    Keeps the messages of the current invocation, for ``LogType=Tail``.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        identity: str,
        clock: Clock,
        timeline: Timeline,
        telemetry: Telemetry,
    ) -> None:
        date = clock.now().strftime("%Y/%m/%d")
        self.stream = stream_name(spec, identity, date)
        self.platform = PlatformLog(spec)
        self.spec = spec
        self._identity = identity
        self._clock = clock
        self._timeline = timeline
        self._telemetry = telemetry
        self._messages: list[str] = []

    def write(self, message: str | None) -> None:
        """Write one log message; ``None``, a line hidden by the log level, is not written."""
        if message is None:
            return
        self._messages.append(message)
        self._telemetry.log(self.spec, self.stream, self._clock.now_ns(), message)

    def event(self, kind: Kind, request: str | None = None, **detail: object) -> None:
        """Add an event of this environment to the timeline."""
        self._timeline.add(
            Event(self._clock.now_ns(), kind, self.spec.name, self._identity, request, detail)
        )

    def begin(self) -> None:
        """Start collecting for a new invocation."""
        self._messages.clear()

    def tail(self) -> bytes:
        """Return the last 4 KB written since :meth:`begin`."""
        text = "".join(f"{message}\n" for message in self._messages)
        return text.encode()[-int(facts.value("logs.tail")) :]
