"""Words of the glossary explain themselves where they are used, without a kernel.

A ``{term}`` stays a link to the glossary. It also carries the first paragraph of its definition in
``data-definition``, which ``_static/terms.js`` shows on hover, on keyboard focus, and on a tap.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.writers.html5 import HTML5Translator

__all__ = ["definitions", "setup", "term_link"]


class term_link(nodes.reference):  # noqa: N801 - Sphinx finds the writer by this name
    """A link to the glossary with its ``definition``."""


def _definitions(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Return definitions by document and anchor, kept in Sphinx's environment between builds."""
    kept = vars(env).setdefault("lambda_book_definitions", {})
    return cast("dict[str, dict[str, str]]", kept)


def definitions(env: BuildEnvironment) -> dict[str, str]:
    """Return the first paragraph of every definition, by anchor."""
    known: dict[str, str] = {}
    for by_anchor in _definitions(env).values():
        known.update(by_anchor)
    return known


def _collect(app: Sphinx, doctree: nodes.document) -> None:
    found: dict[str, str] = {}
    for item in doctree.findall(nodes.definition_list_item):
        if "glossary" not in item.parent.get("classes", []):
            continue
        paragraph = next(iter(item.findall(nodes.paragraph)), None)
        if paragraph is None:
            continue
        words = " ".join(paragraph.astext().split())
        for term in item.findall(nodes.term):
            found.update(dict.fromkeys(term["ids"], words))
    env = app.builder.env
    _definitions(env)[env.docname] = found


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _definitions(env).pop(docname, None)


def _merge(
    app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment
) -> None:
    for docname in docnames:
        _definitions(env)[docname] = _definitions(other).get(docname, {})


def _explain(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    known = definitions(app.builder.env)
    for reference in list(doctree.findall(nodes.reference)):
        anchor = reference.get("refid") or reference.get("refuri", "").rpartition("#")[2]
        if anchor not in known or not any(
            "std-term" in inline["classes"] for inline in reference.findall(nodes.inline)
        ):
            continue
        link = term_link("", "", *reference.children, **reference.attributes)
        link["definition"] = known[anchor]
        reference.replace_self(link)


def _open(writer: HTML5Translator, node: term_link) -> None:
    target = node["refuri"] if "refuri" in node else f"#{node['refid']}"
    attributes = {"href": target, "data-definition": node["definition"]}
    writer.body.append(writer.starttag(node, "a", "", CLASS="ll-term", **attributes))


def _close(writer: HTML5Translator, node: term_link) -> None:
    writer.body.append("</a>")


def setup(app: Sphinx) -> None:
    """Collect definitions while reading and hang them on the links while writing."""
    app.add_node(term_link, html=(_open, _close))
    app.connect("doctree-read", _collect)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("doctree-resolved", _explain)
