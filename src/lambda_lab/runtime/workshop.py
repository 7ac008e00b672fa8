"""What the environments of a region share, and the program each of them starts with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from lambda_lab.records import FunctionSpec
from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.launcher import Launcher, Program
from lambda_lab.runtime.memory import MemoryWatch
from lambda_lab.runtime.runtimes import start_command
from lambda_lab.runtime.variables import Place, extension_variables, function_variables

__all__ = [
    "LogLines",
    "Setting",
    "Workshop",
    "extension_files",
    "extension_programs",
    "program_for",
]


class LogLines(Protocol):
    """Where an environment's log messages go."""

    def __call__(self, message: str) -> None:
        """Take one message."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every environment of a region shares."""

    loop: IoLoop
    launcher: Launcher
    memory: MemoryWatch
    credentials: Callable[[FunctionSpec], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Setting:
    """What tells one environment from another: its names, and ``host:port`` of its Runtime API."""

    identity: str
    log_stream: str
    init_type: str
    api: str


def program_for(
    spec: FunctionSpec, setting: Setting, task: Path, opt: Path | None, workshop: Workshop
) -> Program:
    """Return the program that becomes the runtime of one environment.

    The launcher must be ready: before that, nobody knows whether there is a private root.

    Raises
    ------
    PackagingError
        If the function brings its own runtime and its package lacks a ``bootstrap``.
    SandboxError
        If nothing here can serve the function's runtime.
    """
    launcher = workshop.launcher
    place = _place(launcher.isolated, task, opt, launcher.sdk_folder)
    kind, argv = start_command(spec, place, task, opt)
    env = function_variables(
        spec,
        api=setting.api,
        log_stream=setting.log_stream,
        init_type=setting.init_type,
        credentials=workshop.credentials(spec),
        place=place,
    )
    in_vpc = bool(spec.vpc_config and spec.vpc_config.get("SubnetIds"))
    env |= launcher.extra_variables(in_vpc=in_vpc)
    if kind == "python" or "/node/" in argv[-1]:
        env["_LAMBDA_TELEMETRY_LOG_FD"] = "3"
    return Program(
        setting.identity,
        kind,
        argv,
        env,
        task=str(task),
        opt=str(opt) if opt else None,
        tmp_mb=spec.ephemeral_mb,
        directory=place.task,
        function=spec.name,
        vpc_config=spec.vpc_config,
        own_paths=(
            place.task,
            f"{place.opt}/python/lib/{spec.runtime}/site-packages",
            f"{place.opt}/python",
        ),
    )


def extension_files(opt: Path | None) -> list[str]:
    """Return the names of the files in ``/opt/extensions``: each is an external extension."""
    folder = opt / "extensions" if opt else None
    if folder is None or not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if not path.is_dir())


def extension_programs(runtime: Program, opt: Path | None, workshop: Workshop) -> list[Program]:
    """Return the programs that become the external extensions beside *runtime*.

    They share its file system, its log and its credentials; some of its variables are hidden.
    """
    launcher = workshop.launcher
    place = _place(launcher.isolated, Path(runtime.task), opt, launcher.sdk_folder)
    variables = extension_variables(runtime.env)
    variables.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
    return [
        replace(
            runtime,
            identity=f"{runtime.identity}/{name}",
            home=runtime.identity,
            kind="exec",
            argv=(f"{place.opt}/extensions/{name}",),
            env=variables,
            directory="/",
        )
        for name in extension_files(opt)
    ]


def _place(isolated: bool, task: Path, opt: Path | None, sdk: Path) -> Place:
    if isolated:
        return Place()
    return Place(task=str(task), runtime=str(sdk), opt=str(opt) if opt else "/opt")
