"""A hook in Python that refuses to change the reader's files, where there is no private root.

Python tells an audit hook of every file that is to be opened, removed, renamed and so on, before
it is done. Ours refuses what lies outside the environment's own folder. It guards against mistakes,
such as a handler that empties a folder it takes for its own; it sees neither what extension modules
do nor what other programs do, which is the kernel's part where it can (:mod:`.landlock`).

https://docs.python.org/3/library/audit_events.html
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from collections.abc import Collection
from typing import Any, NamedTuple
from urllib.parse import unquote

__all__ = ["WORDS", "install"]

WORDS = (
    "this machine gives functions no root of their own, so they may change files in /tmp only "
    "(`lambda-lab doctor` says more)"
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class _Changed(NamedTuple):
    """Which of an event's arguments is a path that is changed, and which its folder's descriptor.

    ``follow``: whether what a symbolic link leads to is changed, not the link.
    """

    path: int
    dir_fd: int | None = None
    follow: bool = False


_EVENTS: dict[str, tuple[_Changed, ...]] = {
    "open": (_Changed(0, follow=True),),
    "os.chflags": (_Changed(0, follow=True),),
    "os.chmod": (_Changed(0, 2, follow=True),),
    "os.chown": (_Changed(0, 3, follow=True),),
    "os.link": (_Changed(0, 2), _Changed(1, 3)),
    "os.mkdir": (_Changed(0, 2),),
    "os.remove": (_Changed(0, 1),),
    "os.removexattr": (_Changed(0, follow=True),),
    "os.rename": (_Changed(0, 2), _Changed(1, 3)),
    "os.rmdir": (_Changed(0, 1),),
    "os.setxattr": (_Changed(0, follow=True),),
    "os.symlink": (_Changed(1, 2),),
    "os.truncate": (_Changed(0, follow=True),),
    "os.utime": (_Changed(0, 3, follow=True),),
    "sqlite3.connect": (_Changed(0, follow=True),),
}


def install(folder: str, files: Collection[str] = ()) -> None:
    """Refuse, until this process ends, to change anything outside *folder* and *files*."""
    own = f"{os.path.realpath(folder)}/"
    fine = frozenset(files)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        for changed in _EVENTS.get(event, ()):
            path = args[changed.path]
            if not _changes(event, path, args):
                continue
            dir_fd = -1 if changed.dir_fd is None else args[changed.dir_fd]
            place = _place(_plain(event, path), dir_fd, follow=changed.follow)
            if not (f"{place}/".startswith(own) or place in fine or _is_descriptor(place)):
                raise PermissionError(errno.EACCES, WORDS, path)

    sys.addaudithook(hook)


def _changes(event: str, path: Any, args: tuple[Any, ...]) -> bool:
    # What is open for writing already was opened with leave.
    if isinstance(path, int) and event in ("open", "os.truncate"):
        return False
    return event != "open" or bool(args[2] & WRITING)


def _plain(event: str, path: Any) -> int | str:
    if isinstance(path, int):
        return path
    name = os.fsdecode(path)
    if event == "sqlite3.connect":
        if name in ("", ":memory:"):
            return os.devnull
        if name.startswith("file:"):
            name = unquote(name.removeprefix("file:").partition("?")[0])
            return os.devnull if name in ("", ":memory:") else name
    return name


def _place(path: int | str, dir_fd: int, *, follow: bool) -> str:
    """Return the path without symbolic links of what is to be changed."""
    if isinstance(path, int):
        return _path_of(path)
    if dir_fd >= 0 and not os.path.isabs(path):
        path = os.path.join(_path_of(dir_fd), path)
    if follow:
        return os.path.realpath(path)
    folder, name = os.path.split(path.rstrip("/") or "/")
    return os.path.join(os.path.realpath(folder), name)


def _path_of(fd: int) -> str:
    if sys.platform == "darwin":
        return os.fsdecode(fcntl.fcntl(fd, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    return os.readlink(f"/proc/self/fd/{fd}")


def _is_descriptor(place: str) -> bool:
    """Whether it is a name for what this process has open already, such as ``/dev/stdout``."""
    return place.startswith((f"/proc/{os.getpid()}/fd/", "/dev/fd/"))
