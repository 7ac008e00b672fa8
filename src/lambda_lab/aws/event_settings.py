"""What ``PutFunctionEventInvokeConfig`` set for a function, a version or an alias."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lambda_lab.invoke.targets import EventInvokeConfig

__all__ = ["EventSettings"]


@dataclass(frozen=True, slots=True)
class EventSettings:
    """What was set for one qualifier; ``None`` where nothing was, and the default holds."""

    modified: datetime
    retries: int | None = None
    max_age_seconds: int | None = None
    on_success: str | None = None
    on_failure: str | None = None

    def resolved(self) -> EventInvokeConfig:
        """Return what holds for an event, defaults filled in."""
        default = EventInvokeConfig.default()
        return EventInvokeConfig(
            default.retries if self.retries is None else self.retries,
            default.max_age_seconds if self.max_age_seconds is None else self.max_age_seconds,
            self.on_success,
            self.on_failure,
        )
