"""The account's limits: what can be set, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_lab import facts
from lambda_lab.errors import SandboxError
from lambda_lab.invoke.limits import Limits, account_concurrency
from lambda_lab.invoke.provisioned import init_limit, provision_seconds


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "many", 10**9, [], float("nan")])
def test_no_account_limit_but_a_whole_number(wrong: Any) -> None:
    with pytest.raises(SandboxError, match="account_concurrency is"):
        account_concurrency(wrong, {})


@pytest.mark.parametrize("wrong", ["0", "-5", "1e3", "\u0663", "none", "10000000"])
def test_no_account_limit_from_a_variable_that_is_none(wrong: str) -> None:
    with pytest.raises(SandboxError, match="LAMBDA_LAB_CONCURRENCY is"):
        account_concurrency(None, {"LAMBDA_LAB_CONCURRENCY": wrong})
    assert account_concurrency(None, {"LAMBDA_LAB_CONCURRENCY": ""}) is None


@pytest.mark.parametrize("wrong", ["-1", "nan", "inf", "soon", "1,5"])
def test_no_time_of_allocation_that_is_none(wrong: str) -> None:
    with pytest.raises(SandboxError, match="LAMBDA_LAB_PROVISION_SECONDS is"):
        provision_seconds({"LAMBDA_LAB_PROVISION_SECONDS": wrong})


def test_small_accounts_keep_a_tenth_unreserved() -> None:
    keep = facts.value("concurrency.unreserved-minimum")
    minima = [Limits.of_aws(account).unreserved_minimum for account in (1, 20, 1000, 50_000)]
    assert minima == [0, 2, keep, keep]


def test_the_init_ahead_of_calls_has_more_time() -> None:
    least = facts.value("init.minimum.provisioned")
    assert [init_limit(seconds) for seconds in (3, 200, 900)] == [least, 200, 900]
