"""What the simulator refuses, and how it says so."""

from __future__ import annotations

from lambda_lab.errors import LabError

__all__ = ["SimulationError"]


class SimulationError(LabError, ValueError):
    """A setting or an input that no simulation can run with; raised before anything runs.

    Also a `ValueError`, so ``except ValueError`` works.
    """
