"""Which test proves what: found by its mark, such as ``@pytest.mark.fidelity("key", ...)``.

``fidelity`` names behaviours of the ledger, ``makes`` errors of the catalogue.
The tests are read and not run. A mark may stand on a test, on one case of a parametrised test
(``pytest.param(..., marks=...)``), or on a module (``pytestmark``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Proof", "proofs", "proofs_of"]


@dataclass(frozen=True, slots=True)
class Proof:
    """One test, and the key of what it proves.

    `text` is its source with its decorators and the module's constants that it names.
    """

    key: str
    path: str
    test: str
    text: str

    @property
    def name(self) -> str:
        """How pytest is asked for it: the file alone where a whole module is the proof."""
        return f"{self.path}::{self.test}" if self.test else self.path


def proofs(root: Path, mark: str = "fidelity") -> tuple[Proof, ...]:
    """Return every proof under ``tests``, in the order of files and lines.

    Parameters
    ----------
    root
        The repository.
    mark
        The name of the mark.
    """
    found: list[Proof] = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        if "node_modules" not in path.parts:
            text = path.read_text(encoding="utf-8")
            if f"mark.{mark}(" in text:
                found += proofs_of(text, path.relative_to(root).as_posix(), mark)
    return tuple(found)


def proofs_of(text: str, path: str, mark: str = "fidelity") -> Iterator[Proof]:
    """Yield the proofs in the source of a module of tests.

    Raises
    ------
    ValueError
        When a mark names no key, or names it by anything but a plain text: it could not be found.

    Examples
    --------
    >>> source = '''
    ... @pytest.mark.fidelity("warm", "tmp")
    ... def test_it(): ...
    ... '''
    >>> [(proof.key, proof.name) for proof in proofs_of(source, "tests/test_a.py")]
    [('warm', 'tests/test_a.py::test_it'), ('tmp', 'tests/test_a.py::test_it')]
    """
    body = ast.parse(text).body
    tables = {ast.unparse(one.targets[0]): one for one in body if isinstance(one, ast.Assign)}
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            source = _source(node, tables)
            for decorator in node.decorator_list:
                for key in _keys(decorator, path, mark):
                    yield Proof(key, path, node.name, source)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            for key in _keys(node.value, path, mark):
                yield Proof(key, path, "", text)


def _source(test: ast.FunctionDef, tables: Mapping[str, ast.Assign]) -> str:
    """Return a test's source, with the constants of its module that it names."""
    named = {one.id for one in ast.walk(test) if isinstance(one, ast.Name)} & tables.keys()
    return "\n".join(ast.unparse(one) for one in (*(tables[name] for name in sorted(named)), test))


def _keys(tree: ast.AST, path: str, mark: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr != mark:
            continue
        keys = [one.value for one in node.args if isinstance(one, ast.Constant)]
        if not keys or len(keys) != len(node.args) or node.keywords:
            raise ValueError(f"{path}:{node.lineno}: name what the mark is about as texts.")
        yield from (str(key) for key in keys)
