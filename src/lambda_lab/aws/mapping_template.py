"""Event source mappings in CloudFormation templates: the way of the API, and moto's names for it.

moto keeps mappings of its own, and pushes to them when a source is written. Here a template's
mapping is made, changed and deleted as the API's are; moto holds only its name.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import EventSourceMapping

from lambda_lab.aws import api_mappings, formation
from lambda_lab.aws.constraints import validate
from lambda_lab.aws.services import services
from lambda_lab.errors import AwsError

if TYPE_CHECKING:
    from lambda_lab.aws.backend import LabLambdaBackend

__all__ = ["TemplateMapping", "create_mapping", "delete_mapping", "mappings_of", "update_mapping"]

_FIXED = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp")
"""Changing one of these replaces the mapping."""


class TemplateMapping(EventSourceMapping):
    """A mapping as a stack knows it: its id, and what ``Ref`` and ``Fn::GetAtt`` answer."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        # moto's own constructor would make a second mapping with an id of its own.
        self.uuid = config["UUID"]
        self.arn = config["EventSourceMappingArn"]

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Whether ``Fn::GetAtt`` knows *attr*."""
        return attr in ("EventSourceMappingArn", "Id")

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return what ``Fn::GetAtt`` answers."""
        return str(self.uuid if attribute_name == "Id" else self.arn)


def _named(config: Mapping[str, Any]) -> TemplateMapping:
    return TemplateMapping(config)  # type: ignore[abstract]


def create_mapping(backend: LabLambdaBackend, properties: Mapping[str, Any]) -> TemplateMapping:
    """Make the mapping that *properties* describe. CloudFormation waits until it is Enabled."""
    params = _read("CreateEventSourceMapping", properties)
    validate("CreateEventSourceMapping", params)
    with backend.lock:
        config = api_mappings.create_event_source_mapping(backend, params)
    services().mappings().settle_at_once(config["UUID"])
    return _named(config)


def update_mapping(
    backend: LabLambdaBackend, uuid: str, properties: Mapping[str, Any]
) -> TemplateMapping:
    """Bring a mapping to what *properties* describe, or replace it where it cannot be changed."""
    with backend.lock:
        current = api_mappings.get_event_source_mapping(backend, {"UUID": uuid})
    wanted = _read("CreateEventSourceMapping", properties)
    if any(name in wanted and wanted[name] != current.get(name) for name in _FIXED):
        delete_mapping(backend, uuid)
        return create_mapping(backend, properties)
    params = {**_read("UpdateEventSourceMapping", properties), "UUID": uuid}
    validate("UpdateEventSourceMapping", params)
    with backend.lock:
        config = api_mappings.update_event_source_mapping(backend, params)
        backend.mappings[uuid].tags = dict(wanted.get("Tags") or {})
    services().mappings().settle_at_once(uuid)
    return _named(config)


def delete_mapping(backend: LabLambdaBackend, uuid: str) -> None:
    """Delete a mapping; one that is gone already is no error to a stack."""
    with backend.lock:
        try:
            api_mappings.delete_event_source_mapping(backend, {"UUID": uuid})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
    services().mappings().settle_at_once(uuid)


def mappings_of(
    backend: LabLambdaBackend, source_arn: str | None, function: str | None
) -> list[TemplateMapping]:
    """Return the mappings of a source, of a function, or of both."""
    asked = {"EventSourceArn": source_arn or None, "FunctionName": function or None}
    with backend.lock:
        listed = api_mappings.list_event_source_mappings(backend, asked)
    return [_named(config) for config in listed["EventSourceMappings"]]


def _read(operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template's properties as the API's parameters."""
    members = formation.input_members(operation)
    params = {
        name: formation.typed(members[name], value)
        for name, value in properties.items()
        if name in members and name not in ("StartingPositionTimestamp", "Tags")
    }
    moment = properties.get("StartingPositionTimestamp")
    if moment is not None and "StartingPositionTimestamp" in members:
        params["StartingPositionTimestamp"] = datetime.fromtimestamp(float(moment), tz=UTC)
    if "Tags" in members:
        tags = properties.get("Tags") or []
        params["Tags"] = {str(tag["Key"]): str(tag["Value"]) for tag in tags}
    return params
