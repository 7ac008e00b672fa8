"""Requests to RDS that moto cannot answer: no error of its own reaches the client."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.core.exceptions import InvalidToken
from moto.core.responses import BaseResponse
from moto.rds.responses import RDSResponse

from lambda_lab.aws.pushes.patches import added
from lambda_lab.aws.rds.pages import wrong_marker
from lambda_lab.errors import AwsError, LabError, NotModelledError

__all__ = ["answered"]

log = logging.getLogger(__name__)

_UNKNOWN: Mapping[str, tuple[str, str]] = {
    "DBClusterIdentifier": ("DBClusterNotFoundFault", "DBCluster {} not found."),
    "DBInstanceIdentifier": ("DBInstanceNotFound", "DBInstance {} not found."),
    "GlobalClusterIdentifier": ("GlobalClusterNotFoundFault", "Global cluster {} not found"),
}
"""What RDS answers where moto looks something up that is not there."""


@contextmanager
def answered() -> Iterator[None]:
    """Let no request end in a 500 while the block runs: SDKs try those again, in vain.

    moto reads some records and parameters without looking whether they are there.
    """

    def call_action(self: Any) -> Any:
        if not self._get_action():
            return BaseResponse.call_action(self)  # which says so
        for tag in _tags(self.params):
            tag.setdefault("Value", "")  # a tag may do without; moto reads it all the same
        try:
            return BaseResponse.call_action(self)
        except InvalidToken as error:
            raise wrong_marker(self.params.get("Marker")) from error
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise _refusal(self, error) from error

    with added(RDSResponse, call_action=call_action):
        yield


def _tags(params: Any) -> list[Any]:
    found = params.get("Tags") if params else None
    return found if isinstance(found, list) else []


def _refusal(response: Any, error: Exception) -> LabError:
    """Say what was not found, or that moto cannot answer the request."""
    for name, (code, text) in _UNKNOWN.items():
        asked = response.params.get(name)
        sought = error.args[0] if isinstance(error, KeyError) else None
        if asked is not None and sought in (asked, asked.lower()):
            return AwsError(code, text.format(asked), status=404)
    action = response._get_action()
    log.warning("moto failed at %s", action, exc_info=error)
    return NotModelledError(
        f"{action} with these parameters",
        f"moto, which answers it, gave up: {type(error).__name__}: {error}.",
    )
