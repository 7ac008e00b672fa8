"""What a learner studies by: what is new, flash cards, and the map of the exams.

``facts/aids`` holds three files. A number in them comes from the facts themselves, by
``{{ name }}``; so a card cannot say one thing and a chapter another.

Examples
--------
>>> from lambda_lab.facts import study
>>> study.cards()[0].topic
'Function'
>>> [exam.name for exam in study.exams()]
['DVA-C02', 'SAA-C03']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from .filled import filled
from .loader import page_url, read_table
from .model import Confidence, FactsDataError

__all__ = [
    "Card",
    "Exam",
    "ExamDomain",
    "ExamTopic",
    "Here",
    "News",
    "cards",
    "domains",
    "exams",
    "news",
    "read_cards",
    "read_exams",
    "read_news",
]

DATED = {
    "BC": "the change log of botocore",
    "BW": "botocore's releases, compared",
    "announcement": "AWS's announcement",
    "page": "the page itself",
    "none": "no source",
}
"""Where the day of a news item was found, and how the page words it."""


class Here(StrEnum):
    """Whether the private region of this book has it."""

    YES = "yes"
    PART = "in part"
    NO = "no"


@dataclass(frozen=True, slots=True)
class News:
    """One change of AWS Lambda since the beginning of 2023.

    Attributes
    ----------
    id
        Its anchor.
    day, shown
        The day to sort by, and the words for it where the day itself is not known.
    what, changes
        What came, and what it changes for a reader.
    here, how, probes
        Whether this book's region has it, how far, and the operations or members of Lambda's API by
        which a test finds out.
    chapters
        Labels of chapters (``ch-pricing``) and ids of labs (``L22``).
    source, url, dated, checked, confidence
        Where it is described, where its day was found, when we looked, and how sure we are.
    reason
        Why an entry of low confidence is printed.
    """

    id: str
    day: date
    shown: str
    what: str
    changes: str
    here: Here
    how: str
    probes: tuple[str, ...]
    chapters: tuple[str, ...]
    source: str
    url: str
    dated: str
    checked: date
    confidence: Confidence
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One flash card: a question, its answer, where to read on, and the domains that ask it."""

    id: str
    topic: str
    front: str
    back: str
    chapter: str
    exams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExamTopic:
    """Something a domain asks for, in this book's words, and where it is practised."""

    says: str
    chapters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExamDomain:
    """A domain of an exam; `id` is what cards are tagged with."""

    id: str
    name: str
    topics: tuple[ExamTopic, ...]


@dataclass(frozen=True, slots=True)
class Exam:
    """An exam of AWS's with its domains.

    The names of the domains were found in no document at hand: `confidence` is low, and `reason`
    says why they are printed all the same.
    """

    name: str
    title: str
    source: str
    url: str
    checked: date
    confidence: Confidence
    reason: str
    domains: tuple[ExamDomain, ...]


@cache
def news() -> tuple[News, ...]:
    """Return what is new, newest first."""
    return read_news(read_table("aids", "whats-new.toml"))


@cache
def cards() -> tuple[Card, ...]:
    """Return the flash cards, in the order of the file."""
    return read_cards(read_table("aids", "flash-cards.toml"), domains())


@cache
def exams() -> tuple[Exam, ...]:
    """Return the exams."""
    return read_exams(read_table("aids", "exam-map.toml"))


def domains() -> Mapping[str, str]:
    """Return the exam's name for each domain id.

    Examples
    --------
    >>> domains()["dva-security"]
    'DVA-C02'
    """
    return {domain.id: exam.name for exam in exams() for domain in exam.domains}


def read_news(content: Mapping[str, Any]) -> tuple[News, ...]:
    """Build the news of a parsed file, newest first.

    Raises
    ------
    FactsDataError
        When an entry lacks a field or has one too many, an id stands twice, an entry of low
        confidence gives no reason, or the source of its day is none of those known.
    """
    made = [_news(entry, content) for entry in content.get("news", [])]
    _all_different((one.id for one in made), "facts/aids/whats-new.toml")
    return tuple(sorted(made, key=lambda one: one.day, reverse=True))


def _news(raw: Mapping[str, Any], content: Mapping[str, Any]) -> News:
    entry = {"checked": content.get("checked"), "shown": "", "probes": [], "chapters": [], **raw}
    where = f"facts/aids/whats-new.toml, {entry.get('id')!r}"
    _complete(News, {**entry, "url": ""}, where)
    if entry["dated"] not in DATED:
        raise FactsDataError(f"{where}: dated is one of {', '.join(DATED)}, not {entry['dated']!r}")
    try:
        entry["here"] = Here(entry["here"])
        entry["confidence"] = Confidence(entry["confidence"])
    except ValueError as error:
        raise FactsDataError(f"{where}: {error}.") from error
    if entry["confidence"] is Confidence.LOW and not entry.get("reason"):
        raise FactsDataError(f"{where}: say why an entry of low confidence is printed (reason).")
    for name in ("day", "checked"):
        if not isinstance(entry[name], date):
            raise FactsDataError(f"{where}: {name} must be a date, not {entry[name]!r}.")
    for name in ("what", "changes", "how"):
        entry[name] = filled(entry[name], where)
    entry["probes"], entry["chapters"] = tuple(entry["probes"]), tuple(entry["chapters"])
    return News(**entry, url=page_url(entry["source"]))


def read_cards(content: Mapping[str, Any], known: Mapping[str, str]) -> tuple[Card, ...]:
    """Build the cards of a parsed file.

    Parameters
    ----------
    content
        The file.
    known
        The domains a card may be tagged with.

    Raises
    ------
    FactsDataError
        When a card lacks a field or has one too many, an id stands twice, it names no fact that may
        be printed, or a domain no exam has.
    """
    found = []
    for raw in content.get("card", []):
        where = f"facts/aids/flash-cards.toml, {raw.get('id')!r}"
        _complete(Card, raw, where)
        if unknown := [one for one in raw["exams"] if one not in known]:
            raise FactsDataError(f"{where}: no exam has the domain {', '.join(unknown)}.")
        texts = {name: filled(raw[name], where) for name in ("front", "back")}
        found.append(Card(**{**raw, **texts, "exams": tuple(raw["exams"])}))
    _all_different((card.id for card in found), "facts/aids/flash-cards.toml")
    return tuple(found)


def read_exams(content: Mapping[str, Any]) -> tuple[Exam, ...]:
    """Build the exams of a parsed file.

    Raises
    ------
    FactsDataError
        When an entry lacks a field or has one too many, an id stands twice, or no reason is given
        for names of low confidence.
    """
    found = []
    for raw in content.get("exam", []):
        where = f"facts/aids/exam-map.toml, {raw.get('name')!r}"
        entry = {"checked": content.get("checked"), **raw, "domains": raw.get("domain", [])}
        entry.pop("domain", None)
        _complete(Exam, {**entry, "url": ""}, where)
        entry["confidence"] = Confidence(entry["confidence"])
        if entry["confidence"] is Confidence.LOW and not entry["reason"]:
            raise FactsDataError(f"{where}: say why names of low confidence are printed (reason).")
        entry["domains"] = tuple(_domain(one, where) for one in entry["domains"])
        found.append(Exam(**entry, url=page_url(entry["source"])))
    every = (domain.id for exam in found for domain in exam.domains)
    _all_different(every, "facts/aids/exam-map.toml")
    return tuple(found)


def _domain(raw: Mapping[str, Any], where: str) -> ExamDomain:
    entry = {**raw, "topics": raw.get("topic", [])}
    entry.pop("topic", None)
    _complete(ExamDomain, entry, f"{where}, {raw.get('id')!r}")
    for topic in entry["topics"]:
        _complete(ExamTopic, topic, f"{where}, {raw.get('id')!r}")
    topics = tuple(ExamTopic(one["says"], tuple(one["chapters"])) for one in entry["topics"])
    return ExamDomain(entry["id"], entry["name"], topics)


def _complete(record: type[Any], entry: Mapping[str, Any], where: str) -> None:
    """Refuse an entry that lacks a field of its record or has one too many."""
    known = {field.name for field in fields(record)}
    needed = known - {"reason"} if record is News else known
    if extra := entry.keys() - known:
        raise FactsDataError(f"{where}: unknown field {', '.join(sorted(extra))}.")
    if missing := needed - entry.keys():
        raise FactsDataError(f"{where}: missing field {', '.join(sorted(missing))}.")


def _all_different(ids: Iterable[str], where: str) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise FactsDataError(f"{where}: {one!r} stands there twice.")
        seen.add(one)
