"""Both engines, the independent model and the region's own admission say the same."""

from __future__ import annotations

import pytest

from event_model import EventModel
from lambda_lab.errors import AwsError
from lambda_lab.invoke.admission import Admission, Lease
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

    def __init__(self, account_limit: int, reserved: int | None) -> None:
        self.admission = Admission(account_limit)
        self.reserved = reserved
        self.running: list[tuple[int, Lease]] = []

    def arrive(self, now: int, duration: int) -> str | None:
        """Return AWS's reason, or ``None`` for a request that may run."""
        for ended, lease in [each for each in self.running if each[0] <= now]:
            self.admission.give_back(lease)
            self.running.remove((ended, lease))
        try:
            lease = self.admission.take("arn:f", self.reserved)
        except AwsError as error:
            return str(error.members["Reason"])
        self.running.append((now + duration, lease))
        return None


def test_the_simulator_admits_what_the_region_admits() -> None:
    reasons = set()
    for seed in range(500):
        case = draw(seed)
        limits = {name: case.settings[name] for name in ("account_limit", "reserved")}
        region = AdmissionAlone(**limits)
        free = float("inf")
        found = simulate(
            case.arrivals, case.durations, keep_alive=0, **limits, burst=free,
            requests_per_environment=free,
        )  # fmt: skip
        said = [region.arrive(*each) for each in zip(case.arrivals, case.durations, strict=True)]
        assert [found.outcome(n).reason for n in range(len(found))] == said
        reasons |= set(said)
    assert len(reasons) == 3  # both limits were reached, and not always
