"""The environment variables of a function: Lambda's own, then the function's.

Lists, and which of them a function may override, are those of
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
(facts: ``environment_variables``). Nothing of the host's environment is among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambda_lab.records import FunctionSpec, LogFormat

__all__ = ["Place", "extension_variables", "function_variables"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an environment's things lie, as the function sees them."""

    task: str = "/var/task"
    runtime: str = "/var/runtime"
    opt: str = "/opt"
    tmp: str = "/tmp"


HIDDEN = (
    "_HANDLER",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_LOG_FORMAT",
    "AWS_LAMBDA_LOG_LEVEL",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
)


def extension_variables(function: Mapping[str, str]) -> dict[str, str]:
    """Return what an external extension sees of the variables of its function.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html names those that are
    hidden from extensions.

    Examples
    --------
    >>> extension_variables({"_HANDLER": "a.b", "AWS_REGION": "us-east-1"})
    {'AWS_REGION': 'us-east-1'}
    """
    return {name: value for name, value in function.items() if name not in HIDDEN}


def function_variables(
    spec: FunctionSpec,
    *,
    api: str,
    log_stream: str,
    init_type: str,
    credentials: Mapping[str, str],
    place: Place,
) -> dict[str, str]:
    """Return the complete environment of a function's process.

    Parameters
    ----------
    spec
        The function.
    api
        ``host:port`` of its Runtime API.
    log_stream, init_type
        Of this execution environment.
    credentials
        ``AWS_ACCESS_KEY_ID`` and so on: worth something in this region only.
    place
        Folders as the function sees them.
    """
    managed = not spec.runtime.startswith("provided")
    variables = {
        # What a function may override comes first, so that its own values win.
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
        "/var/task:/var/task/lib:/opt/lib",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000",
    }
    if spec.runtime.startswith("python"):
        variables["PYTHONPATH"] = place.runtime
    if spec.runtime.startswith("nodejs"):
        major = spec.runtime.removeprefix("nodejs").partition(".")[0]
        variables["NODE_PATH"] = (
            f"{place.opt}/nodejs/node{major}/node_modules:{place.opt}/nodejs/node_modules:"
            f"{place.runtime}/node_modules"
        )
    variables |= dict(spec.environment)
    variables |= {
        "_HANDLER": spec.handler,
        "AWS_REGION": spec.region,
        "AWS_DEFAULT_REGION": spec.region,
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": spec.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": init_type,
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.logging.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": api,
        "LAMBDA_TASK_ROOT": place.task,
        "LAMBDA_RUNTIME_DIR": place.runtime,
        **credentials,
    }
    if init_type == "snap-start":
        # One snapshot serves many log streams, so it is told of none.
        del variables["AWS_LAMBDA_LOG_GROUP_NAME"], variables["AWS_LAMBDA_LOG_STREAM_NAME"]
    if managed:
        variables["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{spec.runtime}"
    if spec.logging.format is LogFormat.JSON:
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = spec.logging.application_level or "INFO"
    return variables
