"""The *at a glance* list that opens a chapter: how long, what it needs, which labs belong to it."""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

__all__ = ["Glance", "setup"]

ROWS = {"time": "Time", "needs": "You need", "labs": "Labs", "after": "Then you can"}
"""Option name and the label shown, in the order shown."""


class Glance(SphinxDirective):
    """At a glance: ``:time:``, ``:needs:``, ``:labs:`` and ``:after:``, each one line of MyST text.

    Any of the four may be left out, not all of them.
    """

    has_content = False
    option_spec: ClassVar = dict.fromkeys(ROWS, directives.unchanged_required)

    def run(self) -> list[nodes.Node]:
        """Build a definition list.

        Returns
        -------
        list of nodes.Node
            The list in a container of class ``ll-glance``.

        Raises
        ------
        docutils.parsers.rst.DirectiveError
            When no row is given.
        """
        if not self.options:
            message = f"A glance needs at least one of {', '.join(f':{name}:' for name in ROWS)}."
            raise self.error(message)
        rows = nodes.definition_list(classes=["ll-glance-rows"])
        for name, label in ROWS.items():
            if name in self.options:
                parsed, messages = self.state.inline_text(self.options[name], self.lineno)
                body = nodes.definition("", nodes.paragraph("", "", *parsed, *messages))
                rows += nodes.definition_list_item("", nodes.term("", label), body)
        return [nodes.container("", rows, classes=["ll-glance"])]


def setup(app: Sphinx) -> None:
    """Add the directive."""
    app.add_directive("glance", Glance)
