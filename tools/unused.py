"""Facts that nobody uses: typed with care, and read by no page and no code.

What counts is in docs/decisions/0105-numbers-have-one-home.md.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lambda_lab import facts
from passages import Page

__all__ = ["unused_facts", "used_by_code"]

_KEY = re.compile(r"[a-z]+(?:\.[a-z0-9*-]+)+\.?")
SHEET = "quotas-sheet"
"""The directive that shows every fact that may be printed, but for prices."""


def unused_facts(pages: list[Page], root: Path) -> Iterator[str]:
    """Yield every fact that no page shows, no other fact's check needs and no code asks for."""
    names = set[str]().union(*(page.keys for page in pages))
    asked = list(_asked(pages, root))
    exact = {one for one in asked if "*" not in one}
    patterns = [_pattern(one) for one in asked if "*" in one]
    sheet = any(SHEET in page.directives for page in pages)
    for key, fact in facts.all().items():
        shown = sheet and fact.printable and not key.startswith("price.")
        named = key.replace(".", "_").replace("-", "_") in names
        if not (shown or named or key in exact or any(one.fullmatch(key) for one in patterns)):
            yield f"facts/data: {key} is used by no page and no code."


def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(key.replace(".", r"\.").replace("*", r"[\w.-]+"))


def _asked(pages: list[Page], root: Path) -> Iterator[str]:
    for page in pages:
        for code in page.code:
            yield from used_by_code(code)
    for folder in ("src", "_ext", "benchmarks"):
        for path in sorted((root / folder).rglob("*.py")):
            yield from used_by_code(path.read_text(encoding="utf-8"))


@cache
def used_by_code(code: str) -> frozenset[str]:
    """Return the keys that stand in code as texts; ``*`` stands for what is computed.

    Examples
    --------
    >>> sorted(used_by_code('f"price.duration.{arch}"; value("timeout.maximum")'))
    ['price.duration.*', 'timeout.maximum']
    """
    return frozenset(_keys(code))


def _keys(code: str) -> Iterator[str]:
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a cell with a magic, a command of a shell
        yield from re.findall(r"""["']([a-z][a-z-]*(?:\.[a-z0-9-]+)+)["']""", code)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        # A key of which only the first word is known would stand for too many.
        if _KEY.fullmatch(text) and not re.fullmatch(r"\w+\.\*", text):
            yield f"{text}*" if text.endswith(".") else text
