"""Lab L30, synchronous calls: what the caller learns, and whose task a second try is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, plain, right, run, shown

__all__ = ["EXERCISES"]

# StatusCode and FunctionError of Invoke, by what the call meets:
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (ResponseSyntax).
_TRUTH: dict[str, tuple[int, str | None]] = {
    "returns": (200, None),
    "raises": (200, "Unhandled"),
    "times out": (200, "Unhandled"),
    "dry run": (204, None),
}


def _classified(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, dict):
        return not_yet(f"The answer should be a dict of the four cases; it is {shown(answer)}.")
    missing = [case for case in _TRUTH if case not in answer]
    if missing:
        return not_yet(f"The case {missing[0]!r} is missing.")
    wrong = [case for case, truth in _TRUTH.items() if _as_pair(answer[case]) != truth]
    if not wrong:
        return right(
            "Only FunctionError tells a failed function from a good one: the status is 200 in both "
            "cases, because Lambda itself did its work."
        )
    said = shown(answer[wrong[0]])
    return not_yet(
        f"{len(_TRUTH) - len(wrong)} of {len(_TRUTH)} are right. Look again at "
        f"{wrong[0]!r}: it is not {said}."
    )


def _as_pair(value: Any) -> tuple[Any, Any] | None:
    if not isinstance(value, tuple | list) or len(value) != 2:
        return None
    status, error = value
    return status, (error or None)


def _says(case: str, status: int | None = None, error: str | None = None) -> Any:
    """Return a test for answers that give *case* this status or this FunctionError."""

    def test(answer: Any) -> bool:
        pair = _as_pair(answer[case])
        return pair is not None and (pair[0] == status if status else pair[1] == error)

    return test


_MOMENTS = ("2026-11-21T10:00:00+00:00", "2027-01-02T03:04:05+00:00")


def _mended(answer: Any, lab: HasClient | None) -> Outcome:
    for moment, tags in zip(_MOMENTS, (["b", "a", "b"], []), strict=True):
        result = run(answer, {"when": moment, "tags": tags}, lab)
        if isinstance(result, str):
            return not_yet(f"The result is text, {shown(result)}, and not a dict.")
        if not isinstance(result, dict) or set(result) != {"when", "tags"}:
            return not_yet(
                f"The result should be a dict with when and tags; it is {shown(result)}."
            )
        if not _same_moment(result["when"], moment):
            return not_yet(
                f"when should be the moment {moment} as ISO text; it is {shown(result['when'])}."
            )
        if result["tags"] != sorted(set(tags)):
            return not_yet(f"tags should be {sorted(set(tags))}; it is {shown(result['tags'])}.")
    return right("Everything in the result has a form in JSON now, so Lambda can send it.")


def _same_moment(said: Any, moment: str) -> bool:
    try:
        return datetime.fromisoformat(said) == datetime.fromisoformat(moment)
    except (TypeError, ValueError):
        return False


_BROKEN = """\
from datetime import datetime

def handler(event, context):
    return {
        "when": datetime.fromisoformat(event["when"]),
        "tags": set(event["tags"]),
    }
"""


def _still_broken(event: Any, context: Any) -> dict[str, Any]:
    return {"when": datetime.fromisoformat(event["when"]).isoformat(), "tags": set(event["tags"])}


def _encoded_twice(event: Any, context: Any) -> str:
    return f'{{"when": "{event["when"]}", "tags": []}}'


def _sample(answer: Any) -> Any:
    return answer({"when": _MOMENTS[0], "tags": ["b", "a"]}, None) if callable(answer) else None


def _holds(kind: type, answer: Any) -> bool:
    result = _sample(answer)
    return isinstance(result, dict) and any(isinstance(value, kind) for value in result.values())


_CALLERS = {
    "caller",
    "client",
    "invoker",
    "whoever calls",
    "i",
    "me",
    "we",
    "my code",
    "calling code",
}


def _who(answer: Any, _lab: HasClient | None) -> Outcome:
    said = plain(answer)
    if said in _CALLERS or {"caller", "client"} & set(said.split()):
        return right(
            "Lambda tries a synchronous call once. The caller sees the error and decides; an AWS "
            "SDK itself tries again after a throttle or a server error, not after FunctionError."
        )
    return not_yet(f"{shown(answer)} does not try a synchronous call again.")


EXERCISES = (
    Exercise(
        id="L30.1",
        question=(
            "Four synchronous calls: the function returns, the function raises, the function times "
            "out, and the call is a dry run. For each, which StatusCode and which FunctionError "
            "does Invoke answer with? Write None where there is no FunctionError."
        ),
        check=_classified,
        hints=(
            "StatusCode tells how the call went for Lambda, not for your code.",
            "Lambda carried out the call even if your code failed; FunctionError tells them apart.",
            "A dry run has no body to send. An exception and a timeout share one FunctionError.",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{case}": {pair!r},\n' for case, pair in _TRUTH.items())
            + "}\n"
        ),
        mistakes=(
            Mistake(
                _TRUTH | {"raises": (500, "Unhandled")},
                "A 500 would mean that Lambda itself failed. It ran your code, and your code "
                "raised.",
                _says("raises", 500),
            ),
            Mistake(
                _TRUTH | {"times out": (504, "Unhandled")},
                "504 is what a gateway says. Invoke itself answers as for any failed function.",
                _says("times out", 504),
            ),
            Mistake(
                _TRUTH | {"raises": (200, "Handled")},
                "Handled was once used for errors a function reported on purpose. Look at the "
                "answer you got in the lab.",
                _says("raises", error="Handled"),
            ),
            Mistake(
                _TRUTH | {"dry run": (200, None)},
                "A dry run checks parameters and permission and has no content to send back.",
                _says("dry run", 200),
            ),
        ),
        placeholder=(
            "answer = {\n" + "".join(f'    "{case}": (..., ...),\n' for case in _TRUTH) + "}"
        ),
    ),
    Exercise(
        id="L30.2",
        question=(
            "This handler works until its result leaves it:\n\n"
            f"```python\n{_BROKEN}```\n\n"
            "Mend it: `when` as ISO text, `tags` as a sorted list without repeats. "
            "Set `answer` to the handler itself."
        ),
        check=_mended,
        hints=(
            "The error is Runtime.MarshalError: the result must become JSON. What does JSON know?",
            "JSON has text, numbers, true, false, null, lists and objects; no dates and no sets.",
            "A datetime has isoformat(); sorted makes a list of a set.",
        ),
        solution_source=(
            "from datetime import datetime\n\n"
            "def handler(event, context):\n"
            "    return {\n"
            '        "when": datetime.fromisoformat(event["when"]).isoformat(),\n'
            '        "tags": sorted(set(event["tags"])),\n'
            "    }\n\n"
            "answer = handler\n"
        ),
        mistakes=(
            Mistake(
                _still_broken,
                "One of the two is still a set. sorted makes a list of it.",
                lambda answer: _holds(set, answer),
            ),
            Mistake(
                _encoded_twice,
                "Return the dict itself. Lambda encodes the result; text that is "
                "JSON already would be encoded a second time.",
                lambda answer: isinstance(_sample(answer), str),
            ),
        ),
        placeholder="def handler(event, context):\n    ...\n\nanswer = handler",
    ),
    Exercise(
        id="L30.3",
        question=(
            "A synchronous call fails because the function raised an exception. "
            "Who has to try again? Set `answer` to one word."
        ),
        check=_who,
        hints=(
            "Who is still waiting on the line when the error arrives?",
            "Count the invocations in the log after one failed synchronous call.",
            "Lambda tried once and handed the error over. It is up to the one who asked.",
        ),
        solution_source='answer = "caller"\n',
        mistakes=(
            Mistake(
                "Lambda",
                "Lambda tries again for asynchronous events. Here it ran the function "
                "once: look at the log.",
            ),
            Mistake(
                "AWS", "No service of AWS's stands between you and the function in a direct call."
            ),
            Mistake("nobody", "Nobody does so by itself, but somebody is told of the error."),
            Mistake(
                "the SDK",
                "An AWS SDK tries again after throttles and server errors. A function "
                "that raised answers with status 200: nothing to retry for the SDK.",
            ),
            Mistake("the queue", "A synchronous call passes no queue."),
        ),
    ),
)
