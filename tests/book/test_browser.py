"""Pages in a headless Chromium: light and dark, at a desk and on a phone, by keyboard alone."""

from __future__ import annotations

import pytest

from devtools import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PAGES = (
    "index.html",
    "chapters/start/how-to-use.html",
    "chapters/invocation/three-ways.html",
    "chapters/reference/glossary.html",
    "labs/L00-first-invoke.html",
    "search.html?q=retry",
)
QUIZ_PAGE = "chapters/start/how-to-use.html"
DESK, TABLET, PHONE = (1360, 900), (800, 1100), (390, 844)
ENOUGH_TABS = 120


@pytest.fixture
def browser(one_browser: Browser, address: str) -> Browser:
    """A tab that remembers nothing of the test before."""
    one_browser.look(*DESK)
    one_browser.call("Emulation.setScriptExecutionDisabled", value=False)
    one_browser.call("Storage.clearDataForOrigin", origin=address, storageTypes="all")
    return one_browser


def background(browser: Browser) -> list[int]:
    colour = browser.run("getComputedStyle(document.body).backgroundColor")
    return [int(part) for part in colour[4:-1].split(",")]


def tab_to(browser: Browser, selector: str) -> None:
    """Press Tab until *selector* has the focus."""
    for _ in range(ENOUGH_TABS):
        browser.press("Tab")
        if browser.run(f"document.activeElement.matches({selector!r})"):
            return
    pytest.fail(f"{ENOUGH_TABS} presses of Tab did not reach {selector}.")


@pytest.mark.parametrize(
    ("size", "dark"),
    [(DESK, False), (DESK, True), (TABLET, True), (PHONE, False), (PHONE, True)],
    ids=["desk-light", "desk-dark", "tablet-dark", "phone-light", "phone-dark"],
)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_well(
    browser: Browser, address: str, name: str, size: tuple[int, int], dark: bool
) -> None:
    browser.look(*size, dark=dark)
    browser.open(f"{address}/{name}")
    assert browser.errors == []
    assert [url for url in browser.requests if not url.startswith((f"{address}/", "data:"))] == []
    assert browser.run("document.documentElement.scrollWidth") <= size[0]
    assert (sum(background(browser)) < 3 * 128) is dark
    assert browser.run("document.documentElement.dataset.theme") == ("dark" if dark else "light")


@pytest.mark.parametrize("name", [*PAGES, "404.html"])
def test_a_page_fits_the_narrowest_screen(browser: Browser, address: str, name: str) -> None:
    """320 CSS pixels, which is also 200 % on a small phone: WCAG 2.2, success criterion 1.4.10."""
    browser.look(320, 640)
    browser.open(f"{address}/{name}")
    assert browser.run("document.documentElement.scrollWidth") <= 320


def test_what_can_be_touched_is_large_enough_on_a_phone(browser: Browser, address: str) -> None:
    """At least 24 by 24 CSS pixels: WCAG 2.2, success criterion 2.5.8; links in text are exempt."""
    browser.look(*PHONE)
    browser.open(f"{address}/{QUIZ_PAGE}")
    small = browser.run(
        "[...document.querySelectorAll('.ll-bar a, button, summary, .ll-quiz label, .ll-turn a')]"
        ".map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])"
        ".filter(([, box]) => box.width && (box.width < 24 || box.height < 24))"
        ".map(([html]) => html)"
    )
    assert small == []


def test_a_quiz_by_keyboard(browser: Browser, address: str) -> None:
    browser.open(f"{address}/{QUIZ_PAGE}")
    verdict = "document.querySelector('#quiz-1 .ll-quiz-verdict').textContent"
    tab_to(browser, "#quiz-1 input")
    browser.press(" ")
    tab_to(browser, "#quiz-1 [type=submit]")
    browser.press("Enter")
    assert browser.run(verdict).startswith("Not yet.")
    assert browser.run("document.querySelectorAll('#quiz-1 .ll-quiz-reason').length") == 1

    browser.run("document.querySelector('#quiz-1 input:checked').focus()")
    browser.press("ArrowDown")
    assert browser.run(verdict) == ""
    browser.press("Enter")
    assert browser.run(verdict) == "Right."
    reason = browser.run(
        "document.getElementById(document.querySelector('#quiz-1 input:checked')"
        ".getAttribute('aria-describedby')).textContent"
    )
    assert reason.startswith("Right")

    tab_to(browser, "#quiz-1 [type=reset]")
    browser.press("Enter")
    assert browser.run(verdict) == ""
    assert browser.run("document.querySelector('#quiz-1 input:checked')") is None
    assert browser.errors == []


def test_a_quiz_with_several_right_answers(browser: Browser, address: str) -> None:
    browser.open(f"{address}/{QUIZ_PAGE}")
    press = "document.querySelector('#quiz-2 [type=submit]').click()"
    verdict = "document.querySelector('#quiz-2 .ll-quiz-verdict').textContent"
    pick = "document.querySelectorAll('#quiz-2 input')[{}].click()"
    browser.run(press)
    assert browser.run(verdict) == "Choose an answer first."
    browser.run(pick.format(0))
    browser.run(press)
    assert "another answer is right too" in browser.run(verdict)
    browser.run(pick.format(1))
    browser.run(pick.format(2))
    browser.run(press)
    assert browser.run(verdict) == "Right."
    browser.run(pick.format(3))
    browser.run(press)
    assert browser.run(verdict).startswith("Not yet.")


def test_without_scripts_the_answers_can_be_opened(browser: Browser, address: str) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.look(*PHONE)
    browser.open(f"{address}/{QUIZ_PAGE}")
    seen = {
        selector: browser.run(f"document.querySelector({selector!r}).getClientRects().length > 0")
        for selector in ("#quiz-1 summary", "#quiz-1 [type=submit]", "#ll-theme", "#ll-contents a")
    }
    assert seen == {
        "#quiz-1 summary": True,
        "#quiz-1 [type=submit]": False,
        "#ll-theme": False,
        "#ll-contents a": True,
    }
    assert browser.run("document.documentElement.scrollWidth") <= PHONE[0]


def test_a_term_explains_itself(browser: Browser, address: str) -> None:
    browser.open(f"{address}/{QUIZ_PAGE}")
    tab_to(browser, "a.ll-term")
    said = browser.run(
        "document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent"
    )
    assert said == browser.run("document.activeElement.dataset.definition")
    browser.press("Escape")
    assert browser.run("document.getElementById('ll-explain').hidden") is True
    assert browser.run("document.activeElement.hasAttribute('aria-describedby')") is False


def test_the_contents_on_a_phone(browser: Browser, address: str) -> None:
    browser.look(*PHONE)
    browser.open(f"{address}/{QUIZ_PAGE}")
    state = "document.getElementById('ll-menu').getAttribute('aria-expanded')"
    assert browser.run(state) == "false"
    tab_to(browser, "#ll-menu")
    browser.press(" ")
    assert browser.run(state) == "true"
    assert browser.run("document.activeElement.closest('#ll-contents') !== null") is True
    assert browser.run("document.getElementById('ll-text').inert") is True
    first, header = browser.run(
        "[document.querySelector('#ll-contents .caption').getBoundingClientRect().top,"
        " document.querySelector('.ll-header').getBoundingClientRect().bottom]"
    )
    assert first >= header
    browser.press("Escape")
    assert browser.run(state) == "false"
    assert browser.run("document.activeElement.id") == "ll-menu"
    assert browser.run("document.getElementById('ll-text').inert") is False


def test_wide_letters_stay_on_a_phones_screen(browser: Browser, address: str) -> None:
    """Fonts differ, and readers may space them: WCAG 2.2, 1.4.12."""
    browser.look(*PHONE)
    browser.open(f"{address}/index.html")
    browser.run(
        "document.head.insertAdjacentHTML('beforeend', '<style>* {"
        " letter-spacing: 0.12em !important; word-spacing: 0.16em !important }</style>')"
    )
    assert browser.run("document.documentElement.scrollWidth") <= PHONE[0]


def test_the_choice_of_dark_is_kept(browser: Browser, address: str) -> None:
    browser.open(f"{address}/{QUIZ_PAGE}")
    light = background(browser)
    browser.run("document.getElementById('ll-theme').click()")
    assert background(browser) != light
    browser.open(f"{address}/index.html")
    assert browser.run("document.documentElement.dataset.theme") == "dark"
    assert browser.run("document.getElementById('ll-theme').textContent.trim()").endswith(
        "light page"
    )


def test_the_search_finds(browser: Browser, address: str) -> None:
    browser.open(f"{address}/search.html?q=idempotent")
    found = browser.run("[...document.querySelectorAll('#search-results li a')].map(a => a.href)")
    assert any("chapters/reference/glossary.html" in link for link in found)


def test_the_search_finds_a_number(browser: Browser, address: str) -> None:
    """Sphinx's own search drops digits, and a status is what a reader has in hand."""
    browser.open(f"{address}/search.html?q=429")
    found = browser.run("[...document.querySelectorAll('#search-results li a')].map(a => a.href)")
    assert any("chapters/concurrency/reserved-and-throttling.html" in link for link in found)
    browser.open(f"{address}/search.html?q=429000429")
    assert browser.run("document.querySelectorAll('#search-results li a').length") == 0


def test_the_search_puts_what_explains_first(browser: Browser, address: str) -> None:
    """Short forms, questions and slips of the keyboard find what was meant."""
    browser.open(f"{address}/search.html?q=cold+starts")
    show = (
        "(Search.query({!r}), [...document.querySelectorAll('#search-results a')]"
        ".map(a => a.getAttribute('href')))"
    )
    glossary = "chapters/reference/glossary.html#term-"
    assert browser.run(show.format("cold starts"))[0] == f"{glossary}cold-start"
    assert browser.run(show.format("DLQ"))[0] == f"{glossary}dead-letter-queue"
    error = "chapters/reference/errors.html#toomanyrequestsexception"
    assert browser.run(show.format("toomanyrequests"))[0] == error
    who = "chapters/invocation/synchronous.html#who-retries"
    assert browser.run(show.format("who retries?"))[0] == who
    status = "document.getElementById('search-progress').textContent"
    assert browser.run(show.format("throtling"))[0] == f"{glossary}throttle"
    assert browser.run(status).startswith("No page has “throtling”; these have")
    helping = "document.getElementById('search-nothing').getClientRects().length > 0"
    assert browser.run(helping) is False
    assert browser.run(show.format("xyzzyx")) == []
    assert browser.run(helping) is True
    assert browser.errors == []


def test_the_search_quotes_no_wrong_answers(browser: Browser, address: str) -> None:
    """The choices of a quiz are mostly false."""
    browser.open(f"{address}/search.html?q=429+throttled+asynchronous")
    excerpt = browser.run(
        "new Promise((done) => { const look = () => {"
        " const link = document.querySelector('#search-results a[href*=asynchronous]');"
        " link.scrollIntoView();"
        " const line = link.parentElement.querySelector('.context');"
        " if (line) done(line.textContent); else requestAnimationFrame(look); }; look(); })"
    )
    assert "throttled" in excerpt
    assert "Check answer" not in excerpt


def test_the_keyboard_reaches_code_that_is_cut_off(browser: Browser, address: str) -> None:
    browser.look(*PHONE)
    browser.open(f"{address}/labs/L00-first-invoke.html")
    stuck = (
        "[...document.querySelectorAll('article pre, article .cell_output')]"
        ".filter(box => (box.scrollWidth > box.clientWidth) !== (box.tabIndex === 0)).length"
    )
    cut = "document.querySelectorAll('article pre[tabindex]').length"
    assert browser.run(cut) > 0
    assert browser.run(stuck) == 0


def test_a_slash_goes_to_the_search(browser: Browser, address: str) -> None:
    browser.open(f"{address}/{QUIZ_PAGE}")
    browser.press("/")
    assert browser.run("document.activeElement.id") == "ll-find"
    assert browser.run("document.activeElement.value") == ""


def test_a_page_that_is_not_there_finds_its_way_home(browser: Browser, address: str) -> None:
    browser.open(f"{address}/chapters/nowhere/at-all.html")
    assert browser.run("document.querySelector('h1').textContent") == "This page is not here"
    link = browser.run("document.querySelector('article a').href")
    assert link.startswith(address)
    browser.open(link)
    assert browser.errors == []


def test_on_paper_there_is_only_the_text(browser: Browser, address: str) -> None:
    browser.look(*DESK, dark=True, media="print")
    browser.open(f"{address}/{QUIZ_PAGE}")
    shown = browser.run(
        "['.ll-header', '.ll-contents', '.ll-turn', 'article'].map("
        "name => document.querySelector(name).getClientRects().length > 0)"
    )
    assert shown == [False, False, False, True]
    assert min(background(browser)) > 240


def test_on_paper_a_quiz_has_its_answers(browser: Browser, address: str) -> None:
    browser.open(f"{address}/{QUIZ_PAGE}")
    answers = "document.querySelector('#quiz-1 .ll-quiz-answers').checkVisibility()"
    assert browser.run(answers) is False
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.run(answers) is True
    assert browser.run("document.querySelector('#quiz-1 .ll-quiz-answers').open") is True
    browser.run("window.dispatchEvent(new Event('afterprint'))")
    assert browser.run(answers) is False
