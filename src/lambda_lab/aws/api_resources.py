"""Lambda's API: tags of a function."""

from __future__ import annotations

from typing import Any

from lambda_lab.aws.backend import LabLambdaBackend
from lambda_lab.aws.checks import check_tags
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.names import parse_function_name
from lambda_lab.errors import AwsError, NotModelledError

__all__ = [
    "list_tags",
    "tag_resource",
    "untag_resource",
]

Params = dict[str, Any]

# -- tags ------------------------------------------------------------------------------------------


def _tagged(backend: LabLambdaBackend, arn: str) -> LabFunction:
    if arn.split(":")[5] != "function":
        raise _no_tags(backend, arn)
    name = parse_function_name(arn, None, backend.region_name)
    if name.qualifier is not None:
        raise aws_error(
            "InvalidParameterValueException",
            "Tags on function aliases and versions are not supported. Please specify a function "
            "ARN.",
        )
    return backend.find(name)


def _no_tags(backend: LabLambdaBackend, arn: str) -> AwsError | NotModelledError:
    """Return why *arn*, which is no function's, has no tags here.

    Of what else can have tags, the region has layers only. The words about an event source
    mapping: confidence M; about the others: L.
    """
    kind = arn.split(":")[5]
    if kind == "layer":
        if any(layer["LayerArn"] == arn for layer in backend.list_layers()):
            return NotModelledError("Tags on a layer")
        text = "The resource you requested does not exist."
    else:
        text = f"{kind.replace('-', ' ').capitalize()} not found: {arn}"
    return aws_error("ResourceNotFoundException", text)


def tag_resource(backend: LabLambdaBackend, params: Params) -> Params:
    """Add tags (``TagResource``)."""
    function = _tagged(backend, params["Resource"])
    if not params["Tags"]:
        raise aws_error(
            "InvalidParameterValueException",
            "An error occurred and the request cannot be processed.",
        )
    tags = {**function.tags, **params["Tags"]}
    check_tags(tags)
    function.tags = tags
    return {}


def untag_resource(backend: LabLambdaBackend, params: Params) -> Params:
    """Remove tags (``UntagResource``); unknown keys are ignored."""
    function = _tagged(backend, params["Resource"])
    if not params.get("TagKeys"):
        raise aws_error(
            "ValidationException",
            "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: "
            "Member must not be null",
        )
    for key in params["TagKeys"]:
        function.tags.pop(key, None)
    return {}


def list_tags(backend: LabLambdaBackend, params: Params) -> Params:
    """List tags (``ListTags``)."""
    return {"Tags": dict(_tagged(backend, params["Resource"]).tags)}
