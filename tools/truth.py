"""Hold the prose of the book against its facts: numbers, names, and facts nobody uses.

    python tools/truth.py          what does not hold; nothing when everything does
    python tools/truth.py --keep   keep the numbers that the book has now; see kept.py

The rules are in docs/decisions/0105-numbers-have-one-home.md.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from amounts import Amount, amounts, measure, numbers, said_numbers, same
from forms import wrong_forms
from kept import KEPT, changed, keep
from lambda_lab import facts
from names import wrong_names
from passages import Page, Passage, read_book
from small import small_numbers
from unused import unused_facts

__all__ = ["LISTED", "Listed", "findings", "main", "read_listed", "wrong_numbers"]

ROOT = Path(__file__).resolve().parents[1]
LISTED = Path("tests/house/typed-numbers.toml")
"""Where numbers that are typed say why; see its head."""


@dataclass(slots=True)
class Listed:
    """A number that is typed on purpose: words of its passage, and why, or the fact it must equal.

    `used` tells whether any passage needed it, so that the list keeps no entry for nothing.
    """

    group: str
    words: str
    why: str = ""
    fact: str = ""
    used: bool = False

    def covers(self, page: Page, passage: Passage, amount: Amount) -> bool:
        """Return whether it speaks of this amount."""
        if not _fits(page.group, self.group):
            return False
        if self.words.startswith("# "):
            return passage.section == self.words[2:]
        text, words = _even(passage.text), _even(self.words)
        at = text.find(words)
        while at >= 0:
            start = len(_even(passage.text[: amount.start] + "x")) - 1
            if at <= start < at + len(words):
                return True
            at = text.find(words, at + 1)
        return False

    def wrong(self, known: Mapping[tuple[Decimal, str], set[str]]) -> str:
        """Return what is wrong with the entry itself, or nothing."""
        where = f"{LISTED}: {self.group}: {self.words!r}"
        if not self.used:
            return f"{where} is not needed: take it out, or mend its words."
        if self.fact and self.fact not in facts.all():
            return f"{where} names {self.fact!r}, which is no fact."
        if self.fact and not any(
            self.fact in known.get((one.value, one.family), ()) for one in amounts(self.words)
        ):
            return f"{where}, but {self.fact} is {facts.get(self.fact).text}."
        return ""


_fits = cache(fnmatch)  # asked for each entry and each number


@cache
def _even(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def read_listed(path: Path) -> list[Listed]:
    """Return the numbers that are typed on purpose."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        Listed(group, words, **(said if isinstance(said, dict) else {"why": said}))
        for group, entries in content.get("numbers", {}).items()
        for words, said in entries.items()
    ]


def _known() -> Mapping[tuple[Decimal, str], set[str]]:
    """Return the keys of the facts for each amount, as its value and as its text have it."""
    known: dict[tuple[Decimal, str], set[str]] = defaultdict(set)
    for fact in facts.all().values():
        if not isinstance(fact.value, str | tuple):
            known[measure(Decimal(str(fact.value)), fact.unit)].add(fact.key)
            known[Decimal(str(fact.value)), "bare"].add(fact.key)
        for one in amounts(fact.text):
            known[one.value, one.family].add(fact.key)
    return known


def wrong_numbers(pages: list[Page], listed: list[Listed]) -> Iterator[str]:
    """Yield every number of the prose that is not accounted for, and every useless excuse."""
    known = _known()
    whole, exercises = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for page in pages:
        whole[page.group] += page.code
        exercises[page.group] += page.code if page.exercises else []
    for page in pages:
        for passage in page.passages:
            # A section's own numbers are those of its code, an exercise's those of its whole lab.
            beside = [*page.code_of.get(passage.section, ()), *exercises[page.group]]
            code = whole[page.group] if page.exercises else beside
            for amount in _amounts(page, passage):
                keys = known.get((amount.value, amount.family), set())
                excused = _excused(page, passage, amount, listed) or _plain(passage, amount)
                if not excused and not ((page.typed or not keys) and _own(amount, code, page)):
                    yield _complaint(page, passage, amount, keys)
            yield from _misquoted(page, passage)
    yield from filter(None, (entry.wrong(known) for entry in listed))


def _amounts(page: Page, passage: Passage) -> Iterator[Amount]:
    """Yield what is counted, and in chapters also the small numbers that say not what they are."""
    yield from amounts(passage.text, cell=passage.cell)
    yield from small_numbers(passage.text, plain=not page.typed, cell=passage.cell)


def _own(amount: Amount, codes: Iterable[str], page: Page) -> bool:
    """Return whether the code has the number; a chapter's, beside a word that says what it is."""
    family = "" if page.typed else amount.family
    return any(same(amount, numbers(code, family)) for code in codes)


def _plain(passage: Passage, amount: Amount) -> bool:
    """Return whether it is the case of a quiz, or one of something: too plain to be a quota."""
    return passage.case or (amount.counted and amount.words.lower().startswith("one "))


def _excused(page: Page, passage: Passage, amount: Amount, listed: list[Listed]) -> bool:
    """Return whether the list speaks of this amount, and note that it was asked."""
    covering = [entry for entry in listed if entry.covers(page, passage, amount)]
    for entry in covering:
        entry.used = True
    return bool(covering)


def _complaint(page: Page, passage: Passage, amount: Amount, keys: set[str]) -> str:
    where = f"{page.name}:{passage.line or passage.section}: {_even(amount.words)!r}"
    if not keys:
        return f"{where} is no fact, and no number of its section's code: {LISTED} can say why."
    fact = f"{where} is a fact's value ({', '.join(sorted(keys)[:3])})"
    return f"{fact}: name it in {LISTED}." if page.typed else f"{fact}: write the substitution."


def _misquoted(page: Page, passage: Passage) -> Iterator[str]:
    """Yield the numbers said to be of the notes that the linked claims do not have."""
    if not passage.claims:
        return
    claims = {claim.id: claim.claim for claim in facts.claims()}
    said = set[Decimal]()
    for name in passage.claims:
        said |= said_numbers(claims.get(name, "")) | {one.value for one in amounts(claims[name])}
    for one in amounts(passage.quoted):
        if not {one.number, one.value} & said:
            yield (
                f"{page.name}:{passage.line}: the notes are said to say {one.words!r}, which "
                f"{', '.join(passage.claims)} do not."
            )


def findings(root: Path = ROOT) -> list[str]:
    """Return everything in the book below *root* that the facts do not bear out."""
    pages = read_book(root)
    content = tomllib.loads((root / LISTED).read_text(encoding="utf-8"))
    found = list(wrong_numbers(pages, read_listed(root / LISTED)))
    found += wrong_names(pages, root, content.get("names", {}))
    found += wrong_forms(pages, content.get("forms", {}))
    found += unused_facts(pages, root)
    found += changed(root)
    return found


def main() -> int:
    """Print the findings; 0 when there are none. With ``--keep``, keep today's numbers first."""
    if "--keep" in sys.argv[1:]:
        print(f"{keep(ROOT)} sentences kept in {KEPT}; read the difference before you commit it.")
    found = findings()
    print("\n".join(found) or "Every number and every name stands on its feet.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
