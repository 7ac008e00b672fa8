"""The YAML body of a quiz read into records, with the line of whatever is wrong.

This module knows nothing of Sphinx, so its rules are tested without a build.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

__all__ = ["Answer", "Quiz", "QuizError", "read_quiz"]

QUIZ_KEYS = frozenset({"question", "answers"})
ANSWER_KEYS = frozenset({"text", "correct", "why"})
FEWEST_ANSWERS = 2


class QuizError(ValueError):
    """The body of a quiz cannot be used.

    Parameters
    ----------
    message
        What is wrong and what to write instead.
    line
        Line within the body, counted from 0.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of MyST text and the body line it starts on, counted from 0."""

    source: str
    line: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what it says, whether it is right, and why."""

    text: Text
    correct: bool
    why: Text


@dataclass(frozen=True, slots=True)
class Quiz:
    """A question with its answers.

    Examples
    --------
    >>> quiz = read_quiz('''
    ... question: Which one is a lane?
    ... answers:
    ...   - text: an execution environment
    ...     correct: true
    ...     why: It lives from left to right.
    ...   - text: a request
    ...     why: It is drawn inside a lane.
    ... ''')
    >>> quiz.several
    False
    >>> [answer.correct for answer in quiz.answers]
    [True, False]
    """

    question: Text
    answers: tuple[Answer, ...]

    @property
    def several(self) -> bool:
        """Whether more than one answer is right, so that boxes are ticked instead of one chosen."""
        return sum(answer.correct for answer in self.answers) > 1


def read_quiz(body: str) -> Quiz:
    """Read a quiz.

    Parameters
    ----------
    body
        A YAML mapping of ``question`` and ``answers``; an answer has ``text``, ``why`` and, when it
        is right, ``correct: true``.

    Returns
    -------
    Quiz
        The quiz, complete and free of contradictions.

    Raises
    ------
    QuizError
        When the body is not YAML or breaks one of the rules; it carries the line.
    """
    try:
        root = yaml.compose(body, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "end of stream" in str(error.problem):  # a quotation mark that was never closed
            mark = error.context_mark or mark
        message = (
            f"This is not YAML: {error.problem or error.context}. Put a text that contains a "
            "colon, a brace or a quotation mark after '>-' on a line of its own."
        )
        raise QuizError(message, mark.line if mark else 0) from error
    except yaml.YAMLError as error:
        message = f"This is not YAML: {error}. Remove characters that cannot be printed."
        raise QuizError(message, 0) from error
    if root is None:
        message = "A quiz needs 'question:' and 'answers:'; this one is empty."
        raise QuizError(message, 0)
    fields = _mapping(root, "a quiz", QUIZ_KEYS)
    question = _text(fields, "question", root, "a quiz")
    return Quiz(question, _answers(fields, root))


def _answers(fields: dict[str, yaml.Node], root: yaml.Node) -> tuple[Answer, ...]:
    listed = fields.get("answers")
    if not isinstance(listed, yaml.SequenceNode) or len(listed.value) < FEWEST_ANSWERS:
        message = f"'answers:' must be a list of at least {FEWEST_ANSWERS} answers."
        raise QuizError(message, _line(listed or root))
    answers = tuple(_answer(node) for node in listed.value)
    if not any(answer.correct for answer in answers):
        message = "No answer is right. Write 'correct: true' under at least one."
        raise QuizError(message, _line(listed))
    seen: set[str] = set()
    for answer in answers:
        if answer.text.source in seen:
            message = f"Two answers say {answer.text.source!r}. Remove or reword one."
            raise QuizError(message, answer.text.line)
        seen.add(answer.text.source)
    return answers


def _answer(node: yaml.Node) -> Answer:
    fields = _mapping(node, "an answer", ANSWER_KEYS)
    correct = fields.get("correct")
    if correct is not None and correct.value not in ("true", "false"):
        message = f"'correct:' must be true or false, not {_shown(correct)}."
        raise QuizError(message, _line(correct))
    return Answer(
        text=_text(fields, "text", node, "an answer"),
        correct=correct is not None and correct.value == "true",
        why=_text(fields, "why", node, "an answer"),
    )


def _mapping(node: yaml.Node, what: str, allowed: frozenset[str]) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        names = ", ".join(f"'{key}:'" for key in sorted(allowed))
        message = f"Here {what} is expected, a mapping with {names}."
        raise QuizError(message, _line(node))
    fields: dict[str, yaml.Node] = {}
    for key, value in _pairs(node):
        name = str(key.value)
        if name not in allowed:
            message = f"{name!r} is not a field of {what}; use {', '.join(sorted(allowed))}."
            raise QuizError(message, _line(key))
        if name in fields:
            message = f"{name!r} is given twice. Keep one."
            raise QuizError(message, _line(key))
        fields[name] = value
    return fields


def _pairs(node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    yield from node.value


def _text(fields: dict[str, yaml.Node], name: str, owner: yaml.Node, what: str) -> Text:
    node = fields.get(name)
    if node is None:
        message = f"'{name}:' is missing; {what} needs it."
        raise QuizError(message, _line(owner))
    if not isinstance(node, yaml.ScalarNode):
        message = (
            f"'{name}:' must be text. Put text that starts with a brace or bracket after '>-'."
        )
        raise QuizError(message, _line(node))
    source = str(node.value).strip()
    if not source:
        message = f"'{name}:' is empty; {what} needs it."
        raise QuizError(message, _line(node))
    # The text of a block scalar ('>-' or '|') begins on the line below its mark.
    return Text(source, _line(node) + (1 if node.style in {"|", ">"} else 0))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line)


def _shown(node: yaml.Node) -> str:
    return repr(node.value) if isinstance(node, yaml.ScalarNode) else "a list or a mapping"
