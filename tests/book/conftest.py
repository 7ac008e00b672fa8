"""What the checks of the book share: the built site, and a small book built for one test."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from built_site import NOT_BUILT, SITE
from devtools import Browser, chromium, find_chromium, served
from repository import ROOT

sys.path.insert(0, str(ROOT / "_ext"))


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").exists():
        pytest.skip(NOT_BUILT)
    return SITE


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where the built site is served."""
    with served(site) as url:
        yield url


@pytest.fixture(scope="module")
def one_browser() -> Iterator[Browser]:
    """The browser that the tests of a module share; skips them where there is none."""
    path = find_chromium()
    if path is None:
        pytest.skip("There is no Chromium or Chrome here: install one, or name it in CHROMIUM.")
    with chromium(path) as found:
        yield found


@pytest.fixture
def on_a_phone(site: Path) -> Iterator[Callable[[str], Browser]]:
    """Open a page of the built site in a browser as wide as a phone."""
    path = find_chromium()
    if path is None:
        pytest.skip("There is no Chromium or Chrome here: install one, or name it in CHROMIUM.")
    with served(site) as address, chromium(path) as browser:
        browser.look(390, 844)

        def go(page: str) -> Browser:
            browser.open(f"{address}/{page}")
            return browser

        yield go


@dataclass(frozen=True)
class Built:
    """A small book: its pages as HTML and what Sphinx warned of."""

    folder: Path
    warnings: str

    def page(self, name: str = "index") -> BeautifulSoup:
        text = (self.folder / f"{name}.html").read_text(encoding="utf-8")
        return BeautifulSoup(text, "html.parser")


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Built]:
    """Build a book of the pages given, with the book's own extension, and return it."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    def run(pages: dict[str, str] | str, builder: str = "html", **settings: Any) -> Built:
        source = tmp_path / "source"
        source.mkdir()
        for name, text in ({"index": pages} if isinstance(pages, str) else pages).items():
            (source / f"{name}.md").write_text(text, encoding="utf-8")
        chapters = [name for name in (pages if isinstance(pages, dict) else {}) if name != "index"]
        toc = "format: jb-book\nroot: index\n"
        if chapters:
            toc += "chapters:\n" + "".join(f"- file: {name}\n" for name in chapters)
        (source / "_toc.yml").write_text(toc, encoding="utf-8")
        warnings = io.StringIO()
        overrides = {
            "extensions": ["myst_parser", "sphinx_external_toc", "lambda_book"],
            "myst_enable_extensions": ["colon_fence", "deflist", "substitution"],
            "html_theme": "basic",
            "html_math_renderer": "mathml",
            **settings,
        }
        out = tmp_path / "out"
        with patch_docutils(str(source)), docutils_namespace():
            app = Sphinx(
                str(source), None, str(out), str(tmp_path / "trees"), builder,
                confoverrides=overrides, status=None, warning=warnings, freshenv=True,
            )  # fmt: skip
            app.build(force_all=True)
        return Built(out, warnings.getvalue())

    return run
