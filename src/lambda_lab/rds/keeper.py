"""The process between this package and one PostgreSQL: it ends the server when its owner ends.

Run as a program of its own, on the standard library only::

    python -I -S keeper.py '{"fd": 3, "folder": "..."}'

It talks JSON, one object a line, over the socket that it is given, and never outlives the other
end: when that closes, for whatever reason, it stops the server and removes the folder.

Messages from the owner
    ``{"do": "run", "argv": [...]}`` runs a program to its end (``initdb``);
    ``{"do": "start", "argv": [...], "ready": text}`` starts the server, which is ready when its log
    says so; ``{"do": "signal", "number": n}`` sends it a signal.
Messages to the owner
    ``{"ran": exit code, "output": text}``, ``{"started": pid}``, ``{"failed": text}`` for a server
    that ended before it was ready, ``{"exited": exit code}`` for one that ended later.

PostgreSQL refuses to run as root. Then each program is started in a user namespace in which it is
``nobody``: its files stay root's, and no account is needed. Where the kernel refuses that, the
program becomes ``nobody`` for good, and what it needs lies where ``nobody`` may read.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["Keeper", "can_become_nobody", "main"]

NOBODY = 65534
READY = "database system is ready to accept connections"
LOG_BYTES = 8 << 20
"""The server's log begins anew when it is this long: nothing here may fill a disk."""
END_SECONDS = 5
"""How long a server may take to end at once before it is killed."""
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def _enter_namespace() -> None:
    """Become ``nobody`` in a user namespace of one's own. Raises OSError where refused."""
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {uid} 1"),
        ("gid_map", f"{NOBODY} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(text)


def can_become_nobody() -> bool:
    """Whether this process may start a program in a user namespace."""
    if sys.platform != "linux":
        return False
    child = os.fork()
    if child == 0:
        try:
            _enter_namespace()
        except BaseException:  # noqa: BLE001 - the answer is in the exit code
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _before_exec(mode: str) -> Callable[[], None]:
    """Return what a child does before it becomes its program; *mode* as in the settings."""

    def prepare() -> None:
        if mode == "namespace":
            _enter_namespace()
        elif mode == "setuid":
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        # Where the owner was started by `nohup` or with a script's `&`, it is ignored, and would be
        # until the server has a handler of its own: an early end would be lost.
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
        if sys.platform == "linux":
            # After the change of user, which clears it. This process has one thread, so the
            # kernel's "parent" - a thread - is the process.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)

    return prepare


class Keeper:
    """Runs one server for the owner at the other end of *control*.

    Parameters
    ----------
    control
        The socket to the owner.
    settings
        ``folder`` to remove at the end, ``log`` to write the server's log to, ``mode``: how to run
        as another user: ``""``, ``namespace`` or ``setuid``.
    """

    def __init__(self, control: socket.socket, settings: dict[str, Any]) -> None:
        self._control = control
        self._settings = settings
        self._received = b""
        self._server: subprocess.Popen[bytes] | None = None
        self._log_fd = -1
        self._said, self._wanted = b"", b""
        self._ready = False
        self._woken, wakes = os.pipe()
        os.set_blocking(wakes, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        if sys.platform == "linux":
            # What a killed server leaves behind becomes a child of this process, and is found.
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def serve(self) -> None:
        """Serve until the owner is gone, then end the server and remove its folder."""
        try:
            while self._turn():
                pass
        finally:
            self._end_server()
            shutil.rmtree(self._settings["folder"], ignore_errors=True)

    def _turn(self) -> bool:
        watched: list[Any] = [self._control, self._woken]
        if self._log_fd >= 0:
            watched.append(self._log_fd)
        readable, _, _ = select.select(watched, [], [])
        if self._log_fd in readable:
            self._read_log()
        if self._woken in readable:
            os.read(self._woken, 4096)
            if self._server is not None and self._server.poll() is not None:
                self._ended()
        return self._control not in readable or self._receive()

    def _receive(self) -> bool:
        """Do what the owner asks; whether it is still there."""
        try:
            data = self._control.recv(1 << 16)
        except OSError:
            data = b""
        self._received += data
        while b"\n" in self._received:
            line, _, self._received = self._received.partition(b"\n")
            self._handle(json.loads(line))
        return bool(data)

    def _handle(self, message: dict[str, Any]) -> None:
        try:
            if message["do"] == "run":
                self._run(message["argv"])
            elif message["do"] == "start":
                self._start(message["argv"], message.get("ready", READY))
            elif self._server is not None:
                self._server.send_signal(message["number"])
            else:
                self._send({"exited": 0})
        except (OSError, subprocess.SubprocessError) as error:
            self._send({"failed": str(error)})

    def _send(self, message: dict[str, Any]) -> None:
        # If the owner is gone, the next receive ends everything.
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps(message).encode() + b"\n")

    def _run(self, argv: list[str]) -> None:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            preexec_fn=_before_exec(self._settings["mode"]),
            check=False,
        )
        output = done.stdout.decode(errors="replace")[-4000:]
        self._send({"ran": done.returncode, "output": output})

    def _start(self, argv: list[str], ready: str) -> None:
        self._log_fd, writes = os.pipe()
        self._said, self._wanted, self._ready = b"", ready.encode(), False
        try:
            self._server = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=writes,
                stderr=writes,
                cwd="/",
                preexec_fn=_before_exec(self._settings["mode"]),  # noqa: PLW1509 - one thread
            )
        except BaseException:
            os.close(self._log_fd)
            self._log_fd = -1
            raise
        finally:
            os.close(writes)

    # -- the server's log ----------------------------------------------------------------------

    def _read_log(self) -> bool:
        """Read what the server wrote; whether there may be more."""
        data = os.read(self._log_fd, 1 << 16)
        self._keep(data)
        self._said = (self._said + data)[-4000:]
        if not self._ready and self._wanted in self._said and self._server is not None:
            self._ready = True
            self._send({"started": self._server.pid})
        if not data:
            os.close(self._log_fd)
            self._log_fd = -1
        return bool(data)

    def _keep(self, data: bytes) -> None:
        log = self._settings["log"]
        try:
            mode = "wb" if os.path.exists(log) and os.path.getsize(log) > LOG_BYTES else "ab"  # noqa: PTH110, PTH202
            with open(log, mode) as file:  # noqa: PTH123
                file.write(data)
        except OSError:
            pass  # a full disk: the server says so itself, to its clients

    def _ended(self) -> None:
        assert self._server is not None
        code = self._server.wait()
        self._server = None
        _kill_children()
        while self._log_fd >= 0:
            self._read_log()
        if self._ready:
            self._send({"exited": code})
        else:
            self._send({"failed": self._said.decode(errors="replace")})

    def _end_server(self) -> None:
        server = self._server
        if server is None:
            return
        server.send_signal(signal.SIGQUIT)
        try:
            server.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        _kill_children()


def _kill_children() -> None:
    """Kill what a server that has ended left running: it no longer ends by itself."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:  # noqa: PTH123
            children = [int(pid) for pid in file.read().split()]
    except OSError:
        return  # no Linux: the processes of a dead server find out themselves
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except OSError:
            continue  # it ended by itself


def main() -> None:
    """Run a keeper on the socket that the command line names."""
    settings = json.loads(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the owner decides when to end
    Keeper(socket.socket(fileno=settings["fd"]), settings).serve()


if __name__ == "__main__":
    main()
