"""The region's control paths: clock, timeline, environments, reset.

Everything under ``/_lab`` answers JSON; everything else on the endpoint is AWS's API.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol

from lambda_lab.clock import Clock
from lambda_lab.invoke.plane import DataPlane
from lambda_lab.region.account_limits import change_limits, describe_limits
from lambda_lab.runtime.report import iso_time
from lambda_lab.timeline import Timeline

__all__ = ["Controlled", "control"]

Query = Mapping[str, Sequence[str]]
JSON = "application/json"


class Controlled(Protocol):
    """What the paths control: a region."""

    clock: Clock
    timeline: Timeline
    plane: DataPlane

    def health(self) -> dict[str, Any]:
        """Describe it."""

    def package(self, digest: str) -> bytes | None:
        """Return the zip whose SHA-256 is *digest*."""

    def reset(self) -> None:
        """Make it empty."""


class _Refused(Exception):
    """A control request that makes no sense; its text goes to the caller."""


def control(
    region: Controlled, method: str, path: str, query: Query, body: bytes
) -> tuple[int, str, bytes]:
    """Answer one control request: status, content type, body."""
    if method == "GET" and path.startswith("/_lab/packages/"):
        package = region.package(path.rsplit("/", 1)[-1])
        if package is not None:
            return HTTPStatus.OK, "application/zip", package
    handler = _PATHS.get((method, path.rstrip("/")))
    if handler is None:
        known = sorted(f"{verb} {route}" for verb, route in _PATHS)
        return _answer(HTTPStatus.NOT_FOUND, {"error": f"no {method} {path}", "known": known})
    try:
        return _answer(HTTPStatus.OK, handler(region, query, body))
    except _Refused as error:
        return _answer(HTTPStatus.BAD_REQUEST, {"error": str(error)})


def _answer(status: HTTPStatus, document: Any) -> tuple[int, str, bytes]:
    return status, JSON, json.dumps(document).encode() + b"\n"


def _health(region: Controlled, query: Query, body: bytes) -> Any:
    return region.health()


def _clock(region: Controlled, query: Query, body: bytes) -> Any:
    return {
        "now": iso_time(region.clock.now_ns()),
        "advanced_seconds": round(region.clock.advanced_seconds, 3),
    }


def _advance(region: Controlled, query: Query, body: bytes) -> Any:
    try:
        document = json.loads(body or b"{}")
        seconds = document["advance_seconds"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _Refused('send {"advance_seconds": 60}') from None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise _Refused("advance_seconds must be a number of seconds")
    try:
        region.clock.advance(seconds)
    except (ValueError, OverflowError) as error:
        raise _Refused(str(error)) from None
    return _clock(region, query, body)


def _settle(region: Controlled, query: Query, body: bytes) -> Any:
    region.clock.run_due()
    region.clock.settle()
    return {"settled": True}


def _function(query: Query) -> str | None:
    values = query.get("function")
    return values[0] if values else None


def _timeline(region: Controlled, query: Query, body: bytes) -> Any:
    function = _function(query)
    return {"events": [event.as_json() for event in region.timeline.of(function)]}


def _environments(region: Controlled, query: Query, body: bytes) -> Any:
    function = _function(query)
    return {"environments": region.plane.environments(function)}


def _reset(region: Controlled, query: Query, body: bytes) -> Any:
    region.reset()
    return {"reset": True}


def _limits(region: Controlled, query: Query, body: bytes) -> Any:
    return describe_limits(region.plane.admission)


def _change_limits(region: Controlled, query: Query, body: bytes) -> Any:
    try:
        change_limits(region.plane.admission, json.loads(body or b"null"))
    except (ValueError, RecursionError) as error:
        raise _Refused(str(error)) from None
    return _limits(region, query, body)


_PATHS: Mapping[tuple[str, str], Callable[[Controlled, Query, bytes], Any]] = {
    ("GET", "/_lab/health"): _health,
    ("GET", "/_lab/clock"): _clock,
    ("POST", "/_lab/clock"): _advance,
    ("GET", "/_lab/concurrency"): _limits,
    ("POST", "/_lab/concurrency"): _change_limits,
    ("POST", "/_lab/settle"): _settle,
    ("GET", "/_lab/timeline"): _timeline,
    ("GET", "/_lab/environments"): _environments,
    ("POST", "/_lab/reset"): _reset,
}
