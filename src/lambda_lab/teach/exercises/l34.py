"""Lab L34, an upload calls a function: keys in events, what S3 checks, and loops."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus, unquote, unquote_plus

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import Context, not_yet, right, run, shown

__all__ = ["EXERCISES"]

_SPACE = ("in/summer days.jpg",)
_SEVERAL = ("in/1+1=2.txt", "café/menü 50%.pdf")
_REAL_PLUS = ("in/a+b.jpg",)


def _event(keys: tuple[str, ...]) -> dict[str, Any]:
    """Return what S3 tells of *keys*; it encodes all but slashes."""
    told = ({"bucket": {"name": "photos"}, "object": {"key": quote_plus(k, "/")}} for k in keys)
    return {"Records": [{"eventSource": "aws:s3", "s3": one} for one in told]}


def _decoded(answer: Any, lab: HasClient | None) -> Outcome:
    for keys in (_SPACE, _SEVERAL, _REAL_PLUS):
        result = run(answer, _event(keys), lab)
        if result != [*keys]:
            return not_yet(f"For the uploads {shown([*keys])} it returned {shown(result)}.")
    return right("Every record is read, and every key is what the uploader wrote.")


def _raw(event: Any, context: Any) -> list[str]:
    del context
    return [record["s3"]["object"]["key"] for record in event["Records"]]


def _keeps_plus(event: Any, context: Any) -> list[str]:
    return [unquote(key) for key in _raw(event, context)]


def _twice(event: Any, context: Any) -> list[str]:
    return [unquote_plus(unquote_plus(key)) for key in _raw(event, context)]


def _first_only(event: Any, context: Any) -> list[str]:
    return [unquote_plus(key) for key in _raw(event, context)][:1]


def _acts_like(mistake: Any, keys: tuple[str, ...]) -> Any:
    """Return a test for handlers that do with *keys* what *mistake* does."""

    def test(answer: Any) -> bool:
        event = _event(keys)
        return callable(answer) and bool(run(answer, event, None) == mistake(event, Context()))

    return test


# Held against the region by tests/functional_events/test_lab_answers.py.
_TAKEN, _REFUSED = "taken", "refused"
_PUTS: dict[str, Any] = {
    "the function's policy says nothing of S3": _REFUSED,
    "the function's policy lets in another bucket": _REFUSED,
    "the function's role may not read the bucket": _TAKEN,
    "one function for .jpg, another for .png": _TAKEN,
    "two functions for .jpg, without a prefix": _REFUSED,
    "one good rule, and one for a function that is deleted": _REFUSED,
}


def _puts(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _PUTS,
        "S3 asks each function's policy, looks for overlaps, and takes the whole list or none.",
    )


_LOOPS: dict[str, Any] = {
    "no filter, writes to the same bucket": True,
    "prefix in/, writes to out/ in the same bucket": False,
    "prefix in/, writes to in/small/ in the same bucket": True,
    "suffix .jpg, writes a .png beside it": False,
    "only ObjectRemoved, writes a note to the same bucket": False,
}


def _loops(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(answer, _LOOPS, "It loops when what is written is what the rule asks for.")


def _placeholder(cases: dict[str, Any]) -> str:
    return "answer = {\n" + "".join(f'    "{case}": ...,\n' for case in cases) + "}"


def _solution(cases: dict[str, Any]) -> str:
    texts = {
        case: f'"{value}"' if isinstance(value, str) else value for case, value in cases.items()
    }
    return "answer = {\n" + "".join(f'    "{c}": {v},\n' for c, v in texts.items()) + "}\n"


EXERCISES = (
    Exercise(
        id="L34.1",
        question=(
            "Write `handler(event, context)`, which returns the keys of all objects that an event "
            "of S3 tells of, as a list of texts, each as its uploader wrote it. Set `answer` to "
            "the handler itself."
        ),
        check=_decoded,
        hints=(
            "An event has a list of records.",
            "In an event a key is URL-encoded.",
            "unquote_plus of urllib.parse decodes the key of a record's object.",
        ),
        solution_source=(
            "from urllib.parse import unquote_plus\n\n"
            "def handler(event, context):\n"
            '    return [unquote_plus(r["s3"]["object"]["key"]) for r in event["Records"]]\n\n'
            "answer = handler\n"
        ),
        mistakes=(
            Mistake(
                _raw,
                "These are the keys as the event has them. They are URL-encoded.",
                _acts_like(_raw, _SEVERAL),
            ),
            Mistake(
                _keeps_plus,
                "unquote leaves a + as it is, and here a + stands for a space.",
                _acts_like(_keeps_plus, _SEVERAL),
            ),
            Mistake(
                _first_only,
                "There may be more than one record.",
                _acts_like(_first_only, _SEVERAL),
            ),
            Mistake(
                _twice,
                "A + that the uploader wrote arrives as %2B. Decode once, not twice.",
                _acts_like(_twice, _REAL_PLUS),
            ),
        ),
        placeholder="def handler(event, context):\n    ...\n\nanswer = handler",
    ),
    Exercise(
        id="L34.2",
        question=(
            "What does S3 say when it is asked for each of these notifications? Set each to "
            f'`"{_TAKEN}"` or `"{_REFUSED}"`.'
        ),
        check=_puts,
        hints=(
            "S3 asks who may call the function. It does not ask what the function may do.",
            "Two rules must not both be for one object.",
            "The call replaces the whole list, and so it checks the whole list.",
        ),
        solution_source=_solution(_PUTS),
        mistakes=(
            Mistake(
                _PUTS | {"the function's role may not read the bucket": _REFUSED},
                "S3 does not look at the role. The function finds out when it reads.",
                says("the function's role may not read the bucket", _REFUSED),
            ),
            Mistake(
                _PUTS | {"one good rule, and one for a function that is deleted": _TAKEN},
                "One destination that cannot be reached is enough to refuse them all.",
                says("one good rule, and one for a function that is deleted", _TAKEN),
            ),
            Mistake(
                _PUTS | {"one function for .jpg, another for .png": _REFUSED},
                "No key ends in both, so these rules do not overlap.",
                says("one function for .jpg, another for .png", _REFUSED),
            ),
        ),
        placeholder=_placeholder(_PUTS),
    ),
    Exercise(
        id="L34.3",
        question=(
            "Each function writes an object whenever it is called. The rules ask for "
            "`s3:ObjectCreated:*` where nothing else is said. Which of them call themselves again? "
            "Set each to `True` or `False`."
        ),
        check=_loops,
        hints=(
            "Ask of each: would the rule ask for the object that was written?",
            "A prefix reaches into everything that begins with it.",
            "An object that is written is created. It is not removed.",
        ),
        solution_source=_solution(_LOOPS),
        mistakes=(
            Mistake(
                _LOOPS | {"prefix in/, writes to in/small/ in the same bucket": False},
                "in/small/ begins with in/ too.",
                says("prefix in/, writes to in/small/ in the same bucket", False),
            ),
            Mistake(
                _LOOPS | {"prefix in/, writes to out/ in the same bucket": True},
                "The rule does not ask for out/, so nobody is told of the copy.",
                says("prefix in/, writes to out/ in the same bucket", True),
            ),
            Mistake(
                _LOOPS | {"only ObjectRemoved, writes a note to the same bucket": True},
                "The note is created, and this rule asks for removals only.",
                says("only ObjectRemoved, writes a note to the same bucket", True),
            ),
        ),
        placeholder=_placeholder(_LOOPS),
    ),
)
