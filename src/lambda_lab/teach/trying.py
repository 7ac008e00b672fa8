"""Tools for checks: try a handler, call a function in the lab, read an answer kindly."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lambda_lab.errors import CheckError
from lambda_lab.teach.records import HasClient, Outcome, Verdict

__all__ = [
    "Context",
    "NotYetError",
    "named",
    "not_yet",
    "plain",
    "right",
    "run",
    "shown",
    "untouched",
]


class NotYetError(CheckError):
    """Ends a check with "not yet"; its text is the reason. It never leaves this package."""


@dataclass(frozen=True, slots=True)
class Context:
    """A context object for trying a handler without a region.

    Names and types are those of AWS's runtime interface client, where ``memory_limit_in_mb`` is
    text (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html).
    """

    function_name: str = "mirror"
    aws_request_id: str = "7f8b6a52-0c4e-4b1e-9a55-5b0d3c2f1e01"
    memory_limit_in_mb: str = "128"
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        """ARN of the function, in an account that does not exist."""
        return f"arn:aws:lambda:us-east-1:123456789012:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        """The function's default log group."""
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        """A stream name of the usual form."""
        return "2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef"

    def get_remaining_time_in_millis(self) -> int:
        """Return the time left; here always the same."""
        return 3_000


def right(reason: str) -> Outcome:
    """Return the outcome "right"."""
    return Outcome(Verdict.RIGHT, reason)


def not_yet(reason: str, hint: str = "") -> Outcome:
    """Return the outcome "not yet"."""
    return Outcome(Verdict.NOT_YET, reason, hint)


def shown(value: Any, limit: int = 120) -> str:
    """Return *value* as it can be printed in a sentence, whatever its ``repr`` does.

    Examples
    --------
    >>> shown("a"), shown([1] * 99, limit=9)
    ("'a'", '[1, 1, 1…')
    """
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - a learner's own __repr__ may raise anything
        text = f"an object of type {type(value).__name__}"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(answer: Any) -> str:
    """Return a short answer without case, articles and punctuation: wording does not matter.

    Raises
    ------
    NotYetError
        If the answer is not text.

    Examples
    --------
    >>> plain("  The Caller. ")
    'caller'
    """
    if not isinstance(answer, str):
        raise NotYetError(f"The answer should be text in quotes; it is {shown(answer)}.")
    kept = "".join(c if c.isalnum() else " " for c in answer.replace("'", "").casefold())
    return " ".join(word for word in kept.split() if word not in ("the", "a", "an"))


# The bodies a placeholder handler has; the compiler makes equal bytecode of equal bodies.
def _blank(event: Any, context: Any) -> None: ...


def _blank_with_words(event: Any, context: Any) -> None:
    """Stand in for a handler of which only the description was written."""


_BLANK = {f.__code__.co_code for f in (_blank, _blank_with_words)}


def untouched(answer: Any) -> bool:
    """Return whether *answer* is what stood in the notebook before anyone began.

    Examples
    --------
    >>> untouched(...), untouched({"raises": (..., ...)}), untouched("START")
    (True, True, False)
    """
    if answer is None or answer is ...:
        return True
    if type(answer) is str:
        return answer.strip() in ("", "...", "…")
    if type(answer) in (tuple, list):
        return all(untouched(part) for part in answer)
    if type(answer) is dict:
        return all(untouched(part) for part in answer.values())
    code = getattr(answer, "__code__", None)
    if code is None or code.co_names or code.co_code not in _BLANK:
        return False
    # "return 'x'" has the bytecode of "return None": the constants tell them apart.
    return set(code.co_consts) <= {None, ..., answer.__doc__}


def run(answer: Any, event: Any, lab: HasClient | None, context: Context | None = None) -> Any:
    """Return what the learner's function answers to *event*.

    *answer* is a handler, which is called directly, or the name of a function in the lab, which is
    invoked through boto3. The result of a direct call goes through JSON, as on Lambda.

    Raises
    ------
    NotYetError
        If it cannot be called, if it fails, or if its result is no JSON.
    """
    if callable(answer):
        return _through_json(_called(answer, event, context or Context()))
    if not isinstance(answer, str):
        raise NotYetError(
            f"The answer should be a handler or the name of a function, and it is {shown(answer)}."
        )
    if lab is None:
        raise NotYetError("To try a function of the lab, check it with lab.check.")
    return _invoked(answer, event, lab)


def _called(handler: Callable[..., Any], event: Any, context: Context) -> Any:
    given = shown(event)
    try:
        return handler(json.loads(json.dumps(event)), context)
    except (Exception, SystemExit) as error:  # a learner's handler may raise anything
        raise NotYetError(f"With the event {given} the handler raised {named(error)}.") from error


def _through_json(result: Any) -> Any:
    try:
        return json.loads(json.dumps(result))
    except Exception as error:
        raise NotYetError(
            f"The handler returned {shown(result)}, and Lambda cannot turn that into JSON: "
            f"{named(error)}."
        ) from error


def _invoked(name: str, event: Any, lab: HasClient) -> Any:
    client = lab.client("lambda")
    try:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        body = answer["Payload"].read()
    except Exception as error:
        raise NotYetError(f"The function {name!r} could not be invoked: {named(error)}.") from error
    text = body.decode("utf-8", "replace")
    if answer.get("FunctionError"):
        raise NotYetError(
            f"With the event {shown(event)} the function {name!r} failed: {text[:200]}"
        )
    return json.loads(text) if text else None


def named(error: BaseException) -> str:
    """Return the type of *error* and what it says, whatever its ``str`` does.

    Examples
    --------
    >>> named(ValueError("too much"))
    'ValueError: too much'

    boto3's errors name their type themselves:

    >>> named(type("Throttled", (Exception,), {})("An error occurred (Throttled)"))
    'An error occurred (Throttled)'
    """
    try:
        said = " ".join(str(error).split())[:200]
    except Exception:  # noqa: BLE001 - a learner's own exception may not be printable
        said = ""
    kind = type(error).__name__
    if f"({kind})" in said:
        return said
    return f"{kind}: {said}" if said else kind
