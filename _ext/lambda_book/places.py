"""Links from data to chapters and labs, by label (``ch-sqs``) or id (``L31``).

Where the pages are and what they are called is known when every page has been read. In a build of
some pages only, what is not there becomes plain text.
"""

from __future__ import annotations

from dataclasses import dataclass

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

__all__ = ["Place", "find", "listed", "place", "setup"]


class place(nodes.General, nodes.Inline, nodes.Element):  # noqa: N801 - docutils' habit
    """A link to ``target``, with the page's own title."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page that data points at: its address from the asking page, and its title."""

    address: str
    title: str


def _page(env: BuildEnvironment, target: str) -> str | None:
    labels = env.get_domain("std").anonlabels  # type: ignore[attr-defined]
    if target in labels:
        return str(labels[target][0])
    return next((one for one in sorted(env.found_docs) if one.startswith(f"labs/{target}-")), None)


def find(app: Sphinx, docname: str, target: str) -> Place | None:
    """Return where *target* is, seen from *docname*; None if this build has no such page."""
    page = _page(app.builder.env, target)
    if page is None:
        return None
    address = app.builder.get_relative_uri(docname, page)
    return Place(address, app.builder.env.titles[page].astext())


def listed(targets: tuple[str, ...] | list[str]) -> list[nodes.Node]:
    """Return links with commas between them."""
    found: list[nodes.Node] = []
    for target in targets:
        found += [nodes.Text(", "), place(target=target)] if found else [place(target=target)]
    return found


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for link in list(doctree.findall(place)):
        found = find(app, docname, link["target"])
        if found is None:
            link.replace_self(nodes.Text(link["target"]))
        else:
            made = nodes.reference("", found.title, refuri=found.address, internal=True)
            link.replace_self(made)


def setup(app: Sphinx) -> None:
    """Resolve links when every page has been read."""
    app.add_node(place)
    app.connect("doctree-resolved", _resolve)
