"""Facts against botocore's model of the Lambda API: what AWS's SDK says and what we print."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from lambda_lab import facts
from lambda_lab.aws.vpc import reasons
from lambda_lab.facts.upgrade import differences, lambda_model, model_value

DAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def model() -> Mapping[str, Any]:
    return lambda_model()


def test_nothing_differs_from_the_model(model: Mapping[str, Any]) -> None:
    assert list(differences(model)) == []


@pytest.mark.parametrize(
    ("documented", "bound"),
    [
        ("timeout.maximum", "timeout.api-maximum"),
        ("timeout.maximum.managed-instances", "timeout.api-maximum"),
        ("memory.maximum", "memory.api-maximum"),
        ("ephemeral.maximum", "ephemeral.api-maximum"),
        ("function.name.maximum", "function.arn.maximum"),
        ("async.retries.default", "async.retries.maximum"),
        ("async.age.default", "async.age.maximum"),
        ("esm.batch.fifo.maximum", "esm.batch.maximum"),
    ],
)
def test_a_documented_quota_is_within_the_bound(documented: str, bound: str) -> None:
    assert facts.value(documented) <= facts.value(bound)


@pytest.mark.parametrize(
    ("default", "shape"),
    [
        ("timeout.default", "Timeout"),
        ("memory.default", "MemorySize"),
        ("ephemeral.default", "EphemeralStorageSize"),
        ("async.retries.default", "MaximumRetryAttempts"),
        ("async.age.default", "MaximumEventAgeInSeconds"),
        ("esm.batch.sqs.default", "BatchSize"),
        ("esm.batch.stream.default", "BatchSize"),
        ("esm.window.default", "MaximumBatchingWindowInSeconds"),
        ("esm.parallelization.default", "ParallelizationFactor"),
        ("esm.sqs.provisioned.minimum.default", "MinimumNumberOfPollers"),
        ("esm.sqs.provisioned.maximum.default", "MaximumNumberOfPollers"),
    ],
)
def test_a_default_is_within_the_bounds(default: str, shape: str, model: Mapping[str, Any]) -> None:
    low, high = model_value(model, f"{shape}.min"), model_value(model, f"{shape}.max")
    assert low <= facts.value(default) <= high


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("function.architecture.default", "Architecture"),
        ("invoke.type.default", "InvocationType"),
        ("logs.format.default", "LogFormat"),
        ("logs.level.default", "ApplicationLogLevel"),
        ("logs.level.default", "SystemLogLevel"),
        ("logs.level.python-text", "ApplicationLogLevel"),
        ("runtime.python.newest", "Runtime"),
        ("runtime.nodejs.newest", "Runtime"),
        ("runtime.os-only.newest", "Runtime"),
    ],
)
def test_a_default_is_a_value_of_its_enumeration(
    key: str, shape: str, model: Mapping[str, Any]
) -> None:
    assert facts.value(key) in model_value(model, f"{shape}.enum")


def test_every_list_of_names_from_the_api_points_into_the_model() -> None:
    """So `differences` holds all of it: positions, states, log levels, reasons of throttles."""
    lists = [one for one in facts.all().values() if isinstance(one.value, tuple)]
    bounds = {one.key: one.model for one in lists if one.kind is facts.Kind.API_BOUND}
    assert {
        "esm.positions", "function.states", "function.architectures", "invoke.types",
        "logs.levels.application", "logs.levels.system", "concurrency.throttle-reasons",
    } <= bounds.keys()  # fmt: skip
    assert all(pointer.endswith(".enum") for pointer in bounds.values()), bounds


def test_every_bound_points_into_the_model() -> None:
    elsewhere = {
        "autoscaling.page": "the model of Application Auto Scaling says it in its text",
        "esm.record-age.minimum": "the model's minimum is -1, for records that never expire",
        "payload.client-context": "the model says it in its text, which another test reads",
    }
    without = {
        one.key
        for one in facts.all().values()
        if one.kind is facts.Kind.API_BOUND and not one.model
    }
    assert without == elsewhere.keys()


def test_reasons_of_states_are_those_of_the_model(model: Mapping[str, Any]) -> None:
    states = set(model_value(model, "StateReasonCode.enum"))
    updates = set(model_value(model, "LastUpdateStatusReasonCode.enum"))
    ours = set(reasons._ERRORS)
    assert ours | set(reasons._TEXTS) | {"Creating", "Restoring"} <= states
    assert ours - {"Idle"} <= updates, "a function that is changed is not idle"
    for error in reasons._ERRORS.values():
        assert model["shapes"][error]["error"]["httpStatusCode"] == 502, error


def test_documented_and_bound_stand_side_by_side_where_they_differ() -> None:
    for name, documented, bound in [
        ("timeout", 900, 5400),
        ("memory", 10240, 32768),
        ("ephemeral", 10240, 32768),
    ]:
        assert facts.value(f"{name}.maximum") == documented
        assert facts.get(f"{name}.maximum").kind is facts.Kind.QUOTA
        assert facts.value(f"{name}.api-maximum") == bound
        assert facts.get(f"{name}.api-maximum").kind is facts.Kind.API_BOUND


def test_every_pointer_into_the_model_finds_something(model: Mapping[str, Any]) -> None:
    pointers = [fact.model for fact in facts.all().values() if fact.model]
    assert len(pointers) > 30
    assert [pointer for pointer in pointers if model_value(model, pointer) is None] == []


def test_every_runtime_we_list_is_in_the_enum(model: Mapping[str, Any]) -> None:
    offered = set(model_value(model, "Runtime.enum"))
    assert {runtime.name for runtime in facts.runtimes()} - offered == set()


def test_every_runtime_in_use_is_listed(model: Mapping[str, Any]) -> None:
    listed = {runtime.name for runtime in facts.runtimes()}
    assert set(model_value(model, "Runtime.enum")) - listed == set()
    usable = {one.name for one in facts.runtimes() if one.status(DAY) == "supported"}
    for key in ("runtime.python.newest", "runtime.nodejs.newest", "runtime.os-only.newest"):
        assert facts.value(key) in usable


@pytest.mark.fidelity("throttles")
def test_throttle_reasons(model: Mapping[str, Any]) -> None:
    reasons = model_value(model, "ThrottleReason.enum")
    assert facts.value("concurrency.throttle-reasons") == reasons
    assert "ReservedFunctionConcurrentInvocationLimitExceeded" in reasons


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("AB", True), ("a1", True), ("A_b", True), ("A", False), ("1A", False), ("_A", False)],
)
def test_names_of_environment_variables(name: str, allowed: bool) -> None:
    pattern = facts.value("environment.name.pattern")
    assert bool(re.fullmatch(pattern, name)) is allowed
    assert (len(name) >= facts.value("environment.name.minimum")) or not allowed


def test_status_codes_are_those_of_the_model(model: Mapping[str, Any]) -> None:
    api = [error for error in facts.errors() if error.family == "api"]
    assert len(api) > 20
    for error in api:
        assert model["shapes"][error.name]["error"]["httpStatusCode"] == error.status, error.name
    assert {e.status for e in facts.errors() if e.family == "function"} == {200}


def test_the_documentation_inside_the_model_says_the_same(model: Mapping[str, Any]) -> None:
    """The numbers that no bound of the model holds stand in its texts."""
    shapes = model["shapes"]
    timeout = shapes["CreateFunctionRequest"]["members"]["Timeout"]["documentation"]
    invoke = shapes["InvocationRequest"]["members"]
    concurrency = model["operations"]["PutFunctionConcurrency"]["documentation"]
    log_result = shapes["InvocationResponse"]["members"]["LogResult"]["documentation"]
    assert f"default is {facts.value('timeout.default')} seconds" in timeout
    assert f"{facts.value('timeout.maximum')} seconds" in timeout
    assert (
        f"{facts.value('payload.client-context'):,} bytes"
        in (invoke["ClientContext"]["documentation"])
    )
    assert "6 MB for synchronous" in invoke["Payload"]["documentation"]
    assert "1 MB for asynchronous" in invoke["Payload"]["documentation"]
    assert f"at least {facts.value('concurrency.unreserved-minimum')}" in concurrency
    assert f"last {facts.get('logs.tail').text}" in log_result
