"""Concurrency: who may run, and what the others hear."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lambda_lab import facts
from lambda_lab.errors import AwsError
from lambda_lab.invoke.admission import Admission


def test_the_account_has_awss_default() -> None:
    assert Admission().account_limit == facts.value("concurrency.default")


def test_a_function_may_use_what_is_reserved_for_it() -> None:
    admission = Admission(account_limit=10)
    leases = [admission.take("f", 2) for _ in range(2)]
    assert [lease.concurrent for lease in leases] == [1, 2]
    with pytest.raises(AwsError) as refused:
        admission.take("f", 2)
    assert refused.value.status == 429
    assert refused.value.body() == {
        "Type": "User",
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "message": "Rate Exceeded.",
    }
    other = admission.take("g", None)
    assert (other.concurrent, other.account_concurrent) == (1, 3)
    admission.give_back(leases[0])
    assert admission.take("f", 2).concurrent == 2


def test_nothing_reserved_is_nothing_allowed() -> None:
    admission = Admission()
    with pytest.raises(AwsError):
        admission.take("f", 0)
    assert admission.running == 0


def test_the_account_is_the_last_limit() -> None:
    admission = Admission(account_limit=2)
    for name in ("f", "g"):
        admission.take(name, None)
    with pytest.raises(AwsError) as refused:
        admission.take("h", 5)
    assert refused.value.members["Reason"] == "ConcurrentInvocationLimitExceeded"


def test_many_threads_never_pass_the_limit() -> None:
    admission = Admission(account_limit=3)
    seen: list[int] = []

    def run(_: int) -> bool:
        try:
            lease = admission.take("f", None)
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
    lease = admission.take("f", None)
    assert not admission.wait_quiet(0)
    threading.Timer(0.01, admission.give_back, (lease,)).start()
    assert admission.wait_quiet(10)
