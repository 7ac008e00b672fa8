"""Lab L70, immutable versions: which are made, what they hold, how to publish what was tested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- L70.1: which number ---------------------------------------------------------------------------

# "Lambda doesn't publish a version if the function's configuration and code haven't changed since
# the last version": https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
_NUMBERS = (1, 1, 2, 2, 3)
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def _numbered(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, list | tuple) or len(answer) != len(_NUMBERS):
        return not_yet(
            f"The answer should be a list of {len(_NUMBERS)} numbers; it is {shown(answer)}."
        )
    wrong = [
        place
        for place, (said, number) in enumerate(zip(answer, _NUMBERS, strict=True))
        if not _is_number(said, number)
    ]
    if not wrong:
        return right(
            "A new version needs something new in code or configuration, and a number that was "
            "given once is not given again."
        )
    return not_yet(
        f"{len(_NUMBERS) - len(wrong)} of {len(_NUMBERS)} are right. Look again at the "
        f"{_ORDINALS[wrong[0]]} call: it is not {shown(answer[wrong[0]])}."
    )


def _is_number(said: Any, number: int) -> bool:
    """Return whether *said* is *number*; PublishVersion itself answers with text."""
    if isinstance(said, bool):
        return False
    return bool(said == number) or said == str(number)


def _at(place: int, *values: int) -> Callable[[Any], bool]:
    """Return a test for answers that have one of *values* at *place*."""
    return lambda answer: any(_is_number(answer[place], value) for value in values)


# -- L70.2: what a version holds -------------------------------------------------------------------

_HELD = {
    "environment variables": "version",
    "reserved concurrency": "function",
    "layers": "version",
    "tags": "function",
    "execution role": "version",
}


def _sorted(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _HELD,
        "Whatever decides what runs, and as whom, is copied. What Lambda keeps about the function "
        "from outside is not.",
    )


# -- L70.3: publish what was tested ----------------------------------------------------------------

_TESTED = tuple(
    {
        "FunctionName": name,
        "FunctionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
        "CodeSha256": f"digest of {name}",
        "RevisionId": f"revision of {name}",
        "Version": "$LATEST",
    }
    for name in ("menu", "drinks")
)
_GUARDS = ("RevisionId", "CodeSha256")


def _guarded(answer: Any, _lab: HasClient | None) -> Outcome:
    if not callable(answer):
        return not_yet(f"The answer should be the function itself; it is {shown(answer)}.")
    for tested in _TESTED:
        got = _parameters(answer, tested)
        if isinstance(got, Exception):
            return not_yet(f"Called with a configuration, it raised {shown(got)}.")
        if not isinstance(got, dict):
            return not_yet(f"It should return a dict of parameters; it returned {shown(got)}.")
        problem = _problem(got, tested)
        if problem:
            return not_yet(problem)
    return right(
        "The revision changes with the code and with the configuration, so this publishes what was "
        "tested or nothing."
    )


def _parameters(answer: Any, tested: dict[str, str]) -> Any:
    try:
        return answer(dict(tested))
    except Exception as error:  # noqa: BLE001 - a learner's function may raise anything
        return error


def _problem(got: dict[Any, Any], tested: dict[str, str]) -> str | None:
    if got.get("FunctionName") not in (tested["FunctionName"], tested["FunctionArn"]):
        return f"FunctionName should be the tested function's; it is {shown(got)}."
    if "RevisionId" not in got:
        return "Nothing in the parameters sees a change of the configuration."
    for guard in _GUARDS:
        if guard in got and got[guard] != tested[guard]:
            return f"{guard} should be the one that was tested; it is {shown(got[guard])}."
    others = sorted(str(name) for name in got if name not in ("FunctionName", *_GUARDS))
    if others and others != ["Description"]:
        return f"publish_version takes no parameter {others[0]!r}."
    return None


def _by_digest_alone(tested: dict[str, str]) -> dict[str, str]:
    return {"FunctionName": tested["FunctionName"], "CodeSha256": tested["CodeSha256"]}


def _everything(tested: dict[str, str]) -> dict[str, str]:
    return tested


def _returns_with(name: str, *without: str) -> Callable[[Any], bool]:
    """Return a test for functions whose result has *name*, and none of *without*."""

    def test(answer: Any) -> bool:
        got = _parameters(answer, _TESTED[0]) if callable(answer) else None
        return isinstance(got, dict) and name in got and not any(one in got for one in without)

    return test


EXERCISES = (
    Exercise(
        id="L70.1",
        question=(
            "A new function has no versions. Then, in this order: publish; publish; new code; "
            "publish; the timeout goes from 3 to 5; the timeout goes back to 3; publish; version 2 "
            "is deleted; new code again; publish. Which versions do the five calls of "
            "PublishVersion answer with? Set `answer` to a list of five numbers."
        ),
        check=_numbered,
        hints=(
            "Ask before each call: is anything different from the version published last?",
            "Nothing is counted but what is published: a change and its way back leave no trace.",
            "A deleted version's number is not given to another.",
        ),
        solution_source=f"answer = {list(_NUMBERS)!r}\n",
        mistakes=(
            Mistake(
                [1, 2, 3, 4, 5],
                "The second call finds nothing new. The lab tried the same.",
                _at(1, 2),
            ),
            Mistake(
                [1, 1, 2, 3, 4],
                "The timeout went back to what version 2 has, so nothing differs.",
                _at(3, 3),
            ),
            Mistake(
                [1, 1, 2, 2, 2],
                "Number 2 was given once. If it came again, nobody could tell the two apart.",
                _at(4, 2),
            ),
        ),
        placeholder="answer = [..., ..., ..., ..., ...]",
    ),
    Exercise(
        id="L70.2",
        question=(
            "What is copied into a version, and what is kept once for the function? "
            'Write `"version"` or `"function"`.'
        ),
        check=_sorted,
        hints=(
            "Which of them could change what the code does, or what it may do?",
            "The lab tried to set two of them for version 1, and was refused: they are not its.",
            "Code, layers, variables and role decide how it runs: they are copied.",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{case}": "{held}",\n' for case, held in _HELD.items())
            + "}\n"
        ),
        mistakes=(
            Mistake(
                _HELD | {"environment variables": "function"},
                "Version 1 kept its timeout in the lab. Variables are configuration too.",
                says("environment variables", "function"),
            ),
            Mistake(
                _HELD | {"reserved concurrency": "version"},
                "It is a share of the account for the function; all its versions use it together.",
                says("reserved concurrency", "version"),
            ),
            Mistake(
                _HELD | {"tags": "version"},
                "Lambda refused the tag for version 1.",
                says("tags", "version"),
            ),
            Mistake(
                _HELD | {"execution role": "function"},
                "Each version keeps the role it was published with; that is why an alias with "
                "weights asks for two versions with the same one.",
                says("execution role", "function"),
            ),
        ),
        placeholder=("answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _HELD) + "}"),
    ),
    Exercise(
        id="L70.3",
        question=(
            "You tested the configuration `tested`, which `get_function_configuration` gave you. "
            "Which parameters does `publish_version` need, so that it refuses if code or "
            "configuration has changed since? Write a function that takes `tested` and returns the "
            "parameters, `FunctionName` among them. Set `answer` to the function."
        ),
        check=_guarded,
        hints=(
            "The lab tried two guards. Which of them noticed that the memory was changed?",
            "Both guards are members of the configuration, under the names of the parameters.",
            "A dict with FunctionName and RevisionId is enough.",
        ),
        solution_source=(
            "def parameters(tested):\n"
            "    return {\n"
            '        "FunctionName": tested["FunctionName"],\n'
            '        "RevisionId": tested["RevisionId"],\n'
            "    }\n\n"
            "answer = parameters\n"
        ),
        mistakes=(
            Mistake(
                _by_digest_alone,
                "The digest is the package's. A changed timeout or role would be published.",
                _returns_with("CodeSha256", "RevisionId"),
            ),
            Mistake(
                _everything,
                "Pick what PublishVersion takes: boto3 refuses parameters it does not know.",
                _returns_with("Version"),
            ),
        ),
        placeholder="def parameters(tested):\n    ...\n\nanswer = parameters",
    ),
)
