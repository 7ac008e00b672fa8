"""Event source mappings through boto3: what AWS answers, member by member.

Answers marked recorded were seen on AWS: event_source_mapping_default_batch_size,
event_source_mapping_lifecycle_delete_function, create_tag_on_esm_create, and
kinesis_event_source_mapping_with_on_failure_destination_config.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from event_tools import queue
from live_region import LiveRegion
from stream_tools import stream, table

HANDLER = "def handler(event, context):\n    return None\n"
ARN = "arn:aws:lambda:us-east-1:123456789012"


@pytest.fixture(scope="module")
def function(lab: LiveRegion) -> str:
    return lab.deploy(HANDLER)


@pytest.fixture(autouse=True)
def no_mapping_is_left(lab: LiveRegion) -> Iterator[None]:
    yield
    lab.settle()
    for mapping in listed(lab):
        lab.lam.delete_event_source_mapping(UUID=mapping["UUID"])
    lab.settle()
    assert listed(lab) == []


def kinesis(lab: LiveRegion) -> str:
    return stream(lab)[1]


def table_stream(lab: LiveRegion) -> str:
    return table(lab, "NEW_IMAGE")[1]


def create(lab: LiveRegion, function: str, source: str, **settings: Any) -> dict[str, Any]:
    """Create a mapping; returns AWS's answer and its status."""
    made = lab.lam.create_event_source_mapping(
        FunctionName=function, EventSourceArn=source, **settings
    )
    return plain(made)


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    answer["status"] = answer.pop("ResponseMetadata")["HTTPStatusCode"]
    return answer


def get(lab: LiveRegion, uuid: str) -> dict[str, Any]:
    return plain(lab.lam.get_event_source_mapping(UUID=uuid))


def listed(lab: LiveRegion, **asked: Any) -> list[dict[str, Any]]:
    pages = lab.lam.get_paginator("list_event_source_mappings").paginate(**asked)
    return [mapping for page in pages for mapping in page["EventSourceMappings"]]


# -- what is answered ------------------------------------------------------------------------------


def test_a_mapping_of_a_queue(lab: LiveRegion, function: str) -> None:
    """Recorded: create-event-source-mapping of event_source_mapping_default_batch_size."""
    _, source = queue(lab)
    made = create(lab, function, source)
    uuid, modified = made["UUID"], made.pop("LastModified")
    assert made == {
        "status": 202,
        "BatchSize": 10,
        "EventSourceArn": source,
        "EventSourceMappingArn": f"{ARN}:event-source-mapping:{uuid}",
        "FunctionArn": f"{ARN}:function:{function}",
        "FunctionResponseTypes": [],
        "MaximumBatchingWindowInSeconds": 0,
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
        "UUID": uuid,
    }
    assert abs(modified - lab.region.clock.now()) < timedelta(seconds=5)
    lab.settle()
    got = get(lab, uuid)
    assert got.pop("LastModified") > modified
    assert got == {**made, "status": 200, "State": "Enabled"}


@pytest.mark.parametrize("source_of", [kinesis, table_stream])
def test_a_mapping_of_a_stream(lab: LiveRegion, function: str, source_of: Any) -> None:
    """Recorded: create_response and get_response of both recordings, with the same settings."""
    _, destination = queue(lab)
    source = source_of(lab)
    made = create(
        lab,
        function,
        source,
        BatchSize=1,
        StartingPosition="TRIM_HORIZON",
        MaximumBatchingWindowInSeconds=1,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": destination}},
    )
    uuid = made["UUID"]
    del made["LastModified"]
    assert made == {
        "status": 202,
        "BatchSize": 1,
        "BisectBatchOnFunctionError": False,
        "DestinationConfig": {"OnFailure": {"Destination": destination}},
        "EventSourceArn": source,
        "EventSourceMappingArn": f"{ARN}:event-source-mapping:{uuid}",
        "FunctionArn": f"{ARN}:function:{function}",
        "FunctionResponseTypes": [],
        "LastProcessingResult": "No records processed",
        "MaximumBatchingWindowInSeconds": 1,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": 1,
        "ParallelizationFactor": 1,
        "StartingPosition": "TRIM_HORIZON",
        "State": "Creating",
        "StateTransitionReason": "User action",
        "TumblingWindowInSeconds": 0,
        "UUID": uuid,
    }
    lab.settle()
    got = get(lab, uuid)
    del got["LastModified"]
    assert got == {**made, "status": 200, "State": "Enabled"}
    gone = plain(lab.lam.delete_event_source_mapping(UUID=uuid))
    del gone["LastModified"]
    assert gone == {**made, "State": "Deleting"}


def test_defaults_of_a_stream(lab: LiveRegion, function: str) -> None:
    made = create(lab, function, kinesis(lab), StartingPosition="LATEST")
    assert (made["BatchSize"], made["MaximumBatchingWindowInSeconds"]) == (100, 0)
    assert made["MaximumRetryAttempts"] == made["MaximumRecordAgeInSeconds"] == -1
    assert made["DestinationConfig"] == {"OnFailure": {}}


def test_every_setting_of_a_queue(lab: LiveRegion, function: str) -> None:
    _, source = queue(lab)
    settings = {
        "BatchSize": 10_000,
        "MaximumBatchingWindowInSeconds": 300,
        "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"a": ["b"]}}'}]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MetricsConfig": {"Metrics": ["EventCount"]},
        "ScalingConfig": {"MaximumConcurrency": 1000},
    }
    made = create(lab, function, source, **settings)
    assert {name: made[name] for name in settings} == settings
    lab.settle()
    emptied = {"FilterCriteria": {}, "MetricsConfig": {}, "ScalingConfig": {}}
    changed = plain(lab.lam.update_event_source_mapping(UUID=made["UUID"], **emptied))
    assert not emptied.keys() & changed.keys()
    assert changed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_every_setting_of_a_stream(lab: LiveRegion, function: str) -> None:
    moment = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    settings = {
        "StartingPosition": "AT_TIMESTAMP",
        "StartingPositionTimestamp": moment,
        "ParallelizationFactor": 10,
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 10_000,
        "MaximumRecordAgeInSeconds": 60,
        "TumblingWindowInSeconds": 900,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    made = create(lab, function, kinesis(lab), **settings)
    assert {name: made[name] for name in settings} == settings


def test_provisioned_mode_has_defaults(lab: LiveRegion, function: str) -> None:
    made = create(lab, function, queue(lab)[1], ProvisionedPollerConfig={"MaximumPollers": 5})
    assert made["ProvisionedPollerConfig"] == {"MinimumPollers": 2, "MaximumPollers": 5}
    other = create(lab, function, queue(lab)[1], ProvisionedPollerConfig={"MinimumPollers": 200})
    assert other["ProvisionedPollerConfig"] == {"MinimumPollers": 200, "MaximumPollers": 200}
    lab.settle()
    changed = lab.lam.update_event_source_mapping(UUID=made["UUID"], ProvisionedPollerConfig={})
    assert "ProvisionedPollerConfig" not in changed


@pytest.mark.parametrize("form", ["{name}", "123456789012:function:{name}", "{arn}"])
def test_a_function_may_be_named_in_every_way(lab: LiveRegion, function: str, form: str) -> None:
    arn = f"{ARN}:function:{function}"
    made = create(lab, form.format(name=function, arn=arn), queue(lab)[1])
    assert made["FunctionArn"] == arn


def test_versions_and_aliases(lab: LiveRegion) -> None:
    function = lab.deploy(HANDLER)
    version = lab.lam.publish_version(FunctionName=function)["Version"]
    lab.lam.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    _, source = queue(lab)
    for qualifier in ("live", version, "$LATEST"):
        made = create(lab, f"{function}:{qualifier}", source)
        assert made["FunctionArn"] == f"{ARN}:function:{function}:{qualifier}"
    plain_one = create(lab, function, source)
    assert plain_one["FunctionArn"] == f"{ARN}:function:{function}"
    assert len(listed(lab, FunctionName=function)) == 4
    of_alias = listed(lab, FunctionName=f"{function}:live")
    assert [one["FunctionArn"] for one in of_alias] == [f"{ARN}:function:{function}:live"]


# -- states ----------------------------------------------------------------------------------------


@pytest.mark.fidelity("mapping-life")
def test_a_mapping_goes_through_its_states(lab: LiveRegion, function: str) -> None:
    made = create(lab, function, queue(lab)[1], Enabled=False)
    uuid = made["UUID"]

    def update(**settings: Any) -> tuple[int, str, str]:
        answer = plain(lab.lam.update_event_source_mapping(UUID=uuid, **settings))
        lab.settle()
        return answer["status"], answer["State"], get(lab, uuid)["State"]

    assert made["State"] == "Creating"
    lab.settle()
    assert get(lab, uuid)["State"] == "Disabled"
    assert update(BatchSize=1) == (202, "Updating", "Disabled")
    assert update(Enabled=True) == (202, "Enabling", "Enabled")
    assert update(BatchSize=2) == (202, "Updating", "Enabled")
    assert update(Enabled=True) == (202, "Updating", "Enabled")
    assert update(Enabled=False, BatchSize=3) == (202, "Disabling", "Disabled")
    assert get(lab, uuid)["BatchSize"] == 3


@pytest.mark.makes("ResourceInUseException")
def test_a_mapping_in_a_passing_state_is_left_alone(lab: LiveRegion, function: str) -> None:
    uuid = create(lab, function, queue(lab)[1])["UUID"]
    for act, verb in (
        (lab.lam.update_event_source_mapping, "update"),
        (lab.lam.delete_event_source_mapping, "delete"),
    ):
        refused(
            lambda act=act: act(UUID=uuid),
            "ResourceInUseException",
            f"Cannot {verb} the event source mapping because it is in use.",
            400,
        )
    lab.settle()
    lab.lam.delete_event_source_mapping(UUID=uuid)
    refused(
        lambda: lab.lam.delete_event_source_mapping(UUID=uuid),
        "ResourceInUseException",
        "Cannot delete the event source mapping because it is in use.",
        400,
    )
    assert get(lab, uuid)["State"] == "Deleting"
    lab.settle()
    gone(lab, uuid)


def test_deleting_a_function_leaves_its_mappings(lab: LiveRegion) -> None:
    """Recorded: get_response_post_delete."""
    function = lab.deploy(HANDLER)
    uuid = create(lab, function, table_stream(lab), StartingPosition="TRIM_HORIZON")["UUID"]
    lab.settle()
    before = get(lab, uuid)
    lab.lam.delete_function(FunctionName=function)
    lab.settle()
    assert get(lab, uuid) == before
    assert before["State"] == "Enabled"
    assert [one["UUID"] for one in listed(lab, FunctionName=function)] == [uuid]


@pytest.mark.parametrize("what", ["queue", "kinesis"])
def test_deleting_a_source_leaves_its_mappings(lab: LiveRegion, function: str, what: str) -> None:
    if what == "queue":
        url, source = queue(lab)
        uuid = create(lab, function, source)["UUID"]
        lab.region.clock.advance(minutes=1)  # it is enabled, and has found the queue empty
        lab.client("sqs").delete_queue(QueueUrl=url)
    else:
        source = kinesis(lab)
        uuid = create(lab, function, source, StartingPosition="LATEST")["UUID"]
        lab.region.clock.advance(minutes=1)
        lab.client("kinesis").delete_stream(StreamName=source.rpartition("/")[2])
    lab.region.clock.advance(minutes=1)
    got = get(lab, uuid)
    assert got["State"] == "Enabled"
    assert got["LastProcessingResult"].startswith("PROBLEM")
    # Others go on.
    _, other = queue(lab)
    made = create(lab, function, other)
    lab.settle()
    assert get(lab, made["UUID"])["State"] == "Enabled"


# -- lists and tags --------------------------------------------------------------------------------


def test_lists_in_pages(lab: LiveRegion, function: str) -> None:
    made = [create(lab, function, queue(lab)[1])["UUID"] for _ in range(5)]
    lab.settle()
    page = lab.lam.list_event_source_mappings(MaxItems=2)
    assert len(page["EventSourceMappings"]) == 2
    assert [one["UUID"] for one in listed(lab, PaginationConfig={"PageSize": 2})] == made
    # Who deletes what a page listed misses nothing of the next.
    for mapping in page["EventSourceMappings"]:
        lab.lam.delete_event_source_mapping(UUID=mapping["UUID"])
    lab.settle()
    rest = lab.lam.list_event_source_mappings(Marker=page["NextMarker"])
    assert [one["UUID"] for one in rest["EventSourceMappings"]] == made[2:]


def test_lists_of_a_source_or_a_function(lab: LiveRegion, function: str) -> None:
    other = lab.deploy(HANDLER, name=f"{function}-more")
    _, first = queue(lab)
    _, second = queue(lab)
    for name, source in ((function, first), (function, second), (other, first)):
        create(lab, name, source)
    assert len(listed(lab)) == 3
    assert {one["EventSourceArn"] for one in listed(lab, FunctionName=function)} == {first, second}
    assert len(listed(lab, EventSourceArn=first)) == 2
    both = listed(lab, EventSourceArn=first, FunctionName=other)
    assert [one["FunctionArn"] for one in both] == [f"{ARN}:function:{other}"]
    assert listed(lab, FunctionName="unknown") == []
    assert listed(lab, EventSourceArn=f"{first}-unknown") == []


def test_criteria_under_a_key_are_not_listed(lab: LiveRegion, function: str) -> None:
    criteria = {"Filters": [{"Pattern": '{"body": ["secret"]}'}]}
    key = "arn:aws:kms:us-east-1:123456789012:key/8d7c4f5e-0f3c-4a48-9f0e-000000000000"
    made = create(lab, function, queue(lab)[1], FilterCriteria=criteria, KMSKeyArn=key)
    assert made["FilterCriteria"] == get(lab, made["UUID"])["FilterCriteria"] == criteria
    (only,) = listed(lab)
    assert "FilterCriteria" not in only


def test_tags(lab: LiveRegion, function: str) -> None:
    """Recorded: create_tag_on_esm_create."""
    made = create(lab, function, queue(lab)[1], Tags={"testtag": "1"})
    arn = made["EventSourceMappingArn"]
    assert "Tags" not in made
    assert lab.lam.list_tags(Resource=arn)["Tags"] == {"testtag": "1"}
    lab.lam.tag_resource(Resource=arn, Tags={"more": "2", "testtag": "3"})
    assert lab.lam.list_tags(Resource=arn)["Tags"] == {"testtag": "3", "more": "2"}
    lab.lam.untag_resource(Resource=arn, TagKeys=["testtag", "unknown"])
    assert lab.lam.list_tags(Resource=arn)["Tags"] == {"more": "2"}
    refused(
        lambda: lab.lam.tag_resource(Resource=arn, Tags={}),
        "InvalidParameterValueException",
        "An error occurred and the request cannot be processed.",
        400,
    )
    refused(
        lambda: lab.lam.tag_resource(Resource=arn, Tags={str(n): "" for n in range(50)}),
        "InvalidParameterValueException",
        "Number of tags exceeds resource tag limit.",
        400,
    )
    unknown = arn[:-12] + "000000000000"
    refused(
        lambda: lab.lam.list_tags(Resource=unknown),
        "ResourceNotFoundException",
        f"Event source mapping not found: {unknown}",
        404,
    )


def test_a_mapping_that_is_not_there(lab: LiveRegion) -> None:
    gone(lab, "8d7c4f5e-0f3c-4a48-9f0e-000000000000")
    refused(
        lambda: lab.lam.get_event_source_mapping(UUID="x" * 37),
        "ValidationException",
        f"1 validation error detected: Value '{'x' * 37}' at 'uUID' failed to satisfy constraint: "
        "Member must have length less than or equal to 36",
        400,
    )


def gone(lab: LiveRegion, uuid: str) -> None:
    for act in (
        lab.lam.get_event_source_mapping,
        lab.lam.update_event_source_mapping,
        lab.lam.delete_event_source_mapping,
    ):
        refused(
            lambda act=act: act(UUID=uuid),
            "ResourceNotFoundException",
            "The resource you requested does not exist.",
            404,
        )


def refused(act: Any, code: str, message: str, status: int) -> None:
    """Check an error's code, text and HTTP status."""
    with pytest.raises(ClientError) as caught:
        act()
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == (code, message)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
