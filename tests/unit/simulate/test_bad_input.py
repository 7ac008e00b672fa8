"""Negative, zero, NaN, contradictory: a clear error before anything runs."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from lambda_lab import facts
from lambda_lab.errors import LabError
from lambda_lab.simulate import (
    Outcome,
    ProgressLine,
    SimulationError,
    bursts,
    constant,
    daily_curve,
    exponential,
    fixed,
    most_recently_used,
    nanoseconds,
    poisson,
    read_trace,
    simulate,
)

NAN, INF = math.nan, math.inf


class Never:
    """Progress that must not be made."""

    def __call__(self, done: int, requests: int) -> None:
        raise AssertionError("something ran")


def refused(*inputs: Any, says: str, **settings: Any) -> None:
    given = {"keep_alive": 10} | settings
    with pytest.raises(SimulationError, match=says) as caught:
        simulate(*inputs, **given, progress=Never())
    assert isinstance(caught.value, LabError)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("keep_alive", [-1, NAN, -INF, 600.0, "10", None, True, 2**61, 1j]),
        ("reserved", [-1, NAN, INF, 1.0, "1", True, 2**31]),
        ("provisioned", [-1, NAN, INF, 1.0, None, "1", True, 2**31]),
        ("account_limit", [-1, 0, NAN, -INF, 10.0, "1", True, 2**31]),
        ("burst", [-1, 0, NAN, -INF, 1.5, "1", True]),
        ("rate", [-1, 0, 0.0, NAN, -INF, "1", b"1", True, 1e-300, 1j, 10**400]),
        ("requests_per_environment", [-1, 0, NAN, -INF, 1.5, "1", True]),
    ],
)
def test_each_setting(name: str, values: list[Any]) -> None:
    for value in values:
        refused([0], 1, says=name, **{name: value})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"reserved": 5, "provisioned": 6}, "provisioned is 6 and reserved 5"),
        ({"reserved": 0, "provisioned": 1}, "provisioned is 1 and reserved 0"),
        ({"reserved": 11, "account_limit": 10}, "reserved is 11, but the account has 10"),
        ({"provisioned": 11, "account_limit": 10}, "provisioned is 11, but the account has 10"),
        ({"reserved": 901}, "keeps 100 of it unreserved. Give at most 900"),
        ({"provisioned": 901}, "Give at most 900"),
        ({"rate": 1e-15, "burst": 10**9}, "fewer digits"),
        ({"engine": "fortran"}, "no engine 'fortran'"),
    ],
)
def test_settings_that_contradict_each_other(settings: dict[str, Any], says: str) -> None:
    refused([0], 1, says=says, **settings)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (([], []), "no request to simulate"),
        (([0, 1], [1]), "2 arrivals and 1 durations"),
        (([0], [1, 2]), "1 arrivals and 2 durations"),
        (([5, 4], 1), "arrival 1 is earlier"),
        (([0] * 70_000 + [5, 4], 1), "arrival 70001 is earlier"),
        (([-1, 0], 1), "arrivals holds -1"),
        (([0], [-1]), "durations holds -1"),
        (([0], -1), "durations is -1"),
        (([0], 1, -1), "inits is -1"),
        (([0], 1, [0, -5]), "inits holds -5"),
        (([0], 1, []), "inits is empty"),
        (([0.0], 1), "arrivals holds what is no whole number"),
        (([NAN], 1), "arrivals holds what is no whole number"),
        (([0], [NAN]), "durations holds what is no whole number"),
        (([0], NAN), "durations is nan"),
        (([0], 0.5), "durations is 0.5"),
        (([0], 1, [NAN]), "inits holds what is no whole number"),
        (([0], 1, NAN), "inits is nan"),
        (([None], 1), "no whole number"),
        (([0], [Decimal(1)]), "no whole number"),
        (([0], [Fraction(1)]), "no whole number"),
        (([True], 1), "arrivals holds a truth value"),
        (([0] * 70_000 + [True], 1), "arrivals holds a truth value"),
        (((one == 0 for one in range(3)), 1), "arrivals holds a truth value"),
        (([0], [False]), "durations holds a truth value"),
        (([0], 1, [True]), "inits holds a truth value"),
        ((None, 1), "arrivals is None; give a row"),
        ((5, 1), "arrivals is 5; give a row"),
        (([10**30], 1), "does not fit in 64 bits"),
        (([2**63 - 1], 1), "arrivals holds 9223372036854775807"),
        (([0], [2**61]), "durations holds"),
        (([0], 1, 2**61), "inits is"),
        (("0", 1), "arrivals is a text"),
        ((b"12345678", 1), "arrivals is a text"),
        ((array("d", [0.0]), 1), "no whole number"),
        ((memoryview(bytes(16)).cast("B", (4, 4)), 1), "2 dimensions"),
    ],
)
def test_each_input(inputs: tuple[Any, ...], says: str) -> None:
    refused(*inputs, says=says)


@pytest.mark.parametrize("request_number", [-1, 2, -3, 10**30])
def test_a_request_that_is_none(request_number: int) -> None:
    result = simulate([0, 5], 1, keep_alive=10)
    with pytest.raises(IndexError, match=rf"no request {request_number}: .* from 0 to 1\.$"):
        result.outcome(request_number)


@pytest.mark.parametrize("request_number", [True, "0", 0.0, None, NAN, [0]])
def test_a_request_has_a_number(request_number: Any) -> None:
    with pytest.raises(SimulationError, match="give its number, counted from 0"):
        simulate([0, 5], 1, keep_alive=10).outcome(request_number)


@pytest.mark.parametrize("progress", [1, True, "done", NAN])
def test_progress_must_be_callable(progress: Any) -> None:
    with pytest.raises(SimulationError, match="give something that can be called"):
        simulate([0], 1, keep_alive=0, progress=progress)


def test_numba_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_lab.simulate.simulation.has_numba", lambda: False)
    refused([0], 1, says="numba is not installed", engine="numba")


@pytest.mark.parametrize("bad", [[NAN], [0.5], [-1]])
def test_numpy_arrays_are_checked_too(bad: list[float]) -> None:
    np = pytest.importorskip("numpy", reason="the extra 'simulate' is not installed")
    refused(np.array(bad), 1, says="arrivals holds")
    refused(np.zeros((2, 2), dtype=np.int64), 1, says="2 dimensions")
    refused([0], 1, says="rate", rate=np.True_)
    with pytest.raises(SimulationError):
        nanoseconds(np.True_)


def integers() -> Iterator[int]:
    yield from (0, 1)


@pytest.mark.parametrize(
    "arrivals",
    [[0, 1], (0, 1), range(2), array("q", [0, 1]), array("i", [0, 1]), array("H", [0, 1]),
     memoryview(array("q", [0, 9, 1, 9]))[::2], integers()],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_whole_numbers_of_any_kind_will_do(arrivals: Any) -> None:
    found = simulate(arrivals, [5, 5], [1], keep_alive=10)
    assert found.arrivals.tolist() == [0, 1]


def test_an_array_is_not_copied() -> None:
    arrivals = array("q", [0, 1])
    found = simulate(arrivals, 5, keep_alive=10)
    with pytest.raises(BufferError):
        arrivals.append(2)  # it is in use
    with pytest.raises(TypeError):
        found.arrivals[0] = 5


def test_numpy_integers_will_do() -> None:
    np = pytest.importorskip("numpy", reason="the extra 'simulate' is not installed")
    for kind in ("int64", "int32", "uint8", ">i8"):
        found = simulate(np.arange(2).astype(kind), np.int64(5), keep_alive=np.int64(10))
        assert found.arrivals.tolist() == [0, 1]
        assert found.counts == {Outcome.COLD: 2}


def test_zero_is_a_setting_where_it_means_something() -> None:
    assert simulate([0, 1], 0, 0, keep_alive=0).counts == {Outcome.COLD: 2}
    assert simulate([0, 0], 0, 0, keep_alive=0).counts == {Outcome.COLD: 1, Outcome.WARM: 1}


def test_a_setting_left_out_is_aws_own() -> None:
    settings = simulate([0], 1, keep_alive=0).settings
    assert settings.account_limit == facts.value("concurrency.default")
    assert settings.burst == facts.value("concurrency.scaling.environments")
    assert settings.rate * facts.value("concurrency.scaling.window") == settings.burst
    assert settings.requests_a_second == facts.value("concurrency.requests.default")


def test_infinity_is_no_limit() -> None:
    settings = simulate(
        [0], 1, keep_alive=INF, account_limit=INF, burst=INF, requests_per_environment=INF
    ).settings
    assert (settings.limit, settings.burst, settings.requests_a_second) == (None, None, None)
    assert simulate([0], 1, keep_alive=0, rate=INF).settings.burst is None


@pytest.mark.parametrize("value", [-1, NAN, INF, "1", b"1", bytearray(b"1"), None, True, 1j])
def test_seconds_are_checked(value: Any) -> None:
    with pytest.raises(SimulationError):
        nanoseconds(value)


HUGE = [1e308, 10**400]


@pytest.mark.parametrize("value", HUGE)
@pytest.mark.parametrize(
    "ask",
    [
        nanoseconds,
        lambda value: constant(1, value),
        lambda value: constant(value, 1),
        lambda value: poisson(value, 1, seed=1),
        lambda value: bursts(1, value, 1),
        lambda value: bursts(1, 1, 1, spread=value),
        lambda value: daily_curve(0, value, days=1, seed=1),
        lambda value: fixed(value, 1),
        lambda value: exponential(value, 1, seed=1),
        lambda value: most_recently_used(1, 1, value),
    ],
)
def test_what_is_too_much_is_said(ask: Callable[[Any], object], value: Any) -> None:
    with pytest.raises(SimulationError, match=r"give .*\.$"):
        ask(value)


def test_more_requests_than_a_float_can_count_are_refused_too() -> None:
    with pytest.raises(SimulationError, match=r"about 1e\+30 requests; give a lower rate"):
        constant(1e308, 1e9)


@pytest.mark.parametrize("value", [None, 5, NAN, [], b"trace.csv", True])
def test_a_trace_has_a_path(value: Any) -> None:
    with pytest.raises(SimulationError, match="give the name of a file"):
        read_trace(value)


@pytest.mark.parametrize("value", [1, "out", NAN, True])
def test_progress_goes_to_a_stream(value: Any) -> None:
    with pytest.raises(SimulationError, match="give a stream of text"):
        ProgressLine(value)


@pytest.mark.parametrize("architecture", ["arm", "", None, [], {}, 1])
def test_what_a_result_costs_needs_an_architecture(architecture: Any) -> None:
    with pytest.raises(SimulationError, match="There is no architecture"):
        simulate([0], 1, keep_alive=0).cost(128, architecture=architecture)


def test_a_number_that_python_does_not_print() -> None:
    """Above 4,300 digits: sys.set_int_max_str_digits."""
    huge = 10**5000
    for ask in (
        lambda: simulate([0], 1, keep_alive=huge),
        lambda: simulate([0], huge, keep_alive=1),
        lambda: simulate([0], 1, keep_alive=0, rate=huge),
        lambda: nanoseconds(huge),
    ):
        with pytest.raises(SimulationError, match="is a int that cannot be printed; give"):
            ask()
