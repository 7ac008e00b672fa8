"""Try a module that a learner wrote: load it as an environment does, and call its handler."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from lambda_lab.teach.trying import Context, NotYetError, shown

__all__ = ["answers", "loaded", "source_of"]


def source_of(answer: Any) -> str:
    """Return *answer* if it can be the text of a module with a handler.

    Raises
    ------
    NotYetError
        If it is no text, no Python, or has no function ``handler``.

    Examples
    --------
    >>> source_of("def handler(event, context): return 1").partition("(")[0]
    'def handler'
    """
    if not isinstance(answer, str):
        raise NotYetError(f"The answer should be the text of a module; it is {shown(answer)}.")
    try:
        compile(answer, "answer", "exec")
    except (SyntaxError, ValueError) as error:
        raise NotYetError(f"The text is not a Python module: {error}.") from error
    return answer


def loaded(source: str, names: Mapping[str, Any] | None = None) -> dict[str, Any]:
    r"""Run a module's code once, as the init phase does; returns its global names.

    Parameters
    ----------
    source
        Text of the module.
    names
        Functions that the module may use without importing them.

    Raises
    ------
    NotYetError
        If the module raises, or defines no ``handler``.

    Examples
    --------
    >>> sorted(set(loaded("x = 2\ndef handler(event, context): return x")) - {"__builtins__"})
    ['__name__', 'handler', 'x']
    """
    module: dict[str, Any] = {"__name__": "lambda_function", **(names or {})}
    _quietly(lambda: exec(compile(source, "answer", "exec"), module), "The module")
    if not callable(module.get("handler")):
        raise NotYetError("The module should define a function `handler(event, context)`.")
    return module


def answers(module: dict[str, Any], events: Iterable[Any]) -> list[Any]:
    """Call the handler with each of *events*, one after the other, as one environment does.

    Raises
    ------
    NotYetError
        If the handler raises, or returns what is no JSON.

    Examples
    --------
    >>> answers(loaded("def handler(event, context): return event + 1"), [1, 2])
    [2, 3]
    """
    said = []
    for event in events:
        given = json.loads(json.dumps(event))
        call = partial(module["handler"], given, Context())
        got = _quietly(call, f"With the event {shown(event)} the handler")
        try:
            said.append(json.loads(json.dumps(got)))
        except Exception as error:
            raise NotYetError(
                f"The handler returned {shown(got)}, which cannot be turned into JSON."
            ) from error
    return said


def _quietly(run: Callable[[], Any], who: str) -> Any:
    """Return what *run* returns; what it prints is not the reader's output."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return run()
    except (Exception, SystemExit) as error:  # a learner's code may raise anything
        raise NotYetError(f"{who} raised {type(error).__name__}: {shown(error)}.") from error
