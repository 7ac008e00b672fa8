"""Lambda's API: who may call a function."""

from __future__ import annotations

import json
from typing import Any

from lambda_lab.aws.api_functions import named
from lambda_lab.aws.backend import LabLambdaBackend, services
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.moto_seam import LambdaAlias
from lambda_lab.aws.names import FunctionName, function_arn
from lambda_lab.aws.policy import check_length, make_statement, policy_text

__all__ = ["add_permission", "get_policy", "remove_permission"]

Params = dict[str, Any]


class _Target:
    """What a policy is attached to: a function, one of its versions, or an alias."""

    def __init__(self, backend: LabLambdaBackend, params: Params) -> None:
        name = named(backend, params)
        self.function = backend.find(FunctionName(name.name, None, name.account))
        self.qualifier = name.qualifier
        self.arn = function_arn(backend.region_name, backend.account_id, name.name, name.qualifier)
        self.carrier = self._carrier(backend)

    def _carrier(self, backend: LabLambdaBackend) -> LabFunction | LambdaAlias:
        qualifier, function = self.qualifier, self.function
        if qualifier in (None, "$LATEST"):
            return function
        if qualifier.isdigit():
            for version in backend.versions_of(function):
                if str(version.version) == qualifier:
                    return version
            raise aws_error("ResourceNotFoundException", f"Function not found: {self.arn}")
        for alias in backend.list_aliases(function.function_name):
            if alias.name == qualifier:
                return alias
        raise aws_error("ResourceNotFoundException", f"Cannot find alias arn: {self.arn}")

    def statements(self) -> dict[str, dict[str, Any]]:
        """Return the statements by ``Sid``."""
        qualifier = None if self.qualifier == "$LATEST" else self.qualifier
        return self.function.policies.statements(qualifier)

    def check_revision(self, params: Params) -> None:
        """Refuse a change made from an older state than the newest."""
        wanted = params.get("RevisionId")
        if wanted and wanted != self.carrier.revision_id:
            raise aws_error(
                "PreconditionFailedException",
                "The Revision Id provided does not match the latest Revision Id. Call the "
                "GetPolicy API to retrieve the latest Revision Id",
            )

    def changed(self) -> None:
        """Give what carries the policy a new RevisionId."""
        self.carrier.revision_id = services().ids.uuid()


def add_permission(backend: LabLambdaBackend, params: Params) -> Params:
    """Add a statement to a function's resource policy (``AddPermission``)."""
    if named(backend, params).qualifier == "$LATEST":
        raise aws_error(
            "InvalidParameterValueException",
            "We currently do not support adding policies for $LATEST.",
        )
    target = _Target(backend, params)
    target.check_revision(params)
    statements = target.statements()
    sid = params["StatementId"]
    if sid in statements:
        raise aws_error(
            "ResourceConflictException",
            f"The statement id ({sid}) provided already exists. Please provide "
            "a new statement id, or remove the existing statement.",
        )
    statement = make_statement(target.arn, params)
    check_length([*statements.values(), statement])
    statements[sid] = statement
    target.changed()
    return {"Statement": json.dumps(statement, separators=(",", ":"))}


def get_policy(backend: LabLambdaBackend, params: Params) -> Params:
    """Return a function's resource policy (``GetPolicy``)."""
    target = _Target(backend, params)
    statements = target.statements()
    if not statements:
        raise aws_error("ResourceNotFoundException", "The resource you requested does not exist.")
    return {
        "Policy": policy_text(statements.values()),
        "RevisionId": target.carrier.revision_id,
    }


def remove_permission(backend: LabLambdaBackend, params: Params) -> Params:
    """Remove a statement from a function's resource policy (``RemovePermission``)."""
    target = _Target(backend, params)
    statements = target.statements()
    sid = params["StatementId"]
    if not statements:
        raise aws_error(
            "ResourceNotFoundException", "No policy is associated with the given resource."
        )
    if sid not in statements:
        raise aws_error(
            "ResourceNotFoundException", f"Statement {sid} is not found in resource policy."
        )
    target.check_revision(params)
    del statements[sid]
    target.changed()
    return {}
