"""What EventBridge Scheduler refuses when a schedule is made or changed.

The texts about the expression and the role are as users of AWS report them (confidence M); the
others are ours, close to AWS's way of saying such things (confidence L).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from moto.scheduler.exceptions import ValidationException

from lambda_lab.aws.deliveries import service_of
from lambda_lab.aws.moto_seam import role_trusts
from lambda_lab.aws.schedule_expressions import ScheduleExpressionError, parse
from lambda_lab.clock import SECOND

__all__ = ["check_schedule", "nanoseconds", "zone_of"]

PRINCIPAL = "scheduler.amazonaws.com"
_JSON_ONLY = ("events", "lambda", "states")
"""Services whose input must be JSON: API reference, Target."""


def check_schedule(region: str, settings: Mapping[str, Any]) -> None:
    """Check what ``CreateSchedule`` or ``UpdateSchedule`` was given.

    Parameters
    ----------
    region
        The schedule's region.
    settings
        As moto hands them on, in small letters.

    Raises
    ------
    ValidationException
        moto's, for the answer to the client.
    """
    _check_times(settings)
    _check_window(settings.get("flexible_time_window") or {})
    _check_target(region, settings.get("target") or {})


def _check_times(settings: Mapping[str, Any]) -> None:
    text = str(settings.get("schedule_expression"))
    try:
        parse(text, once=True)
    except ScheduleExpressionError:
        raise ValidationException(f"Invalid Schedule Expression {text}.") from None
    zone = settings.get("schedule_expression_timezone")
    if zone:
        try:
            zone_of(zone)
        except (KeyError, ValueError, OSError):
            raise ValidationException(f"Invalid ScheduleExpressionTimezone {zone}.") from None
    start, end = nanoseconds(settings.get("start_date")), nanoseconds(settings.get("end_date"))
    if start is not None and end is not None and start >= end:
        raise ValidationException("The StartDate must come before the EndDate.")


def _check_window(window: Mapping[str, Any]) -> None:
    flexible = window.get("Mode") == "FLEXIBLE"
    if flexible is (window.get("MaximumWindowInMinutes") is None):
        need = "is required" if flexible else "is not allowed"
        raise ValidationException(
            f"MaximumWindowInMinutes {need} when the mode of FlexibleTimeWindow is "
            f"{window.get('Mode')}."
        )


def _check_target(region: str, target: Mapping[str, Any]) -> None:
    if not role_trusts(region, str(target.get("RoleArn")), PRINCIPAL):
        raise ValidationException(
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the "
            "role."
        )
    given = target.get("Input")
    if given is not None and service_of(str(target.get("Arn"))) in _JSON_ONLY:
        try:
            json.loads(given)
        except ValueError:
            raise ValidationException("The Input of this target must be valid JSON.") from None


def zone_of(name: str) -> tzinfo:
    """Return a time zone of the IANA database.

    Raises
    ------
    KeyError, ValueError, OSError
        If *name* is none; the database is asked as it is.

    Examples
    --------
    >>> zone_of("UTC")
    datetime.timezone.utc
    """
    # UTC needs no database.
    return UTC if name == "UTC" else ZoneInfo(name)


def nanoseconds(timestamp: Any) -> int | None:
    """Return a time of the API, in seconds since the epoch, in nanoseconds.

    Examples
    --------
    >>> nanoseconds(1.5), nanoseconds(None)
    (1500000000, None)
    """
    return None if timestamp is None else round(float(timestamp) * SECOND)
