"""The owner's end of the fork server: start a process in a sandbox, hear when it ends."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lambda_lab import facts
from lambda_lab.closing import Closing
from lambda_lab.errors import PackagingError, SandboxError
from lambda_lab.runtime.egress import Egress, egress_wanted
from lambda_lab.runtime.freezing import Freezer, freezing_wanted
from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.linux_sandbox import SandboxUser
from lambda_lab.runtime.orphans import kill_orphans
from lambda_lab.runtime.process import Process, Program
from lambda_lab.runtime.process_tree import mount_namespace
from lambda_lab.runtime.roll import Roll
from lambda_lab.runtime.sandbox_contents import (
    aws_settings,
    interpreter_folders,
    python_paths,
    sandbox_files,
    sdk_packages,
)

__all__ = ["Launcher", "Process", "Program"]

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 30
"""How long to wait for the fork server before saying that it does not answer."""
SOURCE = str(Path(__file__).resolve().parents[2])


class Launcher(Closing):
    """Owns a fork server. A context manager: leaving it ends every process it started.

    Parameters
    ----------
    loop
        Where news from the fork server is read.
    folder
        The region's scratch folder.
    endpoint
        URL of the region, written into the sandbox's AWS settings.
    isolate
        Whether to try for private root file systems (Linux only).
    egress
        Decides what functions connect to. ``None``: they connect as they like.
        ``LAMBDA_LAB_EGRESS`` may take means away (:func:`.egress.egress_wanted`).
    vpc_settings
        The text of ``~/.aws/config`` for functions in a VPC, where connections are decided: the
        endpoints in it tell the services apart. All others have the region's endpoint.
    """

    def __init__(
        self,
        loop: IoLoop,
        folder: Path,
        endpoint: str,
        region: str,
        *,
        isolate: bool = True,
        egress: Egress | None = None,
        vpc_settings: str = "",
    ) -> None:
        self._loop = loop
        # Of senders alone: one may wait until the fork server has read, and the fork server until
        # its news is read, on the loop's thread.
        self._sending = threading.Lock()
        self._roll = Roll()
        self.freezer = Freezer(wanted=freezing_wanted())
        """Stops the processes of idle environments."""
        self._ready = threading.Event()
        self._closed = False
        self.isolated = False
        """Whether environments have a private root file system (known once ready)."""
        self.weaker = ""
        """Why not, in the kernel's words."""
        self.walled = False
        """Whether the kernel keeps every program of theirs from changing the machine's files."""
        self.confined = False
        """Whether each environment has a network of its own."""
        self.filtered = False
        """Whether the owner decides on each connection."""
        self._egress = egress
        self._vpc_settings = vpc_settings
        self._folder = folder
        self._endpoint = endpoint
        self._paths = python_paths()
        self._settings = self._prepare(endpoint, region, isolate)
        self._server, self._control = self._start()
        loop.add(self._control, self._on_message)

    # -- starting ------------------------------------------------------------------------------

    def _prepare(self, endpoint: str, region: str, isolate: bool) -> dict[str, Any]:
        root, sdk = self._folder / "root", self._folder / "sdk"
        root.mkdir()
        sdk.mkdir()
        packages = sdk_packages()
        (self._folder / "aws-in-a-vpc").write_text(self._vpc_settings)
        for name, source in packages.items():
            (sdk / name).symlink_to(source)
        return {
            "isolate": isolate and sys.platform == "linux",
            "root": str(root),
            "keep": interpreter_folders(),
            "runtime": packages,
            "sdk": str(sdk),
            "folder": str(self._folder),
            "files": sandbox_files(
                SandboxUser(), aws_settings(endpoint, region), self._vpc_settings
            ),
            "egress": egress_wanted() if self._egress is not None else "off",
            "file_descriptors": int(facts.value("function.file-descriptors")),
        }

    def _start(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, _MESSAGES)
        settings = {**self._settings, "fd": theirs.fileno()}
        code = (
            f"import sys; sys.path.insert(0, {SOURCE!r}); "
            "from lambda_lab.runtime.fork_server import main; main()"
        )
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "en_US.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            # Read once by the dynamic linker, so it must be set before the fork.
            "LD_LIBRARY_PATH": "/var/lang/lib:/var/task:/var/task/lib:/opt/lib",
            "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        }
        server = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-c", code, json.dumps(settings)],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        return server, ours

    def wait_ready(self) -> None:
        """Wait until the fork server can start environments.

        Raises
        ------
        SandboxError
            If it ended or does not answer.
        """
        if self._ready.wait(PATIENCE_SECONDS) and not self._closed:
            return
        raise SandboxError(
            "The process that starts execution environments does not answer. "
            "Run `lambda-lab doctor` to see why, then restart the kernel or the server."
        )

    @property
    def sdk_folder(self) -> Path:
        """Where the SDK lies for functions without a private root."""
        return self._folder / "sdk"

    def extra_variables(self, *, in_vpc: bool) -> dict[str, str]:
        """What a function must be told by variables where it has no private root.

        With one, the region's address stands in ``~/.aws/config`` and ``/tmp`` is its own, so the
        environment holds exactly Lambda's variables.
        """
        if self.isolated:
            return {}
        shared = {"AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        if in_vpc and self.filtered and self._vpc_settings:
            return {"AWS_CONFIG_FILE": str(self._folder / "aws-in-a-vpc"), **shared}
        return {"AWS_ENDPOINT_URL": self._endpoint, "AWS_CONFIG_FILE": os.devnull, **shared}

    def start(self, program: Program, log_fd: int, on_exit: Callable[[int], None]) -> Process:
        """Start *program* with *log_fd* as its output.

        Raises
        ------
        PackagingError
            If the kernel cannot run the package's program.
        SandboxError
            If the process could not be started.
        """
        message = {
            "do": "start",
            "kind": program.kind,
            "argv": list(program.argv),
            "env": dict(program.env),
            "task": program.task,
            "opt": program.opt,
            "tmp_mb": program.tmp_mb,
            "home": program.home,
            "in_vpc": program.guest.in_vpc,
            "directory": program.directory,
            "paths": {"own": list(program.own_paths), **self._paths},
        }
        return self._ask(program, message, log_fd, on_exit)

    def restore(
        self, program: Program, template: str, log_fd: int, on_exit: Callable[[int], None]
    ) -> Process:
        """Start a copy of the snapshot *template*, which must not be frozen.

        Raises
        ------
        SandboxError
            If there is no such process any more, or it could not be copied.
        """
        message = {
            "do": "restore",
            "template": template,
            "env": dict(program.env),
            "tmp_mb": program.tmp_mb,
        }
        if self._egress is not None:
            self._egress.copied(program.guest, template)
        return self._ask(program, message, log_fd, on_exit)

    def _ask(
        self,
        program: Program,
        message: dict[str, Any],
        log_fd: int,
        on_exit: Callable[[int], None],
    ) -> Process:
        """Send *message* to the fork server and wait until the process is there."""
        self.wait_ready()
        message["id"] = program.identity
        process = Process(
            program.identity,
            on_exit,
            home=program.home or program.identity,
            guest=program.guest,
            server=self._server.pid,
        )
        former = self._roll.add(process)
        if former is not None:
            former.retire()
        try:
            with self._sending:
                socket.send_fds(self._control, [json.dumps(message).encode()], [log_fd])
        except OSError as error:
            process.ended = True  # it never began
            raise SandboxError(f"No execution environment could be started: {error}.") from error
        if not process.started.wait(PATIENCE_SECONDS):
            process.give_up("nothing answers. Run `lambda-lab doctor`")
        if process.unusable:
            raise PackagingError(process.error)
        if process.error or not process.pid:
            advice = "" if process.unwanted else " Run `lambda-lab doctor`."
            raise SandboxError(
                f"No execution environment could be started: {process.error}.{advice}"
            )
        return process

    def forget(self, identity: str) -> None:
        """Release what is kept for an environment that is gone for good, and end what is left."""
        self._roll.give_up(identity)
        if self._egress is not None:
            self._egress.forget(identity)
        with self._sending:
            try:
                self._control.send(json.dumps({"do": "forget", "id": identity}).encode())
            except OSError:
                pass

    # -- news ----------------------------------------------------------------------------------

    def _on_message(self) -> None:
        try:
            data, fds, _, _ = socket.recv_fds(self._control, 1 << 16, 2)
        except OSError:
            data, fds = b"", []
        if not data:
            self._lost()
            return
        message = json.loads(data)
        if "ready" in message:
            self.isolated = message["ready"]["isolated"]
            self.weaker = message["ready"]["weaker"]
            self.confined = message["ready"]["confined"]
            self.filtered = message["ready"]["filtered"]
            self.walled = message["ready"]["walled"]
            self._ready.set()
            return
        names = ("started", "failed", "unusable", "exited", "filter")
        identity = next(message[name] for name in names if name in message)
        process = self._roll.named(identity)
        if process is None:
            for fd in fds:
                os.close(fd)
            return
        if fds and self._egress is not None:
            self._egress.watch(process.guest, fds[0], confined=self.confined)
            for fd in fds[1:]:
                self._egress.resolve(process.guest, socket.socket(fileno=fd))
            return
        if "started" in message:
            process.pid = message["pid"]
            process.namespace = mount_namespace(process.pid) if self.isolated else None
            process.started.set()
            if process.unwanted:
                process.kill()
        elif "failed" in message or "unusable" in message:
            process.error, process.unusable = message["error"], "unusable" in message
            process.ended = True
            process.started.set()
            self._roll.ended(process)
        elif message["pid"] == process.pid:
            # What the process left running goes with it.
            process.ended = True
            process.kill()
            process.on_exit(message["status"])
            self._roll.ended(process)

    def _lost(self) -> None:
        """The fork server ended by itself, or was killed: end its environments, start another.

        Their owners hear that the processes are gone and start them again when invoked. A fork
        server that ends before it was ever ready is not started again: it would only end again.
        """
        self._loop.remove(self._control)
        self._control.close()
        if self._closed:
            return
        was_ready = self._ready.is_set()
        self._ready.clear()
        processes = self._roll.clear()
        for process in processes:
            process.kill()
            process.ended = True
            process.error = process.error or "the fork server ended"
            process.started.set()
            process.on_exit(signal.SIGKILL)
        self._server.wait()
        if not self.isolated:
            command: Any = self._server.args
            kill_orphans(command, {":".join(map(str, one.guest.api)) for one in processes})
        if was_ready:
            log.warning("the fork server ended; starting another")
            self._server, self._control = self._start()
            self._loop.add(self._control, self._on_message)
        else:
            self._closed = True
            self._ready.set()

    # -- ending --------------------------------------------------------------------------------

    def close(self) -> None:
        """End the fork server and everything it started."""
        self._closed = True
        self.freezer.close()
        self._loop.remove(self._control)
        self._control.close()
        if not self._ready.is_set():
            self._server.terminate()  # it has started nothing, and need not get ready any more
        try:
            self._server.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        for process in self._roll.clear():
            process.give_up("the region is closed")
        self._ready.set()  # for who waits for it: it does not come any more

    @property
    def alive(self) -> bool:
        """Whether the fork server runs."""
        return not self._closed and self._server.poll() is None


# Datagrams keep message borders; macOS has them for Unix sockets as SOCK_DGRAM only.
_MESSAGES = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM
