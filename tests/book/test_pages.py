"""Each page of the built site: its structure, its words for those who cannot see, its links."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from built_site import Page, dead_link, pages
from repository import ROOT

pytestmark = pytest.mark.usefixtures("site")

IN_A_FUNCTION = ("/var/task", "/var/runtime", "/var/lang", "/opt/")
FILE_OF_A_TRACEBACK = re.compile(r'File "([^"]+)", line \d+')
NOTEBOOK_TRACEBACK = ("Cell In[", "<ipython-input", "/ipykernel_", "CellExecutionError")
MACHINE_PATH = re.compile(r"(?<![\w/.])/(?:home/(?!sbx_)\w|Users/\w|root/\w|private/var/)\S*")
RAW_MARKUP = re.compile(
    r"\{\{|\}\}|\{(?:term|ref|doc|math|code-cell|quiz|predict|cost)\}|^:::", re.MULTILINE
)


def faults(check: object) -> dict[str, list[str]]:
    """Return what *check* finds on each page; an empty answer is a good site."""
    assert callable(check)
    assert pages(), "There are no pages to look at."
    return {page.name: found for page in pages() if (found := list(check(page)))}


def prose(page: Page) -> str:
    """Return the page's text without code, where braces and the like are meant."""
    copy = BeautifulSoup(str(page.main), "html.parser")
    for tag in copy.find_all(["pre", "code", "script", "style"]):
        tag.decompose()
    return copy.get_text(" ")


def named(tag: Tag, page: Page) -> bool:
    """Say whether a screen reader has a name for *tag*."""
    if str(tag.get("aria-label") or "").strip():
        return True
    for ident in str(tag.get("aria-labelledby") or "").split():
        target = page.soup.find(id=ident)
        if target is not None and target.get_text(strip=True):
            return True
    return False


def test_language_title_and_viewport() -> None:
    def check(page: Page) -> list[str]:
        html, title = page.soup.find("html"), page.soup.find("title")
        found = []
        if not isinstance(html, Tag) or html.get("lang") != "en":
            found.append("no lang=en")
        if title is None or not title.get_text(strip=True):
            found.append("no title")
        if not page.soup.find("meta", attrs={"name": "viewport"}):
            found.append("no viewport: a phone would shrink the page")
        return found

    assert faults(check) == {}


def test_every_title_is_its_own() -> None:
    titles = Counter(
        page.soup.title.get_text(strip=True)
        for page in pages()
        if page.soup.title and page.name != "index.html"  # the cover under a second name
    )
    assert [title for title, times in titles.items() if times > 1] == []


def test_one_h1_and_no_level_skipped() -> None:
    def check(page: Page) -> list[str]:
        levels = [int(tag.name[1]) for tag in page.soup.find_all(re.compile("^h[1-6]$"))]
        found = [] if levels.count(1) == 1 else [f"{levels.count(1)} headings of level 1"]
        for before, after in zip([0, *levels], levels, strict=False):
            if after > before + 1:
                found.append(f"h{after} follows h{before}")
        return found

    assert faults(check) == {}


def test_what_only_a_role_makes_a_heading_has_a_level() -> None:
    """WAI-ARIA requires it, and Sphinx writes captions of the contents without."""

    def check(page: Page) -> list[str]:
        headings = page.soup.select('[role="heading"]')
        assert headings or not page.soup.select(".ll-contents .caption")
        return [str(tag)[:80] for tag in headings if not tag.get("aria-level")]

    assert faults(check) == {}


def test_heads_of_tables_and_folds_say_what_they_are() -> None:
    def check(page: Page) -> list[str]:
        heads = page.soup.select("article th")
        found = [
            f"an empty head beside {tag.parent}"[:160]
            for tag in heads
            if not tag.get_text(strip=True)
        ]
        # A name that differs from the text cannot be spoken to press it (WCAG 2.2, 2.5.3).
        folds = page.soup.select("summary[aria-label]")
        return found + [str(tag)[:120] for tag in folds]

    assert faults(check) == {}


def test_landmarks_and_skip_link() -> None:
    def check(page: Page) -> list[str]:
        found = [name for name in ("header", "main", "footer") if not page.soup.find(name)]
        skip = page.soup.find("a")
        if not isinstance(skip, Tag) or skip.get("href") != f"#{page.main.get('id')}":
            found.append("the first link does not skip to the text")
        unnamed = (nav for nav in page.soup.find_all("nav") if not named(nav, page))
        return found + [f"nav without a name: {str(nav)[:80]}" for nav in unnamed]

    assert faults(check) == {}


def test_pictures_have_words() -> None:
    def check(page: Page) -> list[str]:
        found = [str(tag)[:120] for tag in page.soup.find_all("img") if not tag.get("alt")]
        for svg in page.soup.find_all("svg"):
            if svg.find_parent(attrs={"aria-hidden": "true"}) or svg.get("aria-hidden") == "true":
                continue
            title = svg.find("title", recursive=False)
            spoken = named(svg, page) or (title is not None and title.get_text(strip=True))
            if svg.get("role") != "img" or not spoken:
                found.append(str(svg)[:120])
        return found

    assert faults(check) == {}


def test_controls_have_names() -> None:
    def check(page: Page) -> list[str]:
        found = []
        for tag in page.soup.find_all(["a", "button", "summary"]):
            if tag.name == "a" and not tag.get("href"):
                continue
            picture = tag.find("img", alt=True)
            if not (tag.get_text(strip=True) or named(tag, page) or picture):
                found.append(str(tag)[:120])
        for tag in page.soup.find_all(["input", "select", "textarea"]):
            # A label names what it names by id, or what it contains (HTML, section 4.10.4).
            label = page.soup.find("label", attrs={"for": tag.get("id")}) if tag.get("id") else None
            label = label or tag.find_parent("label")
            if not (label and label.get_text(strip=True)) and not named(tag, page):
                found.append(str(tag)[:120])
        return found

    assert faults(check) == {}


def test_ids_are_used_once() -> None:
    def check(page: Page) -> list[str]:
        return [ident for ident, times in Counter(page.ids).items() if times > 1]

    assert faults(check) == {}


def test_links_lead_somewhere() -> None:
    def check(page: Page) -> list[str]:
        addresses = {str(a["href"]) for a in page.soup.find_all("a", href=True)}
        addresses |= {address for address in page.loads() if not address.startswith("data:")}
        problems = (dead_link(page, address) for address in sorted(addresses) if address)
        return [problem for problem in problems if problem]

    assert faults(check) == {}


def test_tables_have_heads() -> None:
    def check(page: Page) -> list[str]:
        return [str(table)[:120] for table in page.main.find_all("table") if not table.find("th")]

    assert faults(check) == {}


def test_no_traceback_but_a_functions_own() -> None:
    """A log line of a function may show where it failed; the page may not show where we did."""

    def check(page: Page) -> list[str]:
        text = page.main.get_text()
        found = [word for word in NOTEBOOK_TRACEBACK if word in text]
        found += [str(tag)[:120] for tag in page.soup.select(".output.traceback")]
        found += [
            path
            for path in FILE_OF_A_TRACEBACK.findall(text)
            if not path.startswith(IN_A_FUNCTION) and not path.startswith("<frozen ")
        ]
        if "Traceback (most recent call last)" in text and not FILE_OF_A_TRACEBACK.search(text):
            found.append("a traceback that names no file")
        return found

    assert faults(check) == {}


def test_no_path_of_the_building_machine() -> None:
    def check(page: Page) -> list[str]:
        found = MACHINE_PATH.findall(page.text)
        if len(ROOT.parts) > 2 and str(ROOT) in page.text:
            found.append(str(ROOT))
        return found

    assert faults(check) == {}


def test_no_markup_left_raw() -> None:
    def check(page: Page) -> list[str]:
        return RAW_MARKUP.findall(prose(page))

    assert faults(check) == {}


def test_terms_carry_their_definition() -> None:
    links = [link for page in pages() for link in page.soup.select("a.ll-term")]
    assert links, "No page uses a word of the glossary."
    assert [str(link) for link in links if len(str(link.get("data-definition", ""))) < 20] == []


def test_search_knows_the_pages(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "chapters/reference/glossary" in index
    assert "idempot" in index


@pytest.mark.parametrize("name", ["index.html", "404.html", "search.html"])
def test_pages_that_must_exist(site: Path, name: str) -> None:
    assert (site / name).is_file()


def test_the_bare_address_is_the_cover(site: Path) -> None:
    assert (site / "index.html").read_bytes() == (site / "intro.html").read_bytes()
