"""What a target of a rule is sent: the event, a constant, a part of it, or a text made from it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from lambda_lab.errors import LabError

__all__ = ["InputError", "target_input"]

_VARIABLE = re.compile(r"<([A-Za-z0-9._-]+)>")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)


class InputError(LabError):
    """An input that the target cannot take; EventBridge calls it INVALID_JSON."""


def target_input(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    """Return what *target* is sent for *event*: JSON, or for some templates a plain text.

    Parameters
    ----------
    target
        As ``PutTargets`` has it: at most one of ``Input``, ``InputPath``, ``InputTransformer``.
    event
        As a target without any of them gets it.
    rule_arn
        What a template may name as ``<aws.events.rule-arn>``.

    Raises
    ------
    InputError
        If a path is none.

    Examples
    --------
    >>> event = {"id": "1", "detail": {"city": "Rome", "heat": 31}}
    >>> target_input({"InputPath": "$.detail.heat"}, event, "arn")
    '31'
    >>> paths = {"town": "$.detail.city"}
    >>> template = '{"where": <town>, "text": "in <town>"}'
    >>> transformer = {"InputPathsMap": paths, "InputTemplate": template}
    >>> target_input({"InputTransformer": transformer}, event, "arn")
    '{"where": "Rome", "text": "in Rome"}'
    """
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath") is not None:
        found = _values(str(target["InputPath"]), event)
        return json.dumps(found[0]) if found else "{}"
    if target.get("InputTransformer"):
        return _transformed(target["InputTransformer"], event, rule_arn)
    return json.dumps(event)


@functools.lru_cache(maxsize=512)
def _compiled(path: str) -> Any:
    from jsonpath_ng.ext.parser import parse

    try:
        return parse(path)
    except Exception as error:  # jsonpath_ng raises plain Exception for a path it cannot read
        raise InputError(f"{path} is no path into an event. Begin it with $.") from error


def _values(path: str, event: Mapping[str, Any]) -> list[Any]:
    return [match.value for match in _compiled(path).find(event)]


def _transformed(transformer: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    variables = {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event.ingestion-time": event.get("time", ""),
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": dict(event),
    }
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        found = _values(path, event)
        if found:
            variables[name] = found[0]
    return _filled(str(transformer["InputTemplate"]), variables)


def _filled(template: str, variables: Mapping[str, Any]) -> str:
    """Put variables into a template.

    Between quotes a variable's text goes in; elsewhere its JSON, which is why AWS lets a template
    leave the quotes out. One that the event does not have leaves nothing, or an empty text where
    JSON needs a value (confidence M). A template that is neither JSON nor one variable is a text.
    """
    is_json = template.lstrip()[:1] in ("{", "[", '"') or _VARIABLE.fullmatch(template.strip())
    if not is_json:
        return _VARIABLE.sub(lambda match: _plain(variables.get(match[1], "")), template)

    def outside(match: re.Match[str]) -> str:
        return json.dumps(variables.get(match[1], ""))

    def inside(match: re.Match[str]) -> str:
        return json.dumps(_plain(variables.get(match[1], "")))[1:-1]

    parts, done = [], 0
    for quoted in _STRING.finditer(template):
        parts.append(_VARIABLE.sub(outside, template[done : quoted.start()]))
        parts.append(_VARIABLE.sub(inside, quoted[0]))
        done = quoted.end()
    parts.append(_VARIABLE.sub(outside, template[done:]))
    return "".join(parts)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
