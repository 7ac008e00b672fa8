"""Lambda's API: event source mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_lab.aws.backend import LabLambdaBackend
from lambda_lab.aws.checks import check_tags
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.event_targets import check_destinations
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.mapping_checks import check_members, check_settings, check_start
from lambda_lab.aws.mapping_shapes import (
    LabMapping,
    SourceKind,
    defaults,
    describe,
    settings_of,
    with_changes,
)
from lambda_lab.aws.mapping_sources import check_readable, check_source, check_visibility, kind_of
from lambda_lab.aws.names import FunctionName, function_arn, parse_function_name
from lambda_lab.aws.paging import paged
from lambda_lab.aws.services import services
from lambda_lab.errors import AwsError, NotModelledError

__all__ = [
    "create_event_source_mapping",
    "delete_event_source_mapping",
    "get_event_source_mapping",
    "list_event_source_mappings",
    "present",
    "update_event_source_mapping",
]

Params = dict[str, Any]
ON_FAILURE = ("sqs", "sns", "s3")
"""Kinds of on-failure destinations of a stream: API reference, CreateEventSourceMapping."""
MAPPINGS = 100
"""Most mappings in one answer: API reference, ListEventSourceMappings."""


def create_event_source_mapping(backend: LabLambdaBackend, params: Params) -> Params:
    """Make a mapping (``CreateEventSourceMapping``)."""
    arn = _source_arn(params)
    kind = kind_of(arn)
    check_members(kind, params)
    check_start(kind, arn, params, services().clock.now())
    config = with_changes(kind, defaults(kind), params)
    check_settings(kind, arn, config)
    check_tags(params.get("Tags") or {})
    name, function = _function(backend, params["FunctionName"])
    _check_together(backend, kind, arn, function, config)
    target = function_arn(backend.region_name, backend.account_id, name.name, name.qualifier)
    _check_unique(backend, arn, target, name.name)
    uuid = services().ids.uuid()
    mapping = LabMapping(
        uuid=uuid,
        arn=f"arn:aws:lambda:{backend.region_name}:{backend.account_id}:event-source-mapping:{uuid}",
        kind=kind,
        source_arn=arn,
        function_arn=target,
        config=config,
        order=1 + max((one.order for one in backend.mappings.values()), default=0),
        enabled=params.get("Enabled") is not False,
        tags=dict(params.get("Tags") or {}),
    )
    backend.mappings[uuid] = mapping
    services().mappings().create(settings_of(mapping), enabled=mapping.enabled)
    return _described(backend, mapping)


def get_event_source_mapping(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe a mapping (``GetEventSourceMapping``)."""
    return _described(backend, _find(backend, params["UUID"]))


def list_event_source_mappings(backend: LabLambdaBackend, params: Params) -> Params:
    """List mappings (``ListEventSourceMappings``), in pages, in the order they were made.

    A function's bare name means the mappings of all its versions and aliases: confidence L.
    """
    wanted = [
        mapping
        for mapping in present(backend).values()
        if params.get("EventSourceArn") in (None, mapping.source_arn)
        and _is_of(backend, mapping, params.get("FunctionName"))
    ]
    order = {mapping.uuid: mapping.order for mapping in wanted}
    listed = [_without_secrets(_described(backend, mapping)) for mapping in wanted]
    return paged(
        "EventSourceMappings", listed, params, lambda item: (order[item["UUID"]],), MAPPINGS
    )


def update_event_source_mapping(backend: LabLambdaBackend, params: Params) -> Params:
    """Change a mapping's settings or function, or switch it on or off.

    The operation is ``UpdateEventSourceMapping``.
    """
    mapping = _find(backend, params["UUID"])
    _check_idle(mapping, "update")
    check_members(mapping.kind, params)
    config = with_changes(mapping.kind, mapping.config, params)
    check_settings(mapping.kind, mapping.source_arn, config)
    target = mapping.function_arn
    if params.get("FunctionName"):
        name, function = _function(backend, params["FunctionName"])
        _check_together(backend, mapping.kind, mapping.source_arn, function, config)
        target = function_arn(backend.region_name, backend.account_id, name.name, name.qualifier)
        if target != mapping.function_arn:
            _check_unique(backend, mapping.source_arn, target, name.name)
    elif params.get("DestinationConfig"):
        _check_on_failure(_function(backend, target)[1], config)
    mapping.config, mapping.function_arn = config, target
    if params.get("Enabled") is not None:
        mapping.enabled = bool(params["Enabled"])
    services().mappings().update(settings_of(mapping), enabled=mapping.enabled)
    return _described(backend, mapping)


def delete_event_source_mapping(backend: LabLambdaBackend, params: Params) -> Params:
    """Delete a mapping (``DeleteEventSourceMapping``)."""
    mapping = _find(backend, params["UUID"])
    _check_idle(mapping, "delete")
    services().mappings().delete(mapping.uuid)
    return _described(backend, mapping)


# -- finding ---------------------------------------------------------------------------------------


def present(backend: LabLambdaBackend) -> Mapping[str, LabMapping]:
    """Return the mappings that are there, and forget those whose deletion has ended."""
    engine = services().mappings()
    for uuid in [uuid for uuid in backend.mappings if engine.status(uuid) is None]:
        del backend.mappings[uuid]
    return backend.mappings


def _find(backend: LabLambdaBackend, uuid: str) -> LabMapping:
    mapping = present(backend).get(uuid)
    if mapping is None:
        raise _missing()
    return mapping


def _missing() -> AwsError:
    return aws_error("ResourceNotFoundException", "The resource you requested does not exist.")


def _described(backend: LabLambdaBackend, mapping: LabMapping) -> Params:
    status = services().mappings().status(mapping.uuid)
    if status is None:  # its deletion ended this very moment
        backend.mappings.pop(mapping.uuid, None)
        raise _missing()
    return describe(mapping, status)


def _without_secrets(output: Params) -> Params:
    # Lists do not show criteria under a customer's key: Developer Guide, Event filtering.
    if output.get("KMSKeyArn"):
        output.pop("FilterCriteria", None)
    return output


def _is_of(backend: LabLambdaBackend, mapping: LabMapping, asked: str | None) -> bool:
    if asked is None:
        return True
    name = parse_function_name(asked, None, backend.region_name)
    account = name.account or backend.account_id
    arn = function_arn(backend.region_name, account, name.name, name.qualifier)
    bare = name.qualifier is None and mapping.function_arn.startswith(f"{arn}:")
    return mapping.function_arn == arn or bare


def _function(backend: LabLambdaBackend, asked: str) -> tuple[FunctionName, LabFunction]:
    name = parse_function_name(asked, None, backend.region_name)
    try:
        return name, backend.find(name)
    except AwsError:
        # As users of AWS report it: confidence M.
        raise aws_error("InvalidParameterValueException", "Function does not exist") from None


# -- refusing --------------------------------------------------------------------------------------


def _source_arn(params: Params) -> str:
    if params.get("SelfManagedEventSource"):
        raise NotModelledError("An event source mapping of self-managed Apache Kafka")
    arn = params.get("EventSourceArn")
    if not arn:
        # As users of AWS report it: confidence M.
        raise aws_error("InvalidParameterValueException", "Unrecognized event source.")
    return str(arn)


def _check_together(
    backend: LabLambdaBackend, kind: SourceKind, arn: str, function: LabFunction, config: Params
) -> None:
    """Check what depends on both the source and the function."""
    check_source(kind, arn, backend.region_name)
    check_readable(kind, arn, function.role)
    if kind.streams:
        _check_on_failure(function, config)
    else:
        check_visibility(arn, function)


def _check_on_failure(function: LabFunction, config: Params) -> None:
    destination = config["DestinationConfig"]["OnFailure"].get("Destination")
    if not destination:
        return
    if destination.split(":")[2:3] not in ([kind] for kind in ON_FAILURE):
        # In the words recorded for a function's own destinations: confidence M.
        raise aws_error(
            "InvalidParameterValueException",
            "The provided destination config DestinationConfig(onSuccess=null, "
            f"onFailure=OnFailure(destination={destination})) is invalid.",
        )
    check_destinations(function, config["DestinationConfig"])


def _check_unique(backend: LabLambdaBackend, source: str, target: str, function: str) -> None:
    # As users of AWS report it, with its spaces: confidence M.
    for mapping in present(backend).values():
        if (mapping.source_arn, mapping.function_arn) != (source, target):
            continue
        if mapping.kind.streams:
            what = f'The event source arn (" {source} ") and function (" {function} ") provided '
            what += "mapping already exists."
        else:
            what = f'An event source mapping with SQS arn (" {source} ") and function '
            what += f'(" {function} ") already exists.'
        raise aws_error(
            "ResourceConflictException",
            f"{what} Please update or delete the existing mapping with UUID {mapping.uuid}",
        )


def _check_idle(mapping: LabMapping, verb: str) -> None:
    status = services().mappings().status(mapping.uuid)
    if status is not None and status.state.passing:
        # As users of AWS report it: confidence M.
        raise aws_error(
            "ResourceInUseException",
            f"Cannot {verb} the event source mapping because it is in use.",
        )
