"""Environments where there is no private root: what keeps the reader's files from them.

Each environment has a folder of its own in the region's, and with it a ``/tmp`` of its own
(:mod:`.own_tmp`). Changes elsewhere are refused by a hook in Python (:mod:`.guard`) and, where the
kernel has it, by Landlock (:mod:`.landlock`), which holds every program. Runs in the fork server,
and :meth:`SharedRoot.enter` in its children.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lambda_lab.runtime import guard, landlock, own_tmp
from lambda_lab.runtime.folders import remove_folder
from lambda_lab.runtime.linux_sandbox import DEVICES

__all__ = ["SharedRoot", "hide_from_traces"]

FILES = tuple(path for path in (f"/dev/{name}" for name in DEVICES) if os.path.exists(path))
OURS = frozenset({own_tmp.__file__, guard.__file__})


class SharedRoot:
    """The folders of a region's environments.

    Parameters
    ----------
    folder
        The region's scratch folder.
    needed
        What functions need to read, wherever it lies: files or folders.
    """

    def __init__(self, folder: str, needed: Mapping[str, str]) -> None:
        self._folder = folder
        self._tmp: dict[str, str] = {}
        sources = [os.path.dirname(os.path.realpath(path)) for path in needed.values()]
        self._kept = (folder, sys.prefix, sys.base_prefix, *dict.fromkeys(sources))
        own_tmp.install()
        self.walled = landlock.works(folder)
        """Whether the kernel refuses, for every program of a function."""

    def open(self, identity: str) -> str:
        """Return the ``/tmp`` of an environment; it outlives the environment's process."""
        if identity not in self._tmp:
            self._make(identity, Path(self._folder, "own", identity, "tmp"))
        return self._tmp[identity]

    def open_copy(self, identity: str, template: str) -> str:
        """Return an empty ``/tmp`` for a copy of a snapshot, which lives behind its wall."""
        tmp = Path(self._folder, "own", template, identity)
        remove_folder(str(tmp))
        self._make(identity, tmp)
        return self._tmp[identity]

    def _make(self, identity: str, tmp: Path) -> None:
        tmp.mkdir(parents=True, exist_ok=True)  # another fork server may have made it
        self._tmp[identity] = str(tmp)

    def enter(self, tmp: str, *, python: bool) -> None:
        """Go behind the wall; nothing leads back. In the child."""
        own = os.path.dirname(tmp)
        if self.walled:
            landlock.restrict([own], FILES)
        if python:
            own_tmp.lead_to(tmp, self._kept)
            guard.install(own, FILES)

    def forget(self, identity: str) -> None:
        """Remove what an environment left."""
        tmp = self._tmp.pop(identity, f"{self._folder}/own/{identity}/tmp")
        remove_folder(tmp)
        with contextlib.suppress(OSError):  # copies of a snapshot may still be there
            os.rmdir(os.path.dirname(tmp))


def hide_from_traces(bootstrap: Any) -> None:
    """Let AWS's runtime client tell no frames of ours: on AWS there are none."""
    extract: Callable[..., list[tuple[Any, ...]]] = bootstrap.extract_traceback
    bootstrap.extract_traceback = lambda trace: [
        frame for frame in extract(trace) if frame[0] not in OURS
    ]
