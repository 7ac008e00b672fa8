"""Who would have called a function on AWS and does not here: said in the log, and as an error."""

from __future__ import annotations

import logging

from lambda_lab.errors import NotModelledError

__all__ = ["not_delivered"]

log = logging.getLogger("lambda_lab")


def not_delivered(source: str, function: str) -> NotModelledError:
    """Say on the log that *source* did not call *function*; return the error that says so too."""
    error = NotModelledError(
        f"{source} calling a function",
        f"Nothing was sent to {function}. Call Invoke with such an event instead.",
    )
    log.warning("%s", error)
    return error
