"""The plain records that rooms hand to each other. No behaviour, no AWS client, no process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = [
    "FunctionSpec",
    "InvocationType",
    "InvokeRequest",
    "InvokeResult",
    "LayerSpec",
    "LogFormat",
    "LoggingSpec",
]


class InvocationType(StrEnum):
    """How a caller waits (`Invoke`, header ``X-Amz-Invocation-Type``)."""

    REQUEST_RESPONSE = "RequestResponse"
    EVENT = "Event"
    DRY_RUN = "DryRun"


class LogFormat(StrEnum):
    """``LoggingConfig.LogFormat``."""

    TEXT = "Text"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class LoggingSpec:
    """``LoggingConfig`` of a function. Levels are ``None`` in Text format, as on AWS."""

    group: str
    format: LogFormat = LogFormat.TEXT
    application_level: str | None = None
    system_level: str | None = None


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer version as a function uses it."""

    arn: str
    code_sha256: str
    code: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """Everything needed to run one version of a function; a change makes a new one.

    Two specs with the same ``revision`` are the same: execution environments are kept per
    ``(arn, revision)``, so new code or configuration starts new environments.
    """

    account: str
    region: str
    name: str
    version: str
    """``$LATEST`` or a number."""
    arn: str
    """Unqualified function ARN."""
    revision: str
    """Changes with every change of code or configuration that reaches an environment."""
    runtime: str
    handler: str
    role: str
    code_sha256: str
    code: bytes = field(repr=False)
    layers: tuple[LayerSpec, ...] = ()
    memory_mb: int = 128
    timeout_seconds: int = 3
    ephemeral_mb: int = 512
    environment: Mapping[str, str] = field(default_factory=dict)
    logging: LoggingSpec = LoggingSpec("/aws/lambda/unnamed")
    runtime_version_arn: str = ""
    tracing: str = "PassThrough"
    snap_start: bool = False
    """Whether this version's environments are restored from a snapshot."""
    vpc_config: Mapping[str, Any] | None = None
    """Subnets and security groups as ``VpcConfig`` has them; ``None`` or empty lists: no VPC."""


@dataclass(frozen=True, slots=True)
class InvokeRequest:
    """One call of ``Invoke``, after its function was found and its parameters were checked."""

    spec: FunctionSpec
    request_id: str
    payload: bytes
    """The event as the function will see it; ``{}`` where the caller sent nothing."""
    invocation_type: InvocationType = InvocationType.REQUEST_RESPONSE
    invoked_arn: str = ""
    """The ARN as the caller named it, with its qualifier: ``context.invoked_function_arn``."""
    qualifier: str | None = None
    """Version or alias the caller named, or ``None``: the ``Resource`` dimension of metrics."""
    weighted: bool = False
    """Whether that alias routes to two versions: metrics then tell the executed one apart."""
    client_context: str | None = None
    """Decoded JSON text of ``X-Amz-Client-Context``."""
    trace_header: str | None = None
    """``X-Amzn-Trace-Id`` of the caller, if it sent one."""
    stops_loops: bool = True
    """``RecursiveLoop`` of the function is ``Terminate``."""
    tail: bool = False
    """Whether the caller asked for ``LogType=Tail``."""


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """What a synchronous call comes to.

    ``function_error`` is ``None`` on success and ``Unhandled`` when the function failed
    (header ``X-Amz-Function-Error``); AWS answers 200 in both cases.
    """

    payload: bytes
    executed_version: str
    function_error: str | None = None
    log_tail: bytes = b""
    """Last 4 KB of this invocation's log, not yet base64."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Measured figures, for example ``duration_ms`` and ``memory_mb``."""
