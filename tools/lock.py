"""Write the lock files anew: ``make lock``.

The lock holds exact versions and hashes for every supported Python and system, and nothing of
this machine: no index, no host, no path.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETS = {
    "requirements/dev.txt": [
        "--extra",
        "lab",
        "--extra",
        "book",
        "--extra",
        "rds",
        "--extra",
        "simulate",
        "--group",
        "dev",
        "pyproject.toml",
    ],
    "requirements/cli.txt": ["requirements/cli.in"],
}
OPTIONS = [
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--custom-compile-command=make lock",
]


def main() -> int:
    """Resolve each set; arguments (such as ``--upgrade``) are handed on to uv."""
    for lock, sources in SETS.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, *sys.argv[1:], *sources]
        done = subprocess.run([*command, "-o", lock], cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
        print(f"Wrote {lock}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
