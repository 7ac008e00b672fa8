"""Provisioned concurrency as it is configured: on a version, or on an alias that points to some.

"Each version of a function can only have one provisioned concurrency configuration. This can be
directly on the version itself, or on an alias that points to the version":
https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html

The data plane keeps environments for versions. What an alias asks for goes to its version, and
where it routes to two, it is split between them as the calls are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_lab.aws.aliases import versions_named_by, weights_of
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.names import FunctionName
from lambda_lab.aws.services import services
from lambda_lab.aws.snap_start import refuse_provisioned
from lambda_lab.invoke.provisioned import FAILED, IN_PROGRESS, READY

if TYPE_CHECKING:
    from lambda_lab.aws.function import LabFunction
    from lambda_lab.aws.moto_seam import LambdaAlias
    from lambda_lab.aws.store import FunctionStore

__all__ = [
    "check_pointing",
    "check_qualifier",
    "describe",
    "follow",
    "shares",
    "without",
]

Params = dict[str, Any]


def _alias(backend: FunctionStore, function: LabFunction, qualifier: str) -> LambdaAlias | None:
    aliases = backend.list_aliases(function.function_name)
    return next((alias for alias in aliases if alias.name == qualifier), None)


def _versions(backend: FunctionStore, function: LabFunction, qualifier: str) -> set[str]:
    if qualifier.isdigit():
        return {qualifier}
    alias = _alias(backend, function, qualifier)
    return set() if alias is None else versions_named_by(alias)


def shares(
    backend: FunctionStore, function: LabFunction, qualifier: str, requested: int
) -> dict[str, int]:
    """Return how many environments each version gets of what *qualifier* asks for.

    The weights of an alias split them ("the number of provisioned concurrency allocated" follows
    them, says the service model); how AWS rounds is not documented: to the nearest, confidence L.
    """
    if qualifier.isdigit():
        return {qualifier: requested}
    alias = _alias(backend, function, qualifier)
    if alias is None:
        return {}
    split = {
        version: int(requested * weight + 0.5) for version, weight in weights_of(alias).items()
    }
    return {str(alias.function_version): requested - sum(split.values()), **split}


# -- checks ----------------------------------------------------------------------------------------


def check_qualifier(backend: FunctionStore, function: LabFunction, qualifier: str) -> None:
    """Check that *qualifier* may have provisioned concurrency of its own.

    Raises
    ------
    AwsError
        As users of AWS report the texts: confidence M.
    """
    versions = _versions(backend, function, qualifier)
    _check_published(versions)
    refuse_provisioned(one for one in backend.versions_of(function) if str(one.version) in versions)
    _check_alone(backend, function, qualifier, versions)


def check_pointing(
    backend: FunctionStore, function: LabFunction, alias: str, versions: set[str]
) -> None:
    """Check that *alias* may point to *versions*, if it has provisioned concurrency.

    Raises
    ------
    AwsError
        As :func:`check_qualifier`.
    """
    if alias in function.provisioned:
        _check_published(versions)
        refuse_provisioned(
            one for one in backend.versions_of(function) if str(one.version) in versions
        )
        _check_alone(backend, function, alias, versions)


def _check_published(versions: set[str]) -> None:
    if "$LATEST" in versions:
        raise aws_error(
            "InvalidParameterValueException",
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
        )


def _check_alone(
    backend: FunctionStore, function: LabFunction, qualifier: str, versions: set[str]
) -> None:
    for other in function.provisioned:
        if other == qualifier or not versions & _versions(backend, function, other):
            continue
        if qualifier.isdigit():
            text = "Version is pointed by a Provisioned Concurrency alias"
        else:
            text = (
                "Alias can't be used for Provisioned Concurrency configuration on an already "
                "Provisioned version"
            )
        raise aws_error("ResourceConflictException", text)


# -- carrying it out -------------------------------------------------------------------------------


def follow(backend: FunctionStore, function: LabFunction, *, anew: str | None = None) -> None:
    """Ask the data plane for what the configurations of *function* say now.

    A version whose number stays is left alone, but for those of the qualifier *anew*.
    """
    kept = services().plane().provisioned
    arn = function.unqualified_arn
    wanted: dict[str, int] = {}
    for qualifier, config in function.provisioned.items():
        for version, count in shares(backend, function, qualifier, config.requested).items():
            wanted[version] = count
            if qualifier == anew or kept.requested(arn, version) != count:
                named = FunctionName(function.function_name, version, None)
                kept.want(backend.find(named).spec, count)
    for version in kept.versions(arn):
        if version not in wanted:
            kept.stop(arn, version)


def without(backend: FunctionStore, function: LabFunction, qualifier: str) -> None:
    """Drop the configuration of *qualifier*, if it has one."""
    if function.provisioned.pop(qualifier, None) is not None:
        follow(backend, function)


def describe(backend: FunctionStore, function: LabFunction, qualifier: str) -> Params:
    """Word the configuration of *qualifier* as AWS does."""
    config = function.provisioned[qualifier]
    kept = services().plane().provisioned
    parts = [
        kept.allocation(function.unqualified_arn, version)
        for version, count in shares(backend, function, qualifier, config.requested).items()
        if count
    ]
    statuses = {part.status for part in parts}
    status = next((one for one in (FAILED, IN_PROGRESS) if one in statuses), READY)
    described: Params = {
        "RequestedProvisionedConcurrentExecutions": config.requested,
        "AvailableProvisionedConcurrentExecutions": sum(part.available for part in parts),
        "AllocatedProvisionedConcurrentExecutions": sum(part.allocated for part in parts),
        "Status": status,
        "LastModified": config.last_modified,
    }
    reasons = [part.reason for part in parts if part.status == FAILED]
    if reasons:
        described["StatusReason"] = reasons[0]
    return described
