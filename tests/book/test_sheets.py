"""The reference tables: a row for each record, whole without a script, sorted and filtered with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from devtools import Browser
from filters import hidden_after_link
from lambda_lab import facts

QUOTAS = "chapters/reference/quotas.html"
ERRORS = "chapters/reference/errors.html"


def sheet(build: Callable[..., Any], *names: str) -> BeautifulSoup:
    built = build("# Page\n" + "".join(f"\n```{{{name}-sheet}}\n```\n" for name in names))
    assert built.warnings == ""
    page = built.page()
    assert isinstance(page, BeautifulSoup)
    return page


def test_a_row_for_each_quota(build: Callable[..., Any]) -> None:
    rows = {row["id"]: row for row in sheet(build, "quotas").select(".ll-sheet tbody tr")}
    kinds = {"documented quota", "API bound", "default", "behaviour"}
    wanted = [
        fact
        for fact in facts.all().values()
        if fact.printable and fact.kind.value in kinds and not fact.key.startswith("price.")
    ]
    assert len(rows) == len(wanted) > 150
    for fact in wanted:
        row = rows[f"fact-{fact.key.replace('.', '-')}"]
        text = row.get_text()
        for told in (fact.key, fact.text.replace("`", ""), fact.scope, fact.checked.isoformat()):
            assert told in text, fact.key
        assert f"confidence {fact.confidence.value}" in text
        assert row.select_one("a")["href"] == fact.url  # type: ignore[index]


def test_the_quotas_fold_by_topic(build: Callable[..., Any]) -> None:
    groups = sheet(build, "quotas").select(".ll-sheet > details.ll-group")
    assert len(groups) > 10
    for group in groups:
        topics = {row["data-topic"] for row in group.select("tbody tr")}
        summary = group.select_one("summary")
        assert summary is not None
        (topic,) = topics
        assert summary.get_text() == f"{topic} {len(group.select('tbody tr'))} facts"


def test_a_bound_stands_beside_the_quota(build: Callable[..., Any]) -> None:
    page = sheet(build, "quotas")
    for name in ("timeout", "memory", "ephemeral"):
        row = page.find(id=f"fact-{name}-maximum")
        assert row is not None
        assert f"API bound: {facts.get(f'{name}.api-maximum').text}" in row.get_text()


@pytest.mark.parametrize(
    ("names", "records"),
    [
        ("runtimes", [one.name for one in facts.runtimes()]),
        ("metrics", [one.name for one in facts.metrics()]),
        ("errors other-errors", [one.name for one in facts.errors()]),
    ],
)
def test_a_row_for_each_record(build: Callable[..., Any], names: str, records: list[str]) -> None:
    page = sheet(build, *names.split())
    named = [cell.get_text() for cell in page.select(".ll-sheet td:first-child > div > code")]
    assert sorted(named) == sorted(records)
    assert page.select_one(".ll-sheet form").has_attr("hidden")  # type: ignore[union-attr]
    assert not page.select("tbody tr[hidden]")


def test_errors_that_nothing_makes_stand_apart(build: Callable[..., Any]) -> None:
    made, others = sheet(build, "errors", "other-errors").select(".ll-sheet")
    for table, not_made in ((made, False), (others, True)):
        named = {cell.get_text() for cell in table.select("td:first-child > div > code")}
        assert named == {one.name for one in facts.errors() if bool(one.not_made) == not_made}
    for one in facts.errors():
        if one.not_made:
            assert one.not_made.replace("`", "") in others.get_text()


def test_the_metrics_made_here(build: Callable[..., Any]) -> None:
    page = sheet(build, "metrics")
    made = {row["id"] for row in page.select('tr[data-made="yes"]')}
    assert {"metric-errors", "metric-iteratorage", "metric-asynceventage"} <= made
    assert "metric-signaturevalidationerrors" not in made


def test_a_row_of_the_wrong_length_is_refused() -> None:
    from lambda_book.sheet import Cell, Row
    from lambda_book.sheet import sheet as make

    with pytest.raises(ValueError, match="'one' has 1 cells, not 2"):
        make(["A", "B"], [Row([Cell("a")], "one")], noun="rows")


def test_each_error_of_the_page_was_made(site: Path) -> None:
    """The name in the heading is what the run printed; a renamed error turns this red."""
    page = BeautifulSoup((site / ERRORS).read_text(encoding="utf-8"), "html.parser")
    sections = [one for one in page.select("section section section") if one.find("h3")]
    assert len(sections) > 15
    for section in sections:
        name = section.h3.get_text().rstrip("#")  # type: ignore[union-attr]
        printed = "".join(output.get_text() for output in section.select(".output"))
        assert ("ValueError" if name.startswith("An exception") else name) in printed


@pytest.fixture
def page(on_a_phone: Callable[[str], Browser]) -> Browser:
    return on_a_phone(QUOTAS)


@pytest.mark.browser
def test_sort_and_filter(page: Browser) -> None:
    found = page.run("""(() => {
      const form = document.querySelector(".ll-sheet-form");
      form.words.value = "timeout.";
      form.topic.value = "Function";
      form.dispatchEvent(new Event("input"));
      const heads = document.querySelectorAll(".ll-sheet th button");
      heads[1].click();
      const shown = () => [...document.querySelectorAll(".ll-sheet tbody tr:not([hidden])")]
        .map((row) => row.id);
      const up = shown();
      heads[1].click();
      return [up, shown(), document.documentElement.scrollWidth];
    })()""")
    up, down, width = found
    assert up[0] == "fact-timeout-minimum"
    assert "fact-timeout-maximum" in up
    assert len(up) < 10
    assert down[-1] == up[0]
    assert width <= 390


@pytest.mark.browser
def test_a_link_finds_a_row_that_is_filtered_out(page: Browser) -> None:
    row = "fact-memory-maximum"
    assert not hidden_after_link(page, ".ll-sheet-form", "words", "no such words", row)
    assert page.run(f"document.getElementById('{row}').checkVisibility()") is True


@pytest.mark.browser
def test_groups_open_for_what_is_found_and_on_paper(page: Browser) -> None:
    opened = "[...document.querySelectorAll('.ll-group')].filter((one) => one.open).length"
    shown = "[...document.querySelectorAll('.ll-group')].filter((one) => !one.hidden).length"
    every = page.run(shown)
    choose = """((words) => {
      const form = document.querySelector(".ll-sheet-form");
      form.words.value = words;
      form.dispatchEvent(new Event("input"));
    })"""
    assert page.run(opened) == 0
    page.run(choose + "('visibility')")
    assert 0 < page.run(opened) == page.run(shown) < every
    page.run(choose + "('')")
    assert (page.run(opened), page.run(shown)) == (0, every)
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    assert page.run(opened) == every
    page.run("window.dispatchEvent(new Event('afterprint'))")
    assert page.run(opened) == 0
