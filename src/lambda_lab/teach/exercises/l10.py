"""Lab L10, handler, event and context: what a handler is given, and what stays between calls."""

from __future__ import annotations

from typing import Any

from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import Context, NotYetError, not_yet, right, run, shown

__all__ = ["COUNTER_MODULE", "EXERCISES"]

COUNTER_MODULE = """\
count = 0

def handler(event, context):
    global count
    count += 1
    return count
"""
"""The module of exercise L10.3; the check runs this very text."""
_CALLS = 3


def _mirror(answer: Any, lab: HasClient | None) -> Outcome:
    events: tuple[dict[str, Any], ...] = (
        {"b": 1, "a": 2},
        {"zebra": None, "ant": [], "Moth": {}},
        {},
    )
    for event in events:
        name = answer if isinstance(answer, str) else f"mirror-{len(event)}"
        result = run(answer, event, lab, Context(function_name=name))
        if not isinstance(result, dict) or set(result) != {"keys", "function"}:
            return not_yet(
                f"The result should be a dict with keys and function; it is {shown(result)}."
            )
        if result["keys"] != sorted(event):
            return not_yet(
                f"For the event {shown(event)} keys should be {sorted(event)}; "
                f"it is {shown(result['keys'])}."
            )
        if result["function"] != name:
            return not_yet(
                f"The function's name is {name!r} here; "
                f"your handler says {shown(result['function'])}."
            )
    return right("The event is a plain dict, and the context knows the function's name.")


def _unsorted(event: Any, context: Any) -> dict[str, Any]:
    return {"keys": list(event), "function": context.function_name}


def _fixed_name(event: Any, context: Any) -> dict[str, Any]:
    return {"keys": sorted(event), "function": "mirror"}


def _identity(answer: Any, lab: HasClient | None) -> Outcome:
    seen = []
    for memory, request in (("128", "0a1b"), ("512", "2c3d")):
        context = Context(memory_limit_in_mb=memory, aws_request_id=request)
        result = run(answer, {}, lab, context)
        if not isinstance(result, dict) or set(result) != {"request", "memory"}:
            return not_yet(
                f"The result should be a dict with request and memory; it is {shown(result)}."
            )
        seen.append(result["request"])
        if callable(answer) and result["request"] != request:
            return not_yet(
                f"The request id is {request!r} here; your handler says {shown(result['request'])}."
            )
        if callable(answer) and str(result["memory"]) != memory:
            return not_yet(
                f"The memory is {memory} here; your handler says {shown(result['memory'])}."
            )
    if seen[0] == seen[1]:
        return not_yet("Two calls gave the same request id; every invocation has its own.")
    return right("Request id and memory come with the context, fresh for each invocation.")


def _upper_case(event: Any, context: Any) -> dict[str, Any]:
    return {"request": context.awsRequestId, "memory": context.memoryLimitInMB}


def _from_event(event: Any, context: Any) -> dict[str, Any]:
    return {"request": event["request"], "memory": event["memory"]}


def _raises(kind: type[Exception], answer: Any) -> bool:
    if not callable(answer):
        return False
    try:
        answer({}, Context())
    except kind:
        return True
    return False


def _count(answer: Any, _lab: HasClient | None) -> Outcome:
    counter, starts = _pair(answer)
    module: dict[str, Any] = {}
    exec(COUNTER_MODULE, module)  # our own text, run once, as an environment runs it
    truth = [module["handler"]({}, None) for _ in range(_CALLS)][-1]
    if (counter, starts) == (truth, 1):
        return right(
            "One cold start runs the module's code once; the environment is kept, and the counter "
            "goes on counting in it."
        )
    wrong = "counter" if counter != truth else "number of cold starts"
    return not_yet(f"The {wrong} is something else after {_CALLS} calls, one after the other.")


def _pair(answer: Any) -> tuple[int, int]:
    parts = list(answer.values()) if isinstance(answer, dict) else answer
    if not isinstance(parts, tuple | list) or len(parts) != 2:
        raise NotYetError(
            f"The answer should be two numbers, (counter, cold starts); it is {shown(answer)}."
        )
    if not all(isinstance(part, int) and not isinstance(part, bool) for part in parts):
        raise NotYetError(
            f"Both parts of the answer should be whole numbers; they are {shown(answer)}."
        )
    return parts[0], parts[1]


EXERCISES = (
    Exercise(
        id="L10.1",
        question=(
            "Write a handler that returns a dict: `keys` holds the event's keys in alphabetical "
            "order (as `sorted` gives them), `function` holds the name of the function that runs. "
            "Set `answer` to the handler itself."
        ),
        check=_mirror,
        hints=(
            "What does sorted make of a dict?",
            "The handler's second parameter knows the function's name.",
            'return {"keys": sorted(event), "function": context.function_name}',
        ),
        solution_source=(
            "def handler(event, context):\n"
            '    return {"keys": sorted(event), "function": context.function_name}\n\n'
            "answer = handler\n"
        ),
        mistakes=(
            Mistake(
                _unsorted,
                "The keys come in the order of the event; sorted puts them in order.",
                lambda answer: (
                    callable(answer) and run(answer, {"b": 1, "a": 2}, None)["keys"] == ["b", "a"]
                ),
            ),
            Mistake(
                _fixed_name,
                "Do not type the name: the same code may run under another one. "
                "context.function_name has it.",
                lambda answer: (
                    callable(answer)
                    and run(answer, {}, None, Context(function_name="one"))
                    == run(answer, {}, None, Context(function_name="two"))
                ),
            ),
        ),
        placeholder="def handler(event, context):\n    ...\n\nanswer = handler",
    ),
    Exercise(
        id="L10.2",
        question=(
            "Write a handler that returns a dict: `request` holds the id of the invocation, "
            "`memory` holds the memory the function has. Set `answer` to the handler itself."
        ),
        check=_identity,
        hints=(
            "Both are attributes of the context, not keys of the event.",
            "print(dir(context)) in a handler, then read the log.",
            "They are context.aws_request_id and context.memory_limit_in_mb.",
        ),
        solution_source=(
            "def handler(event, context):\n"
            "    return {\n"
            '        "request": context.aws_request_id,\n'
            '        "memory": context.memory_limit_in_mb,\n'
            "    }\n\n"
            "answer = handler\n"
        ),
        mistakes=(
            Mistake(
                _upper_case,
                "That is how Node spells it. In Python the names are in lower case, "
                "with underscores: aws_request_id.",
                lambda answer: _raises(AttributeError, answer),
            ),
            Mistake(
                _from_event,
                "The event holds what the caller sent; Lambda's own facts are in the context.",
                lambda answer: _raises(KeyError, answer),
            ),
        ),
        placeholder="def handler(event, context):\n    ...\n\nanswer = handler",
    ),
    Exercise(
        id="L10.3",
        question=(
            "This module is deployed and called three times, one call after the other:\n\n"
            f"```python\n{COUNTER_MODULE}```\n\n"
            "What does the third call return, and how many cold starts were there? "
            "Set `answer` to the two numbers, `(returned, cold_starts)`."
        ),
        check=_count,
        hints=(
            "Which lines run when the environment starts, and which run for each call?",
            "After a call the environment is frozen, not thrown away. The next call finds it.",
            "Deploy the module and call it three times; lab.timeline shows the init phases.",
        ),
        solution_source=(
            "# One environment takes all three calls, and its module variable lives on.\n"
            "answer = (3, 1)\n"
        ),
        mistakes=(
            Mistake(
                (1, 3),
                "That would be so if every call began a new environment. The first one "
                "is still there when the second call comes.",
            ),
            Mistake(
                (3, 3),
                "If there had been three cold starts, count would have begun at nought "
                "three times.",
            ),
            Mistake(
                (1, 1), "count = 0 stands outside the handler: it runs once, not for each call."
            ),
            Mistake((2, 1), "The first call already adds one before it returns."),
            Mistake((3, 0), "The first call found no environment at all."),
        ),
        placeholder="answer = (..., ...)",
    ),
)
