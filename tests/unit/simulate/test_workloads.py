"""Arrivals and durations: their shape, their seed, a file of one's own, and progress."""

from __future__ import annotations

import io
import math
from array import array
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lambda_lab.clock import SECOND
from lambda_lab.simulate import (
    ProgressLine,
    SimulationError,
    bursts,
    constant,
    daily_curve,
    exponential,
    fixed,
    lognormal,
    poisson,
    read_trace,
    simulate,
)

HOUR = 3600 * SECOND


@pytest.mark.parametrize(
    ("rate", "seconds", "count"), [(100, 1, 100), (3, 1, 3), (0.5, 4, 2), (1, 0.5, 1), (7, 3, 21)]
)
def test_constant_arrivals_are_as_many_as_they_should_be(
    rate: float, seconds: float, count: int
) -> None:
    arrivals = constant(rate, seconds)
    assert len(arrivals) == count
    assert arrivals[0] == 0
    assert arrivals[-1] < seconds * SECOND
    gaps = {late - early for early, late in pairwise(arrivals)}
    assert max(gaps, default=0) - min(gaps, default=0) <= 1


def test_poisson_arrivals_scatter_as_they_should() -> None:
    arrivals = poisson(rate=10, seconds=10_000, seed=3)
    assert len(arrivals) == pytest.approx(100_000, abs=3 * math.sqrt(100_000))
    gaps = [late - early for early, late in pairwise(arrivals)]
    mean = sum(gaps) / len(gaps)
    scatter = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    assert scatter / mean == pytest.approx(1, abs=0.02)
    assert list(arrivals) == sorted(arrivals)


def test_bursts_come_when_they_should() -> None:
    arrivals = bursts(size=50, every=60, count=3, spread=2, seed=1)
    assert list(arrivals) == sorted(arrivals)
    within = [divmod(now, 60 * SECOND) for now in arrivals]
    assert [sum(number == n for number, _ in within) for n in range(3)] == [50, 50, 50]
    assert max(late for _, late in within) < 2 * SECOND
    assert len(set(arrivals)) > 140


def test_a_day_has_its_peak_and_its_trough() -> None:
    arrivals = daily_curve(0.5, 2, days=2, busiest_hour=15, seed=4)
    hours = [0] * 24
    for now in arrivals:
        hours[now // HOUR % 24] += 1
    rates = [count / 2 / 3600 for count in hours]
    for hour, rate in enumerate(rates):
        expected = 1.25 + 0.75 * math.cos((hour + 0.5 - 15) * math.pi / 12)
        assert rate == pytest.approx(expected, abs=4 * math.sqrt(expected / 7200))
    assert list(arrivals) == sorted(arrivals)


@pytest.mark.parametrize(
    ("draw", "scatter"),
    [
        (lambda seed: exponential(2, 50_000, seed=seed), 1.0),
        (lambda seed: lognormal(2, 50_000, scatter=0.5, seed=seed), 0.5),
        (lambda seed: lognormal(2, 50_000, seed=seed), 1.0),
    ],
)
def test_durations_have_their_mean_and_scatter(draw: Any, scatter: float) -> None:
    durations = draw(1)
    mean = sum(durations) / len(durations)
    spread = math.sqrt(sum((each - mean) ** 2 for each in durations) / len(durations))
    assert mean / SECOND == pytest.approx(2, rel=0.02)
    assert spread / mean == pytest.approx(scatter, rel=0.05)


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: poisson(5, 100, seed=seed),
        lambda seed: bursts(5, 10, 10, spread=3, seed=seed),
        lambda seed: daily_curve(0, 0.01, seed=seed),
        lambda seed: exponential(1, 100, seed=seed),
        lambda seed: lognormal(1, 100, seed=seed),
    ],
)
def test_a_seed_repeats_itself_and_another_does_not(make: Any) -> None:
    assert make(1) == make(1)
    assert make(1) != make(2)


@pytest.mark.parametrize(
    "make",
    [
        lambda bad: constant(bad, 1),
        lambda bad: constant(1, bad),
        lambda bad: poisson(bad, 1, seed=1),
        lambda bad: poisson(1, bad, seed=1),
        lambda bad: bursts(bad, 1, 1),
        lambda bad: bursts(1, bad, 1),
        lambda bad: bursts(1, 1, bad),
        lambda bad: daily_curve(0, bad, seed=1),
        lambda bad: daily_curve(0, 1, days=bad, seed=1),
        lambda bad: fixed(bad, 1),
        lambda bad: fixed(1, bad),
        lambda bad: exponential(bad, 1, seed=1),
        lambda bad: exponential(1, bad, seed=1),
        lambda bad: lognormal(bad, 1, seed=1),
        lambda bad: lognormal(1, bad, seed=1),
        lambda bad: lognormal(1, 1, scatter=bad, seed=1),
    ],
)
@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, "1", None, True])
def test_a_number_that_cannot_be_is_refused(make: Any, bad: Any) -> None:
    with pytest.raises(SimulationError):
        make(bad)


@pytest.mark.parametrize(
    "make",
    [
        lambda: bursts(1, 1, 1, spread=-1),
        lambda: bursts(1, 1, 1, spread=2),
        lambda: bursts(1, 1e9, 1000),
        lambda: daily_curve(2, 1, seed=1),
        lambda: daily_curve(-1, 1, seed=1),
        lambda: daily_curve(0, 1, busiest_hour=25, seed=1),
        lambda: poisson(1, 1, seed=1.5),  # type: ignore[arg-type]
        lambda: poisson(1e12, 1e6, seed=1),
        lambda: constant(1e12, 1e6),
        lambda: exponential(1e9, 1, seed=1),
        lambda: lognormal(1, 1, scatter=101, seed=1),
    ],
)
def test_what_does_not_fit_together_is_refused(make: Any) -> None:
    with pytest.raises(SimulationError):
        make()


# -- a file ------------------------------------------------------------------------------------


def written(folder: Path, text: str) -> Path:
    path = folder / "trace.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_trace_is_read_in_any_unit_and_order(tmp_path: Path) -> None:
    text = "\ufeffduration_us, name ,arrival_ms,init_s\n1.5,b,2000.000001,0.25\n3,a,0,0\n"
    trace = read_trace(written(tmp_path, text))
    assert trace.arrivals == array("q", [0, 2_000_000_001])
    assert trace.durations == array("q", [3000, 1500])
    assert trace.inits == array("q", [0, 250_000_000])
    found = simulate(trace.arrivals, trace.durations, trace.inits, keep_alive=SECOND)
    assert found.stays.tolist() == [3000, 250_001_500]


def test_a_trace_may_leave_out_inits(tmp_path: Path) -> None:
    assert read_trace(written(tmp_path, "arrival_s,duration_s\n0,1\n")).inits is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 columns of arrivals"),
        ("arrival_s,duration_s\n", "no request below its head line"),
        ("arrival,duration_s\n0,1\n", "arrival_ns, arrival_us, arrival_ms, arrival_s"),
        ("arrival_s,arrival_ms,duration_s\n0,0,1\n", "2 columns of arrivals"),
        ("arrival_s,duration_s\n0,1\n1,x\n", "line 3 of the trace has 'x' as duration_s"),
        ("arrival_s,duration_s\n0\n", "line 2 of the trace has None as duration_s"),
        ("arrival_s,duration_s\n0,\n", "line 2 of the trace has ''"),
        ("arrival_s,duration_s\n-1,1\n", "'-1' as arrival_s"),
        ("arrival_s,duration_s\n0,nan\n", "'nan'"),
        ("arrival_s,duration_s\n0,inf\n", "'inf'"),
        ("arrival_s,duration_s\n0,1e99\n", "'1e99'"),
        ('arrival_s,duration_s\n0,"1\n', "cannot be read"),
    ],
)
def test_a_trace_that_is_not_as_it_must_be_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SimulationError, match=says):
        read_trace(written(tmp_path, text))


def test_a_trace_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="cannot be read"):
        read_trace(tmp_path / "nowhere.csv")
    for name in ("\0", "\ud800"):
        with pytest.raises(SimulationError, match="cannot be read"):
            read_trace(name)
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SimulationError, match="cannot be read"):
        read_trace(binary)


# -- progress ----------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["python", "arrays"])
def test_a_long_run_tells_how_far_it_is(engine: Any) -> None:
    told: list[tuple[int, int]] = []
    count = 150_000
    simulate(
        range(count), 1, keep_alive=1, engine=engine,
        progress=lambda done, requests: told.append((done, requests)),
    )  # fmt: skip
    assert [requests for _, requests in told] == [count] * 3
    assert [done for done, _ in told] == [2**16, 2**17, count]


def test_progress_that_fails_ends_the_run() -> None:
    def stop(done: int, requests: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate([0], 1, keep_alive=1, progress=stop)


def test_a_line_of_progress_is_written_over_and_ends() -> None:
    stream = io.StringIO()
    show = ProgressLine(stream)
    for done in (1, 2, 500, 1000):
        show(done, 1000)
    assert stream.getvalue().split("\r") == [
        "Simulated 0 % of 1,000 requests.",
        "Simulated 50 % of 1,000 requests.",
        "Simulated 100 % of 1,000 requests.\n",
    ]
