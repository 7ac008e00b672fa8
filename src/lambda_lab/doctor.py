"""``lambda-lab doctor``: what works on this machine, and how to mend what does not."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from lambda_lab._version import __version__

__all__ = ["Finding", "examine", "findings"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``state`` is ok, weaker, or missing."""

    state: str
    what: str
    mend: str = ""


def findings() -> Iterator[Finding]:
    """Look at the machine, one finding after the other; never raises."""
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        _packages,
        _scratch,
        _running,
        _snapshots,
        _network,
        _databases,
        _node,
        _cli,
    )
    for check in checks:
        try:
            yield check()
        except Exception as error:  # noqa: BLE001 - a failing check is a finding
            name = check.__name__.strip("_")
            yield Finding(
                "missing", f"{name}: {type(error).__name__}: {error}", "Please report this."
            )


def _python() -> Finding:
    version = platform.python_version()
    if sys.platform == "win32":
        return Finding(
            "missing",
            f"Python {version} on Windows: functions cannot run here",
            "Use WSL 2; the site and the text of the labs work as they are.",
        )
    return Finding("ok", f"Python {version} on {platform.system()} {platform.machine()}")


def _packages() -> Finding:
    names = ("boto3", "moto", "awslambdaric", "httptools")
    try:
        versions = [f"{name} {importlib.metadata.version(name)}" for name in names]
    except importlib.metadata.PackageNotFoundError as error:
        return Finding("missing", f"the package {error.name}", "Run: pip install lambda-lab")
    return Finding("ok", ", ".join(versions))


def _scratch() -> Finding:
    folder = Path(tempfile.gettempdir())
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < 256:
        return Finding(
            "missing",
            f"only {free_mb} MB free for scratch files",
            "Free some space, or set TMPDIR.",
        )
    return Finding("ok", "scratch space for packages")


def _running() -> Finding:
    """Really run a function, and say how well it is walled in."""
    from lambda_lab.region import Region

    with Region() as region:
        region.launcher.wait_ready()
        isolated, weaker = region.launcher.isolated, region.launcher.weaker
        walled = region.launcher.walled
    if isolated:
        return Finding(
            "ok", "functions run in a private root: own /tmp of its size, read-only code, own user"
        )
    why = f" ({weaker})" if weaker else ""
    held = (
        "no program of theirs can change files elsewhere (Landlock)"
        if walled
        else "Python functions are refused changes elsewhere; Node.js, custom runtimes and "
        "programs that functions start are not"
    )
    mend = (
        "Allow user namespaces: sysctl kernel.unprivileged_userns_clone=1, on Ubuntu 24.04 "
        "kernel.apparmor_restrict_unprivileged_userns=0, or in a container run it with "
        "--security-opt seccomp=unconfined."
        if sys.platform == "linux"
        else "Nothing to mend: this system has no mount namespaces. Linux has."
    )
    return Finding(
        "weaker",
        f"functions run without a private root{why}: /tmp is a folder of their own without a "
        f"size, and they see your files; {held}",
        mend,
    )


def _network() -> Finding:
    """Say how the connections of functions are kept on this machine."""
    from lambda_lab.region import Region

    with Region() as region:
        region.launcher.wait_ready()
        confined, filtered = region.launcher.confined, region.launcher.filtered
    if confined:
        return Finding(
            "ok",
            "each environment has a network of its own; VPC, routes and rules decide what it "
            "connects to",
        )
    if filtered:
        return Finding(
            "weaker",
            "VPC, routes and rules decide what functions connect to, but names do not resolve in "
            "them, and they see this machine's own loopback ports",
            "Allow user and network namespaces (sysctl user.max_net_namespaces), and unset "
            "LAMBDA_LAB_EGRESS.",
        )
    return Finding(
        "weaker",
        "nothing limits what functions connect to: a VPC has no effect, and code that names an "
        "outside host reaches it",
        "Linux 5.14 or newer on x86_64 or aarch64 can; in a container: "
        "--security-opt seccomp=unconfined. Unset LAMBDA_LAB_EGRESS.",
    )


def _databases() -> Finding:
    """Really start a database, and say what its labs need."""
    from lambda_lab.errors import SandboxError
    from lambda_lab.rds.ready import check_ready, try_out

    try:
        weaker = try_out()
    except SandboxError as error:
        return Finding("weaker", "no databases behind RDS: labs L90 to L93 end early", str(error))
    state = "weaker" if weaker else "ok"
    return Finding(state, f"PostgreSQL {check_ready().version} for databases behind RDS", weaker)


def _snapshots() -> Finding:
    if sys.platform != "linux":
        return Finding(
            "weaker",
            "no SnapStart: only Linux can adopt copies of a running process",
            "Nothing to mend: the setting is refused here.",
        )
    return Finding("ok", "SnapStart of python3 functions, by copies of an initialised process")


def _node() -> Finding:
    if shutil.which("node"):
        return Finding("ok", "Node.js for nodejs runtimes")
    return Finding(
        "weaker", "no Node.js: nodejs runtimes are refused", "Install Node.js 18 or newer."
    )


def _cli() -> Finding:
    program = shutil.which("aws")
    if program is None:
        return Finding(
            "weaker", "no AWS CLI on PATH", "Optional: install it to try the CLI examples."
        )
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    if said.stdout.startswith("aws-cli/1."):
        # awscli/customizations/overridesslcommonname.py
        return Finding(
            "weaker",
            "the AWS CLI, version 1: for sqs, and for rds in us-east-1, it does not look at "
            "AWS_ENDPOINT_URL",
            "Add --endpoint-url to commands of sqs and rds.",
        )
    return Finding("ok", "the AWS CLI")


def examine(out: TextIO) -> int:
    """Print every finding; returns 1 if something needed is missing, else 0."""
    print(f"lambda-lab {__version__}", file=out, flush=True)
    worst = 0
    for finding in findings():
        print(f"  {finding.state:8}{finding.what}", file=out)
        if finding.mend:
            print(f"          {finding.mend}", file=out)
        out.flush()  # a pipe would keep it all until the last finding
        worst = max(worst, finding.state == "missing")
    return int(worst)
