"""Run every lab twice: as a learner gets it, and with the solutions put in.

As given, a lab must run from top to bottom with its exercises untouched. Solved, every exercise
must answer *right*: an exercise whose own solution fails its check is a broken exercise. A cell
is an exercise's when it calls ``lab.check("L00.1", ...)``; the solution goes in before that call.
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

import book

ROOT = Path(__file__).resolve().parent.parent
LABS = ROOT / "labs"
CALL = re.compile(r"^\s*(?:_\s*=\s*)?(?P<call>lab\.check\()", re.MULTILINE)


@dataclass(frozen=True)
class Check:
    """One call of ``lab.check`` in a cell."""

    exercise: str
    line: int


def checks_in(source: str) -> list[Check]:
    r"""Return the calls of ``lab.check`` in *source*, in order.

    Cells with magics are not Python and hold no checks.

    Examples
    --------
    >>> checks_in('answer = ...\nlab.check("L00.1", answer)')
    [Check(exercise='L00.1', line=2)]
    >>> checks_in('%%function hello\ndef handler(event, context): ...')
    []
    """
    if not CALL.search(source):
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="lab"), attr="check"),
                args=[ast.Constant(value=str(exercise)), *_],
            ):
                found.append(Check(exercise, node.lineno))
    return sorted(found, key=lambda check: check.line)


def solved(source: str, solution_of: Callable[[str], str]) -> str:
    """Return the cell *source* with each exercise's solution put in before its check.

    After each check a line asserts that the answer was found right, so that nbmake sees it.
    """
    lines = source.splitlines()
    for check in reversed(checks_in(source)):
        statement = next(
            node
            for node in ast.parse("\n".join(lines)).body
            if node.lineno <= check.line <= (node.end_lineno or node.lineno)
        )
        call = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
        call = CALL.sub("_outcome = lab.check(", call, count=1)
        lines[statement.lineno - 1 : statement.end_lineno] = [
            *solution_of(check.exercise).splitlines(),
            *call.splitlines(),
            f"assert _outcome.right, 'The solution of {check.exercise} is not found right.'",
            "_outcome",
        ]
    return "\n".join(lines)


def solve(notebook: Path, folder: Path, solution_of: Callable[[str], str]) -> int:
    """Write a solved copy of *notebook* into *folder*; return how many exercises it has."""
    content: Any = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    count = 0
    for cell in content.cells:
        if cell.cell_type == "code":
            count += len(checks_in(cell.source))
            cell.source = solved(cell.source, solution_of)
    nbformat.write(content, folder / notebook.name)  # type: ignore[no-untyped-call]
    return count


def run(folder: Path, workers: int) -> int:
    """Run every notebook in *folder* under nbmake; return pytest's status."""
    program = str(ROOT / "tools" / "nbmake_on_sockets.py")
    command = [sys.executable, program, "--nbmake", "--nbmake-timeout=120", f"--rootdir={ROOT}",
               "--override-ini=addopts=", "--override-ini=timeout=180",
               "-p", "no:cacheprovider", "-q", "-n", str(workers), str(folder)]  # fmt: skip
    # A solved copy finds files beside the lab (handlers, images) as the lab does.
    return subprocess.run(command, cwd=ROOT, env=book.environment(), check=False).returncode


def main() -> int:
    """Run the labs as given and solved; return non-zero if either fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=3, help="how many labs run at once")
    parser.add_argument(
        "--solved", action="store_true", help="only solved: the build ran them as given"
    )
    settings = parser.parse_args()
    workers: int = settings.workers
    from lambda_lab import teach

    notebooks = sorted(LABS.glob("*.ipynb"))
    if not notebooks:
        print(f"There are no labs in {LABS}.", file=sys.stderr)
        return 1
    cache = book.CACHE
    cache.mkdir(exist_ok=True)
    status = 0
    if not settings.solved:
        print(f"Running {len(notebooks)} labs as a learner gets them.", flush=True)
        status = run(LABS, workers)
    with tempfile.TemporaryDirectory(prefix="solved-", dir=cache) as name:
        folder = Path(name)
        for extra in LABS.iterdir():
            if extra.suffix != ".ipynb" and not extra.name.startswith("."):
                (folder / extra.name).symlink_to(extra)
        total = sum(solve(notebook, folder, teach.solution_source) for notebook in notebooks)
        print(f"Running {len(notebooks)} labs with {total} exercises solved.", flush=True)
        return status or run(folder, workers)


if __name__ == "__main__":
    sys.exit(main())
