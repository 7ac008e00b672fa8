"""Both engines, the independent model and the region's own admission say the same."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

from event_model import EventModel
from lambda_lab.errors import AwsError
from lambda_lab.invoke.admission import Admission, Lease
from lambda_lab.invoke.limits import Limits
from lambda_lab.simulate import Outcome, Result, exponential, poisson, simulate
from random_cases import Case, draw

NAMES = {
    Outcome.WARM: "warm",
    Outcome.COLD: "cold",
    Outcome.PROVISIONED: "provisioned",
    Outcome.SPILLOVER_WARM: "spillover warm",
    Outcome.SPILLOVER_COLD: "spillover cold",
    Outcome.THROTTLED_RESERVED: "reserved concurrency",
    Outcome.THROTTLED_ACCOUNT: "account concurrency",
    Outcome.THROTTLED_RESERVED_RATE: "reserved rate",
    Outcome.THROTTLED_RATE: "account rate",
    Outcome.THROTTLED_SCALING: "scaling",
}


def same(one: Result, other: Result) -> bool:
    return (
        one.outcomes.tobytes() == other.outcomes.tobytes()
        and one.environment_ids.tobytes() == other.environment_ids.tobytes()
        and one.on_demand_environments == other.on_demand_environments
    )


def of_the_model(model: EventModel, found: Result, case: Case) -> None:
    """Hold a result, and all that is counted from it, against the independent model."""
    assert [NAMES[Outcome(code)] for code in found.outcomes] == model.outcomes
    assert found.environment_ids.tolist() == model.ran_in
    assert found.peak == model.peak
    used = [e for e in model.environments if e.requests]
    assert [(life.number, life.requests) for life in found.environments] == [
        (e.number, e.requests) for e in used
    ]
    made = [(life.created, life.ends) for life in found.environments if not life.provisioned]
    assert made == [
        (e.created, e.idle_since + case.settings["keep_alive"]) for e in used if not e.provisioned
    ]


@pytest.mark.parametrize("block", range(10))
def test_the_engine_agrees_with_a_model_that_shares_nothing_with_it(block: int) -> None:
    for seed in range(block * 300, block * 300 + 300):
        case = draw(seed)
        found = simulate(*case.inputs, **case.settings, engine="python")
        of_the_model(case.by_events(), found, case)


@pytest.mark.parametrize("block", range(10))
def test_the_loop_over_arrays_is_the_same_to_the_bit(block: int) -> None:
    for seed in range(block * 500, block * 500 + 500):
        case = draw(seed)
        python = simulate(*case.inputs, **case.settings, engine="python")
        assert same(python, simulate(*case.inputs, **case.settings, engine="arrays")), seed


def test_the_random_cases_reach_every_outcome() -> None:
    reached = set()
    for seed in range(300):
        case = draw(seed)
        reached |= set(simulate(*case.inputs, **case.settings).counts)
    assert reached == set(Outcome)


@pytest.mark.parametrize(
    "settings",
    [{}, {"reserved": 30}, {"provisioned": 20}, {"burst": 2, "rate": 0.5}, {"account_limit": 3}],
    ids=str,
)
def test_the_engines_agree_beyond_a_chunk(settings: dict[str, float]) -> None:
    arrivals = poisson(rate=70, seconds=1000, seed=5)
    durations = exponential(0.5, len(arrivals), seed=6)
    assert len(arrivals) > 2**16
    inits = [200_000_000, 300_000_000, 100_000_000]
    found = [
        simulate(arrivals, durations, inits, keep_alive=2 * 10**9, engine=engine, **settings)  # type: ignore[arg-type]
        for engine in ("python", "arrays")
    ]
    assert same(*found)


def test_numba_compiles_the_loop() -> None:
    pytest.importorskip("numba", reason="the extra 'simulate' is not installed")
    from lambda_lab.simulate import loop

    case = draw(7)
    simulate(*case.inputs, **case.settings, engine="numba")
    assert loop.run_requests.signatures  # type: ignore[attr-defined]


class AdmissionAlone:
    """Requests to one function through the rules of the region: leases taken and given back."""

    def __init__(self, settings: dict[str, Any]) -> None:
        limits = Limits(
            account=settings["account_limit"],
            burst=settings["burst"],
            rate=Fraction(settings["rate"]),
            requests_per_unit=settings["requests_per_environment"],
        )
        self.admission = Admission(limits)
        self.admission.reserve("arn:f", settings["reserved"])
        self.admission.provision("arn:f", "1", settings["provisioned"])
        self.idle = 0
        """On-demand environments that are kept; here for ever."""
        self.running: list[tuple[int, Lease]] = []

    def arrive(self, now: int, duration: int, init: int) -> str | None:
        """Return AWS's reason, or the kind of environment that a request runs in."""
        for ended, lease in [each for each in self.running if each[0] <= now]:
            self.admission.give_back(lease)
            self.running.remove((ended, lease))
            self.idle += not lease.provisioned
        try:
            lease = self.admission.take("arn:f", "1", now)
            cold = not lease.provisioned and not self.idle
            if cold:
                try:
                    self.admission.grow(lease, now)
                except AwsError:
                    self.admission.give_back(lease)
                    raise
            self.idle -= not lease.provisioned and not cold
        except AwsError as error:
            return str(error.members["Reason"])
        self.running.append((now + duration + (init if cold else 0), lease))
        if lease.provisioned:
            return "provisioned"
        return ("spillover " if lease.spillover else "") + ("cold" if cold else "warm")


@pytest.mark.fidelity("millions-of-requests")
def test_the_simulator_admits_what_the_region_admits() -> None:
    reached = set()
    for seed in range(1500):
        case = draw(seed)
        settings = {**case.settings, "keep_alive": math.inf}
        if math.inf in (settings["burst"], settings["rate"]):
            settings |= {"burst": 1000, "rate": Fraction(100)}
        if settings["requests_per_environment"] == math.inf:
            settings["requests_per_environment"] = None
        region = AdmissionAlone(settings)
        if settings["requests_per_environment"] is None:
            settings["requests_per_environment"] = math.inf
        found = simulate(*case.inputs, **settings)
        outcomes = [found.outcome(number) for number in range(len(found))]
        inits = [case.inits[number % len(case.inits)] for number in range(len(found))]
        calls = zip(case.arrivals, case.durations, inits, strict=True)
        said = [region.arrive(*each) for each in calls]
        assert [one.reason or NAMES[one] for one in outcomes] == said, seed
        reached |= set(outcomes)
    assert reached == set(Outcome)
