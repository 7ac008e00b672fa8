"""Provisioned concurrency that was asked for, as a function keeps it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ProvisionedConfig"]


@dataclass(frozen=True, slots=True)
class ProvisionedConfig:
    """What was asked for on one version or alias."""

    requested: int
    last_modified: str
