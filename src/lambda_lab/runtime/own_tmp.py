"""A ``/tmp`` for each environment where no mount can give it one: paths are led elsewhere.

Where there is no private root, ``/tmp`` is this machine's, with the reader's files in it. So in
Python functions every call that takes a path takes ``/tmp/x`` for ``x`` in a folder of the
environment's own, which ends with the environment. What does not go through Python's own functions
- extension modules, a shell's script - finds that folder by ``TMPDIR``.

:func:`install` once, before the fork; :func:`lead_to` in the child.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import io
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["install", "lead_on", "lead_to", "led"]

TMP = "/tmp"
ONE_PATH = (
    "access",
    "chdir",
    "chflags",
    "chmod",
    "chown",
    "getxattr",
    "lchflags",
    "lchmod",
    "lchown",
    "listdir",
    "listxattr",
    "lstat",
    "mkdir",
    "mkfifo",
    "mknod",
    "open",
    "pathconf",
    "readlink",
    "remove",
    "removexattr",
    "rmdir",
    "scandir",
    "setxattr",
    "stat",
    "statvfs",
    "truncate",
    "unlink",
    "utime",
)
TWO_PATHS = ("link", "rename", "replace", "symlink")
PROGRAMS = ("execv", "execve", "posix_spawn", "posix_spawnp")
NAMED = ("path", "file", "src", "dst", "database")
"""What those functions call their paths."""


class _Place:
    """Where ``/tmp`` leads to, and the folders in the machine's that keep their names."""

    def __init__(self) -> None:
        self.folder = ""
        self.kept: tuple[str, ...] = ()


_place = _Place()


def lead_to(folder: str, kept: Iterable[str] = ()) -> None:
    """Lead ``/tmp`` to *folder* from now on.

    Parameters
    ----------
    folder
        Its absolute path, or an empty text to lead nowhere.
    kept
        Folders whose paths mean what they say, though they may lie in the machine's ``/tmp``: the
        region's, and the interpreter's.
    """
    _place.folder = folder
    _place.kept = tuple(f"{path.rstrip('/')}/" for path in (folder, *kept) if path)


def lead_on(folder: str) -> None:
    """Lead ``/tmp`` to *folder* from now on; what was kept, and where it led before, is kept."""
    _place.folder = folder
    _place.kept = (f"{folder}/", *_place.kept)


def led(path: Any) -> Any:
    """Return where *path* leads to; descriptors, and what is no path, lead to themselves.

    Examples
    --------
    >>> lead_to("/scratch/own/1/tmp", kept=["/tmp/lab"])
    >>> led("/tmp/a"), led(b"/tmp"), led("/tmp/../tmp//a/"), led("/tmpfs"), led("/tmp/lab/a")
    ('/scratch/own/1/tmp/a', b'/scratch/own/1/tmp', '/scratch/own/1/tmp/a', '/tmpfs', '/tmp/lab/a')
    >>> lead_to("")
    """
    if not _place.folder or not isinstance(path, str | bytes | os.PathLike):
        return path
    said = os.fspath(path)
    name = os.fsdecode(said)
    if name.startswith("//"):
        name = f"/{name.lstrip('/')}"
    if "/." in name or "//" in name:
        name = os.path.normpath(name)
    if not f"{name}/".startswith(f"{TMP}/") or f"{name}/".startswith(_place.kept):
        return path
    there = f"{_place.folder}{name[len(TMP) :]}"
    return os.fsencode(there) if isinstance(said, bytes) else there


def _shown(path: Any) -> Any:
    if isinstance(path, str) and _place.folder and path.startswith(_place.folder):
        return f"{TMP}{path[len(_place.folder) :]}"
    return path


class _Leading:
    """A function of the system's whose first *paths* arguments are led to where they lie.

    An object, not a function: kept in a class, it must not take the instance for an argument.
    """

    def __init__(self, call: Callable[..., Any], paths: int) -> None:
        self._call, self._paths = call, paths
        functools.update_wrapper(self, call)

    def __call__(self, *args: Any, **named: Any) -> Any:
        if not _place.folder:
            return self._call(*args, **named)
        here = [led(arg) for arg in args[: self._paths]]
        here_named = {key: led(arg) if key in NAMED else arg for key, arg in named.items()}
        try:
            return self._call(*here, *args[self._paths :], **here_named)
        except OSError as error:
            # Messages say the name that the function used; an empty one must stay away.
            for which in ("filename", "filename2"):
                if getattr(error, which) is not None:
                    setattr(error, which, _shown(getattr(error, which)))
            raise

    def __reduce__(self) -> str:
        return str(getattr(self, "__name__", ""))


class _Becoming(_Leading):
    """``exec`` and its like: a program, and a list of arguments."""

    def __call__(self, *args: Any, **named: Any) -> Any:
        arguments = [[led(arg) for arg in given] for given in args[1:2]]
        return super().__call__(*args[:1], *arguments, *args[2:], **named)


class _Starting(_Leading):
    """``fork_exec``, on which :mod:`subprocess` stands: program, arguments and working folder."""

    def __call__(self, args: Any, programs: Any, *more: Any) -> Any:
        close_fds, pass_fds, folder, *rest = more
        args = [led(arg) for arg in args]
        programs = tuple(led(program) for program in programs)
        return self._call(args, programs, close_fds, pass_fds, led(folder), *rest)


def install() -> None:
    """Put the leading functions in the places of the system's, in every module that has them."""
    led_functions: dict[int, _Leading] = {}
    for name in (*ONE_PATH, *TWO_PATHS, *PROGRAMS):
        call = getattr(os, name, None)
        if call is not None:
            leading = _Becoming if name in PROGRAMS else _Leading
            led_functions[id(call)] = leading(call, 2 if name in TWO_PATHS else 1)
    for call in (builtins.open, io.open_code):
        led_functions[id(call)] = _Leading(call, 1)
    for place, name, kind in (
        ("_sqlite3", "connect", _Leading),
        ("_posixsubprocess", "fork_exec", _Starting),
    ):
        try:
            call = getattr(importlib.import_module(place), name)
        except ImportError:
            continue  # a Python that was built without it
        led_functions[id(call)] = kind(call, 1)
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        for name, value in list(names.items()):
            if id(value) in led_functions:
                names[name] = led_functions[id(value)]
    for known in (
        os.supports_dir_fd,
        os.supports_effective_ids,
        os.supports_fd,
        os.supports_follow_symlinks,
    ):
        known |= {led_functions[id(call)] for call in known if id(call) in led_functions}
