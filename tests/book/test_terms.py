"""Words of the glossary: each use finds its meaning, and each meaning has a use."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools import Browser, chromium, find_chromium, served
from lambda_lab.facts import study
from repository import ROOT

pytestmark = pytest.mark.timeout(180)

GLOSSARY = "chapters/reference/glossary.md"
PAGE = "chapters/polling/sqs.html"
BLOCK = re.compile(r"^```\{glossary\}\n(.*?)^```", re.MULTILINE | re.DOTALL)
USE = re.compile(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`")
CODE_CELL = re.compile(r"^```\{code-cell\}.*?^```", re.MULTILINE | re.DOTALL)
WORDS = """\
# Words

```{glossary}
cold start
  A call that waits for an environment.

event
  What a function is given.

Region
  A place where AWS is.
```
"""


def entries() -> list[list[str]]:
    """Return the words of each entry of the glossary; several may share a definition."""
    text = (ROOT / GLOSSARY).read_text(encoding="utf-8")
    found: list[list[str]] = []
    for block in BLOCK.findall(text):
        found += [
            [line for line in entry.splitlines() if not line.startswith(" ")]
            for entry in block.strip("\n").split("\n\n")
        ]
    return found


def texts() -> dict[str, str]:
    """Return what a reader reads, but for the glossary itself and what is code."""
    read = {}
    for path in [ROOT / "intro.md", *ROOT.glob("chapters/*/*.md")]:
        if path != ROOT / GLOSSARY:
            read[path.name] = CODE_CELL.sub("", path.read_text(encoding="utf-8"))
    for path in ROOT.glob("labs/*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        said = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        read[path.name] = "\n".join(said)
    read["cards"] = "\n".join(f"{card.front} {card.back}" for card in study.cards())
    return read


def test_each_word_that_is_marked_is_in_the_glossary() -> None:
    known = {word.lower() for words in entries() for word in words}
    used = {
        (name, " ".join(word.split()).lower())
        for name, text in texts().items()
        for word in USE.findall(text)
    }
    assert len(used) > 30
    assert sorted(one for one in used if one[1] not in known) == []


def test_each_word_of_the_glossary_is_used() -> None:
    everything = "\n".join(texts().values())
    unused = [
        words[0]
        for words in entries()
        if not any(
            re.search(
                rf"(?<![\w-]){re.escape(word)}(?:s|es|d|ed|ing)?(?![\w-])".replace(r"\ ", r"\s+"),
                everything,
                re.IGNORECASE,
            )
            for word in words
        )
    ]
    assert unused == [], "use these words, or take them out of the glossary"


def test_the_glossary_is_in_order_and_each_word_stands_once() -> None:
    text = (ROOT / GLOSSARY).read_text(encoding="utf-8")
    for block in BLOCK.findall(text):
        words = [entry.splitlines()[0].lower() for entry in block.strip("\n").split("\n\n")]
        assert words == sorted(words)
    every = [word.lower() for words in entries() for word in words]
    assert len(every) == len(set(every)) > 140


def test_the_first_use_on_a_page_explains_itself(build: Callable[..., Any]) -> None:
    page = (
        "# A cold start\n\nA `cold start`, a [cold start](words.md), then Cold starts twice: "
        "a cold start in a Region, a region and an event.\n\nA cold start.\n"
    )
    built = build({"index": "# Start\n", "words": WORDS, "page": page})
    assert built.warnings == ""
    links = built.page("page").select("a.ll-term")
    assert [" ".join(link.get_text().split()) for link in links] == ["Cold starts", "Region"]
    assert links[0]["href"] == "words.html#term-cold-start"
    assert links[0]["data-definition"] == "A call that waits for an environment."
    text = " ".join(built.page("page").get_text().split())
    assert "then Cold starts twice: a cold start in a Region, a region and an event." in text


def test_a_word_that_is_marked_is_not_marked_twice(build: Callable[..., Any]) -> None:
    page = "# Page\n\nA cold start.\n\nThe {term}`cold start`.\n"
    built = build({"index": "# Start\n", "words": WORDS, "page": page})
    assert len(built.page("page").select("a.ll-term")) == 1


def test_no_link_inside_what_is_pressed(build: Callable[..., Any]) -> None:
    quiz = (
        "# Page\n\n```{quiz}\nquestion: Is a cold start slow?\nanswers:\n"
        "  - text: A cold start is.\n    correct: true\n    why: It waits.\n"
        "  - text: No.\n    why: It does.\n```\n\n```{flash-cards}\n```\n"
    )
    built = build({"index": "# Start\n", "words": WORDS, "page": quiz})
    assert not built.page("page").select(
        "label a.ll-term, legend a.ll-term, summary a.ll-term, h1 a.ll-term"
    )


@pytest.fixture
def browser(site: Path) -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip("There is no Chromium or Chrome here: install one, or name it in CHROMIUM.")
    with served(site) as address, chromium(path) as found:
        found.look(390, 844)
        found.call("Emulation.setTouchEmulationEnabled", enabled=True)
        found.open(f"{address}/{PAGE}")
        yield found


def middle(browser: Browser, selector: str) -> tuple[float, float]:
    x, y = browser.run(
        f"(() => {{const one = document.querySelector({selector!r});"
        " one.scrollIntoView({block: 'center', behavior: 'instant'});"
        " const box = one.getClientRects()[0];"
        " return [box.left + box.width / 2, box.top + box.height / 2];})()"
    )
    return float(x), float(y)


def tap(browser: Browser, selector: str) -> None:
    x, y = middle(browser, selector)
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


def followed(page: Browser, act: Callable[[], None]) -> bool:
    """Do what ends in a click, and say whether the browser would follow a link; it stays here."""
    page.run(
        "window.clicked = new Promise((resolve) => addEventListener('click', (event) => {"
        " resolve(!event.defaultPrevented && event.target.closest('a') !== null);"
        " event.preventDefault();}, {once: true})); 0"
    )
    act()
    return bool(page.run("window.clicked"))


TIP = (
    "(() => {const tip = document.getElementById('ll-explain');"
    " return tip.hidden ? '' : tip.textContent;})()"
)


@pytest.mark.browser
def test_a_tap_explains_and_a_second_one_leads_on(browser: Browser) -> None:
    assert followed(browser, lambda: tap(browser, "a.ll-term")) is False
    said = browser.run("document.querySelector('a.ll-term').dataset.definition")
    assert browser.run(TIP) == said
    left, right = browser.run(
        "(() => {const box = document.getElementById('ll-explain').getBoundingClientRect();"
        " return [box.left, box.right];})()"
    )
    assert left >= 0
    assert right <= 390
    assert followed(browser, lambda: tap(browser, "h1")) is False
    assert browser.run(TIP) == ""
    assert followed(browser, lambda: tap(browser, "a.ll-term")) is False
    assert browser.run(TIP) == said
    assert followed(browser, lambda: tap(browser, "a.ll-term")) is True
    assert browser.errors == []


@pytest.mark.browser
def test_a_mouse_explains_and_enter_leads_on(browser: Browser) -> None:
    browser.call("Emulation.setTouchEmulationEnabled", enabled=False)
    browser.look(1000, 900)
    x, y = middle(browser, "a.ll-term")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    said = browser.run("document.querySelector('a.ll-term').dataset.definition")
    assert browser.run(TIP) == said
    browser.press("Escape")
    assert browser.run(TIP) == ""
    browser.run("document.querySelector('a.ll-term').focus()")
    assert browser.run(TIP) == said
    assert followed(browser, lambda: browser.press("Enter")) is True
    assert browser.errors == []
