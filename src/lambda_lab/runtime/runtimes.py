"""Which program serves which ``Runtime`` on this machine."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lambda_lab.errors import PackagingError, SandboxError
from lambda_lab.records import FunctionSpec
from lambda_lab.runtime.variables import Place

__all__ = ["Served", "node_flags", "served_by", "start_command"]

NODE_BOOTSTRAP = Path(__file__).parent / "bootstraps" / "node"
EXPERIMENTS = ("require-module", "detect-module")
"""Experiments that Node.js has switched on and Lambda switches off; ``NODE_OPTIONS`` may switch
them on again (https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html, Experimental
Node.js features)."""
FIRST_WITHOUT_EXPERIMENTS = 22
"""The first nodejs runtime that does so (the same page; confidence M)."""
PATIENCE_SECONDS = 20
"""How long Node.js may take to say whether it knows an option."""
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
        node = shutil.which("node")
        if node is None:
            raise SandboxError(
                f"The runtime {runtime} needs Node.js, and there is no `node` on PATH. "
                "Install Node.js, or use a python3 runtime."
            )
        # Asked when a function is made, so that its first cold start need not.
        node_flags(node, runtime, {})
        return Served("node", "a small bootstrap on the Node.js of this machine")
    if runtime.startswith("provided"):
        return Served("provided", "the package's own bootstrap")
    for family, needs in _ELSEWHERE.items():
        if runtime.startswith(family):
            raise SandboxError(
                f"The runtime {runtime} needs {needs}, which lambda_lab does not run. "
                "Use python3.x, nodejs, or provided.al2023 with a bootstrap of your own."
            )
    raise SandboxError(
        f"The runtime {runtime} is not known to lambda_lab. "
        "Use python3.x, nodejs, or provided.al2023 with a bootstrap of your own."
    )


def node_flags(node: str, runtime: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the options that Lambda's runtime starts Node.js with.

    Parameters
    ----------
    node
        The program. An option it does not know is left out: it has no such experiment.
    runtime
        Name of the runtime.
    environment
        The function's own variables: what its ``NODE_OPTIONS`` switch on stays on.

    Examples
    --------
    >>> node_flags("node", "nodejs20.x", {})
    ()
    """
    named = re.match(r"nodejs(\d+)", runtime)
    if named is None or int(named[1]) < FIRST_WITHOUT_EXPERIMENTS:
        return ()
    wanted = environment.get("NODE_OPTIONS", "").replace("_", "-").split()
    flags = [
        f"--no-experimental-{name}"
        for name in EXPERIMENTS
        if f"--experimental-{name}" not in wanted
    ]
    return tuple(flag for flag in flags if _knows(node, flag))


@functools.cache
def _knows(node: str, flag: str) -> bool:
    # What the reader's own NODE_OPTIONS say is no matter of functions.
    env = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"}
    ask = [node, flag, "--version"]
    try:
        asked = subprocess.run(
            ask, capture_output=True, check=False, env=env, timeout=PATIENCE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


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
        flags = node_flags(node, spec.runtime, spec.environment)
        return "exec", (str(Path(node).resolve()), *flags, f"{place.runtime}/node/index.mjs")
    for host, seen in ((task, place.task), (opt, place.opt)):
        bootstrap = host / "bootstrap" if host else None
        if bootstrap is not None and bootstrap.is_file() and bootstrap.stat().st_mode & 0o111:
            return "exec", (f"{seen}/bootstrap",)
    raise PackagingError("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
