"""A stack as a whole: made or not made, changed, taken away, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from moto.core.exceptions import ServiceException

from lambda_lab.aws.refused import Refused
from lambda_lab.aws.templates.parameters import as_list
from lambda_lab.aws.templates.reading import invalid
from lambda_lab.aws.templates.shape import in_order
from lambda_lab.errors import LabError, NotModelledError

__all__ = [
    "applied",
    "deleted",
    "has_parameters",
    "parameters_told",
    "resources_deleted",
    "resources_updated",
    "undone_where_it_fails",
    "updated",
]


def undone_where_it_fails(create: Callable[..., Any]) -> Callable[..., Any]:
    """Take away what a stack has made before it failed: the caller is told, and has no stack."""

    def made(self: Any, name: str, *given: Any, **named: Any) -> Any:
        before = set(self.stacks)
        if any(stack.name == name for stack in self.stacks.values()):
            raise Refused("AlreadyExistsException", f"Stack [{name}] already exists")
        try:
            return create(self, name, *given, **named)
        except Exception:
            for stack_id in set(self.stacks) - before:
                stack = self.stacks.pop(stack_id)
                with suppress(Exception):
                    stack.resource_map.delete()
            raise

    return made


def updated(update: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse an update that changes nothing, and tell of one that failed."""

    def unless_same(
        self: Any,
        template: str,
        role_arn: str | None = None,
        parameters: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
    ) -> None:
        if not tags and self.has_template(template) and self.has_parameters(parameters):
            raise invalid("No updates are to be performed.")
        resources = self.resource_map
        resources.build_resource_diff(self.parse_template(template), parameters)
        before = self.template, self.template_dict, resources._resource_json_map
        try:
            update(self, template, role_arn, parameters, tags)
        except (LabError, ServiceException) as error:
            self.template, self.template_dict, resources._resource_json_map = before
            self.status = "UPDATE_FAILED"
            self._add_stack_event("UPDATE_FAILED", resource_status_reason=_told(error))
            raise

    return unless_same


def has_parameters(stack: Any, given: Mapping[str, Any] | None) -> bool:
    """Whether a stack has these parameters already; moto does not look at the defaults."""
    slots = stack.template_dict.get("Parameters") or {}

    def effective(values: Mapping[str, Any] | None) -> dict[str, Any]:
        found = {
            name: (values or {}).get(name, slot.get("Default")) for name, slot in slots.items()
        }
        return {name: as_list(slots[name], str(value)) for name, value in found.items()}

    return effective(stack.parameters) == effective(given)


def applied(self: Any) -> None:
    """Carry a change set out, and tell of its stack what the template tells.

    moto leaves a stack that was made in this way without outputs and exports.
    """
    from moto.cloudformation.models import cloudformation_backends

    stack = self.stack
    try:
        stack.resource_map.update(self.template_dict, self.parameters)
    except Exception:
        if self.change_set_type == "CREATE":
            with suppress(Exception):
                stack.resource_map.delete()
        raise
    stack.template, stack.template_dict = self.template, self.template_dict
    stack.parameters = self.parameters or stack.parameters
    stack.description = self.template_dict.get("Description")
    stack.output_map = stack._create_output_map()
    backend = cloudformation_backends[stack.account_id][stack.region_name]
    backend.exports.update({export.name: export for export in stack.exports})


def resources_updated(
    self: Any, template: dict[str, Any], parameters: dict[str, Any] | None = None
) -> None:
    """Make, change, and only then delete: what was replaced or dropped goes at the very end.

    moto deletes first, so that a version goes while its alias still points to it.
    """
    from moto.cloudformation import parsing

    actions = self.build_resource_diff(template, parameters)
    before = dict(self._resource_json_map)
    self._template = template
    if parameters:
        self.input_parameters = parameters
    self._resource_json_map = template["Resources"]
    self.load_mapping()
    self.load_parameters()
    self.load_conditions()
    for name in in_order(template["Resources"]):
        if name in actions["Add"]:
            self[name]
        elif name in actions["Modify"]:
            self._parsed_resources[name] = parsing.parse_and_update_resource(
                name,
                template["Resources"][name],
                self,
                account_id=self._account_id,
                region_name=self._region_name,
            )
    _clean_up(self)
    _remove(self, before, actions["Remove"])


def resources_deleted(self: Any) -> None:
    """Delete a stack's resources, each before what it mentions.

    moto takes them as they come, and makes again what one that is left mentions.
    """
    described = self._resource_json_map
    _remove(self, described, [*reversed(in_order(described))])


def _clean_up(resources: Any) -> None:
    for name in resources.resources:
        made = resources._parsed_resources.get(name)
        old = getattr(made, "replaces", None)
        if old is not None:
            made.replaces = None
            policy = resources._resource_json_map[name].get("UpdateReplacePolicy", "Delete")
            if policy == "Delete":
                old.delete(resources._account_id, resources._region_name)


def _remove(resources: Any, described: dict[str, Any], names: list[str]) -> None:
    """Delete resources, whichever can go first."""
    left = list(names)
    while left:
        problem = None
        for name in list(left):
            resource = resources._parsed_resources.get(name)
            try:
                if resource is not None:
                    resources._delete_resource(resource, described[name])
            except (LabError, ServiceException) as error:
                problem = error
            else:
                left.remove(name)
                resources._parsed_resources.pop(name, None)
                break
        else:
            if problem is not None:
                raise problem


def deleted(delete: Callable[..., Any]) -> Callable[..., Any]:
    """Keep a stack that could not be deleted, and one that is protected."""

    def checked(self: Any, name_or_stack_id: str) -> None:
        stack = self.stacks.get(name_or_stack_id)
        if stack is None:
            delete(self, name_or_stack_id)
            return
        if str(stack.enable_termination_protection).lower() == "true":
            raise invalid(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        try:
            delete(self, name_or_stack_id)
        except NotModelledError:
            self.stacks[name_or_stack_id] = stack
            raise
        except Exception as error:  # noqa: BLE001 - whatever a service has against it
            self.stacks[name_or_stack_id] = stack
            stack.status = "DELETE_FAILED"
            stack._add_stack_event("DELETE_FAILED", resource_status_reason=_told(error))

    return checked


def _told(error: Exception) -> str:
    return str(getattr(error, "message", "") or error)


def parameters_told(stack: Any) -> list[dict[str, Any]]:
    """Return a stack's parameters as ``DescribeStacks`` tells them: text, and secrets hidden."""
    slots = stack.template_dict.get("Parameters") or {}
    return [
        {
            "ParameterKey": name,
            "ParameterValue": "****"
            if str((slots.get(name) or {}).get("NoEcho", False)).lower() == "true"
            else ",".join(map(str, value))
            if isinstance(value, list)
            else str(value),
        }
        for name, value in stack.resource_map.resolved_parameters.items()
    ]
