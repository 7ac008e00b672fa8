"""What no figure can be drawn of: each is refused in words that say what to give instead."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from lambda_lab import show
from lambda_lab.errors import LabError
from lambda_lab.network.topology import Topology

SINGLE = [None, 5, math.nan, "text", b"text", True, object()]
OUTAGE: list[tuple[float, float, str]] = [(0, 1, "old"), (2, 3, "new")]


@pytest.mark.parametrize("value", SINGLE)
@pytest.mark.parametrize(
    "draw",
    [
        show.lanes,
        show.sequence,
        show.event_lives,
        show.batch_lives,
        show.concurrency,
        show.table,
        lambda value: show.curve({"a": value}, x="x", y="y"),
        lambda value: show.curve({"a": [value]}, x="x", y="y"),
        lambda value: show.canary_explorer(value, version="2"),
        lambda value: show.canary_share(value, version="2", weight=0.1),
        lambda value: show.stall({"direct": value}),
    ],
)
def test_a_list_is_wanted(draw: Callable[[Any], object], value: Any) -> None:
    with pytest.raises(LabError, match=r"give a list of|Collect the"):
        draw(value)


@pytest.mark.parametrize("value", [*SINGLE[1:], [1]])
@pytest.mark.parametrize(
    "draw",
    [
        lambda value: show.curve(value, x="x", y="y"),
        lambda value: show.curve({"a": [(1, 2)]}, x="x", y="y", limits=value),
        lambda value: show.concurrency([(0, 2, 0), (60, 4, 0)], limits=value),
        show.stall,
    ],
)
def test_a_dict_is_wanted(draw: Callable[[Any], object], value: Any) -> None:
    with pytest.raises(LabError, match="give a dict of names to"):
        draw(value)


@pytest.mark.parametrize("one", [1, "event", None, {}])
@pytest.mark.parametrize("draw", [show.lanes, show.sequence, show.event_lives, show.batch_lives])
def test_events_are_of_a_timeline(draw: Callable[[Any], object], one: Any) -> None:
    with pytest.raises(LabError, match="give what a timeline recorded"):
        draw([one])


@pytest.mark.parametrize("value", ["2", [], {}, 1j, 1.5, math.nan, Decimal("NaN"), True])
@pytest.mark.parametrize("name", ["retries", "max_age_seconds", "failure_percent"])
def test_retries_are_whole_numbers(name: str, value: Any) -> None:
    with pytest.raises(LabError, match="give a whole number"):
        show.retry_explorer(**{name: value})


@pytest.mark.parametrize("value", [None, "1", [], 1.0, math.nan, Decimal(1), True])
def test_a_shade_is_that_of_a_number(value: Any) -> None:
    with pytest.raises(LabError, match="give the number of a call"):
        show.shade(value)


@pytest.mark.parametrize("value", [1, "w", {}, [], 0])
def test_a_calculator_begins_with_a_workload(value: Any) -> None:
    with pytest.raises(LabError, match=r"give a lambda_lab\.cost\.Workload"):
        show.price_calculator(value)


@pytest.mark.parametrize("value", [[], {}, None, 1])
def test_a_question_that_is_none(value: Any) -> None:
    with pytest.raises(LabError, match="There is no explorer"):
        show.concurrency_explorer(value)


@pytest.mark.parametrize("value", [None, 1, "reached"])
def test_a_path_is_of_a_verdict(value: Any) -> None:
    with pytest.raises(LabError, match="Give a topology, and the verdict"):
        show.network_path(Topology(), value)
    with pytest.raises(LabError, match="Give a topology, and the verdict"):
        show.network_path(value, value)


@pytest.mark.parametrize("value", [10**400, 1j, "1", None, math.inf, True])
def test_a_point_is_two_finite_numbers(value: Any) -> None:
    with pytest.raises(LabError, match="give a finite number"):
        show.curve({"a": [(value, 1)]}, x="x", y="y")


@pytest.mark.parametrize("title", [5, math.nan, None, "<b>"])
def test_any_title_can_be_written(title: Any) -> None:
    assert "<b>" not in show.legend(title=title).svg
    assert show.stall({"direct": OUTAGE}, title=title).svg
