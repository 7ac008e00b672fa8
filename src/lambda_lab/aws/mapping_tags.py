"""Lambda's API: tags, on event source mappings as on functions."""

from __future__ import annotations

from typing import Any

from lambda_lab.aws import api_resources
from lambda_lab.aws.api_mappings import present
from lambda_lab.aws.backend import LabLambdaBackend
from lambda_lab.aws.checks import check_tags
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.mapping_shapes import LabMapping

__all__ = ["list_tags", "tag_resource", "untag_resource"]

Params = dict[str, Any]


def _tagged(backend: LabLambdaBackend, params: Params) -> LabMapping | None:
    """Return the mapping whose tags are meant, or ``None`` for anything else."""
    _, _, kind_and_id = str(params["Resource"]).partition(f":{backend.account_id}:")
    kind, _, uuid = kind_and_id.partition(":")
    return present(backend).get(uuid) if kind == "event-source-mapping" else None


def tag_resource(backend: LabLambdaBackend, params: Params) -> Params:
    """Add tags (``TagResource``)."""
    mapping = _tagged(backend, params)
    if mapping is None:
        return api_resources.tag_resource(backend, params)
    if not params["Tags"]:
        raise aws_error(
            "InvalidParameterValueException",
            "An error occurred and the request cannot be processed.",
        )
    tags = {**mapping.tags, **params["Tags"]}
    check_tags(tags)
    mapping.tags = tags
    return {}


def untag_resource(backend: LabLambdaBackend, params: Params) -> Params:
    """Remove tags (``UntagResource``); unknown keys are ignored."""
    mapping = _tagged(backend, params)
    if mapping is None or not params.get("TagKeys"):
        return api_resources.untag_resource(backend, params)
    for key in params["TagKeys"]:
        mapping.tags.pop(key, None)
    return {}


def list_tags(backend: LabLambdaBackend, params: Params) -> Params:
    """List tags (``ListTags``)."""
    mapping = _tagged(backend, params)
    if mapping is None:
        return api_resources.list_tags(backend, params)
    return {"Tags": dict(mapping.tags)}
