"""The fields of a cron expression as EventBridge reads them.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions

What that page does not describe - ranges that run backwards, ``LW``, ``L-3`` - is refused; whether
AWS does so is not known (confidence L).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from lambda_lab.errors import LabError

__all__ = [
    "FIELDS",
    "Days",
    "Field",
    "ScheduleExpressionError",
    "days_of",
    "numbers_of",
    "split_fields",
]


class ScheduleExpressionError(LabError):
    """A text that is no schedule expression; the words are EventBridge's."""

    def __init__(self) -> None:
        super().__init__("Parameter ScheduleExpression is not valid.")


@dataclass(frozen=True, slots=True)
class Field:
    """What may stand in one field: the least and the greatest number, and names for numbers."""

    least: int
    greatest: int
    names: tuple[str, ...] = ()
    """In order; the first means the least number."""


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEK = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIELDS = {
    "minutes": Field(0, 59),
    "hours": Field(0, 23),
    "month-days": Field(1, 31),
    "months": Field(1, 12, _MONTHS),
    "week-days": Field(1, 7, _WEEK),
    "years": Field(1970, 2199),
}
_PART = re.compile(r"(?P<first>\*|\w+)(-(?P<last>\w+))?(/(?P<step>\d{1,4}))?", re.ASCII)
_LAST = re.compile(r"(\w+)L", re.ASCII)
_NTH = re.compile(r"(\w+)#([1-5])", re.ASCII)
_WEEKDAY = re.compile(r"(\d{1,2})W", re.ASCII)
_SATURDAY = 7


def split_fields(text: str) -> list[str]:
    """Return the six fields.

    Raises
    ------
    ScheduleExpressionError
        If there are more or fewer.
    """
    fields = text.upper().split()
    if len(fields) != len(FIELDS):
        raise ScheduleExpressionError
    return fields


def numbers_of(text: str, field: Field) -> tuple[int, ...]:
    """Return the numbers that a field of ``,`` ``-`` ``*`` ``/`` means, in order.

    Raises
    ------
    ScheduleExpressionError
        If it means none, or one that the field does not have.

    Examples
    --------
    >>> numbers_of("0-10/5,59", FIELDS["minutes"])
    (0, 5, 10, 59)
    >>> numbers_of("MON-WED", FIELDS["week-days"])
    (2, 3, 4)
    """
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ScheduleExpressionError
        found |= set(_range(match, field))
    return tuple(sorted(found))


def _range(match: re.Match[str], field: Field) -> range:
    first, last, step = match["first"], match["last"], match["step"]
    if first == "*":
        if last is not None:
            raise ScheduleExpressionError
        low, high = field.least, field.greatest
    else:
        low = _number(first, field)
        # 5/10 counts from 5 to the end of the field; 5 alone is 5.
        open_end = field.greatest if step else low
        high = open_end if last is None else _number(last, field)
    if low > high or (step is not None and int(step) == 0):
        raise ScheduleExpressionError
    return range(low, high + 1, int(step or 1))


def _number(text: str, field: Field) -> int:
    if text in field.names:
        return field.least + field.names.index(text)
    if not text.isdecimal() or len(text) > 4 or not field.least <= int(text) <= field.greatest:
        raise ScheduleExpressionError
    return int(text)


# -- days ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Days:
    """Which days of a month are meant: exactly one of the five is set."""

    month_days: tuple[int, ...] = ()
    last: bool = False
    """``L`` in the day of the month."""
    weekday_near: int | None = None
    """``3W``: the weekday nearest to the 3rd, in the same month."""
    week_days: tuple[int, ...] = ()
    """1 is Sunday."""
    nth: tuple[int, int] | None = None
    """``3#2`` is (3, 2), the second Tuesday; ``6L`` is (6, 0), the last Friday."""

    def of(self, year: int, month: int) -> list[int]:
        """Return the days of a month, in order; none if it has no such day.

        Examples
        --------
        >>> days_of("?", "6L").of(2026, 11)
        [27]
        >>> days_of("31W", "?").of(2026, 11)
        []
        """
        length = calendar.monthrange(year, month)[1]
        if self.last:
            return [length]
        if self.weekday_near is not None:
            return _weekday_near(year, month, self.weekday_near, length)
        if self.nth is not None:
            day, which = self.nth
            such = [n for n in range(1, length + 1) if _day_of_week(year, month, n) == day]
            return such[-1:] if which == 0 else such[which - 1 : which]
        if self.week_days:
            return [
                n for n in range(1, length + 1) if _day_of_week(year, month, n) in self.week_days
            ]
        return [n for n in self.month_days if n <= length]


def _day_of_week(year: int, month: int, day: int) -> int:
    """Return 1 for Sunday to 7 for Saturday."""
    return date(year, month, day).isoweekday() % 7 + 1


def _weekday_near(year: int, month: int, day: int, length: int) -> list[int]:
    if day > length:
        return []
    which = _day_of_week(year, month, day)
    if which == _SATURDAY:
        return [day - 1 if day > 1 else day + 2]
    if which == 1:
        return [day + 1 if day < length else day - 2]
    return [day]


def days_of(month_days: str, week_days: str) -> Days:
    """Read the two fields of days. One of them, and only one, is ``?``.

    Raises
    ------
    ScheduleExpressionError
        If they are not what EventBridge takes.
    """
    if (month_days == "?") is (week_days == "?"):
        raise ScheduleExpressionError
    return _of_month(month_days) if week_days == "?" else _of_week(week_days)


def _of_month(text: str) -> Days:
    field = FIELDS["month-days"]
    if text == "L":
        return Days(last=True)
    if near := _WEEKDAY.fullmatch(text):
        return Days(weekday_near=_number(near[1], field))
    return Days(month_days=numbers_of(text, field))


def _of_week(text: str) -> Days:
    field = FIELDS["week-days"]
    if text == "L":
        return Days(week_days=(_SATURDAY,))
    if last := _LAST.fullmatch(text):
        return Days(nth=(_number(last[1], field), 0))
    if nth := _NTH.fullmatch(text):
        return Days(nth=(_number(nth[1], field), int(nth[2])))
    return Days(week_days=numbers_of(text, field))
