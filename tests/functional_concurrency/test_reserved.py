"""Reserved concurrency, the account's limit, requests a second and the scaling rate, by boto3."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_lab import facts
from live_region import LiveRegion, until

Refused = Callable[..., tuple[str, str]]
NO_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
NO_ACCOUNT = "ConcurrentInvocationLimitExceeded"
RESERVED_RATE = "ReservedFunctionInvocationRateLimitExceeded"
QUICK = "def handler(event, context):\n    return event\n"


def control(lab: LiveRegion, **document: Any) -> dict[str, Any]:
    body = json.dumps(document).encode()
    request = urllib.request.Request(f"{lab.region.url}/_lab/concurrency", data=body, method="POST")
    with urllib.request.urlopen(request) as answer:
        got: dict[str, Any] = json.load(answer)
        return got


@pytest.fixture
def small_account(lab: LiveRegion) -> Iterator[LiveRegion]:
    """Return the region while its account may run six invocations at a time."""
    usual = lab.region.plane.admission.limits
    for function in lab.lam.list_functions()["Functions"]:
        lab.lam.delete_function_concurrency(FunctionName=function["FunctionName"])
    assert control(lab, account_concurrency=6)["account_concurrency"] == 6
    yield lab
    lab.region.plane.admission.limits = usual


@pytest.mark.fidelity("reserved")
def test_exactly_what_is_reserved_runs(lab: LiveRegion, gate: Any) -> None:
    name = gate.function()
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)
    calls = [gate.call(name) for _ in range(12)]
    gate.full(3)
    # The nine others have their answers while the three are held.
    until(lambda: sum(one.done() for one in calls) == 9)
    with gate.opened():
        said = Counter(one.result(30) for one in calls)
    assert said == {"on-demand": 3, NO_RESERVED: 9}
    assert len(lab.environments(name)) == 3


@pytest.mark.fidelity("throttles")
def test_the_429_as_aws_sends_it(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as refused:
        lab.call(name)
    answer = refused.value.response
    assert answer["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
    assert (answer["Reason"], answer["Type"]) == (NO_RESERVED, "User")
    assert "retryAfterSeconds" not in answer, "as recorded on AWS"


@pytest.mark.fidelity("reserved")
def test_what_is_reserved_is_a_floor_for_its_function(small_account: LiveRegion, gate: Any) -> None:
    lab = small_account
    reserved, others = gate.function(), gate.function()
    lab.lam.put_function_concurrency(FunctionName=reserved, ReservedConcurrentExecutions=2)
    calls = [gate.call(others) for _ in range(7)]
    until(lambda: sum(one.done() for one in calls) == 3)
    floor = [gate.call(reserved) for _ in range(2)]
    gate.full(6)
    with gate.opened():
        assert Counter(one.result(30) for one in calls) == {"on-demand": 4, NO_ACCOUNT: 3}
        assert [one.result(30) for one in floor] == ["on-demand"] * 2


@pytest.mark.fidelity("request-rate")
@pytest.mark.makes("ReservedFunctionInvocationRateLimitExceeded")
def test_reserved_concurrency_of_one_serves_ten_requests_a_second(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    lab.call(name)
    lab.region.clock.advance(2)
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    said = []
    while RESERVED_RATE not in said:
        try:
            said.append(lab.call(name, 1).value)
        except ClientError as error:
            said.append(error.response["Reason"])
        assert len(said) < 200, "two hundred calls, one after the other, within ten a second"
    assert said[:-1] == [1] * (len(said) - 1)
    assert len(said) > 10
    lab.region.clock.advance(1)
    assert lab.call(name, 2).value == 2


def test_events_do_not_count_as_requests_of_a_second(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=30)
    before = lab.region.clock.now_ns()
    for _ in range(40):
        lab.lam.invoke(FunctionName=name, InvocationType="Event", Payload=b"1")
    lab.region.clock.advance(minutes=5)
    reasons = [
        event.detail["reason"]
        for event in lab.region.timeline.of(name)
        if event.kind == "throttled" and event.time_ns >= before
    ]
    assert RESERVED_RATE not in reasons
    done = [event for event in lab.region.timeline.of(name) if event.kind == "invoke-done"]
    assert len(done) == 40


@pytest.mark.fidelity("scaling-rate")
@pytest.mark.makes("ConcurrentInvocationLimitExceeded")
def test_a_function_scales_no_faster_than_its_rate(lab: LiveRegion, gate: Any) -> None:
    usual = lab.region.plane.admission.limits
    name = gate.function()
    assert control(lab, environments_per_10_seconds=2)["environments_per_10_seconds"] == 2
    try:
        calls = [gate.call(name) for _ in range(5)]
        until(lambda: sum(one.done() for one in calls) == 3)
        with gate.opened():
            said = Counter(one.result(30) for one in calls)
        assert said == {"on-demand": 2, NO_ACCOUNT: 3}
        assert len(lab.environments(name)) == 2
        lab.region.clock.advance(10)
        more = [gate.call(name) for _ in range(4)]
        gate.full(4)
        with gate.opened():
            assert [one.result(30) for one in more] == ["on-demand"] * 4
        assert len(lab.environments(name)) == 4
    finally:
        lab.region.plane.admission.limits = usual


@pytest.mark.fidelity("metrics-of-concurrency")
def test_metrics_of_concurrency(lab: LiveRegion, gate: Any) -> None:
    name, other = gate.function(), gate.function()
    lab.region.clock.advance(minutes=2)
    begin = lab.region.clock.now()
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)
    calls = [*(gate.call(name) for _ in range(3)), gate.call(other)]
    gate.full(4)
    assert gate.call(name).result(30) == NO_RESERVED
    with gate.opened():
        assert [one.result(30) for one in calls] == ["on-demand"] * 4
    lab.region.clock.advance(minutes=2)

    def figure(metric: str, statistic: str, function: str | None = None) -> float:
        dimensions = [{"Name": "FunctionName", "Value": function}] if function else []
        points = lab.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=metric, Dimensions=dimensions,
            StartTime=begin, EndTime=lab.region.clock.now(), Period=3600, Statistics=[statistic],
        )["Datapoints"]  # fmt: skip
        values = [point[statistic] for point in points]
        return float(max(values) if statistic == "Maximum" else sum(values))

    assert figure("ConcurrentExecutions", "Maximum", name) == 3
    assert figure("ConcurrentExecutions", "Maximum", other) == 1
    assert figure("ConcurrentExecutions", "Maximum") == 4
    assert figure("UnreservedConcurrentExecutions", "Maximum") == 1
    reserved = sum(
        lab.lam.get_function_concurrency(FunctionName=each["FunctionName"]).get(
            "ReservedConcurrentExecutions", 0
        )
        for each in lab.lam.list_functions()["Functions"]
    )
    assert figure("ClaimedAccountConcurrency", "Maximum") == reserved + 1
    assert figure("Throttles", "Sum", name) == 1
    assert figure("Invocations", "Sum", name) == 3
    lab.lam.delete_function_concurrency(FunctionName=name)


# -- settings --------------------------------------------------------------------------------------


def test_a_deleted_function_s_reserve_is_free_again(small_account: LiveRegion) -> None:
    lab = small_account
    name = lab.deploy(QUICK)
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=4)
    limits = lab.lam.get_account_settings()["AccountLimit"]
    used = limits["ConcurrentExecutions"] - limits["UnreservedConcurrentExecutions"]
    lab.lam.delete_function(FunctionName=name)
    limits = lab.lam.get_account_settings()["AccountLimit"]
    left = limits["ConcurrentExecutions"] - limits["UnreservedConcurrentExecutions"]
    assert used - left == 4


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"account_concurrency": 0}', b'{"account_concurrency": true}',
             b'{"account_concurrency": "9"}', b'{"account_concurrency": 1.5}', b'{"burst": 3}',
             b'{"environments_per_10_seconds": -1}', b"nonsense"],
)  # fmt: skip
@pytest.mark.fidelity("account-limit")
def test_limits_that_make_no_sense_are_refused(lab: LiveRegion, body: bytes) -> None:
    url = f"{lab.region.url}/_lab/concurrency"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST"))
    with refused.value as answer:
        assert answer.code == 400
        assert json.load(answer)["error"]
    with urllib.request.urlopen(url) as answer:
        told = json.load(answer)
    assert told["account_concurrency"] == facts.value("concurrency.default")


def test_bursts_against_a_low_reserve_from_many_clients(lab: LiveRegion, gate: Any) -> None:
    name = gate.function()
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)

    def call(_: int) -> str:
        try:
            return str(lab.call(name, "quick").value)
        except ClientError as error:
            return str(error.response["Reason"])

    with ThreadPoolExecutor(8) as pool:
        said = Counter(pool.map(call, range(60)))
    assert set(said) <= {"on-demand", NO_RESERVED, RESERVED_RATE}
    assert said["on-demand"] >= 1
    assert len(lab.environments(name)) == 1
