"""SnapStart in the control plane: the setting, and the states of a version that wants a snapshot.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html

The snapshot is taken while a version is Pending, some time after it was published on the region's
clock. AWS deletes a Java version's snapshot after 14 days without a call; those of Python, the one
runtime that has snapshots here, stay as long as the version does.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from lambda_lab import facts
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.services import services
from lambda_lab.aws.vpc.attachment import not_now
from lambda_lab.aws.vpc.reasons import Reason
from lambda_lab.errors import AwsError, NotModelledError
from lambda_lab.invoke.snapshots import not_ready
from lambda_lab.records import LayerSpec
from lambda_lab.runtime.outcomes import InitOutcome

if TYPE_CHECKING:
    from lambda_lab.aws.function import LabFunction
    from lambda_lab.aws.store import FunctionStore

__all__ = [
    "PUBLISHED_VERSIONS",
    "SNAPSHOT_SECONDS",
    "begin_snapshot",
    "check_may_be_called",
    "check_snap_start",
    "refuse_provisioned",
]

PUBLISHED_VERSIONS = "PublishedVersions"
SNAPSHOT_SECONDS = 0.3
"""When after its publication a version's init begins. AWS publishes no time; minutes are usual."""
FIRST_PYTHON = 12
"""SnapStart's first python3 runtime (facts: ``runtime.snapstart.families``)."""
_REASONS = {
    "timeout": "FunctionError.InitTimeout",
    "Runtime.InvalidEntrypoint": "FunctionError.InvalidEntryPoint",
    "Runtime.OutOfMemory": "FunctionError.InitResourceExhausted",
}


def _invalid(text: str) -> AwsError:
    return aws_error("InvalidParameterValueException", text)


def check_snap_start(
    params: Mapping[str, Any], function: LabFunction | None, layers: Iterable[LayerSpec]
) -> None:
    """Check that a function as it is to be may have SnapStart.

    Parameters
    ----------
    params, function
        What is asked for, and the function it changes, if there is one.
    layers
        What it will run with.

    Raises
    ------
    AwsError
        In AWS's words for the runtime (as its users report them: confidence M), in ours for
        ``/tmp`` (confidence L).
    NotModelledError
        Where this machine or this package cannot take a true snapshot.
    """
    apply_on = (params.get("SnapStart") or {}).get("ApplyOn")
    runtime, ephemeral_mb = (
        params.get("Runtime"),
        (params.get("EphemeralStorage") or {}).get("Size"),
    )
    if function is not None:
        apply_on = apply_on or function.snap_start
        runtime = runtime or function.run_time
        ephemeral_mb = ephemeral_mb or function.ephemeral_storage
    if apply_on != PUBLISHED_VERSIONS:
        return
    version = re.fullmatch(r"python3\.(\d+)", runtime or "")
    if version is None or int(version[1]) < FIRST_PYTHON:
        raise _invalid(f"{runtime} is not supported for SnapStart enabled functions.")
    most = int(facts.value("ephemeral.default"))
    if ephemeral_mb and ephemeral_mb > most:
        raise _invalid(
            f"SnapStart is not supported for functions with ephemeral storage over {most} MB."
        )
    if sys.platform != "linux":
        raise NotModelledError(
            "SnapStart on this operating system",
            "A snapshot is a copy of a running process, which only Linux can adopt. "
            "Run the lab on Linux, or without SnapStart.",
        )
    if any(_has_extensions(layer) for layer in layers):
        raise NotModelledError(
            "SnapStart of a function with extensions",
            "An extension is a process of its own, which a copy of the function's cannot include.",
        )


def _has_extensions(layer: LayerSpec) -> bool:
    with zipfile.ZipFile(io.BytesIO(layer.code)) as archive:
        return any(re.match(r"extensions/[^/]+$", name) for name in archive.namelist())


def refuse_provisioned(versions: Iterable[LabFunction]) -> None:
    """Refuse provisioned concurrency on a version with SnapStart (text: confidence L)."""
    if any(one.snap_start == PUBLISHED_VERSIONS for one in versions):
        raise _invalid(
            "Provisioned Concurrency is not supported for functions enabled with SnapStart."
        )


# -- taking it -------------------------------------------------------------------------------------


def begin_snapshot(backend: FunctionStore, version: LabFunction) -> None:
    """Let a version that was just published be Pending until its snapshot is there."""
    if version.snap_start != PUBLISHED_VERSIONS:
        return
    version.lab_state, version.update_status = "Pending", None
    version.awaits_snapshot = True
    services().clock.call_later(SNAPSHOT_SECONDS, partial(_take, backend, version))


def _take(backend: FunctionStore, version: LabFunction) -> None:
    if _is_there(backend, version):
        done = partial(_taken, backend, version)
        services().plane().snapshots.take(version.spec, done)


def _is_there(backend: FunctionStore, version: LabFunction) -> bool:
    with backend.lock:
        every = (one for latest in backend.functions() for one in backend.versions_of(latest))
        return any(one is version for one in every)


def _taken(backend: FunctionStore, version: LabFunction, outcome: InitOutcome) -> None:
    with backend.lock:
        version.awaits_snapshot = False
        if outcome.status == "success":
            version.become_active(version.revision_id)
            return
        key = outcome.status if outcome.status == "timeout" else outcome.error_type or ""
        code = _REASONS.get(key, "FunctionError.RuntimeInitError")
        # The code is AWS's; the text is ours (confidence L).
        text = f"The function's init failed ({outcome.error_type}). See its log for the error."
        version.lab_state, version.state_reason = "Failed", Reason(code, text)


# -- calling it ------------------------------------------------------------------------------------


def check_may_be_called(version: LabFunction) -> None:
    """Refuse a call to a version whose snapshot is not there yet, or could not be taken.

    Raises
    ------
    AwsError
        ``SnapStartNotReadyException``; for one that failed ``ResourceConflictException``, as for
        any other state but Active (confidence M).
    """
    if version.awaits_snapshot:
        raise not_ready()
    if version.snap_start == PUBLISHED_VERSIONS and version.lab_state == "Failed":
        raise not_now(version)
