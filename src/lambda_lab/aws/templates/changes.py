"""What an update of a stack is to do: resources to make, to change and to delete.

moto takes each difference in a resource's text for a change of the resource, calls what its class
has for it, and loses the resource where the class has nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_lab.aws.templates.properties import CHANGED
from lambda_lab.aws.templates.references import references
from lambda_lab.aws.templates.shape import in_order
from lambda_lab.errors import NotModelledError

__all__ = ["changes"]

REPLACED = ("AWS::Lambda::LayerVersion", "AWS::Lambda::Version")
"""Kinds of which each change makes a new one, with a name of its own."""

_INSTEAD = "Delete the stack and make it anew, or use the service's own call."

Resources = Mapping[str, Mapping[str, Any]]


def changes(
    old: Resources,
    template: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any] | None,
) -> dict[str, list[str]]:
    """Return the names of resources by what is to be done with them, in moto's words.

    Parameters
    ----------
    old
        The resources of the template that is in force.
    template
        The new template.
    before, after
        The stack's parameters; ``None``: they stay.

    Raises
    ------
    NotModelledError
        For a property that no class here brings to a resource that is there.

    Examples
    --------
    >>> queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 5}}
    >>> longer = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 6}}
    >>> changed = {"Resources": {"B": longer, "C": queue}}
    >>> changes({"A": queue, "B": queue}, changed, {}, None)
    {'Add': ['C'], 'Modify': ['B'], 'Remove': ['A']}
    """
    other = {
        name
        for name in {*before, *(after or {})}
        if after and str(before.get(name)) != str(after.get(name))
    }
    for name, condition in (template.get("Conditions") or {}).items():
        if other & {mention.name for mention in references(condition)}:
            other.add(name)
    new: Resources = template["Resources"]
    modified = []
    for name in in_order(new):
        if name in old:
            properties = _changed(old[name], new[name], other)
            if {old[name].get("Condition"), new[name].get("Condition")} & other:
                raise NotModelledError(
                    f"A change of the condition that {name} is made under", _INSTEAD
                )
            if properties or old[name]["Type"] != new[name]["Type"]:
                _check(old[name], new[name], properties)
                modified.append(name)
                if new[name]["Type"] in REPLACED:
                    # What mentions it has another value from now on.
                    other.add(name)
    return {
        "Add": [name for name in new if name not in old],
        "Modify": modified,
        "Remove": [name for name in old if name not in new],
    }


def _changed(old: Mapping[str, Any], new: Mapping[str, Any], parameters: set[str]) -> list[str]:
    first, second = old.get("Properties") or {}, new.get("Properties") or {}
    return [
        name
        for name in {**first, **second}
        if first.get(name) != second.get(name)
        or parameters & {mention.name for mention in references(second.get(name))}
    ]


def _check(old: Mapping[str, Any], new: Mapping[str, Any], properties: list[str]) -> None:
    kind = str(new["Type"])
    if kind != old["Type"]:
        raise NotModelledError(f"Another kind for a resource of a stack, {kind},", _INSTEAD)
    known = CHANGED.get(kind, frozenset())
    if "*" in known or kind.startswith("Custom::"):
        return
    for name in properties:
        if name not in known or name not in (new.get("Properties") or {}):
            raise NotModelledError(f"A change of {name} of {kind} in a stack", _INSTEAD)
