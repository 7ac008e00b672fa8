"""The five boxes of the book, each with one name, one icon and one place in a chapter.

``predict`` stands before what surprises, ``on-real-aws`` after what was run here, ``cost`` where
money would be spent, ``notes-say`` where a source note is weighed, ``exam-corner`` before the quiz.
The icon and the colour of a box belong to its class and live in ``_static/blocks.css``.
"""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

__all__ = ["BOXES", "Box", "setup"]

BOXES = {
    "predict": "Predict",
    "on-real-aws": "On real AWS",
    "cost": "Cost",
    "notes-say": "The notes say",
    "exam-corner": "Exam corner",
}
"""Directive name and the label that opens the box, in the order a chapter meets them."""


class Box(SphinxDirective):
    """One of the five boxes; the directive's own name says which.

    The text after the name is an optional title. It follows the label, so that a reader who only
    hears the page knows what kind of box it is. A box without a body is an error of the author's.
    """

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Build the box as an admonition, which every builder of Sphinx's can write.

        Returns
        -------
        list of nodes.Node
            The box.

        Raises
        ------
        docutils.parsers.rst.DirectiveError
            When the box is empty; it becomes a warning with file and line.
        """
        self.assert_has_content()
        box = nodes.admonition(classes=["ll-box", f"ll-{self.name}"])
        self.set_source_info(box)
        box += self._title()
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]

    def _title(self) -> nodes.title:
        label = nodes.inline("", BOXES[self.name], classes=["ll-box-label"])
        title = nodes.title("", "", label)
        if self.arguments:
            parsed, messages = self.state.inline_text(self.arguments[0], self.lineno)
            title += nodes.inline("", ": ", classes=["ll-box-stop"])
            title += nodes.inline("", "", *parsed, *messages, classes=["ll-box-title"])
        return title


def setup(app: Sphinx) -> None:
    """Add the five directives."""
    for name in BOXES:
        app.add_directive(name, Box)
