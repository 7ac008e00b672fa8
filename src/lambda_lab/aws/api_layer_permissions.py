"""Lambda's API: which other accounts may use a layer version."""

from __future__ import annotations

import json
from typing import Any

from lambda_lab.aws.api_layers import (
    LabLayerVersion,
    find_layer_version,
    layer_arn,
    named_layer,
)
from lambda_lab.aws.backend import LabLambdaBackend, services
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.policy import check_length, make_statement, policy_text
from lambda_lab.errors import AwsError

__all__ = [
    "add_layer_version_permission",
    "get_layer_version_policy",
    "remove_layer_version_permission",
]

Params = dict[str, Any]


def _find(backend: LabLambdaBackend, params: Params, action: str) -> tuple[LabLayerVersion, str]:
    """Return the layer version that *params* name, and its ARN."""
    name, number = named_layer(backend, params["LayerName"], action).name, params["VersionNumber"]
    arn = f"{layer_arn(backend, name)}:{number}"
    layer = find_layer_version(backend, name, number)
    if layer is None:
        raise aws_error("ResourceNotFoundException", f"Layer version {arn} does not exist.")
    return layer, arn


def _check_revision(layer: LabLayerVersion, params: Params) -> None:
    wanted = params.get("RevisionId")
    if wanted and wanted != layer.policy_revision:
        raise aws_error(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetLayerPolicy API to retrieve the latest Revision Id",
        )


def _no_policy() -> AwsError:
    return aws_error(
        "ResourceNotFoundException", "No policy is associated with the given resource."
    )


def add_layer_version_permission(backend: LabLambdaBackend, params: Params) -> Params:
    """Let an account use a layer version (``AddLayerVersionPermission``).

    It is stored, as policies of functions are, and not enforced: the region has one account.
    """
    layer, arn = _find(backend, params, "lambda:AddLayerVersionPermission")
    _check_revision(layer, params)
    sid = params["StatementId"]
    if sid in layer.statements:
        raise aws_error(
            "ResourceConflictException",
            f"The statement id ({sid}) provided already exists. Please provide "
            "a new statement id, or remove the existing statement.",
        )
    organisation = params.get("OrganizationId")
    statement = make_statement(arn, {**params, "PrincipalOrgID": organisation})
    check_length([*layer.statements.values(), statement])
    layer.statements[sid] = statement
    layer.policy_revision = services().ids.uuid()
    return {
        "Statement": json.dumps(statement, separators=(",", ":")),
        "RevisionId": layer.policy_revision,
    }


def get_layer_version_policy(backend: LabLambdaBackend, params: Params) -> Params:
    """Return the policy of a layer version (``GetLayerVersionPolicy``)."""
    layer, _ = _find(backend, params, "lambda:GetLayerVersionPolicy")
    if not layer.statements:
        raise _no_policy()
    return {
        "Policy": policy_text(layer.statements.values()),
        "RevisionId": layer.policy_revision,
    }


def remove_layer_version_permission(backend: LabLambdaBackend, params: Params) -> Params:
    """Take a permission back (``RemoveLayerVersionPermission``)."""
    layer, _ = _find(backend, params, "lambda:RemoveLayerVersionPermission")
    if not layer.statements:
        raise _no_policy()
    _check_revision(layer, params)
    sid = params["StatementId"]
    if sid not in layer.statements:
        raise aws_error(
            "ResourceNotFoundException", f"Statement {sid} is not found in resource policy."
        )
    del layer.statements[sid]
    layer.policy_revision = services().ids.uuid()
    return {}
