"""The process that execution environments are forked from.

Starting Python and importing boto3 takes a third of a second. A fork of a process that has done
both takes a few milliseconds, so one *fork server* per region prepares itself and waits. For each
environment it makes a private root file system (:mod:`.linux_sandbox`), forks, and the child
becomes the runtime: AWS's Python client in this very process, or another program by ``exec``.

It is single-threaded, talks JSON datagrams over one Unix socket to its owner, and ends - with
everything it started - when the owner's end closes, for whatever reason it closes.

Messages from the owner
    ``{"do": "start", "id", "kind": "python"|"template"|"exec", "argv", "env", "task", "opt",
    "tmp_mb", "directory", "paths", "home", "in_vpc"}`` with the log pipe as an attached
    descriptor: a ``template`` becomes a snapshot (:mod:`.snapshot`);
    ``{"do": "restore", "id", "template", "env", "tmp_mb"}``, likewise: a copy of a snapshot;
    ``{"do": "forget", "id"}`` when an environment is gone for good.
Messages to the owner
    ``{"ready": {...}}``, ``{"started": id, "pid": ..}``, ``{"failed": id, "error": ..}``,
    ``{"unusable": id, "error": ..}`` when the kernel cannot run the package's program,
    ``{"exited": id, "pid": .., "status": waitstatus}``.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lambda_lab.runtime import egress_filter, landlock, linux_sandbox
from lambda_lab.runtime.folders import remove_folder
from lambda_lab.runtime.network_namespace import NetworkRoom, NetworkRooms
from lambda_lab.runtime.process_tree import kill_descendants
from lambda_lab.runtime.python_process import preload, run_python
from lambda_lab.runtime.templates import Templates

if TYPE_CHECKING:
    from lambda_lab.runtime.shared_root import SharedRoot

__all__ = ["ForkServer", "main", "remove_folder"]

Child = Callable[[], None]
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
MESSAGE_BYTES = 1 << 18
REPORT_FD = 4
"""Where a child may say that its program cannot be run; 0 to 2 and the log's 3 come before."""
MOST_FDS = 1 << 20


class ForkServer:
    """Starts processes on request and reports their ends."""

    def __init__(self, control: socket.socket, settings: dict[str, Any]) -> None:
        self._control = control
        self._settings = settings
        self._root: linux_sandbox.Root | None = None
        self._weaker = ""
        self._entered = False
        # By who started the owner: `nohup`, or a script's shell for what it runs with `&`.
        self._ignored = [
            number
            for number in signal.valid_signals() - {signal.SIGINT, *IGNORED_BY_PYTHON}
            if signal.getsignal(number) is signal.SIG_IGN
        ]
        self._shared: SharedRoot | None = None
        self._sdk = ""
        self._pids: dict[int, str] = {}
        self._namespaces: dict[str, int] = {}
        self._templates = Templates(
            self._started, lambda identity, why: self._send({"failed": identity, "error": why})
        )
        self._rooms: NetworkRooms | None = None
        self._networks: dict[str, NetworkRoom] = {}
        self._filtered = False
        self._child_read, self._child_write = os.pipe()
        for fd in (self._child_read, self._child_write):
            os.set_blocking(fd, False)

    def prepare(self) -> None:
        """Build the private root, import the SDK, and say that environments may start."""
        if self._settings["isolate"]:
            try:
                user = linux_sandbox.SandboxUser()
                linux_sandbox.enter_user_namespace(user)
                self._entered = True  # hardened systems allow this, and refuse what follows
                self._root = linux_sandbox.Root(
                    self._settings["root"],
                    tuple(self._settings["keep"]),
                    self._settings["runtime"],
                    self._settings["files"],
                )
            except (OSError, KeyError, AttributeError) as error:
                self._root, self._weaker = None, str(error)
        self._sdk = "/var/runtime" if self._root else self._settings["sdk"]
        if self._root is None:
            from lambda_lab.runtime.shared_root import SharedRoot

            self._shared = SharedRoot(self._settings["folder"], self._settings["runtime"])
        preload(self._sdk)
        gc.freeze()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if sys.platform == "linux":
            linux_sandbox.hear_only_of_ends(signal.SIGCHLD)
        signal.set_wakeup_fd(self._child_write, warn_on_full_buffer=False)
        self._wall_off()
        told = {"isolated": self._root is not None, "weaker": self._weaker}
        told |= {"confined": self._rooms is not None, "filtered": self._filtered}
        told["walled"] = self._shared is None or self._shared.walled
        self._send({"ready": told})

    def _wall_off(self) -> None:
        """Find out how connections can be kept in: a filter, and better, networks of their own."""
        wanted = self._settings["egress"]
        self._filtered = wanted != "off" and egress_filter.works()
        if self._filtered and wanted != "filter" and self._root is not None:
            try:
                self._rooms = NetworkRooms()
            except OSError:
                self._rooms = None
        if self._root is not None and self._rooms is None:
            Path("/etc/resolv.conf").write_text(linux_sandbox.NO_NAMES, encoding="ascii")

    def serve(self) -> Child | None:
        """Serve until the owner is gone. In a forked child, returns what the child must run."""
        while True:
            templates = self._templates.sockets
            # Not select(): with a thousand environments, descriptors are beyond what it can take.
            poll = select.poll()
            for fd in (self._control.fileno(), self._child_read, *templates):
                poll.register(fd, select.POLLIN)
            readable = [fd for fd, _ in poll.poll()]
            for fd in templates.keys() & set(readable):
                self._templates.hear(templates[fd])
            if self._child_read in readable:
                self._drain_wakeups()
                self._reap()
            if self._control.fileno() in readable:
                message, fds = self._receive()
                if message is None:
                    self._end_everything()
                    return None
                child = self._handle(message, fds)
                if child is not None:
                    return child

    # -- messages ----------------------------------------------------------------------------

    def _receive(self) -> tuple[dict[str, Any] | None, list[int]]:
        try:
            data, fds, _, _ = socket.recv_fds(self._control, MESSAGE_BYTES, 4)
        except OSError:
            return None, []
        return (json.loads(data) if data else None), list(fds)

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._control.send(json.dumps(message).encode())
        except OSError:
            pass  # the owner is gone; the next receive ends everything

    def _handle(self, message: dict[str, Any], fds: list[int]) -> Child | None:
        identity = message["id"]
        if message["do"] == "forget":
            self._forget(identity)
            return None
        try:
            if message["do"] == "restore":
                self._templates.order(self._with_own_tmp(message), fds[0])
                return None
            return self._start(message, fds[0])
        except OSError as error:
            self._send({"failed": identity, "error": str(error)})
            return None
        finally:
            if os.getpid() == self._settings["pid"]:
                for fd in fds:
                    os.close(fd)

    # -- starting ------------------------------------------------------------------------------

    def _start(self, message: dict[str, Any], log_fd: int) -> Child | None:
        identity = message["id"]
        message = self._with_own_tmp(message)
        namespace = self._namespace(message)
        network = self._network(message)
        # The kernel closes the writing end when the program runs; until then it can carry a word.
        reading, writing = os.pipe()
        orders = self._templates.open(identity) if message["kind"] == "template" else None
        try:
            if self._root is not None and namespace is not None:
                self._root.enter(namespace)
            pid = os.fork()
            if pid == 0:
                talk_fd = writing if orders is None else orders.detach()
                return self._become(message, log_fd, talk_fd, network)
        except OSError:
            os.close(reading)
            raise
        finally:
            if os.getpid() == self._settings["pid"]:
                os.close(writing)
                if orders is not None:
                    orders.close()
                if self._root is not None:
                    self._root.leave()
        with os.fdopen(reading, encoding="utf-8") as report:
            refusal = report.read() if message["kind"] == "exec" else ""
        if refusal:
            self._send({"unusable": identity, "error": refusal})
            return None
        self._started(identity, pid)
        if network is not None and network.resolver is not None:
            network.resolver.close()
            network.resolver = None
        if self._rooms is not None:
            self._rooms.make_ahead()
        return None

    def _started(self, identity: str, pid: int) -> None:
        self._pids[pid] = identity
        self._send({"started": identity, "pid": pid})

    def _with_own_tmp(self, message: dict[str, Any]) -> dict[str, Any]:
        """Name the ``/tmp`` that a process has where no mount can give it one."""
        if self._shared is None:
            return message
        if message["do"] == "restore":
            tmp = self._shared.open_copy(message["id"], message["template"])
        else:
            tmp = self._shared.open(message.get("home") or message["id"])
        return {**message, "tmp": tmp, "env": {**message["env"], "TMPDIR": tmp}}

    def _namespace(self, message: dict[str, Any]) -> int | None:
        if self._root is None:
            return None
        identity = message.get("home") or message["id"]
        if identity not in self._namespaces:
            self._namespaces[identity] = self._root.open_environment(
                message["task"],
                message["opt"],
                message["tmp_mb"],
                in_vpc=self._filtered and message["in_vpc"],
            )
        return self._namespaces[identity]

    def _network(self, message: dict[str, Any]) -> NetworkRoom | None:
        if self._rooms is None:
            return None
        identity = message.get("home") or message["id"]
        if identity not in self._networks:
            self._networks[identity] = self._rooms.take()
        return self._networks[identity]

    def _hand_over_filter(self, identity: str, network: NetworkRoom | None) -> None:
        """Go behind the filter, and give its other end to the owner. In the child."""
        listener = egress_filter.install(confined=self._rooms is not None)
        given = [listener]
        if network is not None and network.resolver is not None:
            given.append(network.resolver.fileno())
        socket.send_fds(self._control, [json.dumps({"filter": identity}).encode()], given)
        for fd in given:
            os.close(fd)

    def _become(
        self, message: dict[str, Any], log_fd: int, report_fd: int, network: NetworkRoom | None
    ) -> Child:
        """Make a forked child ready; one that cannot be ends, or it would be a second server."""
        try:
            return self._child(message, log_fd, report_fd, network)
        except OSError as error:
            # The first is heard before its descriptors are closed, the second is in its log then.
            self._send({"failed": message["id"], "error": str(error)})
            os.write(2, f"lambda_lab: no environment could be entered: {error}\n".encode())
            os._exit(1)

    def _child(
        self, message: dict[str, Any], log_fd: int, report_fd: int, network: NetworkRoom | None
    ) -> Child:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # What is ignored here would be ignored in every program of the function, too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in self._ignored:
            signal.signal(number, signal.SIG_DFL)
        if sys.platform == "linux":
            linux_sandbox.die_with_parent(signal.SIGKILL)
            if os.getppid() != self._settings["pid"]:
                os._exit(1)  # it ended before the kernel was asked
            # Children that detach stay in this family: their memory counts, and they end with it.
            linux_sandbox.become_subreaper()
        os.setsid()
        if network is not None:
            network.enter()
        if self._filtered:
            self._hand_over_filter(message["id"], network)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        for fd in (1, 2, 3):
            os.dup2(log_fd, fd, inheritable=True)
        if report_fd != REPORT_FD:
            os.dup2(report_fd, REPORT_FD, inheritable=False)
        os.closerange(REPORT_FD + (message["kind"] != "python"), MOST_FDS)
        linux_sandbox.set_limits(self._settings["file_descriptors"])
        if self._entered:
            linux_sandbox.own_shared_memory()
            linux_sandbox.drop_capabilities()
            landlock.separate()
        if self._shared is not None:
            self._shared.enter(message["tmp"], python=message["kind"] != "exec")
        os.chdir(message["directory"])
        if message["kind"] == "exec":
            return lambda: _exec(message["argv"], message["env"])
        paths = {**message["paths"], "sdk": [self._sdk]}
        orders_fd = REPORT_FD if message["kind"] == "template" else None
        shared = self._shared is not None
        return lambda: run_python(
            message["argv"][0], message["env"], paths, orders_fd, shared=shared
        )

    # -- ends ------------------------------------------------------------------------------------

    def _drain_wakeups(self) -> None:
        try:
            os.read(self._child_read, 4096)
        except BlockingIOError:
            pass

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            identity = self._pids.pop(pid, None)
            if identity is not None:
                self._templates.close(identity)
                # Its orphans are ours now, and nobody else's children ever are.
                kill_descendants(os.getpid(), spare=self._pids)
                self._send({"exited": identity, "pid": pid, "status": status})

    def _forget(self, identity: str) -> None:
        self._templates.close(identity)
        namespace = self._namespaces.pop(identity, None)
        if namespace is not None:
            os.close(namespace)
        network = self._networks.pop(identity, None)
        if network is not None:
            os.close(network.namespace)
        if self._shared is not None:
            self._shared.forget(identity)

    def _end_everything(self) -> None:
        for pid in list(self._pids):
            for kill in (os.killpg, os.kill):
                try:
                    kill(pid, signal.SIGKILL)
                except OSError:
                    pass
        # The kernel gives us what the environments left running: we are their subreaper.
        kill_descendants(os.getpid())
        # An owner that was killed could not remove its files; one that closed has done so.
        remove_folder(f"{linux_sandbox.HOST if self._root else ''}{self._settings['folder']}")


def _exec(argv: list[str], env: dict[str, str]) -> None:
    for number in IGNORED_BY_PYTHON:
        # A program would inherit that.
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execve(argv[0], argv, env)
    except OSError as error:
        # AWS's text when a bootstrap cannot be run: its supervisor is written in Go.
        reason = str(error.strerror).lower()
        os.write(REPORT_FD, f"fork/exec {argv[0]}: {reason}".encode())
        os._exit(126)


def main() -> None:
    """Run a fork server on the socket that the command line names."""
    settings = json.loads(sys.argv[1])
    control = socket.socket(fileno=int(settings["fd"]))
    settings["pid"] = os.getpid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner decides when to end
    if sys.platform == "linux":
        linux_sandbox.become_subreaper()
        linux_sandbox.raise_limits()
    server = ForkServer(control, settings)
    server.prepare()
    child = server.serve()
    if child is not None:
        del server, control
        child()
