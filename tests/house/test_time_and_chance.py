"""Time comes from the clock and chance from a seeded source, so a run can be repeated."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from repository import PACKAGE, ROOT, modules, tree

REAL_TIME = {
    "time.sleep", "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today",
    "datetime.date.today", "uuid.uuid1", "uuid.uuid4",
}  # fmt: skip
# The one place that reads real time, the one that draws from the system's chance, and the one that
# gives a copy of a function's process the function's own chance back.
ALLOWED = {
    "clock.py": {"time.time_ns"},
    "ids.py": {"random.SystemRandom"},
    "runtime/snapshot.py": {"random.getstate", "random.setstate"},
    # The exercise about SnapStart gives every copy of a function one state, and puts ours back.
    "teach/exercises/l22.py": {
        "random.getstate",
        "random.setstate",
        "random.Random",
        "random.SystemRandom",
    },
}
# Code that runs inside a function under test may sleep: that is what is tested.
FUNCTIONS = {"functions", "handlers", "layers"}


def names_of(module: ast.Module) -> dict[str, str]:
    """Map each local name to the full name it was imported as."""
    known = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return known


def first_name(node: ast.expr) -> str:
    """Return the name that an expression of attributes, calls and indices begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def uses(module: ast.Module, known: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Yield line and full name of every imported thing that *module* uses."""
    for node in ast.walk(module):
        # Few begin with an import's name, and to write an expression out takes long.
        if not isinstance(node, ast.Name | ast.Attribute) or first_name(node) not in known:
            continue
        head, _, tail = ast.unparse(node).partition(".")
        if head in known:
            yield node.lineno, f"{known[head]}.{tail}" if tail else known[head]


def real_time_in(module: ast.Module, allowed: set[str]) -> list[str]:
    found = []
    known = names_of(module)
    for line, name in uses(module, known):
        unseeded = name.startswith("random.") and name != "random.Random"
        if (name in REAL_TIME or unseeded) and name not in allowed:
            found.append(f"{line}: {name}")
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and not node.args and not node.keywords:
            if not known.get(first_name(node.func), "").startswith("random"):
                continue
            called = ast.unparse(node.func)
            if known.get(called.split(".")[0], "").startswith("random") and (
                called.endswith(".Random") or called == "Random"
            ):
                found.append(f"{node.lineno}: random.Random without a seed")
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_package_takes_time_from_its_clock(path: Path) -> None:
    allowed = ALLOWED.get(str(path.relative_to(PACKAGE)), set())
    assert real_time_in(tree(path), allowed) == []


def test_no_test_sleeps() -> None:
    found = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if FUNCTIONS & set(path.parts) or "node_modules" in path.parts:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{line}"
            for line, name in uses(tree(path), names_of(tree(path)))
            if name == "time.sleep"
        ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import time\ntime.sleep(1)", ["2: time.sleep"]),
        ("from time import sleep as nap\nnap(1)", ["2: time.sleep"]),
        ("from datetime import datetime\ndatetime.now()", ["2: datetime.datetime.now"]),
        ("import random\nrandom.choice([1])", ["2: random.choice"]),
        ("import random\nrandom.Random()", ["2: random.Random without a seed"]),
        ("import random\nrandom.Random(7)", []),
        ("import time\ntime.monotonic()", []),
        ("clock.now()", []),
    ],
)
def test_the_rule_itself(source: str, expected: list[str]) -> None:
    assert real_time_in(ast.parse(source), set()) == expected
