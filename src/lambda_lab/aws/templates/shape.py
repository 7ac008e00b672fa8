"""The shape of a template: what CloudFormation refuses before it makes anything.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html

moto looks at what it needs when it needs it; the rest it passes over, or fails half-way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from lambda_lab.aws.templates.reading import invalid
from lambda_lab.aws.templates.references import references
from lambda_lab.errors import NotModelledError

__all__ = ["PSEUDO", "check_shape", "in_order"]

SECTIONS = (
    *("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings"),
    *("Conditions", "Transform", "Hooks", "Globals", "Resources", "Outputs"),
)
NOT_MADE = ("Rules", "Transform", "Hooks", "Globals")
"""Sections that would change what is made, or whether."""

ATTRIBUTES = (
    *("Type", "Properties", "Condition", "DependsOn", "Metadata"),
    *("DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy"),
)
ATTRIBUTES_NOT_MADE = ("CreationPolicy", "UpdatePolicy")
"""What waits for signals, or shifts traffic."""
POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")

PSEUDO = frozenset(
    f"AWS::{name}"
    for name in (
        *("AccountId", "NotificationARNs", "NoValue", "Partition", "Region", "StackId"),
        *("StackName", "URLSuffix"),
    )
)
MADE_FUNCTIONS = (
    *("And", "Base64", "Cidr", "Equals", "FindInMap", "GetAtt", "GetAZs", "If", "ImportValue"),
    *("Join", "Not", "Or", "Select", "Split", "Sub", "ToJsonString"),
)
OTHER_FUNCTIONS = ("ForEach", "GetStackOutput", "Length", "Transform")
_NAME = re.compile("[A-Za-z0-9]+")


def check_shape(template: Mapping[str, Any]) -> None:
    """Refuse a template that CloudFormation would not begin with, or that we cannot follow.

    Raises
    ------
    Refused
        In CloudFormation's words.
    NotModelledError
        For sections and functions that CloudFormation knows and nothing here makes.
    """
    unknown = [name for name in template if name not in SECTIONS]
    if unknown:
        raise invalid(f"Invalid template property or properties [{', '.join(map(str, unknown))}]")
    version = template.get("AWSTemplateFormatVersion", "2010-09-09")
    if version != "2010-09-09":
        raise invalid(
            f"Template format error: {version} is not a supported value for "
            "AWSTemplateFormatVersion."
        )
    for section in NOT_MADE:
        if template.get(section):
            raise NotModelledError(
                f"The section {section} ({_shown(template[section])}) of a template",
                "Write the resources out, as the transform would, or take it out.",
            )
    if not template.get("Resources"):
        raise invalid("Template format error: At least one Resources member must be defined.")
    for section in ("Parameters", "Conditions", "Mappings", "Resources", "Outputs"):
        _check_members(template, section)
    for name, resource in template["Resources"].items():
        _check_resource(name, resource)
    for name, output in (template.get("Outputs") or {}).items():
        if "Value" not in output:
            raise invalid(
                f"Template format error: [/Outputs/{name}] Every Outputs member must contain a "
                "Value object"
            )
    _check_mentions(template)
    in_order(template["Resources"])


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(map(str, value))


def _check_members(template: Mapping[str, Any], section: str) -> None:
    members = template.get(section) or {}
    if not isinstance(members, Mapping):
        raise invalid(f"Template format error: {section} must be an object.")
    for name, member in members.items():
        if section != "Conditions" and not isinstance(member, Mapping):
            raise invalid(f"Template format error: Any {section} member must be an object.")
        if section != "Mappings" and not _NAME.fullmatch(str(name)):
            kind = section.removesuffix("s")
            raise invalid(f"Template format error: {kind} name {name} is non alphanumeric.")


def _check_resource(name: str, resource: Mapping[str, Any]) -> None:
    if not isinstance(resource.get("Type"), str):
        raise invalid(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a "
            "Type member."
        )
    for attribute in resource:
        if attribute not in ATTRIBUTES:
            raise invalid(f"Invalid template resource property '{attribute}'")
        if attribute in ATTRIBUTES_NOT_MADE:
            raise NotModelledError(f"{attribute} of {name} in a template", "Take it out.")
    for attribute in ("Properties", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy"):
        _check_nulls(f"/Resources/{name}/{attribute}", resource.get(attribute, ""))
    if not isinstance(resource.get("Properties", {}), Mapping):
        raise invalid(
            f"Template format error: [/Resources/{name}/Properties] Properties must be an object."
        )
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
        policy = resource.get(attribute, "Delete")
        if policy not in POLICIES:
            raise invalid(f"Template error: Unrecognized {attribute} {policy} for resource {name}")
        if policy == "Snapshot":
            raise NotModelledError(
                f"{attribute} Snapshot of {name} in a template", "Use Delete or Retain."
            )


def _check_nulls(path: str, part: Any) -> None:
    if part is None:
        raise invalid(f"Template format error: [{path}] 'null' values are not allowed in templates")
    inner = part.items() if isinstance(part, Mapping) else ()
    for key, value in enumerate(part) if isinstance(part, list) else inner:
        _check_nulls(f"{path}/{key}", value)


def _check_mentions(template: Mapping[str, Any]) -> None:
    known = {*template["Resources"], *(template.get("Parameters") or {}), *PSEUDO}
    conditions = template.get("Conditions") or {}
    for section in ("Conditions", "Resources", "Outputs"):
        absent: list[str] = []
        for how, name in _mentions(template.get(section) or {}):
            if how == "Condition":
                if name not in conditions:
                    raise invalid(
                        f"Template format error: Unresolved condition dependency {name} in the "
                        f"{section} block of the template"
                    )
            elif how == "Fn::GetAtt" and name not in template["Resources"]:
                raise invalid(
                    "Template error: instance of Fn::GetAtt references undefined resource " + name
                )
            elif how in ("Ref", "Fn::Sub", "DependsOn"):
                absent += [] if name in known or name in absent else [name]
            elif how.startswith("Fn::"):
                _check_function(how)
        if absent:
            raise invalid(
                f"Template format error: Unresolved resource dependencies [{', '.join(absent)}] "
                f"in the {section} block of the template"
            )


def _mentions(members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for member in members.values():
        if isinstance(member, Mapping):
            if isinstance(member.get("Condition"), str):
                yield "Condition", member["Condition"]
            needed = member.get("DependsOn") or []
            for name in [needed] if isinstance(needed, str) else needed:
                yield "DependsOn", str(name)
        # A resource's Metadata is not looked at: it may hold any text of a tool's.
        seen = {key: part for key, part in member.items() if key != "Metadata"} if (
            isinstance(member, Mapping)
        ) else member  # fmt: skip
        yield from references(seen)


def _check_function(name: str) -> None:
    short = name.removeprefix("Fn::").split("::")[0]
    if short in OTHER_FUNCTIONS:
        raise NotModelledError(f"{name} in a template", "Write out what it would give.")
    if short not in MADE_FUNCTIONS:
        supported = ", ".join(f"Fn::{one}" for one in MADE_FUNCTIONS)
        raise invalid(
            f"Template error: Encountered unsupported function: {name} Supported functions are: "
            f"[{supported}]"
        )


def in_order(resources: Mapping[str, Any]) -> list[str]:
    """Return the names of *resources*, each after what it mentions.

    Raises
    ------
    Refused
        If they mention each other in a circle.

    Examples
    --------
    >>> in_order({"A": {"DependsOn": "B"}, "B": {}})
    ['B', 'A']
    """
    graph = {
        name: {mentioned for _, mentioned in _mentions({name: resource}) if mentioned in resources}
        for name, resource in resources.items()
    }
    try:
        return [*TopologicalSorter(graph).static_order()]
    except CycleError as error:
        circle = ", ".join(dict.fromkeys(reversed(error.args[1])))
        raise invalid(f"Circular dependency between resources: [{circle}]") from None
