"""What no figure can be drawn of: each is refused in words that say what to give instead."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
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


@pytest.mark.parametrize("value", [-1e308, 1e308, 1e16, -(10**16), Fraction(10**16)])
def test_what_is_too_large_to_be_drawn(value: Any) -> None:
    with pytest.raises(LabError, match=r"give a finite number of at most 10\^15"):
        show.curve({"a": [(0, value)]}, x="x", y="y")
    with pytest.raises(LabError, match=r"give a finite number of at most 10\^15"):
        show.curve({"a": [(0, 1)]}, x="x", y="y", limits={"most": value})


@pytest.mark.parametrize("value", [10**16, 10**4000, -1, 1.5, None, True, "1", math.inf])
def test_what_is_no_number_of_requests(value: Any) -> None:
    for window in ((60, value, 0), (60, 0, value)):
        with pytest.raises(LabError, match=r"give a whole number, 0 or more\."):
            show.concurrency([(0, 1, 0), window])


@pytest.mark.parametrize("value", [1e300, -1e300, math.nan, math.inf, None, True, "0"])
def test_a_window_begins_at_a_moment(value: Any) -> None:
    with pytest.raises(LabError, match=r"A window cannot begin at .*; give seconds\."):
        show.concurrency([(value, 1, 0), (60, 1, 0)])


@pytest.mark.parametrize("value", [1e300, 10**400, math.nan, math.inf, None, "0"])
def test_a_call_is_at_a_moment(value: Any) -> None:
    with pytest.raises(LabError, match="Give when it was sent, when it ended"):
        show.stall({"direct": [*OUTAGE, (0.5, value, "second")]})


@pytest.mark.parametrize("value", [10**15, -(10**15), 1e-300, 5e-324])
def test_the_largest_and_the_smallest_numbers_are_drawn(value: float) -> None:
    for time in (False, True):
        figure = show.curve({"a": [(0, value), (1, 2 * value / 3)]}, x="x", y="y", time=time)
        assert all(word not in figure.svg for word in ('"nan"', '"inf"', '"-inf"'))
    assert show.concurrency([(0, 10**15, 10**15), (1, 0, 0)], limits={"most": 10**15}).svg
