"""Which modules a package may bring under a name of the standard library's.

Python looks into ``/var/task`` and the layers before its own library, but a module that is loaded
already is not looked for again. On AWS the runtime client has loaded a few dozen modules when the
handler's is imported; here the process was forked from one that has loaded the SDK, and with it
hundreds. A package with a ``secrets.py`` of its own gets it on AWS, so it must get it here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

__all__ = ["LOADED_BY_THE_CLIENT", "names_in", "taken"]

LOADED_BY_THE_CLIENT = frozenset(
    {
        "abc",
        "atexit",
        "awslambdaric",
        "codecs",
        "collections",
        "concurrent",
        "contextlib",
        "copyreg",
        "decimal",
        "encodings",
        "enum",
        "functools",
        "genericpath",
        "heapq",
        "importlib",
        "io",
        "json",
        "keyword",
        "linecache",
        "logging",
        "math",
        "numbers",
        "operator",
        "os",
        "posixpath",
        "queue",
        "re",
        "reprlib",
        "runtime_client",
        "simplejson",
        "site",
        "snapshot_restore_py",
        "stat",
        "string",
        "textwrap",
        "threading",
        "token",
        "tokenize",
        "traceback",
        "types",
        "warnings",
        "weakref",
    }
)
"""What AWS's runtime client has loaded before the function's module, read from it (confidence M:
that the search path is complete only then); besides what is built into Python, which no file can
stand in for. It is this Python's, whatever version the function names."""
if sys.version_info >= (3, 14):
    # Tracebacks are in colour since then, and what colours them is a data class.
    LOADED_BY_THE_CLIENT |= {
        "annotationlib",
        "ast",
        "copy",
        "dataclasses",
        "dis",
        "inspect",
        "opcode",
    }
_ENDINGS = (".py", ".so")


def names_in(paths: Iterable[str]) -> set[str]:
    """Return the names of the modules and packages that lie in *paths*.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (pathlib.Path(folder) / "secrets.py").write_text("")
    ...     (pathlib.Path(folder) / "data").mkdir()
    ...     names_in([folder])
    {'secrets'}
    """
    names = set()
    for path in paths:
        for entry in os.listdir(path):
            folder = os.path.join(path, entry)
            if entry.endswith(_ENDINGS) or os.path.exists(os.path.join(folder, "__init__.py")):
                names.add(entry.partition(".")[0])
    return names


def taken(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the loaded modules that must be forgotten because *paths* bring one of them.

    If there is any, all are forgotten that a fresh process would not have: each of them may have
    been made with the one that is replaced. Private ones stay, which are the library's own parts.

    Examples
    --------
    >>> taken([])
    ()
    """
    loaded = {name.partition(".")[0] for name in sys.modules}
    loaded -= LOADED_BY_THE_CLIENT | set(sys.builtin_module_names)
    loaded = {name for name in loaded if not name.startswith("_")}
    return tuple(sorted(loaded)) if loaded & names_in(paths) else ()
