"""What a reader reads, as passages: every paragraph of prose, with where it stands.

Chapters are read with MyST's own parser, so code, outputs and front matter are no prose, and a
substitution is known for one. Of a lab the Markdown cells are read, of its exercises the texts.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from captions import captions

__all__ = [
    "GAP",
    "Page",
    "Passage",
    "markdown_page",
    "notebook_page",
    "python_page",
    "read_book",
    "table_page",
]

GAP = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a passage where there was a substitution, code, or what a note said."""

_ENABLED = {"attrs_block", "attrs_inline", "colon_fence", "deflist", "fieldlist", "substitution"}
_DIRECTIVE = re.compile(r"\{([\w-]+)\}\s*(.*)")
# Directives whose body is text; of any other it is code, data, or nothing.
_PROSE = frozenset(
    {"predict", "on-real-aws", "cost", "notes-say", "exam-corner", "note", "tip", "warning"}
    | {"important", "admonition", "dropdown", "glossary", "grid", "grid-item", "card"}
    | {"grid-item-card", "tab-set", "tab-item", "details"}
)
# The fields of claims, cards, news and the like that are prose.
_TOLD = frozenset(
    {
        "text",
        "note",
        "answer",
        "question",
        "right",
        "front",
        "back",
        "says",
        "what",
        "changes",
        "how",
        "why",
        "reason",
        "when",
        "cure",
        "not_made",
        "meaning",
        "retries",
    }
)
# Of the data itself those that are sentences: the others are what the sentences are held against.
_SENTENCES = frozenset({"errors.toml", "invokers.toml", "log-lines.toml", "metrics.toml"})
_SUBSTITUTION = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_CLAIM = re.compile(r"N\d{3}-\d{2,3}[a-z]?")


@dataclass(frozen=True, slots=True)
class Passage:
    """Text without a break: a paragraph, a cell of a table, an answer of a quiz.

    Attributes
    ----------
    text
        Its words; `GAP` where something else stands.
    line, section
        The line of the file, or the number of a notebook's cell, and the heading above.
    code
        What stands in it between back ticks.
    quoted, claims
        What a study note is said to say, and the claims of the ledger that are linked there.
    case, cell
        Whether it sets up a case (the question of a quiz, whose numbers are its own), and whether
        it is a cell of a table, where a number may stand for itself.
    """

    text: str
    line: int
    section: str
    code: tuple[str, ...] = ()
    quoted: str = ""
    claims: tuple[str, ...] = ()
    case: bool = False
    cell: bool = False


@dataclass(slots=True)
class Page:
    """A page: its passages, its code, and the substitutions in it.

    `group` is what numbers of its own are listed under: the id of a lab, which its exercises share,
    or the page's path. `typed` says that the page cannot substitute, so that its numbers are typed.
    `code_of` is the code under each heading, and `section` the heading that is being read.
    """

    name: str
    group: str
    typed: bool = False
    passages: list[Passage] = field(default_factory=list)
    code_of: dict[str, list[str]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    directives: set[str] = field(default_factory=set)
    section: str = ""

    @property
    def exercises(self) -> bool:
        """Whether it is a module with the exercises of a lab."""
        return self.name.endswith(".py")

    @property
    def code(self) -> list[str]:
        """All code of the page."""
        return [code for codes in self.code_of.values() for code in codes]

    def add_code(self, code: str, line: int = 0) -> None:
        """Note a piece of code of the section that is being read, and the captions in it."""
        words, rest = captions(code)
        self.code_of.setdefault(self.section, []).append(rest)
        self.passages += [Passage(one, line, self.section) for one in words]


@cache
def _parser() -> MarkdownIt:
    parser: MarkdownIt = create_md_parser(MdParserConfig(enable_extensions=_ENABLED), RendererHTML)
    return parser


@cache
def markdown_page(name: str, text: str) -> Page:
    """Return a page of MyST Markdown.

    Examples
    --------
    >>> page = markdown_page("a.md", "It stops after {{ timeout_maximum }}, `x`.")
    >>> page.keys, page.passages[0].code
    ({'timeout_maximum'}, ('x',))
    """
    page = Page(name, name, typed=name == "README.md")
    _read(page, text, 1)
    return page


def _read(page: Page, text: str, line: int, notes: bool = False) -> None:
    page.keys |= set(_SUBSTITUTION.findall(text))
    before = ""
    for token in _parser().parse(text):
        at = line + (token.map[0] if token.map else 0)
        if token.type == "inline":
            if before == "heading_open":
                page.section = token.content
            passage = _inline(token, at, page.section, notes)
            page.passages.append(replace(passage, cell=before == "td_open"))
        elif token.type in {"fence", "colon_fence"}:
            _fence(page, token, at)
        before = token.type


def _fence(page: Page, token: Token, line: int) -> None:
    found = _DIRECTIVE.match(token.info)
    name, title = found.groups() if found else ("", "")
    page.directives.add(name)
    if name in _PROSE:
        _read(page, f"{title}\n\n{token.content}", line - 1, notes=name == "notes-say")
    elif name == "quiz":
        _quiz(page, yaml.safe_load(token.content), line)
    elif name in {"", "code-cell", "code-block"}:
        page.add_code(token.content, line)


def _quiz(page: Page, quiz: dict[str, Any], line: int) -> None:
    """Read the question, the right answers and the reasons; a wrong answer is meant to be wrong."""
    first = len(page.passages)
    _read(page, quiz["question"], line)
    page.passages[first:] = [replace(one, case=True) for one in page.passages[first:]]
    for answer in quiz["answers"]:
        if answer.get("correct"):
            _read(page, str(answer["text"]), line)
        _read(page, answer["why"], line)


def _inline(token: Token, line: int, section: str, notes: bool = False) -> Passage:
    """Return the words of a block; in a box of the notes, its first emphasis is what they say."""
    words, code, quoted = list[str](), list[str](), list[str]()
    quoting = False
    for child in token.children or []:
        if notes and child.type in {"em_open", "em_close"}:
            quoting = child.type == "em_open" and not "".join(words).strip()
        elif child.type == "text":
            (quoted if quoting else words).append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            words.append("\n")
        elif child.type == "code_inline":
            code.append(child.content)
            words.append(GAP)
        elif child.type in {"substitution_inline", "html_inline"}:
            words.append(GAP)
        elif child.type == "myst_role":
            words.append(child.content.partition("<")[0].strip())
    text = "".join(words)
    return Passage(text, line, section, tuple(code), "".join(quoted), tuple(_CLAIM.findall(text)))


@cache
def notebook_page(name: str, text: str) -> Page:
    """Return a lab: its Markdown cells, each under its number, and its code."""
    page = Page(name, Path(name).name.partition("-")[0], typed=True)
    for number, cell in enumerate(json.loads(text)["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            page.add_code(source, number)
            continue
        heading = False
        for token in _parser().parse(source):
            if token.type == "inline":
                page.section = token.content if heading else page.section
                page.passages.append(_inline(token, number, page.section))
            elif token.type == "fence":
                page.add_code(token.content)
            heading = token.type == "heading_open"
    return page


@cache
def python_page(name: str, text: str) -> Page:
    """Return a module of exercises: what a reader gets to see, and its numbers and solutions."""
    page = Page(name, Path(name).stem.upper(), typed=True)
    tree = ast.parse(text)
    solutions = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg in {"solution_source", "placeholder"}
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            page.add_code(repr(node.value))
    for node in solutions:
        page.add_code(ast.unparse(node))
    hidden = {part for node in solutions for part in ast.walk(node)}
    for line, words in _texts(tree, hidden):
        for token in _parser().parse(words):
            if token.type == "inline":
                page.passages.append(_inline(token, line, ""))
    return page


@cache
def table_page(name: str, text: str) -> Page:
    """Return a TOML file of which pages are made: the texts that a reader gets to see."""
    page = Page(name, name)
    for entry, words in _told(tomllib.loads(text), ""):
        page.section = entry
        _read(page, words, 0)
    return page


def _told(value: Any, key: str, entry: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        entry = str(value.get("id") or value.get("name") or entry)
        for name, inner in value.items():
            yield from _told(inner, name, entry)
    elif isinstance(value, list):
        for inner in value:
            yield from _told(inner, key, entry)
    elif isinstance(value, str) and key in _TOLD:
        yield entry, value


def _texts(tree: ast.AST, hidden: set[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield every text of several words but docstrings; what an f-string computes is a gap."""
    hidden = hidden | {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if node in hidden:
            continue
        if isinstance(node, ast.JoinedStr):
            hidden |= set(ast.walk(node))
            yield node.lineno, "".join(_part(part) for part in node.values)
        elif isinstance(node, ast.Constant) and " " in str(node.value).strip():
            yield node.lineno, str(node.value)


def _part(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else GAP


def read_book(root: Path) -> list[Page]:
    """Return every page of the book below *root*: chapters, labs and exercises."""
    package = root / "src" / "lambda_lab"
    readers = {
        markdown_page: [root / "README.md", root / "intro.md", *(root / "chapters").rglob("*.md")],
        notebook_page: (root / "labs").glob("L*.ipynb"),
        python_page: (package / "teach" / "exercises").glob("l*.py"),
        table_page: [
            path
            for path in (package / "facts").rglob("*.toml")
            if path.parent.name not in {"data", "facts"} or path.name in _SENTENCES
        ],
    }
    return [
        read(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for read, paths in readers.items()
        for path in sorted(paths)
        if path.is_file()
    ]
