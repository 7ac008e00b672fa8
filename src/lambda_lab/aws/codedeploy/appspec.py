"""The AppSpec file of a deployment to Lambda: which alias goes from which version to which.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambda_lab.errors import AwsError, NotModelledError

__all__ = ["Shift", "read_appspec"]

_PROPERTIES = ("name", "alias", "currentversion", "targetversion")
_TYPE = "AWS::Lambda::Function"


@dataclass(frozen=True, slots=True)
class Shift:
    """An alias, the version it has, and the version it is to have."""

    function: str
    alias: str
    current: str
    target: str

    def back(self) -> Shift:
        """Return the way back."""
        return Shift(self.function, self.alias, self.target, self.current)

    def appspec(self) -> str:
        """Return the AppSpec file, in JSON, that asks for this."""
        values = (self.function, self.alias, self.current, self.target)
        properties = dict(zip(_PROPERTIES, values, strict=True))
        resource = {self.function: {"type": _TYPE, "properties": properties}}
        return json.dumps({"version": 0.0, "resources": [resource]})


def read_appspec(text: str) -> Shift:
    """Read an AppSpec file, in YAML or JSON; the letters' case does not count in its keys.

    Raises
    ------
    AwsError
        ``InvalidRevisionException`` for what is no AppSpec file for Lambda. CodeDeploy's texts
        are not recorded: confidence L.
    NotModelledError
        If it names functions to run before or after the shift.

    Examples
    --------
    >>> read_appspec(Shift("f", "live", "1", "2").appspec())
    Shift(function='f', alias='live', current='1', target='2')
    """
    document = _lower(_parsed(text))
    if not isinstance(document, dict):
        raise _invalid("it is not a mapping")
    resources = document.get("resources")
    if not isinstance(resources, list) or len(resources) != 1:
        raise _invalid("resources must be a list with one function version")
    (resource,) = resources
    if not isinstance(resource, dict) or len(resource) != 1:
        raise _invalid("a resource must have one name")
    (body,) = resource.values()
    if not isinstance(body, dict) or body.get("type") != _TYPE:
        raise _invalid(f"the type of a resource must be {_TYPE}")
    shift = _shift(body.get("properties"))
    if document.get("hooks"):
        raise NotModelledError("Running functions before and after a traffic shift")
    return shift


def _parsed(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)  # JSON is YAML
    except (yaml.YAMLError, RecursionError):
        raise _invalid("it is neither YAML nor JSON") from None


def _lower(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key).lower(): _lower(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_lower(item) for item in value]
    return value


def _shift(properties: Any) -> Shift:
    if not isinstance(properties, dict):
        raise _invalid("a function version needs properties")
    values = [properties.get(name) for name in _PROPERTIES]
    for name, value in zip(_PROPERTIES, values, strict=True):
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise _invalid(f"{name} is missing")
    function, alias, current, target = map(str, values)
    for version in (current, target):
        if not version.isdigit() or int(version) == 0:
            raise _invalid(f"{version} is no version: versions are positive integers")
    return Shift(function, alias, current, target)


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidRevisionException", f"The AppSpec file is not valid: {why}.")
