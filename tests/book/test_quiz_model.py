"""The YAML of a quiz: what is read, and what each mistake is told."""

from __future__ import annotations

import pytest

GOOD = """\
question: Which one?
answers:
  - text: A
    correct: true
    why: because
  - text: B
    why: no
"""


def read(body: str):  # type: ignore[no-untyped-def]
    from lambda_book.quiz_model import read_quiz

    return read_quiz(body)


def test_a_quiz_is_read() -> None:
    quiz = read(GOOD)
    assert quiz.question.source == "Which one?"
    assert [(a.text.source, a.correct, a.why.source, a.text.line) for a in quiz.answers] == [
        ("A", True, "because", 2),
        ("B", False, "no", 5),
    ]
    assert not quiz.several


def test_words_that_yaml_would_turn_into_values_stay_words() -> None:
    quiz = read(GOOD.replace("text: A", "text: 900").replace("text: B", "text: yes"))
    assert [answer.text.source for answer in quiz.answers] == ["900", "yes"]


def test_several_right_answers() -> None:
    assert read(GOOD.replace("text: B", "text: B\n    correct: true")).several


def test_a_folded_text_starts_on_the_line_below() -> None:
    quiz = read(GOOD.replace("question: Which one?", "question: >-\n  Which: {one}?"))
    assert quiz.question.source == "Which: {one}?"
    assert quiz.question.line == 1


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("", 0, "empty"),
        ("just words", 0, "mapping"),
        ("- a\n- b", 0, "mapping"),
        ("question: a: b", 0, "not YAML"),
        ("question: 'open", 0, "not YAML"),
        ("question: \x00", 0, "not YAML"),
        (GOOD.replace("question: Which one?", ""), 1, "'question:' is missing"),
        (GOOD.replace("Which one?", ""), 0, "'question:' is empty"),
        (GOOD.replace("Which one?", "{{ timeout_default }}"), 0, "after '>-'"),
        (GOOD.replace("question: Which one?", "question: {a: b}"), 0, "must be text"),
        ("question: q", 0, "at least 2"),
        ("question: q\nanswers: none", 1, "at least 2"),
        ("question: q\nanswers:\n- text: a\n  why: b\n  correct: true", 2, "at least 2"),
        (GOOD.replace("    correct: true\n", ""), 2, "No answer is right"),
        (GOOD.replace("correct: true", "correct: perhaps"), 3, "true or false, not 'perhaps'"),
        (GOOD.replace("correct: true", "correct: [true]"), 3, "a list or a mapping"),
        (GOOD.replace("text: B", "text: A"), 5, "Two answers say 'A'"),
        (GOOD.replace("    why: no\n", ""), 5, "'why:' is missing"),
        (GOOD.replace("why: no", "because: no"), 6, "'because' is not a field"),
        (GOOD.replace("    why: no", "    why: no\n    why: again"), 7, "given twice"),
        (GOOD + "hint: x\n", 7, "'hint' is not a field"),
        (GOOD + "  - loose words\n", 7, "an answer is expected"),
    ],
)
def test_a_mistake_names_its_line(body: str, line: int, words: str) -> None:
    from lambda_book.quiz_model import QuizError

    with pytest.raises(QuizError) as caught:
        read(body)
    assert words in str(caught.value)
    assert caught.value.line == line
