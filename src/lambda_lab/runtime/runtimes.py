"""Which program serves which ``Runtime`` on this machine."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from lambda_lab.errors import PackagingError, SandboxError
from lambda_lab.records import FunctionSpec
from lambda_lab.runtime.variables import Place

__all__ = ["Served", "served_by", "start_command"]

NODE_BOOTSTRAP = Path(__file__).parent / "bootstraps" / "node"
_ELSEWHERE = {
    "java": "a Java virtual machine",
    "dotnet": ".NET",
    "ruby": "Ruby",
    "go": "the Go runtime that AWS retired in January 2024",
}


@dataclass(frozen=True, slots=True)
class Served:
    """How a runtime is served here: ``family`` and a sentence for ``doctor`` and error texts."""

    family: str
    by: str


def served_by(runtime: str) -> Served:
    """Say what serves *runtime* on this machine.

    Any version of a language is served by the interpreter there is; the function still sees the
    name it asked for in ``AWS_EXECUTION_ENV``.

    Raises
    ------
    SandboxError
        If nothing here can: the text says what is missing.

    Examples
    --------
    >>> served_by("python3.14").family
    'python'
    >>> served_by("provided.al2023").by
    "the package's own bootstrap"
    """
    if runtime.startswith("python3"):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return Served("python", f"AWS's runtime client on Python {version}")
    if runtime.startswith("nodejs"):
        if shutil.which("node") is None:
            raise SandboxError(
                f"The runtime {runtime} needs Node.js, and there is no `node` on PATH. "
                "Install Node.js, or use a python3 runtime."
            )
        return Served("node", "a small bootstrap on the Node.js of this machine")
    if runtime.startswith("provided"):
        return Served("provided", "the package's own bootstrap")
    for family, needs in _ELSEWHERE.items():
        if runtime.startswith(family):
            raise SandboxError(
                f"The runtime {runtime} needs {needs}, which lambda_lab does not run. "
                "Use python3.x, nodejs, or provided.al2023 with a bootstrap of your own."
            )
    raise SandboxError(f"The runtime {runtime} is not known to lambda_lab.")


def start_command(
    spec: FunctionSpec, place: Place, task: Path, opt: Path | None
) -> tuple[str, tuple[str, ...]]:
    """Return ``(kind, argv)`` for the fork server.

    Raises
    ------
    PackagingError
        For ``provided`` without an executable ``bootstrap``, in AWS's words.
    SandboxError
        If nothing on this machine serves the runtime.
    """
    family = served_by(spec.runtime).family
    if family == "python":
        return "python", (spec.handler,)
    if family == "node":
        node = shutil.which("node") or "node"
        return "exec", (str(Path(node).resolve()), f"{place.runtime}/node/index.mjs")
    for host, seen in ((task, place.task), (opt, place.opt)):
        bootstrap = host / "bootstrap" if host else None
        if bootstrap is not None and bootstrap.is_file() and bootstrap.stat().st_mode & 0o111:
            return "exec", (f"{seen}/bootstrap",)
    raise PackagingError("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
