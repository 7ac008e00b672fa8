"""Provisioned concurrency by boto3: what may be asked for, and what is then really there."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from live_region import LiveRegion, alive, until

Refused = Callable[..., tuple[str, str]]
FIELDS = "RequestedProvisionedConcurrentExecutions", "AllocatedProvisionedConcurrentExecutions"
AVAILABLE = "AvailableProvisionedConcurrentExecutions"
NO_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
QUICK = """
import os
def handler(event, context):
    return [os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], os.environ["AWS_LAMBDA_FUNCTION_VERSION"]]
"""
ALLOCATION_SECONDS = 62


def version(lab: LiveRegion, name: str, source: str | None = None) -> str:
    """Publish a version; of new code, if there is any."""
    if source is not None:
        lab.update(name, source)
        lab.settle()
    number: str = lab.lam.publish_version(FunctionName=name)["Version"]
    return number


def put(lab: LiveRegion, name: str, qualifier: str, count: int) -> dict[str, Any]:
    answer: dict[str, Any] = lab.lam.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=count
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    return answer


def state(lab: LiveRegion, name: str, qualifier: str) -> tuple[Any, ...]:
    """Return status, requested, allocated and available."""
    got = lab.lam.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
    return got["Status"], *(got[field] for field in (*FIELDS, AVAILABLE))


def ready(lab: LiveRegion, name: str, qualifier: str, count: int) -> None:
    put(lab, name, qualifier, count)
    lab.region.clock.advance(ALLOCATION_SECONDS)
    assert state(lab, name, qualifier) == ("READY", count, count, count)


def kinds(lab: LiveRegion, name: str) -> Counter[str]:
    return Counter(f"{one['init_type']} {one['version']}" for one in lab.environments(name))


# -- allocation ------------------------------------------------------------------------------------


@pytest.mark.fidelity("provisioned")
def test_the_statuses_on_the_clock(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    number = version(lab, name)
    answer = put(lab, name, number, 3)
    assert answer["Status"] == "IN_PROGRESS"
    assert (answer[FIELDS[0]], answer[FIELDS[1]], answer[AVAILABLE]) == (3, 0, 0)
    assert "StatusReason" not in answer
    lab.region.clock.advance(59)
    assert state(lab, name, number) == ("IN_PROGRESS", 3, 0, 0)
    assert lab.environments(name) == []
    assert lab.call(name, Qualifier=number).value == ["on-demand", number]
    lab.region.clock.advance(3)
    assert state(lab, name, number) == ("READY", 3, 3, 3)
    assert kinds(lab, name)[f"provisioned-concurrency {number}"] == 3
    assert lab.call(name, Qualifier=number).value == ["provisioned-concurrency", number]


@pytest.mark.fidelity("provisioned")
def test_the_log_of_an_init_ahead_of_calls(lab: LiveRegion) -> None:
    name = lab.deploy("print('module')\n" + QUICK)
    ready(lab, name, version(lab, name), 1)
    first, printed, report = lab.logs(name)
    assert first.startswith("INIT_START Runtime Version: python:3.14")
    assert printed == "module"
    assert report.startswith("INIT_REPORT Init Duration: ")
    assert report.endswith("\tPhase: init\tStatus: success")
    answer = lab.call(name, Qualifier="1")
    assert "Init Duration" not in answer.report
    (started,) = [event for event in lab.region.timeline.of(name) if event.kind == "starting"]
    assert started.detail == {"init_type": "provisioned-concurrency"}


def test_no_more_than_a_hundred_in_a_second(lab: LiveRegion) -> None:
    # 6,000 a minute. None is used before all are there.
    plane = lab.region.plane
    name = lab.deploy(QUICK)
    number = version(lab, name)
    plane.provisioned._each_second = 2
    try:
        put(lab, name, number, 5)
        seen = []
        lab.region.clock.advance(59.5)
        for _ in range(4):
            lab.region.clock.advance(1)
            seen.append(state(lab, name, number))
    finally:
        plane.provisioned._each_second = 100
    assert seen == [
        ("IN_PROGRESS", 5, 2, 0), ("IN_PROGRESS", 5, 4, 0), ("READY", 5, 5, 5), ("READY", 5, 5, 5),
    ]  # fmt: skip


def test_an_init_that_fails(lab: LiveRegion) -> None:
    name = lab.deploy("raise RuntimeError('no')\n")
    number = version(lab, name)
    put(lab, name, number, 2)
    lab.region.clock.advance(ALLOCATION_SECONDS)
    got = lab.lam.get_provisioned_concurrency_config(FunctionName=name, Qualifier=number)
    assert (got["Status"], got["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")
    assert (got[FIELDS[0]], got[FIELDS[1]], got[AVAILABLE]) == (2, 0, 0)
    assert lab.environments(name) == []
    assert any("Status: error" in line for line in lab.logs(name) if "INIT_REPORT" in line)


def test_more_and_less(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    number = version(lab, name)
    ready(lab, name, number, 1)
    put(lab, name, number, 3)
    assert state(lab, name, number) == ("IN_PROGRESS", 3, 1, 1)
    assert lab.call(name, Qualifier=number).value[0] == "provisioned-concurrency"
    lab.region.clock.advance(ALLOCATION_SECONDS)
    assert state(lab, name, number) == ("READY", 3, 3, 3)
    ready(lab, name, number, 2)
    assert kinds(lab, name) == {f"provisioned-concurrency {number}": 2}
    lab.lam.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=number)
    assert lab.environments(name) == []
    assert lab.call(name, Qualifier=number).value[0] == "on-demand"


def test_a_request_that_another_overtakes(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    number = version(lab, name)
    put(lab, name, number, 4)
    lab.region.clock.advance(30)
    put(lab, name, number, 2)
    lab.region.clock.advance(40)
    assert state(lab, name, number) == ("IN_PROGRESS", 2, 0, 0)
    lab.region.clock.advance(40)
    assert state(lab, name, number) == ("READY", 2, 2, 2)
    put(lab, name, number, 5)
    lab.lam.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=number)
    lab.region.clock.advance(ALLOCATION_SECONDS)
    assert lab.environments(name) == []


# -- running ---------------------------------------------------------------------------------------


@pytest.mark.fidelity("spillover")
def test_provisioned_first_then_spillover(lab: LiveRegion, gate: Any) -> None:
    name = gate.function()
    number = version(lab, name)
    ready(lab, name, number, 2)
    begin = lab.region.clock.now()
    calls = [gate.call(name, number) for _ in range(5)]
    gate.full(5)
    with gate.opened():
        said = Counter(one.result(30) for one in calls)
    assert said == {"provisioned-concurrency": 2, "on-demand": 3}
    lab.region.clock.advance(minutes=2)

    def figure(metric: str, statistic: str) -> float:
        dimensions = [
            {"Name": "FunctionName", "Value": name},
            {"Name": "Resource", "Value": f"{name}:{number}"},
        ]
        points = lab.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=metric, Dimensions=dimensions,
            StartTime=begin, EndTime=lab.region.clock.now(), Period=3600, Statistics=[statistic],
        )["Datapoints"]  # fmt: skip
        return float(sum(point[statistic] for point in points))

    assert figure("Invocations", "Sum") == 5
    assert figure("ProvisionedConcurrencyInvocations", "Sum") == 2
    assert figure("ProvisionedConcurrencySpilloverInvocations", "Sum") == 3
    assert figure("ProvisionedConcurrentExecutions", "Maximum") == 2
    assert figure("ProvisionedConcurrencyUtilization", "Maximum") == 1.0
    assert figure("ProvisionedConcurrencyUtilization", "Minimum") == 0.5


def test_one_that_dies_is_replaced(lab: LiveRegion, gate: Any) -> None:
    name = gate.function()
    number = version(lab, name)
    ready(lab, name, number, 1)
    (before,) = lab.environments(name)
    assert lab.call(name, "die", Qualifier=number).error == "Unhandled"
    lab.region.settle()
    (after,) = lab.environments(name)
    assert after["id"] != before["id"]
    assert after["init_type"] == "provisioned-concurrency"
    assert not alive(before["pid"])
    assert state(lab, name, number) == ("READY", 1, 1, 1)
    assert lab.call(name, "x", Qualifier=number).value == "provisioned-concurrency"


def test_new_code_leaves_the_environments_of_a_version(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    number = version(lab, name)
    ready(lab, name, number, 1)
    (before,) = lab.environments(name)
    lab.update(name, QUICK + "# new\n")
    lab.settle()
    assert lab.environments(name) == [before]
    assert lab.call(name, Qualifier=number).value == ["provisioned-concurrency", number]


def test_a_day_of_quiet_keeps_them(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    number = version(lab, name)
    ready(lab, name, number, 2)
    lab.call(name)
    lab.region.clock.advance(days=1)
    assert kinds(lab, name) == {f"provisioned-concurrency {number}": 2}


def test_deleting_the_version_or_the_function_gives_them_back(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    first = version(lab, name)
    second = version(lab, name, QUICK + "# two\n")
    ready(lab, name, first, 1)
    ready(lab, name, second, 1)
    lab.lam.delete_function(FunctionName=name, Qualifier=first)
    assert kinds(lab, name) == {f"provisioned-concurrency {second}": 1}
    got = lab.lam.list_provisioned_concurrency_configs(FunctionName=name)
    (config,) = got["ProvisionedConcurrencyConfigs"]
    assert config["FunctionArn"].endswith(f":{name}:{second}")
    lab.lam.delete_function(FunctionName=name)
    assert lab.environments(name) == []
    before = lab.lam.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    other = lab.deploy(QUICK)
    put(lab, other, version(lab, other), 7)
    after = lab.lam.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    assert before - after == 7


# -- aliases ---------------------------------------------------------------------------------------


def alias(lab: LiveRegion, name: str, number: str, **weights: float) -> None:
    routing = {"AdditionalVersionWeights": {key[1:]: value for key, value in weights.items()}}
    settings = {"FunctionName": name, "Name": "live", "FunctionVersion": number}
    existing = [a["Name"] for a in lab.lam.list_aliases(FunctionName=name)["Aliases"]]
    change = lab.lam.update_alias if "live" in existing else lab.lam.create_alias
    change(**settings, RoutingConfig=routing)


def test_an_alias_takes_its_environments_along(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    first = version(lab, name)
    second = version(lab, name, QUICK + "# two\n")
    alias(lab, name, first)
    ready(lab, name, "live", 2)
    assert lab.call(name, Qualifier="live").value == ["provisioned-concurrency", first]
    alias(lab, name, second)
    assert state(lab, name, "live") == ("IN_PROGRESS", 2, 0, 0)
    assert lab.environments(name) == []
    lab.region.clock.advance(ALLOCATION_SECONDS)
    assert state(lab, name, "live") == ("READY", 2, 2, 2)
    assert kinds(lab, name) == {f"provisioned-concurrency {second}": 2}
    lab.lam.delete_alias(FunctionName=name, Name="live")
    assert lab.environments(name) == []


def test_the_weights_of_an_alias_split_what_it_has(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    first = version(lab, name)
    second = version(lab, name, QUICK + "# two\n")
    alias(lab, name, first, **{f"v{second}": 0.25})
    ready(lab, name, "live", 4)
    assert kinds(lab, name) == {
        f"provisioned-concurrency {first}": 3,
        f"provisioned-concurrency {second}": 1,
    }
    alias(lab, name, first, **{f"v{second}": 0.5})
    lab.region.clock.advance(ALLOCATION_SECONDS)
    assert state(lab, name, "live") == ("READY", 4, 4, 4)
    assert set(kinds(lab, name).values()) == {2}


def test_one_configuration_for_each_version(lab: LiveRegion, refused: Refused) -> None:
    name = lab.deploy(QUICK)
    first = version(lab, name)
    second = version(lab, name, QUICK + "# two\n")
    alias(lab, name, first)
    lab.lam.create_alias(FunctionName=name, Name="blue", FunctionVersion=first)
    lab.lam.create_alias(FunctionName=name, Name="head", FunctionVersion="$LATEST")
    ask = {"FunctionName": name, "ProvisionedConcurrentExecutions": 1}
    put_config = "put_provisioned_concurrency_config"
    put(lab, name, "live", 1)
    pointed = "Version is pointed by a Provisioned Concurrency alias"
    taken = (
        "Alias can't be used for Provisioned Concurrency configuration on an already "
        "Provisioned version"
    )
    assert refused(put_config, Qualifier=first, **ask) == ("ResourceConflictException", pointed)
    assert refused(put_config, Qualifier="blue", **ask) == ("ResourceConflictException", taken)
    put(lab, name, second, 1)
    moved = refused("update_alias", FunctionName=name, Name="live", FunctionVersion=second)
    assert moved == ("ResourceConflictException", taken)
    unpublished = (
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
    )
    for qualifier in ("$LATEST", "head"):
        code, text = refused(put_config, Qualifier=qualifier, **ask)
        assert (code, text) == ("InvalidParameterValueException", unpublished)
    code, text = refused("update_alias", FunctionName=name, Name="live", FunctionVersion="$LATEST")
    assert (code, text) == ("InvalidParameterValueException", unpublished)


# -- limits and errors -----------------------------------------------------------------------------


def test_it_must_fit_what_is_reserved(lab: LiveRegion, gate: Any, refused: Refused) -> None:
    # The story that was recorded from AWS, with a 429 for $LATEST at its end.
    name = gate.function()
    number = version(lab, name)
    other = version(lab, name, QUICK)
    ready(lab, name, number, 2)
    reserve = {"FunctionName": name, "ReservedConcurrentExecutions": 1}
    assert refused("put_function_concurrency", **reserve) == (
        "InvalidParameterValueException",
        (
            " ReservedConcurrentExecutions  1 should not be lower than function's total "
            "provisioned concurrency [2]."
        ),
    )
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    text = (
        "Requested Provisioned Concurrency should not be greater than the "
        "reservedConcurrentExecution for function"
    )
    for qualifier, count in ((number, 3), (other, 1)):
        said = refused(
            "put_provisioned_concurrency_config",
            FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=count,
        )  # fmt: skip
        assert said == ("InvalidParameterValueException", text)
    assert gate.call(name, "$LATEST").result(30) == NO_RESERVED
    assert lab.call(name, "x", Qualifier=number).value == "provisioned-concurrency"


def test_it_must_fit_what_the_account_has_left(lab: LiveRegion, refused: Refused) -> None:
    name = lab.deploy(QUICK)
    number = version(lab, name)
    limits = lab.lam.get_account_settings()["AccountLimit"]
    left = limits["UnreservedConcurrentExecutions"]
    ask = {"FunctionName": name, "Qualifier": number}
    operation = "put_provisioned_concurrency_config"
    assert refused(operation, **ask, ProvisionedConcurrentExecutions=left + 1) == (
        "InvalidParameterValueException",
        (
            "Specified ConcurrentExecutions for function is greater than account's unreserved "
            f"concurrency [{left}]."
        ),
    )
    assert refused(operation, **ask, ProvisionedConcurrentExecutions=left - 99) == (
        "InvalidParameterValueException",
        (
            "Specified ConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [100]."
        ),
    )
    put(lab, name, number, left - 100)
    assert lab.lam.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
    lab.lam.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=number)


@pytest.mark.makes("ProvisionedConcurrencyConfigNotFoundException")
def test_what_is_not_there(lab: LiveRegion, refused: Refused) -> None:
    name = lab.deploy(QUICK)
    number = version(lab, name)
    arn = lab.lam.get_function_configuration(FunctionName=name)["FunctionArn"]
    get = "get_provisioned_concurrency_config"
    missing = "ProvisionedConcurrencyConfigNotFoundException"
    no_config = "No Provisioned Concurrency Config found for this function"
    not_one = "The function resource provided must be an alias or a published version."
    not_found = "ResourceNotFoundException"
    cases = (
        (get, name, number, missing, no_config),
        (get, name, "$LATEST", "InvalidParameterValueException", not_one),
        (get, name, "nobody", not_found, f"Cannot find alias arn: {arn}:nobody"),
        (get, name, "99", not_found, f"Function not found: {arn}:99"),
        ("delete_provisioned_concurrency_config", name, "$LATEST",
         "InvalidParameterValueException", not_one),
    )  # fmt: skip
    for operation, function, qualifier, code, text in cases:
        said = refused(operation, FunctionName=function, Qualifier=qualifier)
        assert said == (code, text)
    # Deleting what is not there is no error.
    lab.lam.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=number)
    got = lab.lam.list_provisioned_concurrency_configs(FunctionName=name)
    assert got["ProvisionedConcurrencyConfigs"] == []
    code, _ = refused("list_provisioned_concurrency_configs", FunctionName="nobody")
    assert code == not_found


@pytest.mark.parametrize("count", [0, -1])
def test_nought_and_less_are_refused(lab: LiveRegion, count: int) -> None:
    name = lab.deploy(QUICK)
    number = version(lab, name)
    url = f"{lab.region.url}/2019-09-30/functions/{name}/provisioned-concurrency"
    request = urllib.request.Request(
        f"{url}?Qualifier={number}",
        data=f'{{"ProvisionedConcurrentExecutions": {count}}}'.encode(),
        method="PUT",
        headers={
            "Authorization": "AWS4-HMAC-SHA256 SignedHeaders=host, "
            "Credential=a/20261121/us-east-1/lambda/aws4_request, Signature=0"
        },
    )
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    with error.value as answer:
        assert answer.code == 400
        assert b"greater than or equal to 1" in answer.read()


def test_lists_in_pages(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    numbers = [version(lab, name, f"{QUICK}# {count}\n") for count in range(3)]
    for number in numbers:
        put(lab, name, number, 1)
    pages = lab.lam.get_paginator("list_provisioned_concurrency_configs").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 2}
    )
    sizes = [page["ProvisionedConcurrencyConfigs"] for page in pages]
    assert [len(page) for page in sizes] == [2, 1]
    listed = [config["FunctionArn"].rpartition(":")[2] for page in sizes for config in page]
    assert listed == numbers
    lab.lam.delete_function(FunctionName=name)


def test_busy_environments_finish_their_call_before_they_go(lab: LiveRegion, gate: Any) -> None:
    name = gate.function()
    number = version(lab, name)
    ready(lab, name, number, 1)
    call = gate.call(name, number)
    gate.full(1)
    lab.lam.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=number)
    (busy,) = lab.environments(name)
    assert alive(busy["pid"])
    with gate.opened():
        assert call.result(30) == "provisioned-concurrency"
    until(lambda: lab.environments(name) == [])
    assert not alive(busy["pid"])


# -- under load ------------------------------------------------------------------------------------


def test_the_clock_moves_while_clients_call_without_a_pause(lab: LiveRegion) -> None:
    name = lab.deploy(QUICK)
    number = version(lab, name)
    stop = threading.Event()
    seen: Counter[str] = Counter()

    def load() -> None:
        client = lab.client("lambda")
        while not stop.is_set():
            answer = client.invoke(FunctionName=name, Qualifier=number)
            seen[json.loads(answer["Payload"].read())[0]] += 1

    clients = [threading.Thread(target=load) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        until(lambda: seen["on-demand"] > 4)
        for count in (2, 4, 1):
            ready(lab, name, number, count)
        until(lambda: seen["provisioned-concurrency"] > 4)
        lab.lam.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=number)
    finally:
        stop.set()
        for client in clients:
            client.join()
    lab.region.settle()
    assert set(seen) == {"on-demand", "provisioned-concurrency"}
    assert set(kinds(lab, name)) == {f"on-demand {number}"}
