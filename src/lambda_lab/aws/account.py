"""The account: what of its concurrency is set aside, and its settings as Lambda tells them."""

from __future__ import annotations

from typing import Any

from lambda_lab import facts
from lambda_lab.aws.backend import LabLambdaBackend
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.services import services

__all__ = ["get_account_settings", "total_provisioned", "unreserved"]

Params = dict[str, Any]
GIGABYTE = 1024**3


def total_provisioned(function: LabFunction, *, without: str | None = None) -> int:
    """Return the provisioned concurrency of all versions and aliases but *without*."""
    return sum(
        config.requested
        for qualifier, config in function.provisioned.items()
        if qualifier != without
    )


def unreserved(backend: LabLambdaBackend, *, without: LabFunction | None = None) -> int:
    """Return the concurrency that no function but *without* has set aside.

    Provisioned concurrency counts where it is not part of a reserved one:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html
    """
    aside = sum(
        total_provisioned(function)
        if function.reserved_concurrency is None
        else function.reserved_concurrency
        for function in backend.functions()
        if function is not without
    )
    return services().plane().admission.account_limit - aside


def get_account_settings(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe the account's limits and use (``GetAccountSettings``)."""
    del params
    functions = backend.functions()
    every = [*functions, *(v for function in functions for v in backend.versions_of(function))]
    return {
        "AccountLimit": {
            "TotalCodeSize": int(facts.value("storage.code")) * GIGABYTE,
            "CodeSizeUnzipped": int(facts.value("package.unzipped-maximum")),
            "CodeSizeZipped": int(facts.value("package.zip.direct-maximum")),
            "ConcurrentExecutions": services().plane().admission.account_limit,
            "UnreservedConcurrentExecutions": max(0, unreserved(backend)),
        },
        "AccountUsage": {
            "TotalCodeSize": sum(function.code_size for function in every)
            + sum(layer.code_size for layer in backend.layer_versions()),
            "FunctionCount": len(functions),
        },
    }
