"""The ledger's page: a card for each claim, links to it, and a filter that may be missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from devtools import Browser
from filters import hidden_after_link
from lambda_lab import facts

PAGE = "chapters/reference/claims-ledger.html"
SMALL = {
    "index": "# Start\n\nSee {claim}`N000-05`.\n",
    "ledger": "# Ledger\n\n```{claims-summary}\n```\n\n## One\n\n```{claims} 000\n```\n",
}


def test_a_card_for_each_claim(build: Callable[..., Any]) -> None:
    built = build(SMALL)
    assert built.warnings == ""
    page = built.page("ledger")
    wanted = [claim for claim in facts.claims() if claim.note == "000"]
    cards = page.select(".ll-claim")
    assert [card["id"] for card in cards] == [claim.label for claim in wanted]
    for card, claim in zip(cards, wanted, strict=True):
        text = card.get_text()
        assert claim.id in text
        assert claim.verdict.value in text.lower()
        assert "{{" not in text
        links = {link["href"] for link in card.select(".ll-claim-foot a.external")}
        assert links == {source.url for source in claim.sources if source.url}


def test_the_cards_fold_in_their_order(build: Callable[..., Any]) -> None:
    page = build(SMALL).page("ledger")
    groups = page.select("section > details.ll-group")
    labels = [[card["id"].upper() for card in group.select(".ll-claim")] for group in groups]
    assert [name for group in labels for name in group] == [
        claim.id for claim in facts.claims() if claim.note == "000"
    ]
    for group, names in zip(groups, labels, strict=True):
        said = group.select_one("summary").get_text()
        assert said.startswith(f"{names[0]} to {names[-1]} ")
        counted = [int(word) for word in said.split() if word.isdigit()]
        assert sum(counted) == len(names)


def test_a_link_to_a_card(build: Callable[..., Any]) -> None:
    link = build(SMALL).page().select_one('a[href="ledger.html#n000-05"]')
    assert link.get_text() == "N000-05"


def test_a_build_without_the_ledger_has_no_dead_link(build: Callable[..., Any]) -> None:
    built = build({"index": SMALL["index"]})
    assert built.warnings == ""
    assert "See N000-05." in built.page().get_text()


def test_the_counts_are_those_of_the_data(build: Callable[..., Any]) -> None:
    rows = build(SMALL).page("ledger").select("table.ll-claims-counts tr")
    cells = [[cell.get_text(strip=True) for cell in row.select("th, td")] for row in rows]
    counted = {row[0].lower(): int(row[-1]) for row in cells[1:]}
    claims = facts.claims()
    assert counted.pop("claims") == len(claims)
    assert counted == {
        verdict.value: sum(claim.verdict is verdict for claim in claims)
        for verdict in facts.Verdict
    }


def test_without_a_script_all_is_shown(build: Callable[..., Any]) -> None:
    page = build(SMALL).page("ledger")
    assert page.select_one("form.ll-claims-filter").has_attr("hidden")
    assert not page.select(".ll-claim[hidden]")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("# P\n\n{claim}`N000-99`\n", "no claim"), ("# P\n\n```{claims} 999\n```\n", "no claims")],
)
def test_what_is_not_there_is_a_warning(
    build: Callable[..., Any], text: str, complaint: str
) -> None:
    assert complaint in build(text).warnings


@pytest.fixture
def page(on_a_phone: Callable[[str], Browser]) -> Browser:
    return on_a_phone(PAGE)


@pytest.mark.browser
def test_the_filter(page: Browser) -> None:
    choose = """(() => {
      const form = document.querySelector(".ll-claims-filter");
      form.note.value = "004";
      form.verdict.value = "wrong";
      form.dispatchEvent(new Event("input"));
      return [...document.querySelectorAll(".ll-claim:not([hidden])")].map((card) => card.id);
    })()"""
    wanted = [
        claim.label
        for claim in facts.claims()
        if (claim.note, claim.verdict) == ("004", facts.Verdict.WRONG)
    ]
    assert wanted
    assert page.run(choose) == wanted
    status = 'document.querySelector(".ll-claims-filter [role=status]").textContent'
    assert page.run(status) == f"{len(wanted)} of {len(facts.claims())} claims"
    assert page.run('document.getElementById("notes-000").hidden') is True
    assert page.run("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_a_link_finds_a_card_that_is_filtered_out(page: Browser) -> None:
    assert not hidden_after_link(page, ".ll-claims-filter", "note", "004", "n000-05")
    assert page.run("document.getElementById('n000-05').checkVisibility()") is True
