"""Hold each number of the book against the one that its sentence had when it was last read.

    python tools/truth.py --keep   keep what the book says now, after you have read the difference

A sentence that keeps its words and changes a number, a unit, a name in code or a substitution is
nearly always a slip. The rules are in docs/decisions/0112-a-number-is-changed-twice.md.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

__all__ = [
    "KEPT",
    "Saying",
    "changed",
    "changes",
    "grouped",
    "keep",
    "read_kept",
    "said",
    "sayings",
]

KEPT = Path("tests/house/kept-numbers.txt")
"""Each page's sentences as a short hash of their words, with the numbers that stand in them."""

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand million billion first second third fourth fifth sixth seventh eighth ninth "
    "tenth half halves quarter once twice double "
    "january february april june july august september october november december"
).replace(" ", "|")
_UNITS = "ms|millisecond|second|minute|hour|day|week|month|year|byte|[KMGT]i?B|Mbps|cent|percent"
_TOKEN = re.compile(
    r"\{\{\s*\w+\s*\}\}"  # a substitution
    r"|(?-i:`[A-Za-z.]*[A-Z][a-z]\w*`)"  # a name of AWS's: `Throttles`
    r"|(?-i:\b(?:March|May)\b)"
    r"|(?<![A-Za-z_])\$?\d+(?:[.,:]\d+)*"
    rf"|(?<![A-Za-z])(?:{_ONES}|{_UNITS})(?:s|th)?(?![A-Za-z])"
    r"|(?<=\d )s\b|%",
    re.IGNORECASE,
)
_FENCE = re.compile(r"\s*(`{3,}|:{3,})\s*(\{[\w-]+\}|[\w-]*)")
_CODE = frozenset(
    {"{code-cell}", "{code-block}", "python", "bash", "shell", "console", "powershell"}
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_COMMENT = re.compile(r"(?:^|(?<=\s))# +(.*)$")
# Leaves of the data that name something, or say where it was read and when: prose they are not.
_ASIDE = frozenset(
    {"checked", "source", "sources", "shown", "url", "id", "name", "key", "as"} | {"paragraphs"}
)
_HASHES = "paragraphs.toml"  # of the notes: it is a list of hashes itself
# Leaves whose text is a value: one word of it is as good as a number.
_VALUES = frozenset({"verdict", "unit", "kind", "value", "confidence", "text", "model", "answer"})


Leaf: TypeAlias = str | tuple[str, tuple[str, ...]]
"""A sentence, or a path and its value, which is said already."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A sentence with a number: its page, where it stands, its words without, and its numbers."""

    page: str
    where: str
    words: str
    numbers: tuple[str, ...]


Book: TypeAlias = dict[str, dict[str, list[Saying]]]
"""The sayings of each page, under the hash of their words."""


def said(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the words of a line without its numbers, and the numbers.

    Examples
    --------
    >>> said("It ends after 15 minutes, or {{ timeout_maximum }}; see `Throttles`.")[1]
    ('15', 'minute', 'timeout_maximum', 'Throttles')
    >>> said("Two runs")[0] == said("Three runs")[0]
    True
    """
    numbers = tuple(_plain(found[0]) for found in _TOKEN.finditer(text))
    # "900 seconds (15 minutes)" and its substitution are one place in the sentence.
    words = re.sub(r"#(?:[ -]?\(?#\)?)+", "#", _TOKEN.sub("#", text))
    return " ".join(words.split()), numbers


def _plain(token: str) -> str:
    """Return a token as it is compared: a capital or a plural makes no other number."""
    word = token.strip("{} `")
    if word != token or not word.isalpha():
        return word
    return word if len(word) < 3 or word[1].isupper() else word.lower().removesuffix("s")


def sayings(root: Path) -> Iterator[Saying]:
    """Yield every sentence with a number that a reader of the book below *root* gets to see."""
    package = root / "src" / "lambda_lab"
    readers: list[tuple[Callable[[str], Iterator[tuple[str, Leaf]]], Iterable[Path]]] = [
        (_markdown, [root / "README.md", root / "intro.md", *(root / "chapters").rglob("*.md")]),
        (_notebook, (root / "labs").glob("L*.ipynb")),
        (_exercises, (package / "teach" / "exercises").glob("l*.py")),
        (_data, (package / "facts").rglob("*.toml")),
    ]
    for read, paths in readers:
        for path in sorted(path for path in paths if path.is_file() and path.name != _HASHES):
            page = path.relative_to(root).as_posix()
            yield from _said_by(read, page, path.read_text(encoding="utf-8"))


@cache
def _said_by(
    read: Callable[[str], Iterator[tuple[str, Leaf]]], page: str, content: str
) -> tuple[Saying, ...]:
    """Return what one page says; the tests read the same pages again and again."""
    found = list[Saying]()
    for where, text in read(content):
        words, numbers = text if isinstance(text, tuple) else said(text)
        if numbers:
            found.append(Saying(page, where, words, numbers))
    return tuple(found)


def _markdown(text: str) -> Iterator[tuple[str, Leaf]]:
    """Yield the lines of a page; of its code only comments and texts of several words."""
    closing, code, start = "", list[str](), 0
    front = text.startswith("---\n")
    for number, line in enumerate(text.split("\n"), 1):
        if front:
            front = number == 1 or line.strip() != "---"
        elif closing:
            if line.strip() == closing:
                yield from _code("\n".join(code), start)
                closing, code = "", []
            else:
                code.append(line)
        elif (found := _FENCE.match(line)) and found[2] in _CODE:
            closing, start = found[1], number
        else:
            yield str(number), line


def _code(text: str, start: int) -> Iterator[tuple[str, Leaf]]:
    """Yield what a piece of code says to a reader, line by line."""
    for number, line in enumerate(text.split("\n"), start + 1):
        comment = _COMMENT.search(line)
        if comment:
            yield str(number), comment[1]
        for quoted in _QUOTED.findall(line[: comment.start()] if comment else line):
            if re.search(r"[a-z]+ [a-z\d]|\d [a-z]", quoted):
                yield str(number), quoted


def _notebook(text: str) -> Iterator[tuple[str, Leaf]]:
    for number, cell in enumerate(json.loads(text)["cells"]):
        source = "".join(cell["source"])
        lines = _markdown(source) if cell["cell_type"] == "markdown" else _code(source, 0)
        yield from ((f"cell {number}, line {line}", words) for line, words in lines)


def _exercises(text: str) -> Iterator[tuple[str, Leaf]]:
    """Yield the texts of exercises, and of what computes one the parts that stand still."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield from ((str(node.lineno), line) for line in node.value.split("\n"))


def _data(text: str) -> Iterator[tuple[str, Leaf]]:
    yield from _leaves(tomllib.loads(text), "")


def _leaves(value: Any, path: str, last: str = "") -> Iterator[tuple[str, Leaf]]:
    """Yield each value under its path, and each sentence as a sentence."""
    if isinstance(value, dict):
        own = str(value.get("id") or value.get("name") or value.get("key") or "")
        for name, inner in value.items():
            if name not in _ASIDE:
                yield from _leaves(inner, f"{path}.{own}.{name}", name)
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for inner in value:
            yield from _leaves(inner, path, last)
    elif last in _VALUES or isinstance(value, bool | int | float | date | list):
        yield path, (path, (json.dumps(value, default=str, ensure_ascii=False),))
    elif isinstance(value, str):
        yield from ((path, line) for line in value.split("\n"))


def _hash(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:8]


def grouped(said_there: Iterable[Saying]) -> Book:
    """Return the sayings of each page by the hash of their words."""
    found: Book = defaultdict(lambda: defaultdict(list))
    for one in said_there:
        found[one.page][_hash(one.words)].append(one)
    return found


def keep(root: Path) -> int:
    """Write what the book below *root* says now, and return how many sentences that is."""
    lines = list[str]()
    for page, kept in sorted(grouped(sayings(root)).items()):
        lines.append(f"[{page}]")
        lines += sorted(f"{name} {_line(one)}" for name, group in kept.items() for one in group)
    (root / KEPT).write_text("\n".join([*_HEAD, *lines, ""]), encoding="utf-8")
    return sum(not line.startswith("[") for line in lines)


_HEAD = (
    "# The numbers of each sentence, under a hash of its other words: tools/kept.py reads this.",
    "# Made by `python tools/truth.py --keep`; look at the difference before you commit it.",
)


def _line(one: Saying) -> str:
    return " | ".join(one.numbers)


def read_kept(path: Path) -> dict[str, dict[str, Counter[str]]]:
    """Return what was kept: of each page, of each hash, the numbers and how often."""
    kept: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    page = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            page = line[1:-1]
        elif not line.startswith("#"):
            name, _, numbers = line.partition(" ")
            kept[page][name][numbers] += 1
    return kept


def changed(root: Path) -> Iterator[str]:
    """Yield every number that is another than was kept while the words around it are the same.

    A sentence that is new, gone, or written anew is nothing to complain of.
    """
    yield from changes(grouped(sayings(root)), read_kept(root / KEPT))


def changes(book: Book, kept: Mapping[str, Mapping[str, Counter[str]]]) -> Iterator[str]:
    """Yield what `changed` does, of some pages."""
    for page, groups in book.items():
        for name, group in groups.items():
            before = kept.get(page, {}).get(name)
            if before is None:
                continue
            now = Counter(_line(one) for one in group)
            more = max(0, now.total() - before.total())  # as many may be new
            other = list((now - before).elements())
            if len(other) > more:
                yield from _complaints(group, other, list((before - now).elements()))


def _complaints(group: list[Saying], other: list[str], gone: list[str]) -> Iterator[str]:
    for numbers in sorted(set(other)):
        one = next(one for one in group if _line(one) == numbers)
        yield (
            f"{one.page}:{one.where}: {one.words[:60]!r} says {numbers!r} and said "
            f"{' or '.join(sorted(set(gone))) or 'it less often'!r}, in the same words. "
            "If that is meant, run: python tools/truth.py --keep"
        )
