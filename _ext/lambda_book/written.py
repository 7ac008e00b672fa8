"""Which metrics the package writes, read from its source: a page about them cannot drift."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path

__all__ = ["names_written", "written_metrics"]


def names_written(source: str) -> set[str]:
    """Return the texts and the keyword names in a module: a metric is written under one of them.

    Examples
    --------
    >>> sorted(names_written('note({"Errors": 1}, Duration=2)'))
    ['Duration', 'Errors']
    """
    return set(_names(ast.parse(source)))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


@cache
def written_metrics() -> frozenset[str]:
    """Return the metrics of the facts that the room ``invoke``, which counts calls, writes."""
    from lambda_lab import facts

    room = Path(str(resources.files("lambda_lab"))) / "invoke"
    found: set[str] = set()
    for path in sorted(room.rglob("*.py")):
        found |= names_written(path.read_text(encoding="utf-8"))
    return frozenset(metric.name for metric in facts.metrics() if metric.name in found)
