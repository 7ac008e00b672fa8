"""Filter patterns of CloudWatch Logs: which log events a subscription filter means.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForLogEvents.html

Terms, phrases and regular expressions match plain text; a pattern in braces matches events that
are JSON. Patterns in brackets, for space-delimited events, are not modelled.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from lambda_lab.errors import NotModelledError

__all__ = ["LogPattern"]

_Test = Callable[[str], bool]
_Condition = Callable[[Any], bool]

_TERM = re.compile(r'\s*(?P<sign>[?-]?)(?:"(?P<phrase>[^"]*)"|%(?P<regex>[^%]+)%|(?P<word>\S+))')
_TOKEN = re.compile(
    r"""\s*(?:(?P<join>&&|\|\||[()])|(?P<selector>\$(?:\.[\w-]+|\[(?:\d+|\*|'[^']*'|"[^"]*")\])*)
    |(?P<state>(?:IS\s+(?:NULL|TRUE|FALSE)|NOT\s+EXISTS)\b)|(?P<relation>!=|>=|<=|=|<|>)
    |"(?P<text>[^"]*)"|%(?P<regex>[^%]+)%|(?P<word>[^\s()&|=<>!"]+))""",
    re.VERBOSE,
)
_STEP = re.compile(r"""\.([\w-]+)|\[(\d+|\*)\]|\['([^']*)'\]|\["([^"]*)"\]""")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_MISSING = object()


class LogPattern:
    """One pattern.

    Parameters
    ----------
    text
        The pattern; an empty one matches everything.

    Raises
    ------
    ValueError
        If it is no pattern.
    NotModelledError
        For a pattern in brackets.

    Examples
    --------
    >>> LogPattern('ERROR -"out of coffee"').matches("ERROR: out of tea")
    True
    >>> LogPattern('{ $.level = "ERR*" && $.took > 3 }').matches('{"level": "ERROR", "took": 4}')
    True
    """

    def __init__(self, text: str) -> None:
        stripped = text.strip()
        if stripped.startswith("["):
            raise NotModelledError("A filter pattern for space-delimited log events")
        if stripped.startswith("{"):
            if not stripped.endswith("}"):
                raise ValueError("the brace is not closed")
            self._test = _json_test(stripped[1:-1])
        else:
            self._test = _terms(stripped)

    def matches(self, message: str) -> bool:
        """Whether the pattern means this log event."""
        return self._test(message)


# -- terms -----------------------------------------------------------------------------------------


def _terms(text: str) -> _Test:
    needed: list[_Test] = []
    either: list[_Test] = []
    for found in _TERM.finditer(text):
        test = _term(found)
        if found["sign"] == "?":
            either.append(test)
        elif found["sign"] == "-":
            needed.append(_not(test))
        else:
            needed.append(test)
    if needed or not either:
        # "If you combine the question mark with other filter patterns, all ? terms are ignored."
        return lambda message: all(test(message) for test in needed)
    return lambda message: any(test(message) for test in either)


def _term(found: re.Match[str]) -> _Test:
    if found["regex"] is not None:
        pattern = _regex(found["regex"])
        return lambda message: pattern.search(message) is not None
    term = found["phrase"] if found["phrase"] is not None else found["word"]
    return lambda message: term in message


def _not(test: _Test) -> _Test:
    return lambda message: not test(message)


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(str(error)) from None


# -- JSON ------------------------------------------------------------------------------------------


def _json_test(text: str) -> _Test:
    try:
        condition = _Parser(text).read()
    except RecursionError:
        raise ValueError("too many parentheses") from None

    def test(message: str) -> bool:
        try:
            event = json.loads(message)
        except (ValueError, RecursionError):
            return False
        return isinstance(event, dict) and condition(event)

    return test


class _Parser:
    """Reads what stands between the braces. ``&&`` binds closer than ``||``."""

    def __init__(self, text: str) -> None:
        self._tokens = list(self._split(text))
        self._next = 0

    def _split(self, text: str) -> Iterator[tuple[str, str]]:
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None or found.lastgroup is None:
                raise ValueError(f"unexpected {text[place:]!r}")
            yield found.lastgroup, found[found.lastgroup]
            place = found.end()

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._next] if self._next < len(self._tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        self._next += 1
        return token

    def read(self) -> _Condition:
        condition = self._either()
        if self._peek()[0] != "end":
            raise ValueError(f"unexpected {self._peek()[1]!r}")
        return condition

    def _either(self) -> _Condition:
        parts = [self._both()]
        while self._peek() == ("join", "||"):
            self._take()
            parts.append(self._both())
        return lambda event: any(part(event) for part in parts)

    def _both(self) -> _Condition:
        parts = [self._one()]
        while self._peek() == ("join", "&&"):
            self._take()
            parts.append(self._one())
        return lambda event: all(part(event) for part in parts)

    def _one(self) -> _Condition:
        kind, text = self._take()
        if (kind, text) == ("join", "("):
            inner = self._either()
            if self._take() != ("join", ")"):
                raise ValueError("a parenthesis is not closed")
            return inner
        if kind != "selector":
            raise ValueError(f"a selector is expected, not {text!r}")
        test = self._comparison()
        return lambda event: any(test(value) for value in _select(event, text))

    def _comparison(self) -> _Condition:
        kind, text = self._take()
        if kind == "state":
            return _state(" ".join(text.split()))
        value_kind, value = self._take()
        if kind != "relation" or value_kind not in ("text", "word", "regex"):
            raise ValueError("a relation and a value are expected")
        if text in _ORDER:
            return _ordered(_ORDER[text], float(value))
        same = _same(value_kind, value)
        if text == "=":
            return same
        return lambda actual: actual is not _MISSING and not same(actual)


def _state(text: str) -> _Condition:
    wanted = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False, "NOT EXISTS": _MISSING}[text]
    return lambda actual: actual is wanted


def _ordered(compare: Callable[[Any, Any], bool], wanted: float) -> _Condition:
    return lambda actual: _is_number(actual) and compare(actual, wanted)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(kind: str, value: str) -> _Condition:
    if kind == "regex":
        pattern = _regex(value)
        return lambda actual: isinstance(actual, str) and pattern.search(actual) is not None
    like = re.compile(".*".join(re.escape(part) for part in value.split("*")), re.DOTALL)
    try:
        number = float(value) if kind == "word" else None
    except ValueError:
        number = None

    def same(actual: Any) -> bool:
        if _is_number(actual):
            return number is not None and bool(actual == number)
        return isinstance(actual, str) and like.fullmatch(actual) is not None

    return same


def _select(event: Any, selector: str) -> list[Any]:
    """Return what a selector finds: one thing, or with ``[*]`` several; missing ones as such."""
    found = [event]
    for plain, index, single, double in _STEP.findall(selector):
        name = plain or single or double
        found = [inner for value in found for inner in _inside(value, name, index)]
    return found


def _inside(value: Any, name: str, index: str) -> list[Any]:
    if index == "*":
        return value if isinstance(value, list) else []
    if index:
        place = int(index)
        return [value[place] if isinstance(value, list) and place < len(value) else _MISSING]
    return [value.get(name, _MISSING) if isinstance(value, dict) else _MISSING]
