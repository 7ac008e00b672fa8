"""Links from data to chapters and labs, by label (``ch-sqs``) or id (``L31``).

Where the pages are and what they are called is known when every page has been read. In a build of
some pages only, what is not there becomes plain text.
"""

from __future__ import annotations

from dataclasses import dataclass

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

__all__ = ["Place", "commas", "find", "listed", "place", "setup"]


class place(nodes.General, nodes.Inline, nodes.Element):  # noqa: N801 - docutils' habit
    """A link to ``target``: its words are ``text`` if it has one, or else the page's title.

    ``target`` is a label or a lab's id, perhaps with ``#section``, which is then part of the title.
    """


@dataclass(frozen=True, slots=True)
class Place:
    """A page that data points at: its address from the asking page, and its title."""

    address: str
    title: str


def _page(env: BuildEnvironment, name: str) -> str | None:
    labels = env.get_domain("std").anonlabels  # type: ignore[attr-defined]
    if name in labels:
        return str(labels[name][0])
    return next((one for one in sorted(env.found_docs) if one.startswith(f"labs/{name}-")), None)


def _section(env: BuildEnvironment, page: str, anchor: str) -> str:
    """Return the heading of a section, if the anchor is one."""
    entries = env.tocs[page].findall(nodes.reference)
    return next((one.astext() for one in entries if one.get("anchorname") == f"#{anchor}"), "")


def find(app: Sphinx, docname: str, target: str) -> Place | None:
    """Return where *target* is, seen from *docname*; None if this build has no such page."""
    env = app.builder.env
    name, _, anchor = target.partition("#")
    page = _page(env, name)
    if page is None:
        return None
    section = _section(env, page, anchor) if anchor else ""
    title = env.titles[page].astext() + (f" › {section}" if section else "")
    address = app.builder.get_relative_uri(docname, page) + (f"#{anchor}" if anchor else "")
    return Place(address, title)


def commas(links: list[nodes.Node]) -> list[nodes.Node]:
    """Return links with commas between them."""
    found: list[nodes.Node] = []
    for link in links:
        found += [nodes.Text(", "), link] if found else [link]
    return found


def listed(targets: tuple[str, ...] | list[str]) -> list[nodes.Node]:
    """Return links to places with commas between them."""
    return commas([place(target=target) for target in targets])


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for link in list(doctree.findall(place)):
        found = find(app, docname, link["target"])
        if found is None:
            words = link.get("text") or link["target"].partition("#")[0]
            link.replace_self(nodes.Text(words))
        else:
            words = link.get("text") or found.title
            made = nodes.reference("", words, refuri=found.address, internal=True)
            link.replace_self(made)


def setup(app: Sphinx) -> None:
    """Resolve links when every page has been read."""
    app.add_node(place)
    app.connect("doctree-resolved", _resolve)
