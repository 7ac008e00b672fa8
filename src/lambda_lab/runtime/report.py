"""The lines that Lambda writes into a function's log, in both formats.

Text lines are those of https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html;
JSON records follow the Telemetry API schema, and each has the level that AWS gives it:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambda_lab.records import FunctionSpec, LogFormat

__all__ = ["Measured", "PlatformLog", "iso_time", "runtime_version"]

LEVELS = {"DEBUG": 0, "INFO": 1, "WARN": 2}


def iso_time(time_ns: int) -> str:
    """Return a time as AWS prints it: UTC, milliseconds, ``Z``.

    Examples
    --------
    >>> iso_time(0)
    '1970-01-01T00:00:00.000Z'
    """
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ns // 1_000_000 % 1000:03d}Z"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one invocation cost. Times in milliseconds, memory in MB."""

    duration_ms: float
    memory_mb: int
    init_ms: float | None = None
    """Init of this call's cold start; ``None`` when the environment was warm."""
    status: str = "success"
    """``success``, ``error`` or ``timeout``."""
    error_type: str | None = None
    restore_ms: float | None = None
    """Restore of this call's environment from a snapshot."""
    billed_restore_ms: float = 0.0
    """The part of it that is billed: after-restore hooks, and until the runtime is ready
    (https://docs.aws.amazon.com/lambda/latest/dg/snapstart-monitoring.html)."""
    extensions_ms: float = 0.0
    """What extensions took after the answer: no part of the duration, but of the bill."""

    @property
    def billed_ms(self) -> int:
        """Duration plus init and extensions, rounded up to the millisecond.

        Init counts since 1 August 2025 (facts: ``price.init_billed``).

        Examples
        --------
        >>> Measured(133.61, 31, init_ms=80.0).billed_ms
        214
        """
        spent_ms = self.duration_ms + (self.init_ms or 0) + self.extensions_ms
        spent_ms += self.billed_restore_ms
        return max(1, math.ceil(round(spent_ms, 2)))


class PlatformLog:
    """Words the platform's log lines for one function.

    Each method returns the message, or ``None`` where the function's system log level hides it.
    """

    def __init__(self, spec: FunctionSpec) -> None:
        self._spec = spec
        self._json = spec.logging.format is LogFormat.JSON
        self._level = LEVELS.get(spec.logging.system_level or "INFO", 1)

    def _record(self, time_ns: int, kind: str, level: str, record: dict[str, Any]) -> str | None:
        if LEVELS[level] < self._level:
            return None
        body = {"time": iso_time(time_ns), "type": f"platform.{kind}", "record": record}
        return json.dumps(body, separators=(",", ":"))

    def init_start(self, time_ns: int, init_type: str, environment: str) -> str | None:
        """Word the line that opens a log stream."""
        spec = self._spec
        version = runtime_version(spec)
        if self._json:
            return self._record(
                time_ns,
                "initStart",
                "INFO",
                {
                    "initializationType": init_type,
                    "phase": "init",
                    "runtimeVersion": version,
                    "runtimeVersionArn": spec.runtime_version_arn,
                    "functionName": spec.name,
                    "functionVersion": spec.version,
                    "instanceId": environment,
                    "instanceMaxMemory": spec.memory_mb * 1024 * 1024,
                },
            )
        return (
            f"INIT_START Runtime Version: {version}\t"
            f"Runtime Version ARN: {spec.runtime_version_arn}"
        )

    def init_report(
        self,
        time_ns: int,
        init_ms: float,
        phase: str,
        status: str,
        error_type: str | None,
        *,
        init_type: str = "on-demand",
    ) -> str | None:
        """Word the line about an init that failed, or that was made ahead of any call."""
        if self._json:
            record: dict[str, Any] = {
                "initializationType": init_type,
                "phase": phase,
                "status": status,
                "metrics": {"durationMs": round(init_ms, 3)},
            }
            if error_type:
                record["errorType"] = error_type
            level = "INFO" if status == "success" else "WARN"
            return self._record(time_ns, "initReport", level, record)
        line = f"INIT_REPORT Init Duration: {init_ms:.2f} ms\tPhase: {phase}\tStatus: {status}"
        return f"{line}\tError Type: {error_type}" if error_type else line

    def restore_start(self, time_ns: int, environment: str) -> str | None:
        """Word the line that opens the log stream of a restored environment."""
        spec = self._spec
        if self._json:
            record = {
                "functionName": spec.name,
                "functionVersion": spec.version,
                "instanceId": environment,
                "instanceMaxMemory": spec.memory_mb * 1024 * 1024,
                "runtimeVersion": runtime_version(spec),
                "runtimeVersionArn": spec.runtime_version_arn,
            }
            return self._record(time_ns, "restoreStart", "INFO", record)
        return (
            f"RESTORE_START Runtime Version: {runtime_version(spec)}\t"
            f"Runtime Version ARN: {spec.runtime_version_arn}"
        )

    def restore_report(
        self, time_ns: int, restore_ms: float, status: str, error_type: str | None
    ) -> str | None:
        """Word the line about a restore; text shows the status of one that failed only."""
        if self._json:
            record: dict[str, Any] = {
                "status": status,
                "metrics": {"durationMs": round(restore_ms, 3)},
            }
            if error_type:
                record["errorType"] = error_type
            level = "INFO" if status == "success" else "WARN"
            return self._record(time_ns, "restoreReport", level, record)
        line = f"RESTORE_REPORT Restore Duration: {restore_ms:.2f} ms"
        if status != "success":
            line += f"\tStatus: {status}"
        return f"{line}\tError Type: {error_type}" if error_type else line

    def extension(
        self, time_ns: int, name: str, state: str, events: Sequence[str], error_type: str
    ) -> str | None:
        """Word the line about one extension, at the end of init (field order: confidence M)."""
        if self._json:
            record: dict[str, Any] = {"name": name, "state": state, "events": list(events)}
            if error_type:
                record["errorType"] = error_type
            return self._record(time_ns, "extension", "INFO", record)
        line = f"EXTENSION\tName: {name}\tState: {state}\tEvents: [{', '.join(events)}]"
        return f"{line}\tError Type: {error_type}" if error_type else line

    def start(self, time_ns: int, request_id: str) -> str | None:
        """Word the line that opens an invocation."""
        if self._json:
            record = {
                "requestId": request_id,
                "functionArn": f"{self._spec.arn}:{self._spec.version}",
                "version": self._spec.version,
            }
            return self._record(time_ns, "start", "INFO", record)
        return f"START RequestId: {request_id} Version: {self._spec.version}"

    def end(self, time_ns: int, request_id: str, measured: Measured) -> str | None:
        """Word the line that closes an invocation (JSON: ``platform.runtimeDone``)."""
        if self._json:
            level = "DEBUG" if measured.status == "success" else "WARN"
            record = {
                "requestId": request_id,
                "status": measured.status,
                "metrics": {"durationMs": round(measured.duration_ms, 3)},
            }
            return self._record(time_ns, "runtimeDone", level, record)
        return f"END RequestId: {request_id}"

    def report(self, time_ns: int, request_id: str, measured: Measured) -> str | None:
        """Word the line that says what an invocation used."""
        if self._json:
            return self._report_json(time_ns, request_id, measured)
        fields = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {measured.duration_ms:.2f} ms",
            f"Billed Duration: {measured.billed_ms} ms",
            f"Memory Size: {self._spec.memory_mb} MB",
            f"Max Memory Used: {measured.memory_mb} MB",
        ]
        if measured.init_ms is not None:
            fields.append(f"Init Duration: {measured.init_ms:.2f} ms")
        if measured.restore_ms is not None:
            fields.append(f"Restore Duration: {measured.restore_ms:.2f} ms")
            fields.append(f"Billed Restore Duration: {math.ceil(measured.billed_restore_ms)} ms")
        if measured.status != "success":
            fields.append(f"Status: {measured.status}")
        if measured.error_type:
            fields.append(f"Error Type: {measured.error_type}")
        return "\t".join(fields) + "\t"

    def _report_json(self, time_ns: int, request_id: str, measured: Measured) -> str | None:
        metrics: dict[str, Any] = {
            "durationMs": round(measured.duration_ms, 3),
            "billedDurationMs": measured.billed_ms,
            "memorySizeMB": self._spec.memory_mb,
            "maxMemoryUsedMB": measured.memory_mb,
        }
        if measured.init_ms is not None:
            metrics["initDurationMs"] = round(measured.init_ms, 3)
        if measured.restore_ms is not None:
            metrics["restoreDurationMs"] = round(measured.restore_ms, 3)
            metrics["billedRestoreDurationMs"] = math.ceil(measured.billed_restore_ms)
        record = {"requestId": request_id, "metrics": metrics, "status": measured.status}
        if measured.error_type:
            record["errorType"] = measured.error_type
        level = "INFO" if measured.status == "success" else "WARN"
        return self._record(time_ns, "report", level, record)

    def failure(self, request_id: str, sentence: str, error_type: str) -> str:
        """Word the platform's own error line, as it stands in the log."""
        return f"RequestId: {request_id} Error: {sentence}\n{error_type}"

    def timeout(self, time_ns: int, request_id: str, sentence: str) -> str:
        """Word the timeout line."""
        return f"{iso_time(time_ns)} {request_id} {sentence}"


def runtime_version(spec: FunctionSpec) -> str:
    """Return the name and build of a runtime as ``INIT_START`` prints it.

    The build number is ours: AWS counts its own builds.
    """
    name = spec.runtime
    for family in ("python", "nodejs", "provided"):
        if name.startswith(family):
            return f"{family}:{name.removeprefix(family).strip('.').removesuffix('.x')}.v1"
    return f"{name}.v1"
