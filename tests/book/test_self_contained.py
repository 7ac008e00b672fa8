"""No page makes a browser ask another host for anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from built_site import css_loads, is_foreign, pages

# A script may name a namespace; it may not name a place to fetch from.
NAMESPACES = ("http://www.w3.org/",)
QUOTED_ADDRESS = re.compile(r"""["'`]((?:https?:)?//[^"'`\s]+\.[^"'`\s]+)["'`]""")


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    found = {
        page.name: foreign
        for page in pages()
        if (foreign := [address for address in page.loads() if is_foreign(address)])
    }
    assert found == {}


def test_style_sheets_load_nothing_from_elsewhere(site: Path) -> None:
    found = {
        path.name: foreign
        for path in site.rglob("*.css")
        if (foreign := [a for a in css_loads(path.read_text(encoding="utf-8")) if is_foreign(a)])
    }
    assert found == {}


def test_scripts_name_no_other_host(site: Path) -> None:
    """Of files, those that a page loads; of pages, the scripts written into them."""
    texts = {}
    for page in pages():
        for script in page.soup.find_all("script"):
            source = script.get("src")
            if source:
                path = (page.path.parent / str(source).partition("?")[0]).resolve()
                texts[path.name] = path.read_text(encoding="utf-8")
            else:
                texts[f"in {page.name}"] = script.get_text()
    texts.pop("searchindex.js", None)  # the words of the pages, among them addresses in the text
    found = {
        name: foreign
        for name, text in texts.items()
        if (foreign := [a for a in QUOTED_ADDRESS.findall(text) if not a.startswith(NAMESPACES)])
    }
    assert texts
    assert found == {}


@pytest.mark.parametrize(
    ("address", "foreign"),
    [
        ("https://cdn.example/x.js", True),
        ("//cdn.example/x.js", True),
        ("_static/shell.js", False),
        ("../index.html#top", False),
        ("data:image/svg+xml,%3Csvg%3E", False),
    ],
)
def test_the_rule_itself(address: str, foreign: bool) -> None:
    assert is_foreign(address) is foreign


def test_the_rule_reads_style_sheets() -> None:
    css = """
    /* url(https://in-a-comment.example/x) */
    @import "https://a.example/x.css";
    b { background: url('//b.example/y.png') } c { background: url(z.svg) }
    """
    assert list(css_loads(css)) == ["https://a.example/x.css", "//b.example/y.png", "z.svg"]
