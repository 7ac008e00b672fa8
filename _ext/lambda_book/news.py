"""``{news-sheet}``: what AWS Lambda gained since 2023, newest first, from ``facts.study``."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from .places import find
from .sheet import Cell, Filter, Row, link, prose, sheet

if TYPE_CHECKING:
    from lambda_lab.facts.study import News

__all__ = ["NewsSheet", "news_html", "setup"]


class news_sheet(nodes.General, nodes.Element):  # noqa: N801 - docutils' habit
    """The place of the table, which is written when the chapters' titles are known."""


class NewsSheet(SphinxDirective):
    """The table of what is new; it takes no argument and no content."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the place of the table."""
        return [news_sheet()]


def _study() -> Any:
    """Return the room's module; ``facts`` of this extension says it if the package is missing."""
    from lambda_lab.facts import study

    return study


def _said(item: News) -> str:
    return item.shown or f"{item.day.day} {item.day:%B %Y}"


def _row(app: Sphinx, docname: str, item: News) -> Row:
    places = [find(app, docname, target) for target in item.chapters]
    links = ", ".join(
        f'<a class="internal" href="{escape(one.address)}">{escape(one.title, quote=False)}</a>'
        for one in places
        if one
    )
    read_on = f"<p>Read on: {links}</p>" if links else ""
    low = f"<p>{prose(item.reason)}</p>" if item.reason else ""
    dated = _study().DATED[item.dated]
    source = (
        f"{link(item.source, item.url)}<p>{item.checked.isoformat()}, confidence "
        f"{item.confidence.value}; day from {escape(dated)}</p>{low}"
    )
    return Row(
        [
            Cell(f"{prose(item.what)}<p>{escape(_said(item))}</p>", item.day.isoformat()),
            Cell(f"{prose(item.changes)}{read_on}"),
            Cell(f"{item.here.value.capitalize()}<p>{prose(item.how)}</p>"),
            Cell(source),
        ],
        f"new-{item.id}",
        {"year": str(item.day.year), "here": item.here.value.capitalize()},
    )


def news_html(app: Sphinx, docname: str) -> str:
    """Return the table, with links as seen from *docname*."""
    rows = [_row(app, docname, item) for item in _study().news()]
    filters = [Filter("year", "Year", "Every year"), Filter("here", "In this book", "All")]
    columns = ["What and when", "For you", "In this book", "Source"]
    return sheet(columns, rows, noun="changes", filters=filters)


def _write(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(news_sheet)):
        node.replace_self(nodes.raw("", news_html(app, docname), format="html"))


def _count(app: Sphinx, config: Config) -> None:
    """Offer the page its own figures as substitutions."""
    every = _study().news()
    checked = max(item.checked for item in every)
    config.myst_substitutions = {
        **(config.myst_substitutions or {}),
        "news_number": str(len(every)),
        "news_modelled": str(sum(item.here.value != "no" for item in every)),
        "news_checked": f"{checked.day} {checked:%B %Y}",
    }


def setup(app: Sphinx) -> None:
    """Add the directive."""
    app.connect("config-inited", _count, priority=900)
    app.add_node(news_sheet)
    app.add_directive("news-sheet", NewsSheet)
    app.connect("doctree-resolved", _write)
