"""Schedule expressions: a table from AWS's pages, and a slow walker that must agree with them."""

from __future__ import annotations

import calendar
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from lambda_lab.aws.schedule_expressions import Cron, ScheduleExpressionError, parse
from lambda_lab.clock import SECOND

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")


def ns(text: str, zone: tzinfo = UTC) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * SECOND


def shown(due_ns: int | None) -> str | None:
    if due_ns is None:
        return None
    assert due_ns % SECOND == 0
    return datetime.fromtimestamp(due_ns // SECOND, UTC).isoformat()[:16]


def following(text: str, after: str, count: int = 1, zone: tzinfo = UTC) -> list[str | None]:
    expression, due, found = parse(text, once=True), ns(after), []
    for _ in range(count):
        due = expression.next_after(due, zone)  # type: ignore[assignment]
        found.append(shown(due))
    return found


# 21 November 2026 is a Saturday.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cron(0 12 * * ? *)", ["2026-11-21T12:00", "2026-11-22T12:00"]),
        ("cron(0 10 * * ? *)", ["2026-11-22T10:00", "2026-11-23T10:00"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-11-23T18:00", "2026-11-24T18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-12-01T08:00", "2027-01-01T08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-11-21T10:15", "2026-11-21T10:30"]),
        ("cron(0/10 * ? * MON-FRI *)", ["2026-11-23T00:00", "2026-11-23T00:10"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", ["2026-11-23T08:00", "2026-11-23T08:05"]),
        ("cron(15 10 ? * 6L 2026-2027)", ["2026-11-27T10:15", "2026-12-25T10:15"]),
        ("cron(15 10 ? * 6L 2019-2022)", [None]),
        ("cron(0 9 ? * 3#2 *)", ["2026-12-08T09:00", "2027-01-12T09:00"]),
        ("cron(0 9 ? * SAT#5 *)", ["2027-01-30T09:00", "2027-05-29T09:00"]),
        ("cron(0 9 L * ? *)", ["2026-11-30T09:00", "2026-12-31T09:00"]),
        ("cron(0 9 ? * L *)", ["2026-11-28T09:00", "2026-12-05T09:00"]),
        ("cron(0 9 28W * ? *)", ["2026-11-27T09:00", "2026-12-28T09:00"]),  # Saturday: Friday
        ("cron(0 9 22W * ? *)", ["2026-11-23T09:00", "2026-12-22T09:00"]),  # Sunday: Monday
        ("cron(0 9 1W * ? 2027)", ["2027-01-01T09:00", "2027-02-01T09:00"]),
        ("cron(0 9 1W 5 ? 2027)", ["2027-05-03T09:00", None]),  # Saturday 1st: Monday 3rd
        ("cron(0 9 31W 1 ? 2027)", ["2027-01-29T09:00", None]),  # Sunday, last day: Friday
        ("cron(0 0 29 2 ? *)", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("cron(0 0 30 FEB ? *)", [None]),
        ("cron(59 23 31 dec ? 2199)", ["2199-12-31T23:59", None]),
        ("cron(0 0 1,15 1/6 ? *)", ["2027-01-01T00:00", "2027-01-15T00:00"]),
        ("cron(5,10-12 10 21 NOV ? 2026)", ["2026-11-21T10:05", "2026-11-21T10:10"]),
        ("cron(0  12 *\t* ? *)", ["2026-11-21T12:00"]),
        ("at(2026-11-21T10:00:01)", ["2026-11-21T10:00"]),
        ("at(2026-11-21T10:00:00)", [None]),
        ("at(9999-12-31T23:59:59)", [None]),
        ("rate(1 minute)", ["2026-11-21T10:01", "2026-11-21T10:02"]),
        ("rate(12 hours)", ["2026-11-21T12:00", "2026-11-22T00:00"]),
        ("rate(1 day)", ["2026-11-22T00:00", "2026-11-23T00:00"]),
        ("rate(999999999 days)", [None]),
    ],
)
@pytest.mark.fidelity("rates-and-cron")
def test_when_an_expression_fires(text: str, expected: list[str | None]) -> None:
    found, due = [], ns("2026-11-21T10:00:00")
    for _ in expected:
        due = parse(text, once=True).next_after(due)  # type: ignore[assignment]
        found.append(shown(due))
        if due is None:
            break
    assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rate()",
        "rate(5)",
        "rate(0 minutes)",
        "rate(-1 minutes)",
        "rate(1 minutes)",
        "rate(1 hours)",
        "rate(5 hour)",
        "rate(5 minute)",
        "rate(1.5 hours)",
        "rate(5 seconds)",
        "rate(5 weeks)",
        "Rate(5 minutes)",
        "rate(5 minutes",
        "rate(5 minutes) ",
        "rate(٥ minutes)",
        "rate(" + "9" * 400 + " days)",
        "cron()",
        "cron(* * * * *)",
        "cron(* * * * ? * *)",
        "cron(0 12 * * * *)",
        "cron(0 12 ? * ? *)",
        "cron(60 12 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 12 0 * ? *)",
        "cron(0 12 32 * ? *)",
        "cron(0 12 * 13 ? *)",
        "cron(0 12 * 0 ? *)",
        "cron(0 12 ? * 0 *)",
        "cron(0 12 ? * 8 *)",
        "cron(0 12 * * ? 1969)",
        "cron(0 12 * * ? 2200)",
        "cron(0/0 12 * * ? *)",
        "cron(10-5 12 * * ? *)",
        "cron(0/30 20-2/3 ? * MON-FRI *)",
        "cron(*-5 12 * * ? *)",
        "cron(, 12 * * ? *)",
        "cron(1, 12 * * ? *)",
        "cron(? 12 * * ? *)",
        "cron(L 12 * * ? *)",
        "cron(0 12 W * ? *)",
        "cron(0 12 0W * ? *)",
        "cron(0 12 32W * ? *)",
        "cron(0 12 1W,3 * ? *)",
        "cron(0 12 ? * 3W *)",
        "cron(0 12 ? * 3#6 *)",
        "cron(0 12 ? * 3#0 *)",
        "cron(0 12 ? * 3#1,4#2 *)",
        "cron(0 12 ? * 8L *)",
        "cron(0 12 ? * MOON *)",
        "cron(0 12 * FOO ? *)",
        "cron(0 12 * * ? *)x",
        "cron(٠ 12 * * ? *)",
        "at(2026-11-21T10:00:00)",
        "every 5 minutes",
    ],
)
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ScheduleExpressionError, match="Parameter ScheduleExpression is not valid"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "at(2026-11-21)",
        "at(2026-11-21T10:00)",
        "at(2026-11-21T10:00:00Z)",
        "at(2026-13-21T10:00:00)",
        "at(2026-02-30T10:00:00)",
        "at(2026-11-21T25:00:00)",
        "at(0001-01-01T00:00:00)",
        "at()",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ScheduleExpressionError):
        parse(text, once=True)


def test_a_rate_counts_from_its_beginning() -> None:
    began = ns("2026-11-21T10:00:07")
    rate = parse("rate(5 minutes)")
    assert rate.next_after(began, began_ns=began) == began + 300 * SECOND
    assert rate.next_after(began + 299 * SECOND, began_ns=began) == began + 300 * SECOND
    assert rate.next_after(began + 300 * SECOND, began_ns=began) == began + 600 * SECOND
    assert rate.next_after(began - 1, began_ns=began) == began
    assert rate.next_after(0, began_ns=began) == began


# -- time zones ------------------------------------------------------------------------------------


def test_a_time_that_does_not_exist_is_left_out() -> None:
    # London, 28 March 2027: 01:00 becomes 02:00.
    found = following("cron(30 1 * * ? *)", "2027-03-27T00:00:00", 3, LONDON)
    assert found == ["2027-03-27T01:30", "2027-03-29T00:30", "2027-03-30T00:30"]


def test_a_time_that_comes_twice_counts_once() -> None:
    # New York, 1 November 2026: 02:00 becomes 01:00.
    found = following("cron(30 1 * * ? *)", "2026-10-31T12:00:00", 2, NEW_YORK)
    assert found == ["2026-11-01T05:30", "2026-11-02T06:30"]


def test_asked_in_the_hour_that_comes_again() -> None:
    again = "2026-11-01T06:10:00"  # 01:10 for the second time
    assert following("cron(30 1 * * ? *)", again, 1, NEW_YORK) == ["2026-11-02T06:30"]
    assert following("cron(0 * * * ? *)", again, 1, NEW_YORK) == ["2026-11-01T07:00"]


def test_a_wall_clock_time_follows_its_zone() -> None:
    assert following("at(2026-07-01T09:00:00)", "2026-01-01T00:00:00", 1, LONDON) == [
        "2026-07-01T08:00"
    ]
    assert following("rate(24 hours)", "2026-11-01T00:00:00", 1, NEW_YORK) == ["2026-11-02T00:00"]


# -- an independent walker -------------------------------------------------------------------------
#
# It steps through time minute by minute and asks of each minute whether the text describes it: no
# sets of numbers, no days of months, no arithmetic with zones.

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEK = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def field_has(text: str, value: int, least: int, names: list[str]) -> bool:
    def number(word: str) -> int:
        return names.index(word) + least if word in names else int(word)

    for part in text.split(","):
        span, _, step = part.partition("/")
        low, dash, high = span.partition("-")
        start = least if low == "*" else number(low)
        end = number(high) if dash else (10_000 if low == "*" or step else start)
        if start <= value <= end and (value - start) % int(step or 1) == 0:
            return True
    return False


def week_day(moment: datetime) -> int:
    return (calendar.weekday(moment.year, moment.month, moment.day) + 1) % 7 + 1


def month_days_have(text: str, moment: datetime) -> bool:
    tomorrow = moment + timedelta(days=1)
    if text == "L":
        return tomorrow.day == 1
    if text.endswith("W"):
        wanted = int(text[:-1])
        if week_day(moment) in (1, 7):
            return False
        # Is the wanted day this one, or a weekend's day that this one is nearest to?
        nearby = [moment + timedelta(days=distance) for distance in (0, 1, -1, 2, -2)]
        for distance, other in zip((0, 1, -1, 2, -2), nearby, strict=True):
            if other.month != moment.month or other.day != wanted:
                continue
            if distance == 0:
                return True
            if distance == 1:  # this is Friday, the wanted day a Saturday
                return week_day(other) == 7
            if distance == -1:  # this is Monday, the wanted day a Sunday
                return week_day(other) == 1
            if distance == 2:  # Friday, and a Sunday at the month's end
                return week_day(other) == 1 and (other + timedelta(days=1)).day == 1
            return week_day(other) == 7 and other.day == 1
        return False
    return field_has(text, moment.day, 1, [])


def week_days_have(text: str, moment: datetime) -> bool:
    if text == "L":
        return week_day(moment) == 7
    if text.endswith("L"):
        return (
            field_has(text[:-1], week_day(moment), 1, WEEK)
            and (moment + timedelta(days=7)).month != moment.month
        )
    if "#" in text:
        day, _, which = text.partition("#")
        return field_has(day, week_day(moment), 1, WEEK) and (moment.day - 1) // 7 + 1 == int(which)
    return field_has(text, week_day(moment), 1, WEEK)


def described(text: str, moment: datetime) -> bool:
    minutes, hours, of_month, months, of_week, years = text.removeprefix("cron(")[:-1].split()
    return (
        field_has(minutes, moment.minute, 0, [])
        and field_has(hours, moment.hour, 0, [])
        and field_has(months, moment.month, 1, MONTHS)
        and field_has(years, moment.year, 1970, [])
        and (of_month == "?" or month_days_have(of_month, moment))
        and (of_week == "?" or week_days_have(of_week, moment))
    )


def walk(text: str, after: datetime, zone: tzinfo, limit: datetime) -> Iterator[datetime]:
    moment = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while moment < limit:
        local = moment.astimezone(zone)
        if local.fold == 0 and described(text, local.replace(tzinfo=None)):
            yield moment
        moment += timedelta(minutes=1)


def some(rng: random.Random, least: int, greatest: int, names: list[str]) -> str:
    def one() -> str:
        value = rng.randint(least, greatest)
        return names[value - least] if names and rng.random() < 0.5 else str(value)

    shape = rng.randrange(6)
    if shape == 0:
        return "*"
    if shape == 1:
        return f"*/{rng.randint(1, 7)}"
    if shape == 2:
        return f"{one()}/{rng.randint(1, 30)}"
    if shape == 3:
        low, high = sorted(rng.sample(range(least, greatest + 1), 2))
        return f"{low}-{high}" + (f"/{rng.randint(1, 5)}" if rng.random() < 0.5 else "")
    return ",".join(one() for _ in range(rng.randint(1, 3)))


def some_month_days(rng: random.Random) -> str:
    return rng.choice(["L", f"{rng.randint(1, 31)}W", some(rng, 1, 31, []), "*"])


def some_week_days(rng: random.Random) -> str:
    return rng.choice(
        [
            "L",
            f"{rng.randint(1, 7)}L",
            f"{rng.choice(WEEK)}#{rng.randint(1, 5)}",
            some(rng, 1, 7, WEEK),
        ]
    )


def some_cron(rng: random.Random) -> str:
    of_month, of_week = (
        (some_month_days(rng), "?") if rng.random() < 0.5 else ("?", some_week_days(rng))
    )
    hours = some(rng, 0, 23, [])
    months = rng.choice(["*", some(rng, 1, 12, MONTHS)])
    return f"cron({some(rng, 0, 59, [])} {hours} {of_month} {months} {of_week} *)"


DAYS_WALKED = 9


@pytest.mark.parametrize("seed", range(60))
def test_the_walker_agrees(seed: int) -> None:
    rng = random.Random(seed)
    zone = rng.choice([UTC, LONDON, NEW_YORK, ZoneInfo("Australia/Lord_Howe")])
    # Near the ends of months, near changes of the clocks, and anywhere.
    after = rng.choice(
        [
            datetime(2026, rng.randint(1, 12), 26, tzinfo=UTC),
            datetime(2026, 10, 30, rng.randint(0, 23), tzinfo=UTC),
            datetime(2027, 3, 25, rng.randint(0, 23), tzinfo=UTC),
            datetime(2027, 4, 1, 12, 34, 56, tzinfo=UTC),
            datetime(2028, 2, rng.randint(20, 28), tzinfo=UTC),
        ]
    )
    text = some_cron(rng)
    limit = after + timedelta(days=DAYS_WALKED)
    walked = [int(moment.timestamp()) * SECOND for moment in walk(text, after, zone, limit)]
    assert list(firings(text, int(after.timestamp()) * SECOND, zone, limit)) == walked, text


def firings(text: str, after_ns: int, zone: tzinfo, limit: datetime) -> Iterator[int]:
    cron, due = parse(text), after_ns
    assert isinstance(cron, Cron)
    while (found := cron.next_after(due, zone)) is not None:
        if found >= int(limit.timestamp()) * SECOND:
            return
        assert found > due
        yield found
        due = found
