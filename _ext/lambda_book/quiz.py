"""The ``quiz`` directive: a question that can be answered without a kernel, a mouse or a script.

The page carries a real ``fieldset`` of radio buttons (or tick boxes, where several answers are
right) and a ``details`` list of every answer with its reason. Without JavaScript the list is how a
reader looks an answer up. With it, ``_static/quiz.js`` hides the list, shows the button and takes
the reasons from the list, so that no text stands on the page twice in two versions.
"""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .quiz_html import answer_list, choice, explanation, question, quiz
from .quiz_html import setup as setup_nodes
from .quiz_model import Answer, Quiz, QuizError, Text, read_quiz

__all__ = ["QuizDirective", "setup"]

logger = logging.getLogger(__name__)


class QuizDirective(SphinxDirective):
    """A question with answers, written in YAML; see :func:`lambda_book.quiz_model.read_quiz`."""

    has_content = True
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Build the quiz, or warn with file and line and leave it out.

        Returns
        -------
        list of nodes.Node
            The quiz; nothing when its body cannot be used.
        """
        try:
            model = read_quiz("\n".join(self.content))
            return [self._quiz(model)]
        except QuizError as error:
            location = (self.env.docname, self._line_of(error.line))
            logger.warning("quiz: %s", error, location=location, type="lambda_book")
            return []

    def _quiz(self, model: Quiz) -> quiz:
        number = self.env.new_serialno("lambda-book-quiz") + 1
        node = quiz(name=f"quiz-{number}", several=model.several)
        self.set_source_info(node)
        first, *rest = self._parse(model.question)
        if not isinstance(first, nodes.paragraph):
            message = "A question starts with a sentence; a list or code may follow it."
            raise QuizError(message, model.question.line)
        node += question("", "", *first.children)
        node += rest
        kind = "checkbox" if model.several else "radio"
        for index, answer in enumerate(model.answers, 1):
            line = self._sentence(answer)
            mark = {"kind": kind, "group": node["name"], "index": index, "correct": answer.correct}
            node += choice("", "", *line, **mark)
        node += self._answer_list(model)
        return node

    def _answer_list(self, model: Quiz) -> answer_list:
        listed = answer_list()
        for answer in model.answers:
            item = explanation(correct=answer.correct)
            item += nodes.paragraph("", "", *self._sentence(answer), classes=["ll-quiz-said"])
            item += nodes.container("", *self._parse(answer.why), classes=["ll-quiz-why"])
            listed += item
        return listed

    def _sentence(self, answer: Answer) -> list[nodes.Node]:
        parsed = self._parse(answer.text)
        if len(parsed) != 1 or not isinstance(parsed[0], nodes.paragraph):
            message = "An answer is one paragraph, because it labels a button."
            raise QuizError(message, answer.text.line)
        return list(parsed[0].children)

    def _parse(self, text: Text) -> list[nodes.Node]:
        lines = StringList(text.source.splitlines(), source=self.get_source_info()[0])
        holder = nodes.Element()
        self.state.nested_parse(lines, self.content_offset + text.line, holder)
        return list(holder.children)

    def _line_of(self, body_line: int) -> int:
        return self.lineno + self.content_offset + body_line + 1


def setup(app: Sphinx) -> None:
    """Add the directive and the nodes it is made of."""
    setup_nodes(app)
    app.add_directive("quiz", QuizDirective)
