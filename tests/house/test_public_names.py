"""Every public name of a module is listed in its ``__all__``, and every listed name is there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from repository import PACKAGE, modules, tree

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60


def targets_of(node: ast.stmt) -> list[ast.expr]:
    """Return what an assignment binds: names, possibly inside tuples."""
    if isinstance(node, ast.Assign):
        return node.targets
    if isinstance(node, ast.AnnAssign):
        return [node.target]
    return []


def names_in(target: ast.expr) -> set[str]:
    return {
        part.id
        for part in ast.walk(target)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def listed(module: ast.Module) -> list[str] | None:
    """Return ``__all__``, or ``None`` where there is none."""
    for node in module.body:
        if any("__all__" in names_in(target) for target in targets_of(node)):
            return list(ast.literal_eval(node.value))
    return None


def bound(module: ast.Module) -> set[str]:
    """Return the names *module* binds at its top, by definition, assignment or import."""
    names: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        for target in targets_of(node):
            names |= names_in(target)
    return names


def public_names(module: ast.Module) -> set[str]:
    """Return the functions and classes of *module* that others may use.

    Constants are listed where they are meant for others; that is for the author to judge.
    """
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names = {node.name for node in module.body if isinstance(node, kinds)}
    return {name for name in names if not name.startswith("_")}


def is_script(path: Path) -> bool:
    """Whether *path* is run rather than imported."""
    return path.name == "__main__.py"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_names_are_listed(path: Path) -> None:
    module = tree(path)
    names = listed(module)
    public = public_names(module)
    if names is None:
        assert is_script(path) or not public, f"{path.name} needs an __all__ with {sorted(public)}"
        return
    assert len(names) == len(set(names)), "a name is listed twice"
    assert public <= set(names), "list these, or give them a leading underscore"
    there = bound(module)
    if "__getattr__" not in there:  # a lazy door makes its names when they are asked for
        assert set(names) <= there, "these are listed but not there"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_hold_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            start = (first.end_lineno or 0) if is_docstring else node.lineno
            assert (node.end_lineno or 0) - start <= LONGEST_FUNCTION, f"{node.name} is too long"


def test_the_rule_itself() -> None:
    module = ast.parse(
        "import os\n__all__ = ['f', 'LIMIT']\nLIMIT: int = 3\n"
        "def f(): ...\ndef _g(): ...\nclass Extra: ...\n"
    )
    assert listed(module) == ["f", "LIMIT"]
    assert public_names(module) == {"f", "Extra"}
    assert bound(module) == {"os", "__all__", "LIMIT", "f", "_g", "Extra"}
