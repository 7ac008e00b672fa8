"""What tests of versions, aliases and deployments do again and again."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live_region import LiveRegion

TELLS = """
def handler(event, context):
    if event == "fail":
        raise ValueError("asked for")
    return {"version": context.function_version, "arn": context.invoked_function_arn}
"""


def versions(lab: LiveRegion, count: int = 2, **settings: Any) -> str:
    """Create a function with *count* published versions that differ; returns its name."""
    name = lab.deploy(TELLS, **settings)
    for number in range(1, count + 1):
        lab.lam.update_function_configuration(FunctionName=name, Description=f"number {number}")
        lab.settle()
        assert lab.lam.publish_version(FunctionName=name)["Version"] == str(number)
    return name


def alias(lab: LiveRegion, name: str, version: str = "1", **weights: float) -> dict[str, Any]:
    """Create the alias ``live``; ``v2=0.1`` gives a tenth of the calls to version 2."""
    routing = routing_config({key[1:]: weight for key, weight in weights.items()})
    asked = {"FunctionName": name, "Name": "live", "FunctionVersion": version} | routing
    made: dict[str, Any] = lab.lam.create_alias(**asked)
    del made["ResponseMetadata"]
    return made


def routing_config(weights: Mapping[str, float]) -> dict[str, Any]:
    return {"RoutingConfig": {"AdditionalVersionWeights": dict(weights)}} if weights else {}


def executed(lab: LiveRegion, name: str, calls: int, qualifier: str = "live") -> Counter[str]:
    """Call a function *calls* times; returns how often each version ran."""
    counted: Counter[str] = Counter()
    for _ in range(calls):
        got = lab.lam.invoke(FunctionName=name, Qualifier=qualifier, Payload=b"{}")
        counted[got["ExecutedVersion"]] += 1
    return counted


def refusal(operation: Any, **params: Any) -> tuple[int, str, str]:
    """Call an operation that must fail; returns status, code and message."""
    with pytest.raises(ClientError) as caught:
        operation(**params)
    answer = caught.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"]["Message"]


def chi_square_p(observed: int, calls: int, weight: float) -> float:
    """Return how likely at least this departure from *weight* is by chance alone.

    One degree of freedom: the chi-square's tail is that of a normal distribution, squared.
    """
    expected = calls * weight
    statistic = (observed - expected) ** 2 * (1 / expected + 1 / (calls - expected))
    return math.erfc(math.sqrt(statistic / 2))
