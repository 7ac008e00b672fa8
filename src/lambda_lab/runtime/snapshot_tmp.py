"""A ``/tmp`` of its own for a copy of an initialised process, with what the snapshot's held.

Runs in the copy. With a private root, its parent has given up every privilege, and so has the
copy; but any process may make a user namespace inside its own, and mount there what only itself
will see. Without one, ``/tmp`` is a folder that paths are led to (:mod:`.own_tmp`).
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

# Imported before the fork: a function's own search path does not lead here.
from lambda_lab.runtime import linux_sandbox, mounts, own_tmp

__all__ = ["take_own_folder", "take_own_tmp"]


def take_own_tmp(tmp_mb: int) -> None:
    """Replace ``/tmp`` by a private one of *tmp_mb* MiB with the same content.

    Raises
    ------
    OSError
        If the kernel refuses, or the content does not fit.
    """
    uid, gid = os.getuid(), os.getgid()
    former = os.open("/tmp", os.O_RDONLY | os.O_DIRECTORY)
    try:
        linux_sandbox.unshare(linux_sandbox.CLONE_NEWUSER | linux_sandbox.CLONE_NEWNS)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
        mounts.mount_tmp(tmp_mb)
        linux_sandbox.drop_capabilities()
        if os.listdir(former):
            # The former folder has no path any more, but a descriptor leads to it.
            shutil.copytree(f"/proc/self/fd/{former}", "/tmp", symlinks=True, dirs_exist_ok=True)
    finally:
        os.close(former)


def take_own_folder(tmp: str) -> None:
    """Lead ``/tmp`` to the empty folder *tmp*, after copying there what the snapshot's holds.

    Raises
    ------
    OSError
        If the content does not fit.
    """
    former = own_tmp.led("/tmp")
    shutil.copytree(former, tmp, symlinks=True, dirs_exist_ok=True)
    own_tmp.lead_on(tmp)
    tempfile = sys.modules.get("tempfile")
    if getattr(tempfile, "tempdir", None) == former:
        setattr(tempfile, "tempdir", None)  # noqa: B010 - it is looked for anew
