"""What is new, the flash cards and the map of the exams: complete, sourced, and in step."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from botocore.model import Shape

import notes
from lambda_lab import facts
from lambda_lab.aws.checks import NOT_MODELLED_CODE, NOT_MODELLED_SETTINGS
from lambda_lab.aws.lambda_api import INVOKES, OPERATIONS
from lambda_lab.aws.mapping_checks import _OTHER_SOURCES
from lambda_lab.aws.model import service_model
from lambda_lab.facts import study
from lambda_lab.facts.filled import filled
from lambda_lab.facts.study import Here
from repository import ROOT

DATA = ROOT / "src" / "lambda_lab" / "facts" / "aids"
LABEL = re.compile(r"^\((ch-[a-z0-9-]+)\)=$", re.MULTILINE)
CODE = re.compile(r"`[^`]*`|\{\{[^}]*\}\}")
# What holds a digit and is no amount: names of services, versions, statuses, days.
NAMES = re.compile(
    r"(?<![\w.])(?:S3|EC2|IPv[46]|arm64|\.NET \d+|Java \d+(?:(?:, | and )\d+)*|Python \d\.\d+"
    r"|Node\.js \d+|Ruby \d\.\d|Amazon Linux \d+|[Ss]tatus(?: of)? [2-5]\d\d|answers [2-5]\d\d"
    r"|(?:\d+ )?(?:January|November) \d{4})(?!\w|\.\d)"
)
AMOUNT = re.compile(
    r"\d|\b(?:half an?|(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|"
    r"thirty|hundred|thousand|million)[ -](?:\w+ )?(?:milliseconds?|seconds?|minutes?|hours?|days?|"
    r"bytes?|kilobytes?|megabytes?|gigabytes?|messages|records|retries|layers|requests|percent))\b"
)
NEWS: dict[str, Any] = {
    "id": "one",
    "day": date(2025, 8, 1),
    "what": "At most {{ timeout_maximum }}.",
    "changes": "Much.",
    "here": "no",
    "how": "Refused.",
    "source": "DG:snapstart",
    "dated": "BC",
    "confidence": "H",
}
CARD: dict[str, Any] = {
    "id": "one",
    "topic": "Function",
    "front": "How long?",
    "back": "{{ timeout_maximum }}.",
    "chapter": "ch-quotas",
    "exams": ["d"],
}


def raw(name: str) -> Any:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def places() -> set[str]:
    """Return the labels of chapters and the ids of labs that the book has."""
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    pages = re.findall(r"file: (\S+)", toc)
    labels = {
        label
        for page in pages
        if (path := ROOT / f"{page}.md").exists()
        for label in LABEL.findall(path.read_text(encoding="utf-8"))
    }
    return labels | {Path(page).name.split("-")[0] for page in pages if page.startswith("labs/")}


def typed_amounts(text: str) -> list[str]:
    return AMOUNT.findall(NAMES.sub(" ", CODE.sub(" ", text)))


def members() -> set[str]:
    """Return the name of every member of every request and answer of Lambda's API."""
    found: set[str] = set()

    def walk(shape: Shape, above: tuple[str, ...]) -> None:
        if shape.name in above:
            return
        for name, inner in getattr(shape, "members", {}).items():
            found.add(name)
            walk(inner, (*above, shape.name))
        for part in ("member", "value"):
            if (inner := getattr(shape, part, None)) is not None:
                walk(inner, (*above, shape.name))

    model = service_model()
    for name in model.operation_names:
        operation = model.operation_model(name)
        for shape in (operation.input_shape, operation.output_shape):
            if shape is not None:
                walk(shape, ())
    return found


# -- what is new -----------------------------------------------------------------------------------


def test_the_newest_comes_first() -> None:
    days = [item.day for item in study.news()]
    assert len(days) > 40
    assert days == sorted(days, reverse=True)
    assert days[-1] >= date(2023, 1, 1)
    assert all(item.day <= item.checked for item in study.news())


def test_every_item_says_where_and_when_it_was_read() -> None:
    for item in study.news():
        assert item.url.startswith("https://"), item.id
        assert item.dated in study.DATED, item.id
        assert item.confidence is not facts.Confidence.LOW or item.reason, item.id
        assert (item.dated == "none") is (item.confidence is facts.Confidence.LOW), item.id


def test_the_api_is_as_the_news_say() -> None:
    """A probe is an operation or a member of the SDK's model, so a wrong name turns this red."""
    operations, known = set(service_model().operation_names), members()
    answered = set(OPERATIONS) | set(INVOKES)
    refused = {*NOT_MODELLED_SETTINGS, *NOT_MODELLED_CODE, *_OTHER_SOURCES}
    wrong = []
    for item in study.news():
        for probe in item.probes:
            if probe not in operations | known:
                wrong.append(f"{item.id}: the API has no {probe}")
            elif item.here is Here.NO and probe in answered:
                wrong.append(f"{item.id}: {probe} is answered here")
            elif item.here is Here.NO and probe not in operations | refused:
                wrong.append(f"{item.id}: {probe} is not refused here")
            elif item.here is Here.YES and probe in operations - answered:
                wrong.append(f"{item.id}: {probe} is not answered here")
            elif item.here is Here.YES and probe in set(NOT_MODELLED_SETTINGS):
                wrong.append(f"{item.id}: {probe} is refused here")
    assert wrong == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"what": "{{ timeout_maximun }}"}, "no printable fact"),
        ({"here": "perhaps"}, "perhaps"),
        ({"confidence": "L"}, "reason"),
        ({"dated": "hearsay"}, "dated is one of"),
        ({"day": "2025-08-01"}, "day must be a date"),
        ({"source": "NOWHERE:page"}, "pages.toml"),
        ({"colour": "red"}, "unknown field colour"),
        ({"how": None}, "missing field how"),
    ],
)
def test_a_bad_item_is_refused(change: dict[str, Any], complaint: str) -> None:
    entry = {key: value for key, value in {**NEWS, **change}.items() if value is not None}
    with pytest.raises(facts.FactsDataError, match=complaint):
        study.read_news({"checked": date(2026, 11, 21), "news": [entry]})


def test_an_item_cannot_stand_twice() -> None:
    with pytest.raises(facts.FactsDataError, match="twice"):
        study.read_news({"checked": date(2026, 11, 21), "news": [NEWS, NEWS]})


# -- cards -----------------------------------------------------------------------------------------


def test_the_deck() -> None:
    cards = study.cards()
    assert 60 <= len(cards) <= 90
    assert len({card.front for card in cards}) == len(cards)
    assert all(card.front.endswith("?") for card in cards)
    assert all(card.back.endswith(".") for card in cards)
    assert all(card.exams for card in cards)
    used = {domain for card in cards for domain in card.exams}
    assert used == set(study.domains()), "a domain has no card"


def test_no_card_types_a_number_of_awss() -> None:
    """An amount is a fact's, by ``{{ name }}``; what is left may be a name or a status."""
    found = {
        card["id"]: amounts
        for card in raw("flash-cards")["card"]
        if (amounts := typed_amounts(f"{card['front']} {card['back']}"))
    }
    assert found == {}


def test_no_item_of_news_types_a_number_of_awss() -> None:
    found = {
        item["id"]: amounts
        for item in raw("whats-new")["news"]
        if (amounts := typed_amounts(f"{item['what']} {item['changes']} {item['how']}"))
    }
    assert found == {}


@pytest.mark.parametrize(
    "text", ["It waits 900 seconds.", "six times, ten seconds", "half an hour", "up to 10,240 MB"]
)
def test_a_typed_amount_is_seen(text: str) -> None:
    assert typed_amounts(text)


def test_a_name_is_no_amount() -> None:
    assert not typed_amounts("S3, EC2, status 429, `python3.14`, {{ timeout_maximum }}, two ways")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"back": "{{ nothing }}"}, "no printable fact"),
        ({"exams": ["e"]}, "no exam has the domain e"),
        ({"chapter": None}, "missing field chapter"),
        ({"hint": "x"}, "unknown field hint"),
    ],
)
def test_a_bad_card_is_refused(change: dict[str, Any], complaint: str) -> None:
    entry = {key: value for key, value in {**CARD, **change}.items() if value is not None}
    with pytest.raises(facts.FactsDataError, match=complaint):
        study.read_cards({"card": [entry]}, {"d": "DVA-C02"})


# -- exams -----------------------------------------------------------------------------------------


def test_the_map_claims_no_more_than_was_found() -> None:
    """The guides were not at hand: no weighting, and names of low confidence with a reason."""
    text = (DATA / "exam-map.toml").read_text(encoding="utf-8")
    assert not re.search(r"\d+ ?%|weight(?:ing)? = ", text)
    for exam in study.exams():
        assert exam.confidence is facts.Confidence.LOW
        assert exam.reason
        assert exam.domains
        assert all(domain.topics for domain in exam.domains)


def test_an_exam_without_a_reason_is_refused() -> None:
    content = raw("exam-map")
    content["exam"][0]["reason"] = ""
    with pytest.raises(facts.FactsDataError, match="reason"):
        study.read_exams(content)


def test_every_place_is_in_the_book() -> None:
    named = {(f"news {item.id}", place) for item in study.news() for place in item.chapters}
    named |= {(f"card {card.id}", card.chapter) for card in study.cards()}
    named |= {
        (f"{exam.name}, {domain.name}", place)
        for exam in study.exams()
        for domain in exam.domains
        for topic in domain.topics
        for place in topic.chapters
    }
    known = places()
    assert {"ch-sqs", "L31"} <= known
    assert [one for one in sorted(named) if one[1] not in known] == []


def test_the_map_leads_to_every_lab() -> None:
    mapped = {
        place
        for exam in study.exams()
        for domain in exam.domains
        for topic in domain.topics
        for place in topic.chapters
    }
    labs = {place for place in places() if re.fullmatch(r"L\d+", place)}
    assert len(labs) > 30
    assert labs - mapped == set(), "name these labs in facts/aids/exam-map.toml"


# -- words -----------------------------------------------------------------------------------------


def test_nothing_is_copied_from_the_notes() -> None:
    kept = frozenset(
        (ROOT / "tests" / "house" / "shingles-of-the-notes.txt").read_text("utf-8").split()
    )
    texts = [f"{item.what} {item.changes} {item.how}" for item in study.news()]
    texts += [f"{card.front} {card.back}" for card in study.cards()]
    texts += [json.dumps(raw("exam-map"), default=str)]
    words = [notes.words(text) for text in texts]
    runs = itertools.chain.from_iterable(
        (every[at : at + notes.RUNNING] for at in range(len(every) - notes.RUNNING + 1))
        for every in words
    )
    assert [" ".join(run) for run in runs if notes.shingle(run) in kept] == []


def test_filling_takes_what_pages_take() -> None:
    every = " ".join(f"{{{{ {name} }}}}" for name in facts.substitutions())
    assert filled(every, "all of them") == " ".join(facts.substitutions().values())
    with pytest.raises(facts.FactsDataError, match="an example: no printable fact"):
        filled("{{ timeout_maximun }}", "an example")
