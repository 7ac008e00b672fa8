"""The first use of a glossary word on a page explains itself, also where nobody marked it.

Labs are written in CommonMark and cannot mark a word, and authors forget. So the first time a page
uses a word of the glossary in running text, it becomes the same link that ``{term}`` makes. Only
words that nobody takes for everyday English are found like that: those of two parts, such as *cold
start*, and those with a capital or an underscore, such as *SnapStart*. *Event* or *batch* explain
themselves only where an author says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from .cards import card_front
from .quiz_html import choice, question
from .terms import definitions, term_link

__all__ = ["distinct", "pattern", "setup"]

NOT_INSIDE = (
    nodes.reference, nodes.literal, nodes.title, nodes.rubric, nodes.term, nodes.caption,
    nodes.math, nodes.table, choice, question, card_front, term_link,
)  # fmt: skip
"""Where a link would be one too many: links, headings, code, tables, and what is pressed."""

_NOT_ON_PARENTS = frozenset({"ll-glance", "ll-claim"})
_PLURAL = "(?:e?s)?"


@dataclass(frozen=True, slots=True)
class _Target:
    docname: str
    anchor: str


def distinct(term: str) -> bool:
    """Say whether a word of the glossary is told from everyday English wherever it stands.

    Examples
    --------
    >>> [distinct(word) for word in ("cold start", "SnapStart", "max_connections", "event")]
    [True, True, True, False]
    """
    return bool(re.search(r"[ _A-Z]", term))


def pattern(terms: list[str]) -> re.Pattern[str]:
    """Return what finds any of *terms*, the longer before the shorter, also in the plural.

    A capital counts where the term has one: a *region* of this book is none of AWS's Regions.

    Examples
    --------
    >>> pattern(["cold start", "Region"]).findall("Cold starts in a Region; a cold  start.")
    ['Cold starts', 'Region', 'cold  start']
    >>> pattern(["Region"]).findall("This book's region is none.")
    []
    """
    longest = sorted(terms, key=len, reverse=True)
    words = "|".join(_either_case(term) for term in longest)
    return re.compile(rf"(?<![\w/.-])(?:{words}){_PLURAL}(?![\w-])")


def _either_case(term: str) -> str:
    words = re.escape(term).replace(r"\ ", r"\s+")
    return f"(?i:{words})" if term.islower() else words


def _targets(env: BuildEnvironment) -> dict[str, _Target]:
    """Return the place of each distinct word."""
    objects = env.get_domain("std").objects  # type: ignore[attr-defined]
    return {
        name: _Target(docname, anchor)
        for (kind, name), (docname, anchor) in objects.items()
        if kind == "term" and distinct(name)
    }


def _target(found: str, targets: dict[str, _Target]) -> _Target | None:
    """Return the place of what was found: the word itself, in small letters, or its singular."""
    word = " ".join(found.split())
    cases = (word, word.lower())
    tries = (one[: len(one) - cut] for cut in (0, 1, 2) for one in cases)
    return next((targets[one] for one in tries if one in targets), None)


def _running_text(doctree: nodes.document) -> list[nodes.Text]:
    found = []
    for paragraph in doctree.findall(nodes.paragraph):
        if _inside(paragraph):
            continue
        found += [text for text in paragraph.findall(nodes.Text) if not _inside(text)]
    return found


def _inside(node: nodes.Node) -> bool:
    parent: nodes.Node | None = node
    while parent is not None:
        if isinstance(parent, NOT_INSIDE):
            return True
        if isinstance(parent, nodes.Element) and _NOT_ON_PARENTS & set(parent.get("classes", [])):
            return True
        parent = parent.parent
    return False


def _explain(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    targets = _targets(app.builder.env)
    homes = {target.docname for target in targets.values()}
    if not targets or docname in homes or docname == app.config.root_doc:
        return
    known = definitions(app.builder.env)
    finder = pattern(list(targets))
    seen = {_anchor(link) for link in doctree.findall(term_link)}
    for text in _running_text(doctree):
        made: list[nodes.Node] = []
        rest = text.astext()
        while match := finder.search(rest):
            target = _target(match[0], targets)
            cut = match.end()
            if target and target.anchor not in seen and target.anchor in known:
                seen.add(target.anchor)
                made += [nodes.Text(rest[: match.start()])] if match.start() else []
                made.append(_link(app, docname, match[0], target, known[target.anchor]))
            else:
                made.append(nodes.Text(rest[:cut]))
            rest = rest[cut:]
        if made and text.parent is not None:
            text.parent.replace(text, [*made, *([nodes.Text(rest)] if rest else [])])


def _anchor(link: nodes.reference) -> str:
    return str(link.get("refid") or link.get("refuri", "").rpartition("#")[2])


def _link(app: Sphinx, docname: str, words: str, target: _Target, definition: str) -> term_link:
    address = f"{app.builder.get_relative_uri(docname, target.docname)}#{target.anchor}"
    return term_link("", words, refuri=address, internal=True, definition=definition)


def setup(app: Sphinx) -> None:
    """Look for words when references are resolved and the explicit ones are done."""
    app.connect("doctree-resolved", _explain, priority=900)
