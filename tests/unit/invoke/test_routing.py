"""Choosing between two versions: by weight, one draw for each call, the same for the same seed."""

from __future__ import annotations

import pytest

from lambda_lab.ids import Ids
from lambda_lab.invoke.routing import Routing
from lambda_lab.invoke.targets import EventInvokeConfig, Share, Target
from lambda_lab.records import FunctionSpec
from release_tools import chi_square_p

CALLS = 20_000
UNLIKELY = 0.001


def spec(version: str) -> FunctionSpec:
    return FunctionSpec("1", "r", "f", version, "arn:f", version, "", "", "", "", b"")


def target(weight: float | None) -> Target:
    share = None if weight is None else Share(spec("2"), "Pending", weight)
    settings = EventInvokeConfig(2, 60)
    return Target(spec("1"), "arn:f:live", "live", "Active", settings, None, additional=share)


@pytest.mark.parametrize("weight", [0.001, 0.05, 0.1, 1 / 3, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_share_is_the_weight(weight: float, seed: int) -> None:
    routing = Routing(Ids(seed))
    chosen = sum(routing.picks_additional(weight) for _ in range(CALLS))
    assert chi_square_p(chosen, CALLS, weight) > UNLIKELY


@pytest.mark.parametrize("weight", [0.1, 0.5])
def test_one_choice_says_nothing_of_the_next(weight: float) -> None:
    routing = Routing(Ids(5))
    choices = [routing.picks_additional(weight) for _ in range(CALLS)]
    pairs = sum(one and other for one, other in zip(choices[::2], choices[1::2], strict=True))
    assert chi_square_p(pairs, CALLS // 2, weight**2) > UNLIKELY


def test_no_draw_reaches_nothing_or_misses_everything() -> None:
    routing = Routing(Ids(1))
    assert not any(routing.picks_additional(0.0) for _ in range(CALLS))
    assert all(routing.picks_additional(1.0) for _ in range(CALLS))


def test_the_test_itself_can_fail() -> None:
    assert chi_square_p(2_300, CALLS, 0.1) < UNLIKELY
    assert chi_square_p(2_000, CALLS, 0.1) == 1.0


def test_what_is_routed() -> None:
    assert Routing(Ids(1)).route(target(None)) == target(None)
    first = Routing(Ids(1)).route(target(0.0))
    assert (first.spec.version, first.state, first.weighted) == ("1", "Active", True)
    second = Routing(Ids(1)).route(target(1.0))
    assert (second.spec.version, second.state, second.weighted) == ("2", "Pending", True)
    assert first.additional is None
    assert second.invoked_arn == "arn:f:live"


def test_no_draw_is_made_where_there_is_nothing_to_choose() -> None:
    ids, other = Ids(1), Ids(1)
    Routing(ids).route(target(None))
    assert ids.hex(13) == other.hex(13)
