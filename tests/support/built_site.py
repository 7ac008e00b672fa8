"""The built site as data: its pages, their links, and what they load."""

from __future__ import annotations

import functools
import gc
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from repository import ROOT

SITE = ROOT / "_build" / "html"
NOT_BUILT = "The book is not built: run `make book`, or `make test`, which builds it first."

_CSS_ADDRESS = re.compile(r"""url\(\s*['"]?(?!['"])([^)'"]*)|@import\s+['"]([^'"]+)""")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# What a browser fetches by itself; an <a href> waits for the reader's click.
_LOADED = (
    ("script", "src"), ("img", "src"), ("img", "srcset"), ("iframe", "src"), ("source", "src"),
    ("source", "srcset"), ("video", "src"), ("audio", "src"), ("track", "src"), ("embed", "src"),
    ("object", "data"), ("input", "src"), ("image", "href"), ("image", "xlink:href"),
    ("use", "href"), ("use", "xlink:href"), ("link", "href"), ("base", "href"), ("form", "action"),
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """One HTML file of the site."""

    name: str
    path: Path

    @functools.cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @functools.cached_property
    def soup(self) -> BeautifulSoup:
        """The page's tree, which stays: the collector of garbage would walk it again and again."""
        gc.disable()
        try:
            tree = BeautifulSoup(self.text, "html.parser")
        finally:
            gc.enable()
        gc.freeze()
        return tree

    @functools.cached_property
    def ids(self) -> list[str]:
        return [str(tag["id"]) for tag in self.soup.find_all(id=True)]

    @property
    def main(self) -> Tag:
        found = self.soup.find("main")
        assert isinstance(found, Tag), f"{self.name} has no <main>."
        return found

    def loads(self) -> Iterator[str]:
        """Yield every address the page makes a browser fetch."""
        for tag, attribute in _LOADED:
            for element in self.soup.find_all(tag):
                value = element.get(attribute)
                if not value:
                    continue
                entries = str(value).split(",") if attribute == "srcset" else [str(value)]
                yield from (entry.split()[0] for entry in entries if entry.strip())
        for element in self.soup.find_all("meta", attrs={"http-equiv": re.compile("(?i)refresh")}):
            yield str(element.get("content", "")).partition("=")[2]
        for style in self.soup.find_all("style"):
            yield from css_loads(style.get_text())
        for element in self.soup.find_all(style=True):
            yield from css_loads(str(element["style"]))


def css_loads(css: str) -> Iterator[str]:
    """Yield every address that a style sheet loads."""
    for match in _CSS_ADDRESS.finditer(_CSS_COMMENT.sub("", css)):
        yield match.group(1) or match.group(2) or ""


def is_foreign(address: str) -> bool:
    """Say whether fetching *address* would leave the site's own origin."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in {"http", "https", "ws", "wss", "ftp"}


@functools.cache
def pages() -> tuple[Page, ...]:
    """Every page of the site; none when it is not built."""
    found = [path for path in SITE.rglob("*.html") if "_static" not in path.parts]
    return tuple(page(path) for path in sorted(found))


@functools.cache
def page(path: Path) -> Page:
    """Return the page at *path*, read once."""
    return Page(path.relative_to(SITE).as_posix(), path)


def dead_link(here: Page, address: str) -> str | None:
    """Return what is wrong with a link of *here*, or None when it leads somewhere."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    if parts.path.startswith("/"):
        return f"{address} starts at the host's root, which breaks under a project's address"
    target = (here.path.parent / unquote(parts.path)).resolve() if parts.path else here.path
    if not target.is_relative_to(SITE.resolve()):
        return f"{address} leaves the site"
    if not target.is_file():
        return f"{address} is not there"
    anchor = unquote(parts.fragment)
    if anchor and target.suffix == ".html":
        known = page(SITE / target.relative_to(SITE.resolve()))
        if anchor not in known.ids:
            return f"{address}: no such anchor"
    return None
