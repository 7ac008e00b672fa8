"""The owner's end of the fork server: start a process in a sandbox, hear when it ends."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lambda_lab import facts
from lambda_lab.errors import PackagingError, SandboxError
from lambda_lab.runtime.freezing import Freezer, freezing_wanted
from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.linux_sandbox import SandboxUser
from lambda_lab.runtime.process import Process, Program
from lambda_lab.runtime.process_tree import mount_namespace
from lambda_lab.runtime.python_process import RUNTIME_PACKAGES, SDK_PACKAGES
from lambda_lab.runtime.runtimes import NODE_BOOTSTRAP

__all__ = ["Launcher", "Process", "Program", "scratch_folder"]

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 30
"""How long to wait for the fork server before saying that it does not answer."""
SOURCE = str(Path(__file__).resolve().parents[2])


class Launcher:
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
    """

    def __init__(
        self, loop: IoLoop, folder: Path, endpoint: str, region: str, *, isolate: bool = True
    ) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        # A lock of its own: a sender may wait until the fork server has read, and the fork server
        # until its news is read, which takes the other lock.
        self._sending = threading.Lock()
        self._processes: dict[str, Process] = {}
        self.freezer = Freezer(wanted=freezing_wanted())
        """Stops the processes of idle environments."""
        self._ready = threading.Event()
        self._closed = False
        self.isolated = False
        """Whether environments have a private root file system (known once ready)."""
        self.weaker = ""
        """Why not, in the kernel's words."""
        self._folder = folder
        self._endpoint = endpoint
        self._paths = _python_paths()
        self._settings = self._prepare(endpoint, region, isolate)
        self._server, self._control = self._start()
        loop.add(self._control, self._on_message)

    # -- starting ------------------------------------------------------------------------------

    def _prepare(self, endpoint: str, region: str, isolate: bool) -> dict[str, Any]:
        root, sdk = self._folder / "root", self._folder / "sdk"
        root.mkdir()
        sdk.mkdir()
        packages = _sdk_packages()
        for name, source in packages.items():
            (sdk / name).symlink_to(source)
        return {
            "isolate": isolate and sys.platform == "linux",
            "root": str(root),
            "keep": _interpreter_folders(),
            "runtime": packages,
            "sdk": str(sdk),
            "folder": str(self._folder),
            "files": _sandbox_files(SandboxUser(), endpoint, region),
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

    @property
    def extra_variables(self) -> dict[str, str]:
        """What a function must be told by variables where it has no private root.

        With one, the region's address stands in ``~/.aws/config`` and ``/tmp`` is its own, so the
        environment holds exactly Lambda's variables.
        """
        if self.isolated:
            return {}
        return {
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def start(self, program: Program, log_fd: int, on_exit: Callable[[int], None]) -> Process:
        """Start *program* with *log_fd* as its output.

        Raises
        ------
        PackagingError
            If the kernel cannot run the package's program.
        SandboxError
            If the process could not be started.
        """
        self.wait_ready()
        process = Process(program.identity, on_exit, home=program.home or program.identity)
        process.others = lambda: self._others(process)
        with self._lock:
            former = self._processes.get(program.identity)
            self._processes[program.identity] = process
        if former is not None:
            former.retire()
        message = {
            "do": "start",
            "id": program.identity,
            "kind": program.kind,
            "argv": list(program.argv),
            "env": dict(program.env),
            "task": program.task,
            "opt": program.opt,
            "tmp_mb": program.tmp_mb,
            "home": program.home,
            "directory": program.directory,
            "paths": {"own": list(program.own_paths), **self._paths},
        }
        try:
            with self._sending:
                socket.send_fds(self._control, [json.dumps(message).encode()], [log_fd])
        except OSError as error:
            raise SandboxError(f"No execution environment could be started: {error}.") from error
        process.started.wait(PATIENCE_SECONDS)
        if process.unusable:
            raise PackagingError(process.error)
        if process.error or not process.pid:
            raise SandboxError(
                f"No execution environment could be started: {process.error or 'no answer'}. "
                "Run `lambda-lab doctor`."
            )
        return process

    def _others(self, process: Process) -> list[int]:
        """Return the other processes that live in the file system of *process*."""
        with self._lock:
            return [
                one.pid
                for one in self._processes.values()
                if one.home == process.home and one is not process and one.pid and not one.ended
            ]

    def forget(self, identity: str) -> None:
        """Release what the fork server keeps for an environment that is gone for good."""
        with self._lock:
            for one in [one for one in self._processes.values() if one.home == identity]:
                del self._processes[one.identity]
        with self._sending:
            try:
                self._control.send(json.dumps({"do": "forget", "id": identity}).encode())
            except OSError:
                pass

    # -- news ----------------------------------------------------------------------------------

    def _on_message(self) -> None:
        try:
            data = self._control.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        message = json.loads(data)
        if "ready" in message:
            self.isolated = message["ready"]["isolated"]
            self.weaker = message["ready"]["weaker"]
            self._ready.set()
            return
        names = ("started", "failed", "unusable", "exited")
        identity = next(message[name] for name in names if name in message)
        with self._lock:
            process = self._processes.get(identity)
        if process is None:
            return
        if "started" in message:
            process.pid = message["pid"]
            process.namespace = mount_namespace(process.pid) if self.isolated else None
            process.started.set()
        elif "failed" in message or "unusable" in message:
            process.error, process.unusable = message["error"], "unusable" in message
            process.started.set()
        elif message["pid"] == process.pid:
            # What the process left running goes with it.
            process.ended = True
            process.kill()
            process.on_exit(message["status"])

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
        with self._lock:
            processes, self._processes = list(self._processes.values()), {}
        for process in processes:
            process.kill()
            process.error = process.error or "the fork server ended"
            process.started.set()
            process.on_exit(signal.SIGKILL)
        self._server.wait()
        if was_ready:
            log.warning("the fork server ended; starting another")
            with self._lock:
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
        try:
            self._server.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        with self._lock:
            processes = list(self._processes.values())
            self._processes.clear()
        for process in processes:
            process.kill()

    @property
    def alive(self) -> bool:
        """Whether the fork server runs."""
        return not self._closed and self._server.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


# Datagrams keep message borders; macOS has them for Unix sockets as SOCK_DGRAM only.
_MESSAGES = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM


def _sdk_packages() -> dict[str, str]:
    """Find the SDK and the runtime client: name in ``/var/runtime`` to host path."""
    found: dict[str, str] = {}
    for name in (*SDK_PACKAGES, *RUNTIME_PACKAGES):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue  # runtime_client has no binary on this system
        origin = Path(spec.origin).resolve()
        source = origin.parent if origin.name == "__init__.py" else origin
        found[source.name] = str(source)
    found["node"] = str(NODE_BOOTSTRAP)
    return found


def _python_paths() -> dict[str, list[str]]:
    # In a virtual environment the standard library is the base interpreter's.
    base = {"installed_base": sys.base_prefix, "installed_platbase": sys.base_exec_prefix}
    base |= {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    platform = sysconfig.get_path("platstdlib", vars=base)
    standard = [sysconfig.get_path("stdlib", vars=base), platform]
    standard.append(str(Path(platform) / "lib-dynload"))
    executable = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    return {"standard": list(dict.fromkeys(standard)), "executable": [executable]}


def _interpreter_folders() -> list[str]:
    """Folders outside the system's own that the interpreters lie in."""
    wanted = [sys.base_prefix]
    node = shutil.which("node")
    if node:
        wanted.append(str(Path(node).resolve().parent.parent))
    found = [os.path.realpath(folder) for folder in wanted]
    return [path for path in dict.fromkeys(found) if not path.startswith(("/usr", "/bin", "/lib"))]


def _sandbox_files(user: SandboxUser, endpoint: str, region: str) -> dict[str, str]:
    settings = f"[default]\nregion = {region}\nendpoint_url = {endpoint}\n"
    return {
        "/etc/passwd": f"root:x:0:0:root:/root:/sbin/nologin\n"
        f"{user.name}:x:{user.uid}:{user.gid}::{user.home}:/sbin/nologin\n",
        "/etc/group": f"root:x:0:\n{user.name}:x:{user.gid}:\n",
        "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
        # No name server: a name outside this machine does not resolve.
        "/etc/resolv.conf": "options timeout:1 attempts:1\nnameserver 127.0.0.1\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        "/etc/os-release": Path("/etc/os-release").read_text()
        if os.path.exists("/etc/os-release")
        else "",
        f"{user.home}/.aws/config": settings,
    }


def scratch_folder() -> Path:
    """Make a region's scratch folder, readable by its owner only."""
    return Path(tempfile.mkdtemp(prefix="lambda-lab-"))
