"""Removing folders that functions have written into."""

from __future__ import annotations

import contextlib
import os
import shutil

__all__ = ["remove_folder"]


def remove_folder(folder: str) -> None:
    """Remove a scratch folder.

    Unpacked packages in it are read-only, and a function may have closed a folder to all. What
    symbolic links lead to is left alone.

    Examples
    --------
    >>> import os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> os.makedirs(f"{folder}/closed/inner")
    >>> os.chmod(f"{folder}/closed", 0)
    >>> remove_folder(folder)
    >>> os.path.exists(folder)
    False
    """
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o700)
    for path, folders, _ in os.walk(folder):
        for name in folders:
            inner = os.path.join(path, name)
            if not os.path.islink(inner):
                with contextlib.suppress(OSError):
                    os.chmod(inner, 0o700)
    shutil.rmtree(folder, ignore_errors=True)
