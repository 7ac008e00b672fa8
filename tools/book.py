"""Build the site: run every chapter and lab, then write ``_build/html``.

Strict: a warning, a broken reference or a failing cell ends the build with a non-zero status.
Steady: the labs' clock, identifiers and figures are fixed, so two builds give the same pages.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
CACHE = ROOT / ".cache"


def environment() -> dict[str, str]:
    """Return the environment of the build: steady, and without the reader's own settings."""
    return {
        **os.environ,
        "LAMBDA_LAB_STEADY": "1",
        "PYTHONHASHSEED": "0",
        # A reader's start-up files and kernels must not reach the pages.
        "IPYTHONDIR": str(CACHE / "ipython"),
        "JUPYTER_CONFIG_DIR": str(CACHE / "jupyter"),
        "JUPYTER_DATA_DIR": str(CACHE / "jupyter-data"),
    }


def check_configuration() -> str | None:
    """Return what is wrong with ``_config.yml``, or ``None``.

    The execution cache is keyed on cells, not on ``src``: pages from it could show what the
    package no longer does. So whatever is published runs again.
    """
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    mode = (config.get("execute") or {}).get("execute_notebooks")
    if mode != "force":
        return f"_config.yml must run every notebook (execute_notebooks: force); it says {mode!r}."
    return None


def main() -> int:
    """Build, and say where the site is."""
    problem = check_configuration()
    if problem:
        print(problem, file=sys.stderr)
        return 1
    # Pages of an earlier build must not stand among this one's.
    shutil.rmtree(ROOT / "_build", ignore_errors=True)
    CACHE.mkdir(exist_ok=True)
    # jupyter-book has no __main__: its script stands beside the interpreter.
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", ".", "-W", "-n", "--keep-going", "--all"]
    built = subprocess.run(command, cwd=ROOT, env=environment(), check=False)
    if built.returncode:
        print("The book was not built; the first error above says why.", file=sys.stderr)
        return built.returncode
    if not (SITE / "index.html").exists():
        print(f"The build ended well but wrote no {SITE}/index.html.", file=sys.stderr)
        return 1
    print(f"\nThe book is ready: {SITE / 'index.html'}\nTo read it in a browser: make serve")
    return 0


if __name__ == "__main__":
    sys.exit(main())
