"""Where a long name in code may be broken on a narrow screen: between its words.

``ConcurrentExecutions`` in a table on a phone would else be cut after ``ConcurrentE``, and
``xecutions`` would begin the next line. A ``<wbr>`` lets a line end there and adds no character, so
that a name that is copied is whole. What is short stays in one piece, hyphens and all; in a table,
where room is scarce, an option at least keeps its dashes.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

__all__ = ["breakable", "setup"]

_WORD = re.compile(r'<span class="pre">([^<]+)</span>')
_SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[_/:=])(?=\w)|(?<=\.)(?=[A-Za-z])")
_OPTION = re.compile(r"^-{1,2}\w+")
_ONE_WORD = 12
"""Names up to this many characters have no seam."""
_WHOLE = 24
"""Names up to this many characters fit into a line of running text on every screen."""


def breakable(word: str) -> str:
    """Return the span of *word*, a piece of HTML, with the places at which it may be broken.

    Examples
    --------
    >>> breakable("ConcurrentExecutions")
    '<span class="pre ll-whole">Concurrent<wbr>Executions</span>'
    >>> breakable("AWS_LAMBDA_INITIALIZATION_TYPE")
    '<span class="pre">AWS_<wbr>LAMBDA_<wbr>INITIALIZATION_<wbr>TYPE</span>'
    >>> breakable("--zip-file")
    '<span class="pre ll-whole"><span class="ll-option">--zip</span>-file</span>'
    """
    length = len(unescape(word))
    kind = "pre ll-whole" if length <= _WHOLE else "pre"
    if option := _OPTION.match(word):
        inside = f'<span class="ll-option">{option[0]}</span>{word[option.end() :]}'
    else:
        inside = word if length < _ONE_WORD else _SEAM.sub("<wbr>", word)
    return f'<span class="{kind}">{inside}</span>'


def _break(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if "body" in context:
        context["body"] = _WORD.sub(lambda found: breakable(found[1]), context["body"])


def setup(app: Sphinx) -> None:
    """Break the names of every page."""
    app.connect("html-page-context", _break)
