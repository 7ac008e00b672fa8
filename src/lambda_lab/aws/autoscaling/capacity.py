"""The capacity that is scaled: read and changed as any client of Lambda's would do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lambda_lab.aws.api_concurrency import (
    delete_provisioned_concurrency_config,
    get_provisioned_concurrency_config,
    put_provisioned_concurrency_config,
)
from lambda_lab.aws.autoscaling.resources import Resource
from lambda_lab.aws.backend import backend_of
from lambda_lab.aws.names import FunctionName
from lambda_lab.errors import AwsError

__all__ = ["Capacity", "ProvisionedConcurrency", "State"]


@dataclass(frozen=True, slots=True)
class State:
    """What is provisioned."""

    requested: int
    """Environments; 0 where nothing is configured."""
    status: str = "READY"
    """``IN_PROGRESS``, ``READY`` or ``FAILED``."""
    reason: str = ""
    """Why it failed."""


class Capacity(Protocol):
    """What Application Auto Scaling asks of the service whose capacity it changes."""

    def exists(self, region: str, resource: Resource) -> bool:
        """Whether there is such an alias or version."""

    def read(self, region: str, resource: Resource) -> State:
        """Return what is provisioned.

        Raises
        ------
        AwsError
            As Lambda words it, for example if the alias is gone.
        """

    def set(self, region: str, resource: Resource, capacity: int) -> None:
        """Ask for another capacity.

        Raises
        ------
        AwsError
            As Lambda words it.
        """


class ProvisionedConcurrency:
    """Provisioned concurrency, by the operations of Lambda's API."""

    def exists(self, region: str, resource: Resource) -> bool:
        """Whether the function has such an alias or version."""
        backend = backend_of(region)
        try:
            with backend.lock:
                backend.find(FunctionName(resource.function, resource.qualifier, None))
        except AwsError:
            return False
        return True

    def read(self, region: str, resource: Resource) -> State:
        """Return what ``GetProvisionedConcurrencyConfig`` says; 0 if there is no configuration."""
        backend = backend_of(region)
        try:
            with backend.lock:
                told = get_provisioned_concurrency_config(backend, _asking(resource))
        except AwsError as error:
            if error.code == "ProvisionedConcurrencyConfigNotFoundException":
                return State(0)
            raise
        return State(
            int(told["RequestedProvisionedConcurrentExecutions"]),
            str(told["Status"]),
            str(told.get("StatusReason") or ""),
        )

    def set(self, region: str, resource: Resource, capacity: int) -> None:
        """Put the configuration, or delete it: it cannot be for nothing.

        The role of the service may do both, and the API reference allows a minimum of 0; that 0
        is a deletion follows (confidence M).
        """
        backend, asked = backend_of(region), _asking(resource)
        with backend.lock:
            if capacity:
                asked["ProvisionedConcurrentExecutions"] = capacity
                put_provisioned_concurrency_config(backend, asked)
            else:
                delete_provisioned_concurrency_config(backend, asked)


def _asking(resource: Resource) -> dict[str, object]:
    return {"FunctionName": resource.function, "Qualifier": resource.qualifier}
