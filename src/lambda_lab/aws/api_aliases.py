"""Lambda's API: aliases, and the two versions that one of them may share its calls between.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
"""

from __future__ import annotations

from typing import Any

from lambda_lab import facts
from lambda_lab.aws.aliases import point_alias, versions_named_by, weights_of
from lambda_lab.aws.api_functions import check_revision, named, resolve_unqualified
from lambda_lab.aws.backend import LabLambdaBackend, services
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.moto_seam import LambdaAlias
from lambda_lab.aws.names import FunctionName
from lambda_lab.aws.paging import paged
from lambda_lab.aws.provisioned import check_pointing, follow, without
from lambda_lab.errors import AwsError

__all__ = ["create_alias", "delete_alias", "get_alias", "list_aliases", "update_alias"]

Params = dict[str, Any]
Weights = dict[str, float]


def _alias(
    backend: LabLambdaBackend, params: Params, missing: str
) -> tuple[LabFunction, LambdaAlias]:
    function = resolve_unqualified(backend, params)
    for alias in backend.list_aliases(function.function_name):
        if alias.name == params["Name"]:
            return function, alias
    arn = f"{function.unqualified_arn}:{params['Name']}"
    raise aws_error("ResourceNotFoundException", f"{missing}: {arn}")


def _describe(function: LabFunction, alias: LambdaAlias) -> Params:
    described: Params = {
        "AliasArn": f"{function.unqualified_arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": str(alias.function_version),
        "Description": alias.description or "",
        "RevisionId": alias.revision_id,
    }
    weights = weights_of(alias)
    if weights:
        described["RoutingConfig"] = {"AdditionalVersionWeights": weights}
    return described


# -- what an alias may name ------------------------------------------------------------------------


def _check_versions(backend: LabLambdaBackend, name: str, version: str, weights: Weights) -> None:
    """Check the version an alias is to name, and the one it is to share its calls with.

    Raises
    ------
    AwsError
        In AWS's words where they are known.
    """
    first = backend.find(FunctionName(name, version, None))
    additional = int(facts.value("alias.versions.maximum")) - 1
    if len(weights) > additional:
        raise _invalid(
            f"Number of items in AdditionalVersionWeights cannot be greater than {additional}"
        )
    for key in weights:
        if key == version:
            raise _invalid(
                f"Invalid function version {version}. Function version {version} is already "
                "included in routing configuration."
            )
        if version == "$LATEST":
            raise _invalid("$LATEST is not supported for an alias pointing to more than 1 version")
        _check_alike(first, backend.find(FunctionName(name, key, None)))


def _check_alike(first: LabFunction, second: LabFunction) -> None:
    """Refuse two versions that one alias may not share its calls between.

    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html has the rules. No
    recording shows the texts: confidence L.
    """
    if first.role != second.role:
        raise _invalid(
            "The function versions of an alias must have the same execution role. Versions "
            f"{first.version} and {second.version} have different ones."
        )
    if first.dead_letter_arn != second.dead_letter_arn:
        raise _invalid(
            "The function versions of an alias must have the same dead-letter queue "
            f"configuration. Versions {first.version} and {second.version} have different ones."
        )


def _invalid(text: str) -> AwsError:
    return aws_error("InvalidParameterValueException", text)


def _weights(params: Params) -> Weights | None:
    """Return the weights asked for; ``None`` where the request says nothing of them."""
    routing = params.get("RoutingConfig")
    if routing is None:
        return None
    return dict(routing.get("AdditionalVersionWeights") or {})


# -- operations ------------------------------------------------------------------------------------


def create_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Name a version, or two by weight (``CreateAlias``)."""
    asked = named(backend, params)
    version, weights = params["FunctionVersion"], _weights(params) or {}
    _check_versions(backend, asked.name, version, weights)
    function = resolve_unqualified(backend, params)
    if any(a.name == params["Name"] for a in backend.list_aliases(function.function_name)):
        arn = f"{function.unqualified_arn}:{params['Name']}"
        raise aws_error("ResourceConflictException", f"Alias already exists: {arn}")
    alias = backend.create_alias(
        params["Name"],
        function.function_name,
        version,
        params.get("Description") or "",
        None,  # type: ignore[arg-type] # moto's own caller gives None too
    )
    point_alias(alias, version, weights)
    alias.revision_id = services().ids.uuid()
    return _describe(function, alias)


def get_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe an alias (``GetAlias``)."""
    return _describe(*_alias(backend, params, "Cannot find alias arn"))


def list_aliases(backend: LabLambdaBackend, params: Params) -> Params:
    """List a function's aliases (``ListAliases``), by name.

    ``FunctionVersion`` keeps those that name it, as their version or as their additional one.
    """
    function = resolve_unqualified(backend, params)
    wanted = params.get("FunctionVersion")
    aliases = [
        _describe(function, alias)
        for alias in backend.list_aliases(function.function_name)
        if wanted is None or wanted in versions_named_by(alias)
    ]
    return paged("Aliases", aliases, params, lambda alias: (alias["Name"],))


def update_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Point an alias elsewhere, or change its weights (``UpdateAlias``).

    What the request leaves out stays. An empty ``RoutingConfig`` takes the weights away.
    """
    function, alias = _alias(backend, params, "Alias not found")
    check_revision(alias, params)
    version = params.get("FunctionVersion") or str(alias.function_version)
    asked = _weights(params)
    weights = weights_of(alias) if asked is None else asked
    _check_versions(backend, function.function_name, version, weights)
    check_pointing(backend, function, alias.name, {version, *weights})
    point_alias(alias, version, weights)
    follow(backend, function)
    if params.get("Description") is not None:
        alias.description = params["Description"]
    alias.revision_id = services().ids.uuid()
    return _describe(function, alias)


def delete_alias(backend: LabLambdaBackend, params: Params) -> Params:
    """Remove an alias (``DeleteAlias``); one that is not there is no error."""
    function = resolve_unqualified(backend, params)
    backend.delete_alias(params["Name"], function.function_name)
    without(backend, function, params["Name"])
    function.policies.forget(params["Name"])
    function.event_settings.pop(params["Name"], None)
    return {}
