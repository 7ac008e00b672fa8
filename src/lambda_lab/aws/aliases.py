"""What an alias points to: one version, or two of which one gets a share of the calls.

moto keeps the alias; its ``routing_config`` holds the additional version and its weight, as
``{"2": 0.1}``, and nothing where the alias points to one version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambda_lab.aws.moto_seam import LambdaAlias
from lambda_lab.aws.names import FunctionName

if TYPE_CHECKING:
    from lambda_lab.aws.function import LabFunction
    from lambda_lab.aws.store import FunctionStore

__all__ = ["Pointing", "point_alias", "pointing", "versions_named_by", "weights_of"]


@dataclass(frozen=True, slots=True)
class Pointing:
    """What a name means now: a version, and perhaps another one that shares its calls."""

    function: LabFunction
    additional: LabFunction | None = None
    weight: float = 0.0
    """The part of the calls that the additional version gets, 0.0 to 1.0."""


def weights_of(alias: LambdaAlias) -> dict[str, float]:
    """Return an alias's ``AdditionalVersionWeights``; empty where it names one version."""
    weights: Mapping[str, float] = alias.routing_config or {}  # type: ignore[assignment]
    return dict(weights)


def versions_named_by(alias: LambdaAlias) -> set[str]:
    """Return the one or two versions that an alias names: none of them can be deleted."""
    return {str(alias.function_version), *weights_of(alias)}


def point_alias(alias: LambdaAlias, version: str, weights: Mapping[str, float]) -> None:
    """Let *alias* name *version*, and those of *weights* beside it."""
    alias.function_version = version
    alias.routing_config = dict(weights)  # type: ignore[assignment] # moto says text, keeps any


def pointing(backend: FunctionStore, named: FunctionName) -> Pointing:
    """Return what *named* means now.

    Raises
    ------
    AwsError
        ``ResourceNotFoundException`` if there is no such function, version or alias.
    """
    if named.qualifier in (None, "$LATEST") or str(named.qualifier).isdigit():
        return Pointing(backend.find(named))
    # An alias may be pointed elsewhere meanwhile: its two versions are read as one.
    with backend.lock:
        function = backend.find(named)
        for alias in backend.list_aliases(function.function_name):
            if alias.name == named.qualifier:
                for version, weight in weights_of(alias).items():
                    additional = backend.find(FunctionName(named.name, version, None))
                    return Pointing(function, additional, weight)
    return Pointing(function)
