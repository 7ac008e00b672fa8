"""CloudFormation while a region is open: what nothing here makes is refused, before anything is.

moto warns in its log and reports ``CREATE_COMPLETE``, so a stack seems to have what it has not: a
function URL, an alarm, a bucket's notifications. What a template may hold, and what is made of it,
stands in :mod:`lambda_lab.aws.templates`; here it takes the place of moto's own way.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.core.exceptions import JsonRESTError, ServiceException

from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.refused import Refused
from lambda_lab.aws.templates.changes import changes
from lambda_lab.aws.templates.extras import EXTRAS
from lambda_lab.aws.templates.functions import computed
from lambda_lab.aws.templates.lambda_kinds import KINDS
from lambda_lab.aws.templates.parameters import as_list, check_parameters
from lambda_lab.aws.templates.properties import READ
from lambda_lab.aws.templates.reading import invalid
from lambda_lab.aws.templates.removal import NEVER_REMOVED, REMOVED
from lambda_lab.aws.templates.requests import checked_template, requests
from lambda_lab.aws.templates.stacks import (
    applied,
    deleted,
    has_parameters,
    parameters_told,
    resources_deleted,
    resources_updated,
    undone_where_it_fails,
    updated,
)
from lambda_lab.errors import LabError, NotModelledError

__all__ = ["known_types"]

log = logging.getLogger("lambda_lab")

WITHOUT_EFFECT = ("AWS::CDK::Metadata",)
"""AWS makes nothing of it either: it counts how the CDK is used.

https://docs.aws.amazon.com/cdk/v2/guide/usage-data.html
"""


@contextmanager
def known_types() -> Iterator[None]:
    """Refuse templates with what is not made here, while it is open."""
    from moto.cloudformation import models, parsing, responses

    find, parse = parsing.resource_class_from_type, parsing.parse_resource
    resource_map = parsing.ResourceMap

    def check_and_find(kind: str) -> Any:
        _check_kind(kind)
        return KINDS.get(kind) or find(kind)

    def check_and_parse(resource: dict[str, Any], resources: Any) -> Any:
        _check(resource)
        # moto warns of each kind without a class.
        return None if resource["Type"] in WITHOUT_EFFECT else parse(resource, resources)

    with (
        replaced(
            parsing,
            resource_class_from_type=check_and_find,
            parse_resource=check_and_parse,
            parse_and_create_resource=_completed(parsing.parse_and_create_resource),
            parse_and_update_resource=_updated_in_place,
            clean_json=computed(parsing.clean_json),
        ),
        replaced(
            resource_map,
            load=_checked_first(resource_map.load),
            load_parameters=_checked_parameters(resource_map.load_parameters),
            build_resource_diff=_differences,
            update=resources_updated,
            delete=resources_deleted,
            _delete_resource=_unless_retained(resource_map._delete_resource),
            # What was not made is not listed; moto lists it without a name.
            values=lambda self: [one for one in map(self.get, self) if one is not None],
        ),
        replaced(
            models.Stack,
            parse_template=staticmethod(checked_template),
            has_parameters=has_parameters,
            parameter_list=property(parameters_told),  # type: ignore[arg-type]
            update=updated(models.Stack.update),
        ),
        replaced(models.ChangeSet, _parse_template=_read_of_change_set, apply=applied),
        replaced(
            models.CloudFormationBackend,
            create_stack=undone_where_it_fails(models.CloudFormationBackend.create_stack),
            delete_stack=deleted(models.CloudFormationBackend.delete_stack),
        ),
        replaced(responses.CloudFormationResponse, **requests(responses.CloudFormationResponse)),
    ):
        yield


def _read_of_change_set(change_set: Any) -> None:
    change_set.template_dict = checked_template(change_set.template)


def _checked_first(load: Callable[..., Any]) -> Callable[..., Any]:
    """Check a template before anything of it is made."""

    def checked(self: Any) -> Any:
        _check_resources(self._template)
        return load(self)

    return checked


def _differences(
    self: Any, template: dict[str, Any], parameters: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Check a template before anything is changed, and return what is to be done."""
    _check_resources(template)
    check_parameters(template, parameters or {})
    return changes(self._resource_json_map, template, self.input_parameters, parameters)


def _checked_parameters(load: Callable[..., Any]) -> Callable[..., Any]:
    def checked(self: Any) -> None:
        check_parameters(self._template, self.input_parameters)
        load(self)
        for name, slot in (self._template.get("Parameters") or {}).items():
            # moto splits what the caller gave, and not a default.
            value = as_list(slot, self.resolved_parameters[name])
            self.resolved_parameters[name] = self._parsed_resources[name] = value

    return checked


def _unless_retained(delete: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what is to be retained: moto drops it when the template does not name it any more."""

    def checked(self: Any, resource: Any, described: dict[str, Any]) -> None:
        if described.get("DeletionPolicy", "Delete") != "Delete":
            return
        remove = REMOVED.get(described["Type"])
        if remove is None:
            delete(self, resource, described)
            return
        try:
            remove(resource, self._account_id, self._region_name)
        except ServiceException as error:
            # It may have gone with what it belonged to.
            if "NotFound" not in str(error.code):
                raise

    return checked


def _completed(create: Callable[..., Any]) -> Callable[..., Any]:
    """Let moto make a resource of what it reads, and set what it does not."""

    def made(
        logical_id: str,
        resource_json: dict[str, Any],
        resources_map: Any,
        account_id: str,
        region_name: str,
    ) -> Any:
        kind = resource_json["Type"]
        extras = EXTRAS.get(kind, {})
        properties = resource_json.get("Properties") or {}
        left = {key: value for key, value in properties.items() if key not in extras}
        described = {**resource_json, "Properties": copy.deepcopy(left)}
        with _refusing(logical_id, kind):
            resource = create(logical_id, described, resources_map, account_id, region_name)
            for key, setting in extras.items() if resource is not None else ():
                value = _clean(properties.get(key), resources_map)
                if value is not None:
                    setting(resource, value, account_id, region_name)
        return resource

    return made


def _clean(part: Any, resources: Any) -> Any:
    from moto.cloudformation import parsing

    return parsing.clean_json(part, resources)


def _updated_in_place(
    logical_id: str,
    resource_json: dict[str, Any],
    resources_map: Any,
    account_id: str,
    region_name: str,
) -> Any:
    """Update a resource under its own name; moto gives it a new one where the template has none."""
    from moto.cloudformation import parsing

    found: Any = parsing.parse_resource_and_generate_name(
        logical_id, copy.deepcopy(resource_json), resources_map
    )
    if found is None:
        return None
    resource_class, described, name = found
    original = resources_map[logical_id]
    naming = parsing.resource_name_property_from_type(described["Type"])
    if naming and naming not in described["Properties"] and described["Type"] not in KINDS:
        name = getattr(original, "name", original.physical_resource_id)
    with _refusing(logical_id, described["Type"]):
        resource = resource_class.update_from_cloudformation_json(
            original_resource=original,
            new_resource_name=name,
            cloudformation_json=described,
            account_id=account_id,
            region_name=region_name,
        )
    resource.cf_resource_type = described["Type"]
    resource.logical_resource_id = logical_id
    return resource


@contextmanager
def _refusing(name: str, kind: str) -> Iterator[None]:
    """Turn what a service of moto's says while a stack is made into CloudFormation's answer."""
    try:
        yield
    except (LabError, NotImplementedError):
        raise
    except ServiceException as error:
        raise invalid(error.message) if error.code != "ValidationError" else error from error
    except JsonRESTError as error:
        raise invalid(str(error.message)) from error
    except KeyError as error:
        # The words are quoted by many users of CloudFormation: confidence M.
        raise _not_valid(
            name, f"required key [{error.args[0] if error.args else ''}] not found"
        ) from error
    except (AssertionError, AttributeError, IndexError, TypeError, ValueError) as error:
        log.debug("moto failed to make %s (%s)", name, kind, exc_info=error)
        raise _not_valid(
            name, f"{kind}: a key is missing, or has a value of another type"
        ) from error


def _not_valid(name: str, why: str) -> Refused:
    return invalid(f"Properties validation failed for resource {name} with message:\n[#: {why}]")


def _check_resources(template: Mapping[str, Any]) -> None:
    for resource in (template.get("Resources") or {}).values():
        # What stands under a condition may never be made.
        if "Condition" not in resource:
            _check(resource)


def _check(resource: Mapping[str, Any]) -> None:
    kind, properties = resource["Type"], resource.get("Properties")
    _check_kind(kind)
    if kind not in READ and kind not in EXTRAS:
        return
    for name in properties or {}:
        if name not in READ.get(kind, ()) and name not in EXTRAS.get(kind, ()):
            raise NotModelledError(
                f"The property {name} of {kind} in a template",
                "Take it out, and set it by its own service's call.",
            )


def _check_kind(kind: str) -> None:
    from moto.cloudformation import parsing

    if kind.startswith("Custom::"):
        return
    made = {*WITHOUT_EFFECT, *KINDS, *parsing.get_model_map()} - NEVER_REMOVED
    if kind not in made:
        raise NotModelledError(
            f"{kind} in a template", "Take it out, and make it by its own service's call."
        )
