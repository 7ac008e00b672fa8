"""How a quiz is written: HTML for the site, plain text for every other builder."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

__all__ = ["answer_list", "choice", "explanation", "question", "quiz", "setup"]

# Sphinx finds a node's writer by the name of its class; the small letters are docutils' habit.


class quiz(nodes.General, nodes.Element):  # noqa: N801
    """A whole quiz: ``name``, ``several``."""


class question(nodes.General, nodes.TextElement):  # noqa: N801
    """The question, which becomes the legend of the group of answers."""


class choice(nodes.General, nodes.TextElement):  # noqa: N801
    """One answer that can be picked: ``kind``, ``group``, ``index``, ``correct``."""


class answer_list(nodes.General, nodes.Element):  # noqa: N801
    """Every answer with its reason, folded away."""


class explanation(nodes.General, nodes.Element):  # noqa: N801
    """One answer and its reason: ``correct``."""


def _open_quiz(writer: HTML5Translator, node: quiz) -> None:
    name = node["name"]
    writer.body.append(
        f'<form class="ll-quiz" id="{name}" data-several="{str(node["several"]).lower()}" '
        f'novalidate>\n<p class="ll-quiz-eyebrow" aria-hidden="true">Check yourself</p>\n'
        f'<fieldset aria-describedby="{name}-how">\n'
    )


def _close_quiz(writer: HTML5Translator, node: quiz) -> None:
    del node
    writer.body.append("</form>\n")


def _open_question(writer: HTML5Translator, node: question) -> None:
    del node
    writer.body.append("<legend>")


def _close_question(writer: HTML5Translator, node: question) -> None:
    several = node.parent["several"]
    how = "Tick every answer that is right." if several else "Choose one answer."
    writer.body.append(
        f'</legend>\n<p class="ll-quiz-how" id="{node.parent["name"]}-how">{how}</p>\n'
    )


def _open_choice(writer: HTML5Translator, node: choice) -> None:
    ident = f"{node['group']}-{node['index']}"
    writer.body.append(
        f'<div class="ll-quiz-choice"><input type="{node["kind"]}" name="{node["group"]}" '
        f'id="{ident}" value="{node["index"]}" autocomplete="off"><label for="{ident}">'
    )


def _close_choice(writer: HTML5Translator, node: choice) -> None:
    del node
    writer.body.append("</label></div>\n")


def _open_list(writer: HTML5Translator, node: answer_list) -> None:
    del node
    writer.body.append(
        "</fieldset>\n"
        '<p class="ll-quiz-act" hidden><button type="submit">Check answer</button> '
        '<button type="reset">Start again</button></p>\n'
        '<p class="ll-quiz-verdict" role="status" aria-live="polite"></p>\n'
        '<details class="ll-quiz-answers"><summary>Show the answers</summary>\n<ol>\n'
    )


def _close_list(writer: HTML5Translator, node: answer_list) -> None:
    del node
    writer.body.append("</ol>\n</details>\n")


def _open_explanation(writer: HTML5Translator, node: explanation) -> None:
    word = "Right" if node["correct"] else "Not right"
    writer.body.append(
        f'<li data-correct="{str(node["correct"]).lower()}"><p class="ll-quiz-mark">{word}</p>\n'
    )


def _close_explanation(writer: HTML5Translator, node: explanation) -> None:
    del node
    writer.body.append("</li>\n")


def _pass(writer: nodes.NodeVisitor, node: nodes.Element) -> None:
    """Write nothing of its own: the children are plain text already."""


def _skip(writer: nodes.NodeVisitor, node: nodes.Element) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the nodes with their writers."""
    plain: dict[str, Any] = {"latex": (_pass, _pass), "text": (_pass, _pass), "man": (_pass, _pass)}
    app.add_node(quiz, html=(_open_quiz, _close_quiz), **plain)
    app.add_node(question, html=(_open_question, _close_question), **plain)
    app.add_node(
        choice,
        html=(_open_choice, _close_choice),
        latex=(_skip, None),
        text=(_skip, None),
        man=(_skip, None),
    )
    app.add_node(answer_list, html=(_open_list, _close_list), **plain)
    app.add_node(explanation, html=(_open_explanation, _close_explanation), **plain)
