"""The pages to study by: what is new, the cheat sheet, the flash cards, the map of the exams."""

from __future__ import annotations

import base64
import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from devtools import Browser
from lambda_lab.facts import study

pytestmark = pytest.mark.timeout(180)

CARDS = "chapters/reference/flash-cards.html"
CHEAT = "chapters/reference/cheat-sheet.html"
MAP = "chapters/reference/exam-map.html"
NEWS = "chapters/reference/whats-new.html"
DESK, PHONE = (1000, 900), (390, 844)
A4 = (595, 842)
"""Points: 210 by 297 mm, as ISO 216 has it."""


# -- in a small book -------------------------------------------------------------------------------


def test_a_row_for_each_change(build: Callable[..., Any]) -> None:
    pages = {
        "index": "# Start\n\n```{news-sheet}\n```\n",
        "pricing": "(ch-pricing)=\n# Prices & more\n",
    }
    built = build(pages)
    assert built.warnings == ""
    rows = built.page().select(".ll-sheet tbody tr")
    assert [row["id"] for row in rows] == [f"new-{item.id}" for item in study.news()]
    for row, item in zip(rows, study.news(), strict=True):
        text = row.get_text()
        assert item.checked.isoformat() in text
        assert f"confidence {item.confidence.value}" in text
        assert item.shown or f"{item.day:%B %Y}" in text
        assert row.select_one("a.external")["href"] == item.url
        assert "{{" not in text
    linked = built.page().select('.ll-sheet a[href="pricing.html"]')
    assert {link.get_text() for link in linked} == {"Prices & more"}


def test_a_card_is_a_question_that_opens(build: Callable[..., Any]) -> None:
    pages = {"index": "# Start\n\n```{flash-cards}\n```\n", "sqs": "(ch-sqs)=\n# Queues\n"}
    built = build(pages, smartquotes=False)
    assert built.warnings == ""
    page = built.page()
    cards = page.select(".ll-card")
    assert [card["id"] for card in cards] == [f"card-{card.id}" for card in study.cards()]
    for card, wanted in zip(cards, study.cards(), strict=True):
        front = card.select_one("details > summary").get_text()
        assert front == f"{wanted.topic}: {wanted.front.replace('`', '')}"
        back = card.select_one("details > .ll-card-back > p").get_text()
        assert back == wanted.back.replace("`", "")
        assert set(wanted.exams) < set(card["data-exams"].split())
        assert card["data-topic"] == wanted.topic
    assert page.select_one("#card-visibility .ll-card-more a")["href"] == "sqs.html"
    assert page.select_one(".ll-cards form").has_attr("hidden")
    assert not page.select(".ll-card[hidden], .ll-card details[open]")
    assert all(button.find_parent(hidden=True) for button in page.select(".ll-cards button"))


def test_the_cards_for_anki(build: Callable[..., Any]) -> None:
    built = build("# Start\n\n```{cards-download}\n```\n")
    link = built.page().select_one("a.ll-download")["href"]
    lines = (built.folder / link).read_text(encoding="utf-8").splitlines()
    heads = [line for line in lines if line.startswith("#")]
    assert "#separator:Comma" in heads
    assert "#tags column:3" in heads
    rows = list(csv.reader(lines[len(heads) :]))
    assert len(rows) == len(study.cards())
    assert all(len(row) == 3 and "{{" not in "".join(row) and "`" not in row[0] for row in rows)
    tags = {row[0]: row[2].split() for row in rows}
    assert tags["Does SQS call a function?"] == ["polling", "DVA-C02", "dva-development"]


def test_the_map_of_an_exam(build: Callable[..., Any]) -> None:
    pages = {
        "index": "# Start\n\n## One\n\n```{exam-map} DVA-C02\n```\n",
        "sqs": "(ch-sqs)=\n# Queues\n",
    }
    built = build(pages)
    assert built.warnings == ""
    exam = study.exams()[0]
    heads = [head.get_text().rstrip("#¶") for head in built.page().select("section h3")]
    assert heads == [domain.name for domain in exam.domains]
    text = built.page().get_text()
    assert "confidence L" in text
    assert all(topic.says in text for domain in exam.domains for topic in domain.topics)
    assert built.page().select('li a[href="sqs.html"]')


def test_an_unknown_exam_is_refused(build: Callable[..., Any]) -> None:
    assert "no exam 'CLF'" in build("# Start\n\n```{exam-map} CLF\n```\n").warnings


def test_every_corner_is_listed(build: Callable[..., Any]) -> None:
    box = "```{exam-corner}\nThink of `%s`; see [two](two.md).\n```\n"
    pages = {
        "index": "# Start\n\n```{exam-corners}\n:without: three\n```\n",
        "one": f"# One\n\n{box % 'a'}",
        "two": "# Two\n",
        "three": f"# Three\n\n{box % 'c'}",
    }
    built = build(pages)
    assert built.warnings == ""
    listed = built.page().select(".ll-corners dt a")
    assert [(link["href"], link.get_text()) for link in listed] == [("one.html#exam-corner", "One")]
    said = built.page().select_one(".ll-corners dd")
    assert " ".join(said.get_text().split()) == "Think of a; see two."
    assert said.code.get_text() == "a"
    assert not said.select("a")
    assert built.page("one").select_one("#exam-corner.ll-exam-corner, #exam-corner")


# -- in the built site -----------------------------------------------------------------------------


def test_every_corner_of_the_book_is_on_the_map(site: Path) -> None:
    with_box = {
        path.relative_to(site).as_posix()
        for path in site.glob("chapters/*/*.html")
        if "ll-exam-corner" in path.read_text(encoding="utf-8")
    }
    page = BeautifulSoup((site / MAP).read_text(encoding="utf-8"), "html.parser")
    listed = {str(link["href"]) for link in page.select(".ll-corners dt a")}
    wanted = {f"../{name.removeprefix('chapters/')}#exam-corner" for name in with_box}
    assert listed == wanted - {"../start/how-to-use.html#exam-corner"}
    assert len(listed) > 25


@pytest.fixture
def browser(one_browser: Browser, address: str) -> Iterator[Browser]:
    """A tab that remembers nothing of the test before."""
    one_browser.look(*DESK)
    one_browser.call("Storage.clearDataForOrigin", origin=address, storageTypes="all")
    yield one_browser
    one_browser.call("Emulation.setScriptExecutionDisabled", value=False)


def status(browser: Browser) -> str:
    return str(browser.run("document.querySelector('.ll-cards [role=status]').textContent"))


def shown(browser: Browser) -> list[str]:
    """Return the ids of the cards that can be seen, in the order of the page."""
    found = browser.run(
        "[...document.querySelectorAll('.ll-card')].filter(one => one.getClientRects().length)"
        ".map(one => one.id)"
    )
    return [str(one) for one in found]


def choose(browser: Browser, **choices: str) -> None:
    for name, value in choices.items():
        browser.run(
            f"(() => {{const form = document.querySelector('.ll-cards form');"
            f" form.elements['{name}'].value = '{value}';"
            " form.dispatchEvent(new Event('input'));})()"
        )


def press(browser: Browser, selector: str) -> None:
    browser.run(f"document.querySelector({selector!r}).click()")


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("name", [CARDS, CHEAT, MAP, NEWS])
def test_a_page_opens_well(
    browser: Browser, address: str, name: str, size: tuple[int, int], dark: bool
) -> None:
    browser.look(*size, dark=dark)
    browser.open(f"{address}/{name}")
    assert browser.errors == []
    assert browser.run("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_the_cheat_sheet_prints_on_one_side_of_a4(
    browser: Browser, address: str, dark: bool
) -> None:
    browser.look(*DESK, dark=dark, media="")
    browser.open(f"{address}/{CHEAT}")
    answer = browser.call("Page.printToPDF", preferCSSPageSize=True)
    printed = base64.b64decode(answer["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert box is not None
    assert (round(float(box[1])), round(float(box[2]))) == A4


@pytest.mark.browser
def test_on_paper_the_cheat_sheet_is_all_there(browser: Browser, address: str) -> None:
    """Small, and still readable: no row is hidden, none under 7 points."""
    browser.look(726, 1055, media="print")
    browser.open(f"{address}/{CHEAT}")
    rows = browser.run(
        "[...document.querySelectorAll('article dl dd p')].map(one => "
        "[one.getClientRects().length, parseFloat(getComputedStyle(one).fontSize)])"
    )
    assert len(rows) > 60
    assert min(seen for seen, _ in rows) > 0
    assert min(size for _, size in rows) >= 7 * 96 / 72
    assert browser.run("document.getElementById('print-it').getClientRects().length") == 0


@pytest.mark.browser
def test_cards_by_keyboard(browser: Browser, address: str) -> None:
    browser.open(f"{address}/{CARDS}")
    first, second, third = (f"card-{card.id}" for card in study.cards()[:3])
    assert shown(browser) == [first]
    browser.run(f"document.querySelector('#{first} summary').focus()")
    browser.press("Enter")
    assert browser.run(f"document.querySelector('#{first} details').open") is True
    for _ in range(5):
        browser.press("Tab")
        if browser.run("document.activeElement.value") == "again":
            break
    browser.press("Tab")
    assert browser.run("document.activeElement.value") == "known"
    browser.press(" ")
    assert shown(browser) == [second]
    assert status(browser) == f"Card 2 of {len(study.cards())}: 1 known, 0 to repeat"
    focus = "document.activeElement.closest('.ll-card').id"
    assert browser.run(focus) == second
    assert browser.run(f"document.querySelector('#{second} details').open") is False
    browser.press("ArrowRight")
    assert (shown(browser), browser.run(focus)) == ([third], third)
    browser.press("ArrowLeft")
    browser.press("ArrowLeft")
    assert (shown(browser), browser.run(focus)) == ([first], first)
    browser.press("ArrowLeft")
    assert shown(browser) == [first]
    assert browser.errors == []


@pytest.mark.browser
def test_cards_by_topic_exam_and_mark(browser: Browser, address: str) -> None:
    browser.open(f"{address}/{CARDS}")
    choose(browser, view="all")
    assert len(shown(browser)) == len(study.cards())
    choose(browser, topic="Polling", exam="saa-performing")
    wanted = [
        f"card-{card.id}"
        for card in study.cards()
        if card.topic == "Polling" and "saa-performing" in card.exams
    ]
    assert wanted
    assert shown(browser) == wanted
    press(browser, f"#{wanted[0]} [value=again]")
    assert status(browser) == f"{len(wanted)} cards: 0 known, 1 to repeat"
    choose(browser, topic="", exam="", standing="again")
    assert shown(browser) == wanted[:1]
    choose(browser, standing="known")
    assert shown(browser) == []
    assert status(browser) == "No card fits. Change a choice above."
    press(browser, "[name=forget]")
    choose(browser, standing="", exam="SAA-C03")
    exams = study.domains()
    of_exam = [card for card in study.cards() if "SAA-C03" in {exams[one] for one in card.exams}]
    assert len(shown(browser)) == len(of_exam)
    assert status(browser) == f"{len(of_exam)} cards: 0 known, 0 to repeat"


@pytest.mark.browser
def test_cards_are_shuffled_by_the_moment_of_a_click(browser: Browser, address: str) -> None:
    """One moment, one order; and no card is lost or dealt twice."""
    browser.open(f"{address}/{CARDS}")
    choose(browser, view="all")
    ordered = shown(browser)
    deal = (
        "(() => {{const click = new MouseEvent('click', {{bubbles: true}});"
        " Object.defineProperty(click, 'timeStamp', {{value: {}}});"
        " document.querySelector('[name=shuffle]').dispatchEvent(click);}})()"
    )
    dealt = []
    for moment in (1234.5, 99.25, 1234.5):
        browser.run(deal.format(moment))
        dealt.append(shown(browser))
    assert dealt[0] == dealt[2]
    assert dealt[0] != dealt[1]
    assert ordered not in dealt
    assert sorted(dealt[0]) == sorted(dealt[1]) == sorted(ordered)
    press(browser, "[name=sort]")
    assert shown(browser) == ordered


@pytest.mark.browser
def test_marks_are_kept_here_and_nowhere_else(browser: Browser, address: str) -> None:
    browser.open(f"{address}/{CARDS}")
    press(browser, ".ll-card [value=known]")
    browser.open(f"{address}/{CARDS}")
    assert "1 known" in status(browser)
    assert [url for url in browser.requests if not url.startswith((f"{address}/", "data:"))] == []
    browser.run("localStorage.setItem('lambda-lab-cards', '{not json')")
    browser.open(f"{address}/{CARDS}")
    assert "0 known" in status(browser)
    assert browser.errors == []


@pytest.mark.browser
def test_a_browser_that_keeps_nothing_has_cards_too(browser: Browser, address: str) -> None:
    refuse = browser.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="Object.defineProperty(window, 'localStorage',"
        " {get() {throw new DOMException('refused', 'SecurityError');}});",
    )
    try:
        browser.open(f"{address}/{CARDS}")
        press(browser, ".ll-card [value=known]")
        assert status(browser).startswith(f"Card 2 of {len(study.cards())}: 1 known")
        assert browser.errors == []
        # Sphinx's own scripts ask without a guard; the frame of the page has one.
        browser.open(f"{address}/search.html?q=timeout")
        assert browser.run("document.querySelectorAll('ul.search li').length") > 0
        assert browser.errors == []
    finally:
        browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=refuse["identifier"])


@pytest.mark.browser
def test_a_link_finds_its_card(browser: Browser, address: str) -> None:
    browser.open(f"{address}/{NEWS}")
    browser.open(f"{address}/{CARDS}#card-pinning")
    assert shown(browser) == ["card-pinning"]


@pytest.mark.browser
def test_without_scripts_every_card_opens(browser: Browser, address: str) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.look(*PHONE)
    browser.open(f"{address}/{CARDS}")
    assert len(shown(browser)) == len(study.cards())
    seen = browser.run(
        "['.ll-cards form', '.ll-cards-turn', '.ll-card-act'].map("
        "name => document.querySelector(name).getClientRects().length)"
    )
    assert seen == [0, 0, 0]
    for _ in range(200):
        browser.press("Tab")
        if browser.run("document.activeElement.matches('#card-handler-arguments summary')"):
            break
    browser.press("Enter")
    assert browser.run("document.querySelector('#card-handler-arguments details').open") is True


@pytest.mark.browser
def test_what_can_be_touched_is_large_enough_on_a_phone(browser: Browser, address: str) -> None:
    """At least 24 by 24 CSS pixels: WCAG 2.2, success criterion 2.5.8."""
    browser.look(*PHONE)
    browser.open(f"{address}/{CARDS}")
    browser.run("document.querySelector('.ll-card details').open = true")
    small = browser.run(
        "[...document.querySelectorAll('.ll-cards :is(button, select, summary)')]"
        ".map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])"
        ".filter(([, box]) => box.width && (box.width < 24 || box.height < 24))"
        ".map(([html]) => html)"
    )
    assert small == []


@pytest.mark.browser
def test_on_paper_every_card_has_its_answer(browser: Browser, address: str) -> None:
    browser.look(*DESK, media="print")
    browser.open(f"{address}/{CARDS}")
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    answers = browser.run(
        "[...document.querySelectorAll('.ll-card-back')]"
        ".filter(one => one.getBoundingClientRect().height).length"
    )
    assert answers == len(study.cards())
    browser.run("window.dispatchEvent(new Event('afterprint'))")
    assert browser.run("document.querySelectorAll('.ll-card details[open]').length") == 0
