"""A private root file system for an execution environment, by Linux namespaces.

Runs inside the fork server, as root or as an ordinary user, with nothing but the C library. The
function sees ``/var/task`` (its package, read-only), ``/opt`` (its layers, read-only), a ``/tmp``
of its own that is really as small as configured, the interpreter, the system's libraries - and
nothing of the reader's files. It runs under the user id that AWS's sandboxes show.

Two steps: :func:`enter_user_namespace` once for the fork server, :class:`Root` for each
environment. Where the kernel refuses the first, environments run without a private root and
``lambda-lab doctor`` says what is weaker.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import struct
from dataclasses import dataclass
from pathlib import Path

from lambda_lab.runtime.mounts import (
    MS_BIND,
    MS_NODEV,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    bind,
    check,
    mount,
    mount_tmp,
)

__all__ = [
    "AWS_CONFIG",
    "NO_NAMES",
    "VPC_AWS_CONFIG",
    "Root",
    "SandboxUser",
    "become_subreaper",
    "die_with_parent",
    "drop_capabilities",
    "enter_user_namespace",
    "hear_only_of_ends",
    "leave_session_keyring",
    "own_shared_memory",
    "raise_limits",
    "set_limits",
    "unshare",
]

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x00020000, 0x08000000, 0x10000000
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
SA_NOCLDSTOP = 1
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
CAPSET = {"x86_64": 126, "aarch64": 91}
KEYCTL = {"x86_64": 250, "aarch64": 219}
KEYCTL_JOIN_SESSION_KEYRING = 1
ANY_MAY_WRITE = 0o222
SYSTEM_FOLDERS = ("usr", "bin", "sbin", "lib", "lib64", "lib32", "libx32", "sys")
SYSTEM_ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "ssl",
    "alternatives",
    "pki",
    "mime.types",
)
DEVICES = ("null", "zero", "full", "random", "urandom")
AWS_CONFIG, VPC_AWS_CONFIG = ".aws/config", ".aws/config.in-a-vpc"
"""The SDK's settings in the user's home, and those that take their place in a VPC."""
NO_NAMES = "options timeout:1 attempts:1\nnameserver 127.0.0.1\n"
"""``/etc/resolv.conf`` where nobody can answer: the question is refused at once."""
HOST = "/.host"
"""Where the fork server, and only it, still sees the host's files."""

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class SandboxUser:
    """The user a function runs as; AWS shows this name and number (facts part 3, 5.3)."""

    name: str = "sbx_user1051"
    uid: int = 993
    gid: int = 990

    @property
    def home(self) -> str:
        """The user's home folder."""
        return f"/home/{self.name}"


def unshare(flags: int) -> None:
    """Give this process namespaces of its own; raises ``OSError`` if the kernel refuses."""
    check(_libc.unshare(flags), "unshare")


def _setns(fd: int) -> None:
    check(_libc.setns(fd, CLONE_NEWNS), "setns")


def enter_user_namespace(user: SandboxUser) -> None:
    """Move this process into a user namespace in which it may mount.

    Raises
    ------
    OSError
        If the kernel does not allow it (some containers and hardened systems).
    """
    uid, gid = os.getuid(), os.getgid()
    unshare(CLONE_NEWUSER | CLONE_NEWNS)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user.uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{user.gid} {gid} 1")
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    leave_session_keyring()


def leave_session_keyring() -> None:
    """Leave the reader's keys - of Kerberos, of encrypted folders - for a keyring without any.

    Where the kernel has no keys, or a container forbids them, there are none to leave.
    """
    _libc.syscall(KEYCTL[platform.machine()], KEYCTL_JOIN_SESSION_KEYRING, None)


def own_shared_memory() -> None:
    """Give this process shared memory, semaphores and queues of its own, which end with it.

    Those of the machine would outlive the region. A kernel that has no such namespaces (it was
    built so, or has no room for more) changes nothing.
    """
    _libc.unshare(CLONE_NEWIPC)


def drop_capabilities() -> None:
    """Give up every privilege the namespace gave; what follows cannot mount or remount."""
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = struct.pack("Ii", 0x20080522, 0)
    nothing = struct.pack("6I", 0, 0, 0, 0, 0, 0)
    check(_libc.syscall(CAPSET[platform.machine()], header, nothing), "capset")


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send *signal_number* when the parent ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def become_subreaper(*, wanted: bool = True) -> None:
    """Ask the kernel to hand this process the orphans of its descendants, or not any more."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0)


class _SigAction(ctypes.Structure):
    """``struct sigaction`` of the C library; glibc and musl lay it out alike on 64 bits."""

    _fields_ = (
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_byte * 128),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    )


def hear_only_of_ends(signal_number: int) -> None:
    """Keep the handler of ``SIGCHLD``, but for ends alone.

    Environments are stopped and continued all the time (:mod:`.freezing`), and each would wake
    this process in vain.
    """
    action = _SigAction()
    if _libc.sigaction(signal_number, None, ctypes.byref(action)) == 0:
        action.flags |= SA_NOCLDSTOP
        _libc.sigaction(signal_number, ctypes.byref(action), None)


def raise_limits() -> None:
    """Let this process hold the descriptors of a thousand environments."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # macOS has a lower bound of its own
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def set_limits(file_descriptors: int) -> None:
    """Set the limits of an AWS environment that a process can set on itself.

    Parameters
    ----------
    file_descriptors
        How many files may be open (facts: ``function.file-descriptors``).
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    bound = file_descriptors if hard == resource.RLIM_INFINITY else min(file_descriptors, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Root:
    """The private root: built once as a template, entered anew for each environment.

    Building it moves the calling process in; the host's files stay reachable for it under
    ``/.host`` until an environment's own copy of the mounts drops them.

    Parameters
    ----------
    place
        An empty folder to mount it on.
    keep
        Folders outside the system's own that the interpreter needs, at their own paths.
    runtime
        What to show in ``/var/runtime``: name to host path. AWS keeps its SDK there.
    files
        Small files to write, path to text (``/etc/passwd``, the AWS settings).
    """

    def __init__(
        self, place: str, keep: tuple[str, ...], runtime: dict[str, str], files: dict[str, str]
    ) -> None:
        self._place = place
        mount("lambda-root", place, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=0755")
        self._system_folders()
        for folder in keep:
            self._at(folder, folder)
        self._devices()
        for folder in ("var/task", "var/runtime", "opt", "tmp", "proc", HOST.strip("/")):
            os.makedirs(os.path.join(place, folder), exist_ok=True)
        self._processes()
        for name, source in runtime.items():
            self._at(source, f"/var/runtime/{name}")
        for name in SYSTEM_ETC:
            if os.path.exists(f"/etc/{name}"):
                self._at(f"/etc/{name}", f"/etc/{name}")
        for path, text in files.items():
            target = Path(place + path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        check(
            _libc.syscall(
                PIVOT_ROOT[platform.machine()], place.encode(), f"{place}{HOST}".encode()
            ),
            "pivot_root",
        )
        os.chdir("/")
        self._base = os.open("/proc/self/ns/mnt", os.O_RDONLY)

    def _system_folders(self) -> None:
        for name in SYSTEM_FOLDERS:
            source = f"/{name}"
            if os.path.islink(source):
                os.symlink(os.readlink(source), os.path.join(self._place, name))
            elif os.path.isdir(source):
                self._at(source, source)

    def _devices(self) -> None:
        folder = os.path.join(self._place, "dev")
        os.makedirs(folder)
        for name in DEVICES:
            self._at(f"/dev/{name}", f"/dev/{name}", writable=True)
        for name, target in (("fd", "self/fd"), ("stdin", "self/fd/0"), ("stdout", "self/fd/1")):
            os.symlink(f"/proc/{target}", os.path.join(folder, name))
        os.symlink("/proc/self/fd/2", os.path.join(folder, "stderr"))

    def _processes(self) -> None:
        """Show ``/proc``, where what is not about one process - the kernel's settings - stays.

        Where the reader is root, the function's user is no other one to the kernel, which asks for
        no capability before ``/proc/sys`` is written.
        """
        target = os.path.join(self._place, "proc")
        bind("/proc", target, writable=True)
        for name in os.listdir(target):
            path = os.path.join(target, name)
            if name.isdigit() or os.path.islink(path):
                continue
            if os.path.isdir(path) or os.stat(path).st_mode & ANY_MAY_WRITE:
                bind(path, path)

    def _at(self, source: str, path: str, *, writable: bool = False) -> None:
        target = self._place + path
        if os.path.isdir(source):
            os.makedirs(target, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            Path(target).touch()
        bind(source, target, writable=writable)

    def open_environment(
        self, task: str, opt: str | None, tmp_mb: int, *, in_vpc: bool = False
    ) -> int:
        """Make one environment's file system; returns a descriptor that keeps it alive.

        The descriptor outlives the environment's process, so that ``/tmp`` is still there when
        Lambda starts the runtime again after a crash
        (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).

        With *in_vpc*, the SDK finds an endpoint for each service.
        """
        unshare(CLONE_NEWNS)
        try:
            bind(HOST + task, "/var/task")
            if opt is not None:
                bind(HOST + opt, "/opt")
            mount_tmp(tmp_mb)
            if in_vpc:
                home = SandboxUser().home
                bind(f"{home}/{VPC_AWS_CONFIG}", f"{home}/{AWS_CONFIG}")
            check(_libc.umount2(HOST.encode(), MNT_DETACH), "unmount the host's files")
            mount(None, "/", None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)
            return os.open("/proc/self/ns/mnt", os.O_RDONLY)
        finally:
            self.leave()

    def enter(self, namespace: int) -> None:
        """Switch this process to an environment's file system."""
        _setns(namespace)

    def leave(self) -> None:
        """Switch this process back to the template."""
        _setns(self._base)
