"""Steps, AppSpec files and alarms of a deployment to Lambda."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import pytest

from lambda_lab.aws.codedeploy.alarms import breaches
from lambda_lab.aws.codedeploy.appspec import Shift, read_appspec
from lambda_lab.aws.traffic_shifting import Step, canary, linear, predefined
from lambda_lab.errors import AwsError, NotModelledError

# https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
TOTAL_MINUTES = {
    "CodeDeployDefault.LambdaAllAtOnce": 0,
    "CodeDeployDefault.LambdaCanary10Percent5Minutes": 5,
    "CodeDeployDefault.LambdaCanary10Percent10Minutes": 10,
    "CodeDeployDefault.LambdaCanary10Percent15Minutes": 15,
    "CodeDeployDefault.LambdaCanary10Percent30Minutes": 30,
    "CodeDeployDefault.LambdaLinear10PercentEvery1Minute": 9,
    "CodeDeployDefault.LambdaLinear10PercentEvery2Minutes": 18,
    "CodeDeployDefault.LambdaLinear10PercentEvery3Minutes": 27,
    "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes": 90,
}


def test_the_configurations_are_those_of_the_page() -> None:
    assert sorted(predefined()) == sorted(TOTAL_MINUTES)


@pytest.mark.parametrize("name", TOTAL_MINUTES)
def test_each_ends_with_everything_at_its_time(name: str) -> None:
    steps = predefined()[name].steps
    assert steps[0].after_seconds == 0
    assert (steps[-1].after_seconds, steps[-1].weight) == (TOTAL_MINUTES[name] * 60, 1.0)
    assert [step.is_last for step in steps] == [False] * (len(steps) - 1) + [True]
    parts = [step.percent for step in steps]
    assert parts == sorted(set(parts))


@pytest.mark.parametrize("percent", [1, 7, 33, 50, 99])
def test_any_linear_shift_ends_with_everything(percent: int) -> None:
    steps = linear(percent, 2)
    assert len(steps) == math.ceil(100 / percent)
    assert steps[-1].percent == 100
    waits = {after.after_seconds - before.after_seconds for before, after in pairwise(steps)}
    assert waits == {120}
    assert canary(percent, 2) == (steps[0], Step(120, 100))


def document(**change: Any) -> str:
    properties = {"name": "f", "alias": "live", "currentversion": "1", "targetversion": "2"}
    properties |= change
    body = {"type": "AWS::Lambda::Function", "properties": properties}
    return json.dumps({"version": 0.0, "resources": [{"f": body}]})


def test_versions_may_be_numbers_or_texts() -> None:
    assert read_appspec(document(targetversion=2)) == Shift("f", "live", "1", "2")
    assert read_appspec(document().replace("currentversion", "CurrentVersion")).current == "1"
    assert Shift("f", "live", "1", "2").back() == Shift("f", "live", "2", "1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "7",
        "{",
        "a: [",
        "resources: {}",
        "resources: []",
        "resources: [1]",
        "resources: [{f: 1}]",
        "resources: [{f: {type: 'AWS::ECS::Service'}}]",
        "resources: [{f: {type: 'AWS::Lambda::Function'}}]",
        "!!python/object/apply:os.getcwd []",
        "[" * 100_000,
        document(targetversion="$LATEST"),
        document(targetversion=0),
        document(targetversion=-1),
        document(targetversion=1.5),
        document(targetversion=True),
        document(targetversion=None),
        document(name=""),
        document(alias=[]),
    ],
    ids=range(21),
)
def test_what_is_no_appspec_file(text: str) -> None:
    with pytest.raises(AwsError) as caught:
        read_appspec(text)
    assert caught.value.code == "InvalidRevisionException"


def test_hooks_are_not_modelled() -> None:
    with pytest.raises(NotModelledError):
        read_appspec(document()[:-1] + ', "Hooks": [{"BeforeAllowTraffic": "f"}]}')


@pytest.mark.parametrize(
    ("values", "wanted", "missing", "expected"),
    [
        ([], 1, "missing", False),
        ([None, None], 1, "missing", False),
        ([None, None], 2, "breaching", True),
        ([None, None], 2, "notBreaching", False),
        ([None, 5.0], 1, "ignore", True),
        ([5.0, None, 1.0], 2, "missing", False),
        ([5.0, 6.0, 1.0], 2, "missing", True),
    ],
)
def test_when_an_alarm_rings(
    values: list[float | None], wanted: int, missing: str, expected: bool
) -> None:
    assert breaches(values, wanted, lambda value: value > 2, missing) is expected
