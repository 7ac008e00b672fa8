"""What cannot be priced, and how this room says so."""

from __future__ import annotations

from lambda_lab.errors import LabError

__all__ = ["WorkloadError"]


class WorkloadError(LabError, ValueError):
    """A workload that cannot be; the message says what was given, what is allowed and where.

    Also a `ValueError`, so ``except ValueError`` works.

    Attributes
    ----------
    field
        The name of what was wrong, for example ``memory_mb``; a form shows the message there.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
