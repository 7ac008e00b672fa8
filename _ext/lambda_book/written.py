"""What is really made: metrics, read from the package's source, and errors, from pages and tests.

A page about them cannot drift.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from .proofs import proofs

__all__ = ["errors_in_tests", "errors_on_page", "names_written", "written_metrics"]

ROOT = Path(__file__).resolve().parents[2]
ERRORS = ROOT / "chapters" / "reference" / "errors.md"


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


@cache
def errors_on_page() -> frozenset[str]:
    """Return the headings of the page of errors: each stands over a cell that makes the error."""
    return frozenset(re.findall(r"^### (\S+)$", ERRORS.read_text(encoding="utf-8"), re.MULTILINE))


@cache
def errors_in_tests() -> Mapping[str, list[str]]:
    """Return the tests that carry the name of an error, ``@pytest.mark.makes("Name")``, by it."""
    found: dict[str, list[str]] = defaultdict(list)
    for proof in proofs(ROOT, "makes"):
        found[proof.key].append(proof.test or proof.path)
    return dict(found)
