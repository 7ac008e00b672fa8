"""How an init ended, read from the last news of it."""

from __future__ import annotations

from dataclasses import replace

from lambda_lab.runtime import faults
from lambda_lab.runtime.extensions import ExtensionFailure
from lambda_lab.runtime.news import Exited, InitError, News
from lambda_lab.runtime.outcomes import InitOutcome

__all__ = ["init_outcome"]


def init_outcome(
    news: News | None,
    duration_ms: float,
    limit_seconds: float,
    *,
    memory_mb: int,
    over_mb: int | None = None,
) -> InitOutcome:
    """Return the outcome of an init.

    Parameters
    ----------
    news
        What ended it; ``None`` when time was up.
    duration_ms, limit_seconds
        How long it took, and how long it might have.
    memory_mb, over_mb
        What was used, and the limit if that was passed.

    Examples
    --------
    >>> init_outcome(Exited(0), 5.0, 10.0, memory_mb=30).error_type
    'Runtime.ExitError'
    """
    failed = InitOutcome("error", duration_ms, memory_mb=memory_mb)
    match news:
        case InitError(reply):
            return replace(failed, error_type=reply.error_type, payload=reply.body)
        case Exited(status):
            return replace(
                failed,
                error_type=faults.EXIT_ERROR if over_mb is None else faults.OUT_OF_MEMORY,
                sentence=faults.exit_reason(status),
                memory_mb=memory_mb if over_mb is None else over_mb,
            )
        case ExtensionFailure(_, error_type, sentence):
            return replace(failed, error_type=error_type, sentence=sentence)
        case None:
            return InitOutcome(
                "timeout", limit_seconds * 1000, faults.TIMED_OUT, memory_mb=memory_mb
            )
        case _:
            return InitOutcome("success", duration_ms)
