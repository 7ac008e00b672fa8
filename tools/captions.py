"""The sentences of a page that stand in its code: comments, captions, text alternatives."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

__all__ = ["captions"]

_COMMENT = re.compile(r"(?:^|(?<=\s))# +(.*)$", re.MULTILINE)
_SAID = frozenset({"alt", "caption", "label", "title"})
"""Arguments whose words a reader gets to see."""


def captions(code: str) -> tuple[list[str], str]:
    """Return the comments and captions in a piece of code, and the code without their words.

    A number of a caption is thus none of the code's. What an f-string computes is left out. Of code
    that is not plain Python only the comments are read.

    Examples
    --------
    >>> captions('show.table(rows, caption="After 20 minutes")')
    (['After 20 minutes'], 'show.table(rows, caption=)')
    >>> captions("wait(3)  # at most 900 seconds")
    (['at most 900 seconds'], 'wait(3)  ')
    """
    remarks, code = _COMMENT.findall(code), _COMMENT.sub("", code)
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return remarks, code
    words, lines = list[str](), code.encode().splitlines(keepends=True)
    for node in sorted(_nodes(tree), key=lambda one: (one.lineno, one.col_offset), reverse=True):
        words.insert(0, "".join(_texts(node)))
        if node.lineno == node.end_lineno:
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = line[: node.col_offset] + line[node.end_col_offset :]
    return [*remarks, *words], b"".join(lines).decode()


def _nodes(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in _SAID and any(_texts(node.value)):
            yield node.value


def _texts(node: ast.expr) -> Iterator[str]:
    for part in node.values if isinstance(node, ast.JoinedStr) else [node]:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
