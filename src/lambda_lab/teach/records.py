"""What an exercise is, and what a learner gets to see of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from lambda_lab.teach.markup import box

__all__ = ["Check", "Exercise", "HasClient", "Hint", "Mistake", "Outcome", "Solution", "Verdict"]


class HasClient(Protocol):
    """The part of a lab that a check may use."""

    def client(self, service: str) -> Any:
        """Return a boto3 client of the lab's region."""


class Verdict(StrEnum):
    """What a check can come to."""

    RIGHT = "right"
    NOT_YET = "not yet"
    NOT_ATTEMPTED = "not attempted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to ``lab.check``: a verdict, the reason, and a hint where it helps.

    Examples
    --------
    >>> print(Outcome(Verdict.NOT_YET, "The function answered nothing.", "Look at return."))
    Not yet. The function answered nothing.
    Hint: Look at return.
    """

    verdict: Verdict
    reason: str
    hint: str = ""

    @property
    def right(self) -> bool:
        """Whether the answer was right."""
        return self.verdict is Verdict.RIGHT

    def __str__(self) -> str:
        said = f"{self.verdict.value.capitalize()}. {self.reason}"
        return said + (f"\nHint: {self.hint}" if self.hint else "")

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        hint = [f"Hint: {self.hint}"] if self.hint else []
        key = self.verdict.value.replace(" ", "-")
        return box(key, f"{self.verdict.value.capitalize()}.", [self.reason, *hint])


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint, with its place among the hints of the exercise."""

    text: str
    number: int = 0
    of: int = 0

    def __str__(self) -> str:
        return f"{self._name()} {self.text}"

    def __repr__(self) -> str:
        return str(self)

    def _name(self) -> str:
        return f"Hint {self.number} of {self.of}." if self.number else "No hint."

    def _repr_html_(self) -> str:
        return box("hint", self._name(), [self.text])


@dataclass(frozen=True, slots=True)
class Solution:
    """A worked answer: the text of a code cell."""

    source: str
    note: str = ""

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.note, self.source)))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        said = [self.note] if self.note else []
        return box("solution", "One solution." if self.source else "", said, code=self.source)


Check = Callable[[Any, HasClient | None], Outcome]


def _bare(text: str) -> str:
    return text.strip(" .!\t\n").casefold().removeprefix("the ").removeprefix("an ")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A common wrong answer, the hint it triggers, and how to tell it.

    ``answer`` is an example of the mistake; tests give it to the check. ``told_by`` says whether
    another answer is the same mistake; without it, an equal answer is.
    """

    answer: Any
    hint: str
    told_by: Callable[[Any], bool] | None = None

    def made_in(self, answer: Any) -> bool:
        """Return whether *answer* makes this mistake."""
        if self.told_by is not None:
            return bool(self.told_by(answer))
        if isinstance(answer, str) and isinstance(self.answer, str):
            return _bare(answer) == _bare(self.answer)
        return bool(type(answer) is type(self.answer) and answer == self.answer)


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question with its check.

    Attributes
    ----------
    id
        ``L10.2``: the lab and the place in it.
    question
        What is asked, in Markdown.
    check
        Judges an answer that was attempted; may raise, the caller of the check sees to it.
    hints
        From a nudge to nearly the answer.
    solution_source
        A code cell that sets the variable ``answer``; it may use ``lab``.
    mistakes
        Common wrong answers with the hint each triggers; at least one.
    placeholder
        The code that stands in the notebook before the learner begins.
    """

    id: str
    question: str
    check: Check
    hints: tuple[str, ...]
    solution_source: str
    mistakes: tuple[Mistake, ...]
    placeholder: str = "answer = ..."

    @property
    def lab(self) -> str:
        """The lab it belongs to, for example ``L10``."""
        return self.id.partition(".")[0]
