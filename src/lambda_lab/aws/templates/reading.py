"""A template's text, JSON or YAML, read as CloudFormation reads it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html

moto reads with a loader that makes any Python object, takes ``2012-10-17`` for a date, and loses
what a short form such as ``!If`` nests.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from lambda_lab.aws.refused import Refused
from lambda_lab.aws.wire import MAX_DEPTH, depth_of

__all__ = ["invalid", "read_template"]

_TIMESTAMP = "tag:yaml.org,2002:timestamp"


def invalid(message: str) -> Refused:
    """Return the error that CloudFormation gives for a template or its parameters.

    The words are quoted by many users of CloudFormation: confidence M.
    """
    return Refused("ValidationError", message)


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms; a date stays text, as in CloudFormation."""


def _short_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = node.value
        if name == "GetAtt":
            value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_multi_constructor("!", _short_form)


def read_template(text: Any) -> dict[str, Any]:
    """Return what a template's text says.

    Raises
    ------
    Refused
        If it is neither JSON nor YAML, or no mapping.

    Examples
    --------
    >>> read_template('{"Resources": {}}')
    {'Resources': {}}
    >>> read_template("Arn: !GetAtt Queue.Arn")
    {'Arn': {'Fn::GetAtt': ['Queue', 'Arn']}}
    """
    found: Any = text
    if isinstance(text, str):
        if depth_of(text.encode("utf-8", "surrogatepass")) > MAX_DEPTH:
            raise invalid("Template format error: it is nested too deeply.")
        try:
            found = json.loads(text)
        except ValueError as problem:
            found = _read_yaml(text, problem)
    if not isinstance(found, dict):
        raise invalid("Template format error: unsupported structure.")
    return found


def _read_yaml(text: str, problem: ValueError) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if text.lstrip().startswith("{") and isinstance(problem, json.JSONDecodeError):
            place = f"(line {problem.lineno}, column {problem.colno})"
            raise invalid(f"Template format error: JSON not well-formed. {place}") from None
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f" (line {mark.line + 1}, column {mark.column + 1})"
        raise invalid(f"Template format error: YAML not well-formed.{place}") from None
