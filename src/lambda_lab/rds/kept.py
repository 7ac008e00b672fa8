"""The owner's end of a keeper: ask it, hear what it says by itself, let it go."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lambda_lab.rds import keeper

__all__ = ["PATIENCE_SECONDS", "Keeper", "way_to_run"]

PATIENCE_SECONDS = 60
"""How long to wait for a keeper before saying that it does not answer."""
_GONE = {"failed": "its keeper has ended"}


class Keeper:
    """A keeper process (:mod:`lambda_lab.rds.keeper`) and the line to it.

    Parameters
    ----------
    settings
        ``folder``, ``log`` and ``mode``, as the keeper takes them.
    held
        A file descriptor that the keeper shall have open as long as it lives.
    """

    def __init__(self, settings: Mapping[str, Any], held: int | None = None) -> None:
        self.on_end: Callable[[], None] | None = None
        """Called once, in the thread that hears of it, when the server ends by itself."""
        self._answers: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._gone = False
        self._process, self._control = _start(settings, held)
        self._reader = threading.Thread(target=self._listen, name="lab-postgres", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether the keeper listens: a killed one closes its end before it is seen to be gone."""
        return not self._gone and self._process.poll() is None

    def ask(
        self, what: str, sent: Callable[[], None] = lambda: None, **more: Any
    ) -> dict[str, Any]:
        """Send a request and return the answer; ``failed`` says why there is none.

        *sent* is called between the two; it may :meth:`tell` something.
        """
        with self._news:
            self._answers.clear()
            try:
                self._control.sendall(json.dumps({"do": what, **more}).encode() + b"\n")
            except OSError:
                return _GONE
            sent()
            if not self._news.wait_for(lambda: self._answers, PATIENCE_SECONDS):
                return {"failed": f"its keeper did not answer in {PATIENCE_SECONDS} seconds"}
            return self._answers.pop(0)

    def tell(self, what: str, **more: Any) -> None:
        """Send a request and wait for nothing: somebody else waits already."""
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps({"do": what, **more}).encode() + b"\n")

    def close(self) -> None:
        """Let the keeper end its server, remove the folder and end itself."""
        self.on_end = None
        with contextlib.suppress(OSError):  # the keeper was killed
            self._control.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._control.close()

    def _listen(self) -> None:
        received = b""
        while data := _receive(self._control):
            received += data
            *lines, received = received.split(b"\n")
            for line in lines:
                self._hear(json.loads(line))
        self._gone = True
        self._hear(_GONE)

    def _hear(self, message: dict[str, Any]) -> None:
        tell, ended = self.on_end, "exited" in message or message is _GONE
        if ended and tell is not None:
            self.on_end = None
            tell()
            return
        with self._news:
            self._answers.append(message)
            self._news.notify_all()


def _start(
    settings: Mapping[str, Any], held: int | None
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        told = json.dumps({**settings, "fd": theirs.fileno()})
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__, told],
            pass_fds=[theirs.fileno(), *([] if held is None else [held])],
            stdin=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            # What interrupts or kills this process's group must not reach the one that cleans
            # up behind it.
            start_new_session=True,
        )
    return process, ours


def _receive(control: socket.socket) -> bytes:
    try:
        return control.recv(1 << 16)
    except OSError:
        return b""


def way_to_run() -> str:
    """Return how a program becomes somebody else than root, whom PostgreSQL refuses.

    Empty if this process is not root's; otherwise ``namespace`` or ``setuid``, as in
    :mod:`~lambda_lab.rds.keeper`.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return ""
    return "namespace" if _namespace_works() else "setuid"


@functools.cache
def _namespace_works() -> bool:
    # In a process of its own: a fork of this one would carry its threads' locks.
    test = "import sys; sys.path.insert(0, sys.argv[1]); import keeper; "
    test += "sys.exit(not keeper.can_become_nobody())"
    folder = str(Path(keeper.__file__).parent)
    done = subprocess.run([sys.executable, "-I", "-S", "-c", test, folder], check=False)
    return done.returncode == 0
