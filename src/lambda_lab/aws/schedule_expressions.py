"""Schedule expressions: ``rate(...)``, ``cron(...)`` and ``at(...)``, and when they fire next.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html

Nothing here knows a clock: :func:`parse` reads a text, and what it returns answers one question,
``next_after``. Times are nanoseconds since the epoch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from lambda_lab.aws.cron_fields import (
    FIELDS,
    Days,
    ScheduleExpressionError,
    days_of,
    numbers_of,
    split_fields,
)
from lambda_lab.clock import SECOND

__all__ = ["At", "Cron", "Expression", "Rate", "ScheduleExpressionError", "parse"]

_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON = re.compile(r"cron\((.*)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_END_OF_TIME_NS = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * SECOND
"""The last year of a cron expression is 2199. A rate that is longer never comes round either."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``rate(value unit)``: at a regular interval from when the schedule began."""

    seconds: int

    def next_after(self, after_ns: int, zone: tzinfo = UTC, began_ns: int = 0) -> int | None:
        """Return the first time later than *after_ns*.

        Parameters
        ----------
        after_ns
            Nanoseconds since the epoch.
        zone
            Of no matter: an interval is as long in every zone.
        began_ns
            When the schedule began to count. This moment itself is one of its times.

        Examples
        --------
        >>> parse("rate(5 minutes)").next_after(0) // SECOND
        300
        """
        del zone
        period = self.seconds * SECOND
        due = began_ns + max(0, (after_ns - began_ns) // period + 1) * period
        return due if due < _END_OF_TIME_NS else None


@dataclass(frozen=True, slots=True)
class At:
    """``at(yyyy-mm-ddThh:mm:ss)``: once."""

    moment: datetime
    """On the wall clock of the schedule's time zone."""

    def next_after(self, after_ns: int, zone: tzinfo = UTC, began_ns: int = 0) -> int | None:
        """Return its time if it is later than *after_ns*, else ``None``.

        A time that the clocks skip in spring comes as far after the change as it would have been
        after it without one. AWS publishes no rule for this: confidence L.

        Examples
        --------
        >>> parse("at(1970-01-01T00:01:00)", once=True).next_after(0) // SECOND
        60
        """
        del began_ns
        due = _instant_ns(self.moment, zone)
        return due if after_ns < due < _END_OF_TIME_NS else None


@dataclass(frozen=True, slots=True)
class Cron:
    """``cron(minutes hours day-of-month month day-of-week year)``."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    days: Days

    def next_after(self, after_ns: int, zone: tzinfo = UTC, began_ns: int = 0) -> int | None:
        """Return the first time later than *after_ns*, or ``None`` if there is none.

        When clocks go forward, a time that does not exist is left out; when they go back, a time
        that comes twice counts once, the first time. So does EventBridge Scheduler:
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time

        Parameters
        ----------
        after_ns
            Nanoseconds since the epoch.
        zone
            Whose wall clock the fields mean.
        began_ns
            Of no matter: the fields say everything.

        Examples
        --------
        >>> parse("cron(0 12 * * ? *)").next_after(0) // 3600 // SECOND
        12
        """
        del began_ns
        start = datetime.fromtimestamp(after_ns // SECOND, zone).replace(second=0, tzinfo=None)
        for year in self.years:
            if year < start.year:
                continue
            for month in self.months:
                if (year, month) < (start.year, start.month):
                    continue
                due = self._in_month(year, month, after_ns, start, zone)
                if due is not None:
                    return due
        return None

    def _in_month(
        self, year: int, month: int, after_ns: int, start: datetime, zone: tzinfo
    ) -> int | None:
        for day in self.days.of(year, month):
            if (year, month, day) < (start.year, start.month, start.day):
                continue
            for hour in self.hours:
                for minute in self.minutes:
                    wall = datetime(year, month, day, hour, minute)  # noqa: DTZ001 - of the zone
                    if wall < start:
                        continue
                    due = _instant_ns(wall, zone)
                    if due > after_ns and _exists(wall, due, zone):
                        return due
        return None


Expression = Rate | Cron | At


def _instant_ns(wall: datetime, zone: tzinfo) -> int:
    """Return when *wall* is on the clocks of *zone*; of two such moments the first."""
    return int(wall.replace(tzinfo=zone).timestamp()) * SECOND


def _exists(wall: datetime, instant_ns: int, zone: tzinfo) -> bool:
    shown = datetime.fromtimestamp(instant_ns // SECOND, zone)
    return shown.replace(tzinfo=None, fold=0) == wall


def parse(text: str, *, once: bool = False) -> Expression:
    """Read a schedule expression.

    Parameters
    ----------
    text
        As AWS's APIs take it. Names of months and days may be in small letters.
    once
        Whether ``at(...)`` is known: EventBridge Scheduler has it, rules do not.

    Raises
    ------
    ScheduleExpressionError
        If it is none.

    Examples
    --------
    >>> parse("rate(1 hour)").seconds
    3600
    >>> parse("rate(1 hours)")
    Traceback (most recent call last):
    ...
    lambda_lab.aws.cron_fields.ScheduleExpressionError: Parameter ScheduleExpression is not valid.
    """
    if found := _RATE.fullmatch(text):
        value, unit, plural = found.groups()
        # One of a unit is singular, and only one.
        if len(value) < 10 and (int(value) == 1) is not bool(plural):
            return Rate(int(value) * _SECONDS[unit])
    elif found := _CRON.fullmatch(text):
        return _cron(found[1])
    elif once and (found := _AT.fullmatch(text)):
        return At(_moment(found[1]))
    raise ScheduleExpressionError


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ScheduleExpressionError from None
    if moment.year < FIELDS["years"].least:
        raise ScheduleExpressionError
    return moment


def _cron(text: str) -> Cron:
    minutes, hours, month_days, months, week_days, years = split_fields(text)
    return Cron(
        minutes=numbers_of(minutes, FIELDS["minutes"]),
        hours=numbers_of(hours, FIELDS["hours"]),
        months=numbers_of(months, FIELDS["months"]),
        years=numbers_of(years, FIELDS["years"]),
        days=days_of(month_days, week_days),
    )
