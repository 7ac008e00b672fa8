"""Which part of the book a page belongs to, read from ``_toc.yml``, the only place for order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

__all__ = ["Page", "Part", "read_parts", "setup"]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a part."""

    docname: str
    title: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the book and its pages, in reading order."""

    caption: str
    pages: tuple[Page, ...]


def read_parts(env: BuildEnvironment) -> list[Part]:
    """Return the parts under the book's root, as sphinx-external-toc keeps them.

    Parameters
    ----------
    env
        Sphinx's environment, after every page has been read.
    """
    parts = []
    for tree in env.external_site_map.root.subtrees:  # type: ignore[attr-defined]
        names = [str(item) for item in tree.items]
        pages = tuple(Page(name, env.titles[name].astext()) for name in names if name in env.titles)
        parts.append(Part(tree.caption or "", pages))
    return parts


def _tell(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    parts = read_parts(app.builder.env)
    here = (part.caption for part in parts for one in part.pages if one.docname == page)
    context["ll_parts"] = parts
    context["ll_part"] = next(here, "")
    context["ll_is_lab"] = page.startswith("labs/")


def setup(app: Sphinx) -> None:
    """Tell the templates."""
    app.connect("html-page-context", _tell)
