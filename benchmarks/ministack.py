"""MiniStack, another emulator that runs Lambda without Docker, in an environment of its own.

It is installed by pip into ``.cache/``, never beside this project.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.servers import ROOT, StartError, environment, running

__all__ = ["VERSION", "ministack"]

VERSION = "1.5.33"
"""The release that is measured; the current one in November 2026."""
FOLDER = ROOT / ".cache" / f"ministack-{VERSION}"
INSTALL_SECONDS = 90
START_SECONDS = 20


def _install() -> Path:
    """Return the interpreter of MiniStack's environment, making that if needed."""
    python = FOLDER / "bin" / "python"
    finished = FOLDER / "finished"
    if finished.exists():
        return python
    shutil.rmtree(FOLDER, ignore_errors=True)
    # Its handlers import the SDK from the same place: the newest that its botocore allows.
    wanted = [f"ministack=={VERSION}", "boto3"]
    commands = [
        [sys.executable, "-m", "venv", str(FOLDER)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
    ]
    for command in commands:
        try:
            subprocess.run(
                command,
                env=environment(),
                check=True,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise StartError(
                f"MiniStack {VERSION} could not be installed ({_why(error)})"
            ) from error
    finished.touch()
    return python


def _why(error: Exception) -> str:
    output = str(getattr(error, "stderr", "") or "").strip()
    return output.splitlines()[-1] if output else type(error).__name__


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_ready(url: str, child: subprocess.Popen[str]) -> None:
    pause = threading.Event()
    for _ in range(START_SECONDS * 10):
        if child.poll() is not None:
            break
        try:
            with urlopen(f"{url}/_ministack/health", timeout=2):
                return
        except (URLError, OSError):
            pause.wait(0.1)
    raise StartError(f"MiniStack {VERSION} did not start")


@contextmanager
def ministack() -> Iterator[str]:
    """Run MiniStack on a free loopback port; yields its URL.

    Raises
    ------
    StartError
        If it cannot be installed or does not start; the message is fit for the table's foot.
    """
    python = _install()
    port = _free_port()
    variables = environment(
        BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port), LAMBDA_EXECUTOR="local", LOG_LEVEL="ERROR"
    )
    # Its children must find its own interpreter, not the project's.
    variables["PATH"] = f"{python.parent}{os.pathsep}{variables.get('PATH', os.defpath)}"
    with running([str(python), "-m", "ministack"], variables) as child:
        url = f"http://127.0.0.1:{port}"
        # It writes a banner to its standard output, which nobody else reads.
        assert child.stdout is not None
        threading.Thread(target=child.stdout.read, daemon=True).start()
        _wait_ready(url, child)
        yield url
