"""The exams: ``{exam-map} DVA-C02`` from data, and ``{exam-corners}``, the chapters' own boxes.

Every box ``exam-corner`` of a chapter is collected while the chapters are read, so the list is
complete without anybody keeping it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from .parts import read_parts
from .places import listed

if TYPE_CHECKING:
    from lambda_lab.facts.study import Exam, ExamDomain

__all__ = ["ANCHOR", "ExamCorners", "ExamMap", "setup"]

ANCHOR = "exam-corner"
"""The anchor that a chapter's box is given."""


class exam_corners(nodes.General, nodes.Element):  # noqa: N801 - docutils' habit
    """The place of the list; ``without`` names pages that are left out."""


def _study() -> Any:
    """Return the room's module; ``facts`` of this extension says it if the package is missing."""
    from lambda_lab.facts import study

    return study


class ExamMap(SphinxDirective):
    """The domains of one exam, each with what it asks for and where to practise it."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        """Build a section for each domain.

        Raises
        ------
        docutils.parsers.rst.DirectiveError
            When there is no such exam.
        """
        exams: dict[str, Exam] = {exam.name: exam for exam in _study().exams()}
        name = self.arguments[0]
        if name not in exams:
            raise self.error(f"There is no exam {name!r}; there are {', '.join(exams)}.")
        exam = exams[name]
        return [_source(exam), *(self._domain(domain) for domain in exam.domains)]

    def _domain(self, domain: ExamDomain) -> nodes.section:
        section = nodes.section(ids=[domain.id], names=[domain.id])
        section += nodes.title("", domain.name)
        items = nodes.bullet_list()
        for topic in domain.topics:
            line = nodes.paragraph("", f"{topic.says} ")
            line += nodes.inline("", "", *listed(topic.chapters), classes=["ll-exam-where"])
            items += nodes.list_item("", line)
        section += items
        return section


def _source(exam: Exam) -> nodes.paragraph:
    line = nodes.paragraph(classes=["ll-exam-source"])
    line += nodes.reference("", exam.title, refuri=exam.url)
    checked = f"{exam.checked.day} {exam.checked:%B %Y}"
    line += nodes.Text(
        f". Names of the domains: confidence {exam.confidence.value}, {checked}. {exam.reason}"
    )
    return line


class ExamCorners(SphinxDirective):
    """Every exam corner of the chapters, in the book's order."""

    has_content = False
    option_spec: ClassVar = {"without": lambda text: text.split()}

    def run(self) -> list[nodes.Node]:
        """Return the place of the list."""
        return [exam_corners(without=self.options.get("without", []))]


def _kept(env: BuildEnvironment) -> dict[str, list[nodes.Node]]:
    """Return the boxes' contents by page, kept in Sphinx's environment between builds."""
    kept = vars(env).setdefault("lambda_book_corners", {})
    return cast("dict[str, list[nodes.Node]]", kept)


def _collect(app: Sphinx, doctree: nodes.document) -> None:
    env = app.builder.env
    boxes = [box for box in doctree.findall(nodes.admonition) if "ll-exam-corner" in box["classes"]]
    for number, box in enumerate(boxes, 1):
        box["ids"].append(ANCHOR if number == 1 else f"{ANCHOR}-{number}")
    if boxes:
        contents = [part.deepcopy() for box in boxes for part in box.children[1:]]
        _kept(env)[env.docname] = [_plain(part) for part in contents]


def _plain(part: nodes.Node) -> nodes.Node:
    """Return a copy without anchors, and with references as plain text: they fit their own page."""
    for node in list(part.findall(nodes.Element)):
        node["ids"] = []
        if isinstance(node, addnodes.pending_xref | nodes.reference) and node.parent is not None:
            node.replace_self(node.children)
    return part


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _kept(env).pop(docname, None)


def _merge(
    app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment
) -> None:
    for docname in docnames:
        if docname in _kept(other):
            _kept(env)[docname] = _kept(other)[docname]


def _list(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    env = app.builder.env
    for node in list(doctree.findall(exam_corners)):
        made: list[nodes.Node] = []
        for part in read_parts(env):
            names = [page.docname for page in part.pages if page.docname in _kept(env)]
            names = [name for name in names if name not in node["without"]]
            if names:
                made += _part(app, docname, part.caption, names)
        node.replace_self(made)


def _part(app: Sphinx, docname: str, caption: str, names: list[str]) -> list[nodes.Node]:
    """Return a part of the book: its name, and a chapter's link over what its box says."""
    entries = nodes.definition_list(classes=["ll-corners"])
    for name in names:
        address = f"{app.builder.get_relative_uri(docname, name)}#{ANCHOR}"
        title = app.builder.env.titles[name].astext()
        entry = nodes.definition_list_item()
        entry += nodes.term("", "", nodes.reference("", title, refuri=address, internal=True))
        said = [part.deepcopy() for part in _kept(app.builder.env)[name]]
        entry += nodes.definition("", *said)
        entries += entry
    return [nodes.rubric("", caption, classes=["ll-corners-part"]), entries]


def setup(app: Sphinx) -> None:
    """Collect boxes while reading and list them while writing."""
    app.add_node(exam_corners)
    app.add_directive("exam-map", ExamMap)
    app.add_directive("exam-corners", ExamCorners)
    app.connect("doctree-read", _collect)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("doctree-resolved", _list)
