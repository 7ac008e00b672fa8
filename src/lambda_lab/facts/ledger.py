"""The ledger of claims: what the study notes say, and whether it is so.

The book grew from five notes. ``facts/claims/notes-NNN.toml`` restates each of their claims in our
own words and judges it; ``facts/claims/paragraphs.toml`` lists the paragraphs of the notes, so that
it can be counted that none was passed over. Numbers in a judgement come from the facts themselves.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from .filled import filled
from .loader import load_facts, page_url, read_table
from .model import Confidence, FactsDataError

__all__ = [
    "OWN_EVIDENCE",
    "Claim",
    "ClaimSource",
    "Paragraph",
    "Verdict",
    "gaps",
    "load_claims",
    "load_paragraphs",
    "read_claims",
]

OWN_EVIDENCE = {
    "own:run": "a run in this book",
    "own:arithmetic": "worked out",
    "own:definition": "a matter of words",
    "own:general": "generally known, no page read for it",
    "own:shell": "a rule of the shell",
}
"""Evidence that is no page of AWS's, and how the ledger words it."""

_ID = re.compile(r"N(\d{3})-(\d{2,3})([a-z]?)")
_JUDGED = frozenset({"verdict", "right", "sources", "shown", "confidence"})


class Verdict(StrEnum):
    """What became of a claim."""

    HOLDS = "holds"
    DEPENDS = "depends"
    OUTDATED = "outdated"
    WRONG = "wrong"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class ClaimSource:
    """Where a verdict comes from: a page (`url`), or evidence of our own (`url` empty)."""

    key: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of the notes, in our words, and its verdict.

    Attributes
    ----------
    id
        ``N001-07``: the seventh claim of notes 001. It never changes.
    note, paragraphs
        The note and the numbers of its paragraphs that say so.
    claim
        What they say. MyST text; the wording is ours.
    verdict, right
        The judgement, and what is true; `right` may be empty where the claim simply holds.
    sources, confidence
        Where the judgement comes from, and how sure we are.
    shown
        Chapters (``ch-sqs``) and labs (``L40``) that show it, each perhaps with ``#section``.
    same_as
        Id of the claim this one repeats and shares its judgement with, or empty.
    """

    id: str
    note: str
    paragraphs: tuple[int, ...]
    claim: str
    verdict: Verdict
    right: str
    sources: tuple[ClaimSource, ...]
    shown: tuple[str, ...]
    confidence: Confidence
    checked: date
    same_as: str = ""

    @property
    def label(self) -> str:
        """The name of its anchor in the book: ``n001-07``."""
        return self.id.lower()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a note: enough to find and to recognise it, and no more.

    `none` says why it holds no claim, and is empty where it holds one.
    """

    note: str
    number: int
    starts: str
    sha256: str
    none: str = ""


_facts = cache(load_facts)


def load_paragraphs() -> tuple[Paragraph, ...]:
    """Return the paragraphs of all notes, in order.

    Raises
    ------
    FactsDataError
        When an entry is not ``[number, first words, SHA-256]`` with, perhaps, a reason.
    """
    found = []
    for note, entries in read_table("claims", "paragraphs.toml").items():
        for expected, entry in enumerate(entries, start=1):
            if len(entry) not in {3, 4} or entry[0] != expected or len(entry[2]) != 64:
                raise FactsDataError(
                    f"facts/claims/paragraphs.toml, note {note}: {entry!r} is not paragraph "
                    f"{expected} as [number, first words, SHA-256] with an optional reason."
                )
            found.append(Paragraph(note.removeprefix("note-"), *entry))
    return tuple(found)


def load_claims() -> tuple[Claim, ...]:
    """Return every claim, in the order of the notes.

    Raises
    ------
    FactsDataError
        As for `read_claims`.
    """
    notes = dict.fromkeys(paragraph.note for paragraph in load_paragraphs())
    return read_claims({note: read_table("claims", f"notes-{note}.toml") for note in notes})


def read_claims(files: Mapping[str, Mapping[str, Any]]) -> tuple[Claim, ...]:
    """Build the claims of parsed files, by note.

    Raises
    ------
    FactsDataError
        When an entry lacks a field or has one too many, its verdict is none of `Verdict`, it has no
        source though it is judged, a source or a fact is not known, or an id stands twice.
    """
    entries: dict[str, dict[str, Any]] = {}
    for note, content in files.items():
        for raw in content.get("claim", []):
            entry = {"note": note, "checked": content.get("checked"), **raw}
            ident = str(entry.get("id"))
            match = _ID.fullmatch(ident)
            if not match or match[1] != note or ident in entries:
                raise FactsDataError(f"Claim {ident!r} of notes {note}: its id is bad or taken.")
            entries[ident] = entry
    return tuple(_claim(ident, entry, entries) for ident, entry in entries.items())


def _claim(ident: str, entry: dict[str, Any], entries: Mapping[str, dict[str, Any]]) -> Claim:
    made = dict(entry)
    other = made.pop("as", "")
    if other:
        judged = entries.get(other)
        if judged is None or "as" in judged or _JUDGED & made.keys() - {"shown"}:
            raise FactsDataError(
                f"Claim {ident}: `as` names a claim with a judgement of its own, and stands for "
                f"{', '.join(sorted(_JUDGED - {'shown'}))}; it says {other!r}."
            )
        made = {**{key: judged[key] for key in _JUDGED & judged.keys()}, **made}
    made.setdefault("right", "")
    made.setdefault("shown", [])
    needed = {"id", "note", "paragraphs", "claim", "checked"} | _JUDGED
    if needed != made.keys():
        raise FactsDataError(
            f"Claim {ident}: missing or unknown {', '.join(sorted(needed ^ made.keys()))}."
        )
    try:
        made["verdict"] = Verdict(made["verdict"])
        made["confidence"] = Confidence(made["confidence"])
    except ValueError as error:
        raise FactsDataError(f"Claim {ident}: {error}.") from error
    if not isinstance(made["checked"], date):
        raise FactsDataError(f"Claim {ident}: checked must be a date, not {made['checked']!r}.")
    _weigh(ident, made)
    made["sources"] = tuple(_source(ident, key) for key in made["sources"])
    made["right"] = filled(made["right"], f"Claim {ident}")
    made["shown"], made["paragraphs"] = tuple(made["shown"]), tuple(made["paragraphs"])
    return Claim(**made, same_as=other)


def _weigh(ident: str, made: Mapping[str, Any]) -> None:
    """Refuse a judgement that does not stand on something."""
    judged = made["verdict"] is not Verdict.NOT_CHECKED
    sources = set(made["sources"])
    faults = {
        "it is judged, so it needs a source": judged and not sources,
        "it is not checked, so it has no source": not judged and bool(sources),
        "say what is right": made["verdict"] is not Verdict.HOLDS and not made["right"],
        "a run must be shown": "own:run" in sources and not made["shown"],
        "what no page says is of low confidence": sources <= {"own:general", "own:definition"}
        and made["confidence"] is not Confidence.LOW,
        "it needs its claim and paragraphs": not made["claim"] or not made["paragraphs"],
    }
    for fault, found in faults.items():
        if found:
            raise FactsDataError(f"Claim {ident}: {fault}.")


def _source(ident: str, key: str) -> ClaimSource:
    """Return what a key means: own evidence, a fact, or a page named as facts name theirs."""
    if key in OWN_EVIDENCE:
        return ClaimSource(key, OWN_EVIDENCE[key], "")
    fact = _facts().get(key) if ":" not in key else None
    if fact:
        return ClaimSource(key, key, fact.url)
    try:
        return ClaimSource(key, key, page_url(key))
    except FactsDataError as error:
        raise FactsDataError(f"Claim {ident}: {error}") from error


def gaps(claims: Iterable[Claim], paragraphs: Iterable[Paragraph]) -> Iterator[str]:
    """Yield what is missing from a ledger: a paragraph without a claim, a claim out of the row.

    Numbers of a note's claims are without a gap, so a claim cannot be lost where another one covers
    the same paragraph.
    """
    known = {(one.note, one.number): one for one in paragraphs}
    covered: Counter[tuple[str, int]] = Counter()
    last: dict[str, tuple[int, int]] = {}
    for claim in claims:
        covered.update((claim.note, number) for number in claim.paragraphs)
        match = _ID.fullmatch(claim.id)
        number = int(match[2]) if match else 0
        before, paragraph = last.get(claim.note, (0, 0))
        if number not in {before + 1, *([before] if match and match[3] else [])}:
            yield f"{claim.id}: number {before + 1} comes next in notes {claim.note}."
        if claim.paragraphs[0] < paragraph or list(claim.paragraphs) != sorted(claim.paragraphs):
            yield f"{claim.id}: it stands behind a claim of a later paragraph."
        last[claim.note] = (number, claim.paragraphs[0])
    for key, one in known.items():
        if not covered[key] and not one.none:
            yield f"Notes {key[0]}, paragraph {key[1]} ({one.starts} ...): no claim and no reason."
        if covered[key] and one.none:
            yield f"Notes {key[0]}, paragraph {key[1]}: claims, though it holds none: {one.none}."
    for key in covered.keys() - known.keys():
        yield f"Notes {key[0]} have no paragraph {key[1]}."
