"""Concurrency: who may run, and what the others hear."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import pytest

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.errors import AwsError
from lambda_lab.invoke.admission import Admission, Lease
from lambda_lab.invoke.limits import Limits

NO_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
NO_ACCOUNT = "ConcurrentInvocationLimitExceeded"
RESERVED_RATE = "ReservedFunctionInvocationRateLimitExceeded"
ACCOUNT_RATE = "FunctionInvocationRateLimitExceeded"
EAST, WEST = "arn:aws:lambda:us-east-1:1:function:", "arn:aws:lambda:us-west-2:1:function:"


def account(limit: int, **others: int) -> Admission:
    return Admission(replace(Limits.of_aws(limit), **others))


def take(admission: Admission, function: str, version: str = "$LATEST", now: int = 0) -> Lease:
    # Requests a second are another test's: here nothing is synchronous.
    return admission.take(function, version, now, synchronous=False)


def refusal(admission: Admission, function: str, version: str = "$LATEST") -> str:
    with pytest.raises(AwsError) as refused:
        take(admission, function, version)
    return str(refused.value.members["Reason"])


@pytest.mark.fidelity("account-limit")
def test_the_account_has_awss_default() -> None:
    assert Admission().account_limit == facts.value("concurrency.default")


def test_a_function_may_use_what_is_reserved_for_it() -> None:
    admission = account(10)
    admission.reserve("f", 2)
    leases = [take(admission, "f") for _ in range(2)]
    assert [lease.concurrent for lease in leases] == [1, 2]
    with pytest.raises(AwsError) as refused:
        take(admission, "f")
    assert refused.value.status == 429
    assert refused.value.headers == {}, "as recorded on AWS"
    assert refused.value.body() == {
        "Type": "User",
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "message": "Rate Exceeded.",
    }
    other = take(admission, "g")
    assert (other.concurrent, other.account_concurrent) == (1, 3)
    admission.give_back(leases[0])
    assert take(admission, "f").concurrent == 2


def test_nothing_reserved_is_nothing_allowed() -> None:
    admission = Admission()
    admission.reserve("f", 0)
    assert refusal(admission, "f") == NO_RESERVED
    with pytest.raises(AwsError):
        admission.take("f", "$LATEST", 0)
    assert admission.running == 0


def test_what_is_reserved_is_kept_from_the_others_and_for_its_function() -> None:
    admission = account(10)
    admission.reserve("f", 4)
    others = [take(admission, f"g{number}") for number in range(6)]
    assert refusal(admission, "h") == NO_ACCOUNT
    assert [take(admission, "f").concurrent for _ in range(4)] == [1, 2, 3, 4]
    assert refusal(admission, "f") == NO_RESERVED
    admission.reserve("f", None)
    admission.give_back(others.pop())
    assert take(admission, "f").concurrent == 5
    assert refusal(admission, "h") == NO_ACCOUNT


def test_reserving_while_it_runs_moves_what_runs() -> None:
    admission = account(10)
    leases = [take(admission, "f") for _ in range(3)]
    assert leases[-1].claimed == leases[-1].unreserved == 3
    admission.reserve("f", 5)
    other = take(admission, "g")
    assert (other.unreserved, other.claimed) == (1, 6)
    for lease in leases:
        admission.give_back(lease)
    admission.reserve("f", None)
    admission.give_back(other)
    assert take(admission, "g").claimed == 1


@pytest.mark.fidelity("metrics-of-concurrency")
def test_the_figures_of_awss_example_of_claimed_concurrency() -> None:
    # DG:monitoring-concurrency: limit 1,000, orange reserves 600, blue is provisioned with 200.
    admission = account(1000)
    admission.reserve("orange", 600)
    admission.provision("blue", "1", 200)
    last = [take(admission, "grey") for _ in range(100)][-1]
    assert (last.unreserved, last.claimed) == (100, 900)
    busy = [take(admission, "blue", "1") for _ in range(200)]
    assert all(lease.provisioned for lease in busy)
    assert busy[-1].claimed == 900
    for _ in range(100):
        take(admission, "grey")
    assert refusal(admission, "grey") == NO_ACCOUNT
    assert refusal(admission, "blue", "1") == NO_ACCOUNT


def test_provisioned_first_then_spillover() -> None:
    admission = account(100)
    admission.provision("f", "1", 2)
    leases = [take(admission, "f", "1") for _ in range(3)]
    assert [lease.provisioned for lease in leases] == [True, True, False]
    assert [lease.spillover for lease in leases] == [False, False, True]
    assert [(lease.allocated, lease.allocated_busy) for lease in leases] == [(2, 1), (2, 2), (2, 2)]
    latest = take(admission, "f", "$LATEST")
    assert (latest.provisioned, latest.spillover, latest.allocated) == (False, False, 0)
    admission.give_back(leases[0])
    assert take(admission, "f", "1").provisioned


def test_all_that_is_reserved_provisioned_leaves_latest_nothing() -> None:
    admission = account(100)
    admission.reserve("f", 2)
    admission.provision("f", "1", 2)
    assert refusal(admission, "f") == NO_RESERVED  # recorded from AWS
    assert [take(admission, "f", "1").provisioned for _ in range(2)] == [True, True]
    assert refusal(admission, "f", "1") == NO_RESERVED
    assert refusal(admission, "f", "2") == NO_RESERVED


def test_provisioned_environments_that_are_taken_away_while_busy() -> None:
    admission = account(100)
    admission.provision("f", "1", 1)
    lease = take(admission, "f", "1")
    admission.provision("f", "1", 0)
    assert not take(admission, "f", "1").provisioned
    admission.give_back(lease)
    admission.provision("f", "1", 1)
    again = take(admission, "f", "1")
    assert (again.provisioned, again.claimed) == (True, 2)


def test_each_aws_region_has_an_account_limit_of_its_own() -> None:
    admission = account(1)
    take(admission, f"{EAST}f")
    assert refusal(admission, f"{EAST}g") == NO_ACCOUNT
    assert take(admission, f"{WEST}f").account_concurrent == 1


# -- requests a second -----------------------------------------------------------------------------


def calls(admission: Admission, function: str, version: str, times: list[int]) -> list[str | None]:
    """Call one after the other, at these times; return the reasons of those refused."""
    said: list[str | None] = []
    for now in times:
        try:
            lease = admission.take(function, version, now)
        except AwsError as error:
            said.append(str(error.members["Reason"]))
        else:
            said.append("provisioned" if lease.provisioned else None)
            admission.give_back(lease)
    return said


def test_ten_requests_a_second_for_each_unit_that_is_reserved() -> None:
    admission = Admission()
    admission.reserve("f", 1)
    quick = list(range(0, 12_000_000, 1_000_000))
    assert calls(admission, "f", "1", quick) == [None] * 10 + [RESERVED_RATE] * 2
    # The first one is a second old, the second is not.
    assert calls(admission, "f", "1", [SECOND, SECOND]) == [None, RESERVED_RATE]
    assert calls(admission, "g", "1", [SECOND]) == [None]
    admission.reserve("f", 2)
    assert calls(admission, "f", "1", [SECOND] * 11) == [None] * 10 + [RESERVED_RATE]


@pytest.mark.makes("FunctionInvocationRateLimitExceeded")
def test_ten_requests_a_second_for_each_unit_of_the_account() -> None:
    admission = account(2)
    assert calls(admission, "f", "1", [5] * 21) == [None] * 20 + [ACCOUNT_RATE]
    admission.limits = replace(admission.limits, requests_per_unit=None)
    assert calls(admission, "f", "1", [5] * 30) == [None] * 30


def test_provisioned_concurrency_spills_at_ten_requests_a_second_too() -> None:
    admission = account(10)
    admission.provision("f", "1", 1)
    expected = ["provisioned"] * 10 + [None] * 2
    assert calls(admission, "f", "1", [0] * 12) == expected


def test_events_are_bounded_by_concurrency_alone() -> None:
    admission = Admission()
    admission.reserve("f", 1)
    for _ in range(100):
        admission.give_back(take(admission, "f"))
    assert calls(admission, "f", "1", [0]) == [None]


# -- scaling ---------------------------------------------------------------------------------------


@pytest.mark.fidelity("scaling-rate")
def test_a_function_adds_environments_at_a_rate() -> None:
    limits = Limits.of_aws()
    admission = Admission(limits)
    lease = take(admission, "f")
    for _ in range(limits.burst):
        admission.grow(lease, 0)
    with pytest.raises(AwsError) as refused:
        admission.grow(lease, 0)
    assert refused.value.members["Reason"] == NO_ACCOUNT
    admission.grow(take(admission, "g"), 0)  # each function has its own
    admission.grow(lease, SECOND // 100)  # 100 a second come back, all the time
    with pytest.raises(AwsError):
        admission.grow(lease, SECOND // 100)
    # What is not used does not add up.
    for _ in range(limits.burst):
        admission.grow(lease, 3600 * SECOND)
    with pytest.raises(AwsError):
        admission.grow(lease, 3600 * SECOND)


def test_a_call_that_scaling_refused_is_no_request_of_its_second() -> None:
    admission = Admission(Limits(account=1, burst=1, rate=Fraction(1, 10), requests_per_unit=1))
    lease = admission.take("f", "1", 0)
    admission.grow(lease, 0)
    admission.give_back(lease)
    lease = admission.take("f", "1", SECOND)
    with pytest.raises(AwsError):
        admission.grow(lease, SECOND)
    admission.give_back(lease)
    assert calls(admission, "f", "1", [SECOND, SECOND]) == [None, ACCOUNT_RATE]


# -- threads, waiting, forgetting ------------------------------------------------------------------


def test_many_threads_never_pass_the_limit() -> None:
    admission = account(3)
    seen: list[int] = []

    def run(_: int) -> bool:
        try:
            lease = take(admission, "f")
        except AwsError:
            return False
        seen.append(lease.account_concurrent)
        admission.give_back(lease)
        return True

    with ThreadPoolExecutor(8) as pool:
        assert any(pool.map(run, range(2000)))
    assert max(seen) <= 3
    assert admission.running == 0


def test_quiet_is_waited_for() -> None:
    admission = Admission()
    assert admission.wait_quiet(0)
    lease = take(admission, "f")
    assert not admission.wait_quiet(0)
    threading.Timer(0.01, admission.give_back, (lease,)).start()
    assert admission.wait_quiet(10)


def test_quiet_is_not_put_off_by_what_begins_meanwhile() -> None:
    admission = Admission()
    running = [take(admission, "f")]
    waiting = threading.Thread(target=admission.wait_quiet)
    waiting.start()
    # Clients without a pause: one is always running, and none of them for long.
    while waiting.is_alive():
        running.append(take(admission, "f"))
        admission.give_back(running.pop(0))
    assert admission.running == 1
    assert not admission.wait_quiet(0), "it runs now"
    admission.give_back(running.pop())
    assert admission.wait_quiet(0)


def test_what_a_deleted_function_had_set_aside_is_free() -> None:
    admission = account(4)
    admission.reserve("f", 1)
    admission.provision("g", "1", 2)
    lease = take(admission, "f")
    assert take(admission, "h").claimed == 4
    admission.forget("f")
    admission.forget("nobody")
    admission.clear()
    assert take(admission, "h").claimed == 3  # h twice, and f which still runs
    admission.give_back(lease)
    assert take(admission, "h").claimed == 3
