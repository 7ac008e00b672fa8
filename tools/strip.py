"""Take outputs, counters and editor traces out of every notebook: ``make fix`` and pre-commit.

Outputs are made when the site is built; a committed one would be a claim nobody checks.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Strip the notebooks named, or every lab; ``--verify`` only says which are not clean."""
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    named = [word for word in sys.argv[1:] if not word.startswith("--")]
    notebooks = named or [str(path) for path in sorted((ROOT / "labs").glob("**/*.ipynb"))]
    if not notebooks:
        return 0
    # Ids stay: numbered anew, a cell that is put in would change each one below it.
    command = [sys.executable, "-m", "nbstripout", "--keep-id", *options, *notebooks]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
