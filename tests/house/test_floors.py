"""Imports point down only: the order of floors in docs/decisions/0001-floors.md."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from repository import PACKAGE, dotted, imports, modules, runs_at_import

FLOORS = [
    {"_version", "closing", "errors", "records", "clock", "ids", "timeline", "facts"},
    {"runtime"},
    {"invoke"},
    {"aws"},
    {"observe", "network", "rds", "doors"},
    {"region"},
    {"simulate", "cost"},
    {"show"},
    {"teach", "deploy", "steady", "notebook"},
    {"lab", "doctor"},
    {"cli"},
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
GROUND = 0
TOP = len(FLOORS)  # lambda_lab/__init__.py and __main__.py
# A browser has none of these: outside runtime/ they may be imported lazily only.
NOT_IN_A_BROWSER = {
    "_posixsubprocess", "awslambdaric", "cheroot", "cryptography", "fcntl", "grp", "httptools",
    "multiprocessing", "psutil", "pwd", "resource", "termios",
}  # fmt: skip
# A maintainer's command that holds the facts against botocore's model; nothing imports it.
MAINTENANCE = {"facts/upgrade.py"}
# The HTTP server itself; what opens a region imports it when it opens one.
SERVER = {"aws/http_server.py"}
HEAVY = {"IPython", "boto3", "botocore", "cheroot", "flask", "ipywidgets", "moto", "sphinx"}


def room_of(module: str) -> str:
    """Return the room a dotted name is in, or an empty text for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and (parts[1] in LEVEL or is_module(parts[1])) else ""


def is_module(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def level_of(room: str) -> int:
    return LEVEL.get(room, TOP)


def points_down(user: str, used: str) -> bool:
    """Whether *user* may import *used*. Rooms of the ground floor may lean on each other."""
    if user == used:
        return True
    if level_of(user) == level_of(used):
        return level_of(user) == GROUND
    return level_of(user) > level_of(used)


def violations(path: Path) -> list[str]:
    user = room_of(dotted(path))
    found = []
    for line, name in imports(path):
        if name.split(".")[0] == "lambda_lab" and not points_down(user, room_of(name)):
            used = room_of(name) or "the package's top"
            found.append(f"{path.relative_to(PACKAGE)}:{line}: {user} may not import {used}")
    return found


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(dotted(path)) for path in modules()} - {"", "__main__"}
    assert rooms, "no module was found"
    assert rooms <= set(LEVEL), "give each new room a floor here and in docs/decisions"


def test_imports_point_down() -> None:
    assert [line for path in modules() for line in violations(path)] == []


@pytest.mark.parametrize(
    ("user", "used", "allowed"),
    [
        ("invoke", "runtime", True),
        ("runtime", "invoke", False),
        ("clock", "errors", True),
        ("observe", "doors", False),
        ("teach", "lab", False),
        ("errors", "", False),
        ("", "cli", True),
    ],
)
def test_the_rule_itself(user: str, used: str, allowed: bool) -> None:
    assert points_down(user, used) is allowed


def module_graph(paths: Iterable[Path]) -> dict[str, set[str]]:
    """Return what each module needs of the others; what is lazy, or for types only, counts too."""
    needed = {dotted(path): {name for _, name in imports(path)} for path in paths}

    def owner(name: str) -> str:
        while name and name not in needed:
            name = name.rpartition(".")[0]
        return name

    return {user: {owner(name) for name in names} - {user, ""} for user, names in needed.items()}


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return modules that need each other in turn, the first one again at the end; or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_two_modules_need_each_other() -> None:
    """Not even by an import that is lazy or for types only: move what both need further down."""
    # The package's top re-exports what lies below, and is needed by nobody for anything else.
    graph = {user: used - {"lambda_lab"} for user, used in module_graph(modules()).items()}
    assert len(graph) > 100
    assert circle(graph) == []


@pytest.mark.parametrize(
    "line",
    [
        "from room import one",
        "from room.one import thing",
        "from . import one",
        "def late():\n    from room.one import thing",
        "if TYPE_CHECKING:\n    from room.one import Thing",
    ],
)
def test_a_circle_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    def found(name: str, of_two: str) -> list[str]:
        room = tmp_path / name / "room"
        room.mkdir(parents=True)
        (room / "one.py").write_text("from room.two import thing\n")
        (room / "two.py").write_text(f"{of_two}\n")
        (room / "three.py").write_text("from room import one, two\n")
        monkeypatch.setattr("repository.SRC", room.parent)
        return circle(module_graph(room.iterdir()))

    assert found("calm", "import json") == []
    assert set(found("circle", line)) == {"room.one", "room.two"}


def test_only_aws_imports_moto() -> None:
    users = {
        room_of(dotted(path))
        for path in modules()
        for _, name in imports(path)
        if name.split(".")[0] == "moto"
    }
    assert users <= {"aws"}


def test_ground_and_runtime_know_no_aws_client() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {name}"
        for path in modules()
        if level_of(room_of(dotted(path))) <= LEVEL["runtime"]
        and path.relative_to(PACKAGE).as_posix() not in MAINTENANCE
        for line, name in imports(path)
        if name.split(".")[0] in {"boto3", "botocore", "moto", "s3transfer"}
    ]
    assert found == []


def test_what_a_browser_lacks_is_imported_lazily() -> None:
    found = []
    for path in modules():
        if room_of(dotted(path)) == "runtime" or str(path.relative_to(PACKAGE)) in SERVER:
            continue
        for node in runs_at_import(path):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            found += [
                f"{path.relative_to(PACKAGE)}:{node.lineno}: {name}"
                for name in names
                if name.split(".")[0] in NOT_IN_A_BROWSER
            ]
    assert found == []


def test_importing_the_package_is_light_and_starts_nothing() -> None:
    code = (
        "import sys, threading, lambda_lab\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), threading.active_count())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[] 1"
