"""Requests to RDS that no client would send by itself: AWS's answers, and never a 500."""

from __future__ import annotations

import random
import re
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from live_region import LiveRegion
from rds_tools import Rds

SEED = 6
OURS = re.compile("DBInstance$|DBProxy|DBParameter|EventSub|Events$|Tags|Role.*Instance|Orderable")
ODD = [
    "", " ", "x", "-1", "0", "9" * 30, "ä☃", "a" * 300, "../..", '{"a":1}', "true", "'; drop",
    "arn:aws:rds:us-east-1:123456789012:db:shop", "%s", "1e9", "postgres",
]  # fmt: skip


@pytest.fixture(scope="module")
def blunt(lab: LiveRegion) -> Any:
    """Return a client that sends what it is told, once."""
    once = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return boto3.client("rds", config=once)


def answer(client: Any, operation: str, **asked: Any) -> tuple[int, str, str]:
    """Return status, code and message; 200 for a success."""
    try:
        getattr(client, operation)(**asked)
    except ClientError as error:
        told = error.response
        status = told["ResponseMetadata"]["HTTPStatusCode"]
        return status, told["Error"]["Code"], told["Error"]["Message"]
    return 200, "", ""


@pytest.mark.parametrize(
    ("operation", "absent"),
    [
        ("create_db_instance", "DBInstanceIdentifier"),
        ("reboot_db_instance", "DBInstanceIdentifier"),
        ("start_db_instance", "DBInstanceIdentifier"),
        ("create_db_parameter_group", "DBParameterGroupName"),
        ("describe_db_parameters", "DBParameterGroupName"),
        ("modify_db_parameter_group", "DBParameterGroupName"),
        ("create_db_proxy", "DBProxyName"),
        ("add_tags_to_resource", "ResourceName"),
        ("remove_role_from_db_instance", "DBInstanceIdentifier"),
        ("create_event_subscription", "SubscriptionName"),
    ],
)
def test_what_is_needed_is_asked_for(blunt: Any, operation: str, absent: str) -> None:
    words = f"The request must contain the parameter {absent}."
    assert answer(blunt, operation) == (400, "MissingParameter", words)


def test_what_is_needed_inside_another_parameter(blunt: Any) -> None:
    status, code, text = answer(blunt, "describe_db_instances", Filters=[{"Name": "engine"}])
    assert (status, code) == (400, "MissingParameter")
    assert "Filters.Filter.1.Values" in text


def test_numbers_and_markers_that_are_none(blunt: Any) -> None:
    asked = {"DBInstanceIdentifier": "a", "AllocatedStorage": "much"}
    assert answer(blunt, "modify_db_instance", **asked)[:2] == (400, "MalformedInput")
    for operation in ("describe_db_instances", "describe_db_proxies", "describe_events"):
        for marker in ("shop", "a" * 300):
            told = answer(blunt, operation, Marker=marker)
            assert told[:2] == (400, "InvalidParameterValue"), operation


def test_a_tag_may_do_without_a_value(rds: Rds, blunt: Any) -> None:
    asked = {"DBParameterGroupName": "tagged", "DBParameterGroupFamily": "mysql8.0"}
    told = rds.api.create_db_parameter_group(**asked, Description="d", Tags=[{"Key": "lone"}])
    arn = told["DBParameterGroup"]["DBParameterGroupArn"]
    tags = rds.api.list_tags_for_resource(ResourceName=arn)["TagList"]
    assert tags == [{"Key": "lone", "Value": ""}]


@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        ("promote_read_replica", {"DBInstanceIdentifier": "Nobody"}, "DBInstanceNotFound"),
        ("modify_db_cluster", {"DBClusterIdentifier": "Nobody"}, "DBClusterNotFoundFault"),
        ("delete_global_cluster", {"GlobalClusterIdentifier": "x"}, "GlobalClusterNotFoundFault"),
    ],
)
def test_what_is_not_there(blunt: Any, operation: str, asked: dict[str, Any], code: str) -> None:
    assert answer(blunt, operation, **asked)[:2] == (404, code)


def test_what_moto_cannot_answer_is_not_tried_again(blunt: Any) -> None:
    status, code, text = answer(blunt, "describe_option_groups")
    assert (status, code) == (501, "NotModelledException")
    assert "DescribeOptionGroups" in text


@pytest.mark.filterwarnings("ignore:Exception:UserWarning")  # moto's, of codes that RDS lends
def test_no_request_ends_in_an_error_of_ours(blunt: Any) -> None:
    chance = random.Random(SEED)
    service = blunt.meta.service_model
    failed = []
    for name in filter(OURS.search, service.operation_names):
        shape = service.operation_model(name).input_shape
        asked = {
            member: made_up(inner, chance)
            for member, inner in shape.members.items()
            if chance.random() < (0.9 if member in shape.required_members else 0.3)
        }
        status, code, text = answer(blunt, xform_name(name), **asked)
        if status >= 500 and code != "NotModelledException":
            failed.append((name, asked, status, code, text))
    assert failed == []


def made_up(shape: Any, chance: random.Random) -> Any:
    """Return a value that a client can put into a request, and RDS may not want."""
    kind = shape.type_name
    if kind == "structure":
        return {
            name: made_up(inner, chance)
            for name, inner in shape.members.items()
            if chance.random() < 0.6
        }
    if kind == "list":
        return [made_up(shape.member, chance) for _ in range(chance.choice((0, 1, 2)))]
    if kind == "timestamp":
        return chance.choice(("2026-01-01T00:00:00Z", 0))
    if kind in ("float", "double"):
        return chance.choice((-1.5, 0.1, 1e300))
    if kind == "string" and shape.enum and chance.random() < 0.5:
        return chance.choice(shape.enum)
    if kind in ("integer", "long"):
        return chance.choice((-1, 0, 1, 20, 100, 2**31, 10**30, "x", ""))
    return chance.choice(ODD)
