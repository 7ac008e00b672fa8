"""Lab L35, topics, rules and cron: a pattern, three timetables, and who lets whom in."""

from __future__ import annotations

import json
from typing import Any

from lambda_lab.aws.pushes.event_patterns import EventPatternError, matches
from lambda_lab.aws.schedule_expressions import ScheduleExpressionError, parse
from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, shown

__all__ = ["EXERCISES"]

# -- a pattern -------------------------------------------------------------------------------------

_ORDER: dict[str, Any] = {
    "source": "lab.shop",
    "detail-type": "order placed",
    "detail": {"shop": "rome-2", "total": 120},
}
_WANTED: dict[str, Any] = {
    "source": ["lab.shop"],
    "detail-type": ["order placed"],
    "detail": {"shop": [{"prefix": "rome-"}], "total": [{"numeric": [">", 100]}]},
}


def _order(**changed: Any) -> dict[str, Any]:
    detail = _ORDER["detail"] | {
        key: changed.pop(key) for key in ("shop", "total") & changed.keys()
    }
    return {**_ORDER, "detail": detail, **{k.replace("_", "-"): v for k, v in changed.items()}}


_MATCHING = (_ORDER, _order(total=101), _order(shop="rome-centre"), _order(total=100.5))
_OTHERS = (
    _order(total=100),
    _order(total=7),
    _order(shop="oslo-1"),
    _order(shop="north-rome-1"),
    _order(shop="romeo-1"),
    _order(source="lab.bakery"),
    _order(detail_type="order cancelled"),
)


def _pattern(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, dict):
        return not_yet(f"The pattern should be a dict; it is {shown(answer)}.")
    try:
        text = json.dumps(answer)
        missed = [event for event in _MATCHING if not matches(text, event)]
        caught = [event for event in _OTHERS if matches(text, event)]
    except EventPatternError as error:
        return not_yet(f"EventBridge would refuse this pattern: {error}.")
    if missed:
        return not_yet(f"This event should match and does not: {json.dumps(missed[0])}.")
    if caught:
        return not_yet(f"This event should not match and does: {json.dumps(caught[0])}.")
    return right("Every field that is named must match, and what is not named does not matter.")


def _has_text(answer: Any) -> bool:
    """Whether some field of a pattern is a text, where a list of values belongs."""
    values = list(answer.values())
    values += answer["detail"].values() if isinstance(answer.get("detail"), dict) else []
    return any(isinstance(value, str) for value in values)


# -- timetables ------------------------------------------------------------------------------------

_TIMES: dict[str, str] = {
    "every 15 minutes": "rate(15 minutes)",
    "at 18:00 from Monday to Friday": "cron(0 18 ? * MON-FRI *)",
    "at noon on the first day of each month": "cron(0 12 1 * ? *)",
}
_FROM_NS = 1_798_761_600 * 1_000_000_000
"""Midnight of 1 January 2027 in UTC: a rate is counted from then."""
_COMPARED = 60
"""Times that are compared: fifteen hours, twelve weeks of weekdays, five years of months."""


def _firings(expression: str) -> list[int | None]:
    plan, times, after = parse(expression), [], _FROM_NS
    for _ in range(_COMPARED):
        due = plan.next_after(after, began_ns=_FROM_NS)
        times.append(due)
        if due is None:
            break
        after = due
    return times


def _fire_alike(said: Any, truth: Any) -> bool:
    """Whether two expressions mean the same times."""
    if not isinstance(said, str):
        return False
    try:
        return _firings(said.strip()) == _firings(truth)
    except ScheduleExpressionError:
        return False


def _timetables(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _TIMES,
        "An interval is a rate, and a time on the wall clock is a cron expression, in UTC.",
        _fire_alike,
    )


# -- permissions -----------------------------------------------------------------------------------

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-permissions.html
_POLICY, _OWN, _EXECUTION = "the function's policy", "a role of its own", "the execution role"
_ALLOWED_BY: dict[str, Any] = {
    "a bucket calls a function": _POLICY,
    "a topic calls a function": _POLICY,
    "a rule calls a function": _POLICY,
    "a schedule of Scheduler calls a function": _OWN,
    "the function writes to a table": _EXECUTION,
}


def _allowed_by(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _ALLOWED_BY,
        "Services that push ask the function's policy. Scheduler came later, and brings a role.",
    )


def _placeholder(cases: dict[str, Any]) -> str:
    return "answer = {\n" + "".join(f'    "{case}": ...,\n' for case in cases) + "}"


def _solution(cases: dict[str, Any]) -> str:
    return "answer = {\n" + "".join(f'    "{c}": "{v}",\n' for c, v in cases.items()) + "}\n"


_WEEKDAYS = "at 18:00 from Monday to Friday"
EXERCISES = (
    Exercise(
        id="L35.1",
        question=(
            f"An order comes as `{json.dumps(_ORDER)}`. Write the pattern of a rule that wants the "
            "orders with a total above 100 from all shops whose name begins with `rome-`, and no "
            "event of another source or another type. Set `answer` to a dict."
        ),
        check=_pattern,
        hints=(
            "A pattern has the form of the event, with a list of values for each field.",
            'In place of a value there may be an operator, such as {"prefix": "rome-"}.',
            'Above 100 is {"numeric": [">", 100]}.',
        ),
        solution_source=(
            "answer = {\n"
            '    "source": ["lab.shop"],\n'
            '    "detail-type": ["order placed"],\n'
            '    "detail": {\n'
            '        "shop": [{"prefix": "rome-"}],\n'
            '        "total": [{"numeric": [">", 100]}],\n'
            "    },\n"
            "}\n"
        ),
        mistakes=(
            Mistake(
                _WANTED | {"source": "lab.shop"},
                'Values stand in a list, even a single one: ["lab.shop"].',
                _has_text,
            ),
            Mistake(
                {key: _WANTED[key] for key in ("source", "detail-type")} | _WANTED["detail"],
                "shop and total stand inside detail, in the event and so in the pattern.",
                lambda answer: "shop" in answer or "total" in answer,
            ),
            Mistake(
                {key: _WANTED[key] for key in ("source", "detail")},
                "A field that the pattern does not name may be anything.",
                lambda answer: not {"source", "detail-type", "detail"} <= answer.keys(),
            ),
            Mistake(
                _WANTED | {"detail": _WANTED["detail"] | {"total": [{"numeric": [">=", 100]}]}},
                "A total of 100 is not above 100.",
                lambda answer: ">=" in json.dumps(answer),
            ),
        ),
        placeholder='answer = {"source": ..., "detail-type": ..., "detail": ...}',
    ),
    Exercise(
        id="L35.2",
        question=(
            "Write the schedule expression of each timetable, for a rule, and so in UTC. "
            "Set each to a text."
        ),
        check=_timetables,
        hints=(
            "An interval is a rate. A time of day is a cron expression.",
            "The six fields are minute, hour, day of the month, month, day of the week and year.",
            "One of the two day fields must be a question mark.",
        ),
        solution_source=_solution(_TIMES),
        mistakes=(
            Mistake(
                _TIMES | {"every 15 minutes": "rate(15 minute)"},
                "Only 1 goes with the singular: rate(1 minute), rate(15 minutes).",
                says("every 15 minutes", "rate(15 minute)"),
            ),
            Mistake(
                _TIMES | {_WEEKDAYS: "cron(0 18 * * MON-FRI *)"},
                "One of the two day fields must be a question mark: the one that you do not use.",
                says(_WEEKDAYS, "cron(0 18 * * MON-FRI *)"),
            ),
            Mistake(
                _TIMES | {_WEEKDAYS: "cron(0 18 ? * 1-5 *)"},
                "Here 1 is Sunday, so 1-5 is Sunday to Thursday.",
                says(_WEEKDAYS, "cron(0 18 ? * 1-5 *)"),
            ),
            Mistake(
                _TIMES | {_WEEKDAYS: "0 18 * * 1-5"},
                "That is a crontab's line. Here there are six fields, inside cron(...).",
                lambda answer: any(
                    isinstance(text, str) and text.strip()[:1].isdigit() for text in answer.values()
                ),
            ),
        ),
        placeholder=_placeholder(_TIMES),
    ),
    Exercise(
        id="L35.3",
        question=(
            "What must allow it in each case? Choose from "
            f'`"{_POLICY}"`, `"{_OWN}"` and `"{_EXECUTION}"`.'
        ),
        check=_allowed_by,
        hints=(
            "Who does something here: another service, or the function?",
            "The execution role says what the function may do. It says nothing of callers.",
            "Of the four services, one was given a role when its timetable was made.",
        ),
        solution_source=_solution(_ALLOWED_BY),
        mistakes=(
            Mistake(
                _ALLOWED_BY | {"a bucket calls a function": _EXECUTION},
                "The execution role is the function's, for what it does itself.",
                says("a bucket calls a function", _EXECUTION),
            ),
            Mistake(
                _ALLOWED_BY | {"a schedule of Scheduler calls a function": _POLICY},
                "The bell's function had no statement in its policy, and it was called.",
                says("a schedule of Scheduler calls a function", _POLICY),
            ),
            Mistake(
                _ALLOWED_BY | {"a rule calls a function": _OWN},
                "The rule had no role. It called once the function's policy let it in.",
                says("a rule calls a function", _OWN),
            ),
        ),
        placeholder=_placeholder(_ALLOWED_BY),
    ),
)
