"""What AWS refuses about event source mappings: every code and every text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

import stream_tools
from event_tools import allow, allowed, queue, role, unused
from live_region import LiveRegion

HANDLER = "def handler(event, context):\n    return None\n"
INVALID = "InvalidParameterValueException"
SMALL_WINDOW = (
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
    "than 10"
)


@pytest.fixture(scope="module")
def function(lab: LiveRegion) -> str:
    return lab.deploy(HANDLER)


@pytest.fixture(scope="module")
def source(lab: LiveRegion) -> str:
    return queue(lab)[1]


@pytest.fixture(scope="module")
def fifo(lab: LiveRegion) -> str:
    return queue(lab, FifoQueue="true")[1]


@pytest.fixture(scope="module")
def stream(lab: LiveRegion) -> str:
    return stream_tools.stream(lab)[1]


@pytest.fixture(scope="module")
def table_stream(lab: LiveRegion) -> str:
    return stream_tools.table(lab, "NEW_IMAGE")[1]


@pytest.fixture(autouse=True)
def nothing_is_made(lab: LiveRegion) -> Iterator[None]:
    """What is refused leaves nothing behind."""
    yield
    lab.settle()
    left = lab.lam.list_event_source_mappings()["EventSourceMappings"]
    for mapping in left:
        lab.lam.delete_event_source_mapping(UUID=mapping["UUID"])
    lab.settle()


def refusal(lab: LiveRegion, function: str, source: str | None, **settings: Any) -> ClientError:
    if source is not None:
        settings["EventSourceArn"] = source
    with pytest.raises(ClientError) as caught:
        lab.lam.create_event_source_mapping(FunctionName=function, **settings)
    assert lab.lam.list_event_source_mappings()["EventSourceMappings"] == []
    return caught.value


def says(error: ClientError, message: str, code: str = INVALID, status: int = 400) -> None:
    answer: Any = error.response
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == (code, message)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status


# -- sources ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:s3:::bucket",
        "arn:aws:sns:us-east-1:123456789012:topic",
        "arn:aws:dynamodb:us-east-1:123456789012:table/t",
        "arn:aws:kinesis:us-east-1:123456789012:other/s",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
    ],
)
def test_what_lambda_does_not_read(lab: LiveRegion, function: str, arn: str) -> None:
    says(
        refusal(lab, function, arn),
        "Unrecognized event source, must be kinesis, dynamodb stream or sqs. "
        f"Unsupported source arn : {arn}",
    )


def test_no_source(lab: LiveRegion, function: str) -> None:
    says(refusal(lab, function, None), "Unrecognized event source.")


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"EventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/c/1"}, "Amazon MSK"),
        ({"EventSourceArn": "arn:aws:mq:us-east-1:123456789012:broker:b:1"}, "Amazon MQ"),
        ({"EventSourceArn": "arn:aws:rds:us-east-1:123456789012:cluster:c"}, "Amazon DocumentDB"),
        (
            {
                "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["k.org:1"]}},
                "Topics": ["ab"],
            },
            "self-managed Apache Kafka",
        ),
    ],
)
@pytest.mark.fidelity("other-sources")
def test_sources_that_are_not_modelled(
    lab: LiveRegion, function: str, settings: dict[str, Any], name: str
) -> None:
    error = refusal(lab, function, None, **settings)
    says(
        error,
        f"An event source mapping of {name} is not modelled by lambda_lab. "
        "See the chapter 'What is real here'.",
        "NotModelledException",
        501,
    )


def test_a_queue_that_is_not_there(lab: LiveRegion, function: str) -> None:
    for account in ("123456789012", "999999999999"):
        says(
            refusal(lab, function, f"arn:aws:sqs:us-east-1:{account}:nowhere"),
            "Error occurred while ReceiveMessage. SQS Error Code: "
            "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does "
            "not exist.",
        )


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:kinesis:us-east-1:123456789012:stream/nowhere",
        "arn:aws:kinesis:us-east-1:999999999999:stream/nowhere",
        "arn:aws:kinesis:us-east-1:123456789012:stream/nowhere/consumer/c:1",
        "arn:aws:dynamodb:us-east-1:123456789012:table/nowhere/stream/2026-11-21T00:00:00.000",
    ],
)
def test_a_stream_that_is_not_there(lab: LiveRegion, function: str, arn: str) -> None:
    error = refusal(lab, function, arn, StartingPosition="LATEST")
    says(error, f"Stream not found: {arn}")


def test_an_older_stream_of_a_table(lab: LiveRegion, function: str, table_stream: str) -> None:
    older = f"{table_stream}0"
    error = refusal(lab, function, older, StartingPosition="LATEST")
    says(error, f"Stream not found: {older}")


def test_a_consumer_that_is_not_there(lab: LiveRegion, function: str, stream: str) -> None:
    arn = f"{stream}/consumer/nobody:1"
    error = refusal(lab, function, arn, StartingPosition="LATEST")
    says(error, f"Stream not found: {arn}")


@pytest.mark.parametrize("arn", ["arn:aws:sqs:eu-west-1:123456789012:q", "arn:aws:sqs:::q"])
def test_a_source_elsewhere(lab: LiveRegion, function: str, arn: str) -> None:
    error = refusal(lab, function, arn)
    says(
        error,
        "The event source and the function must be in the same region. Function: us-east-1, "
        f"event source: {arn}",
    )


# -- functions and roles ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nobody", "{function}:nothing", "{function}:7"])
def test_a_function_that_is_not_there(
    lab: LiveRegion, function: str, source: str, name: str
) -> None:
    says(refusal(lab, name.format(function=function), source), "Function does not exist")


def test_a_function_elsewhere(lab: LiveRegion, source: str) -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    says(
        refusal(lab, arn, source),
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
        "ResourceNotFoundException",
        404,
    )


@pytest.mark.fidelity("mapping-role")
def test_a_role_that_may_not_read_a_queue(lab: LiveRegion, source: str) -> None:
    reader = role(lab)
    made = lab.deploy(HANDLER)
    lab.lam.update_function_configuration(FunctionName=made, Role=reader)
    lab.settle()
    granted: list[str] = []
    for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
        says(
            refusal(lab, made, source),
            f"The provided execution role does not have permissions to call {action} on SQS",
        )
        granted.append(f"sqs:{action}")
        allow(lab, reader, allowed(granted, source))
    lab.lam.create_event_source_mapping(FunctionName=made, EventSourceArn=source)


@pytest.mark.parametrize("kind", ["kinesis", "dynamodb"])
def test_a_role_that_may_not_read_a_stream(
    lab: LiveRegion, stream: str, table_stream: str, kind: str
) -> None:
    arn = stream if kind == "kinesis" else table_stream
    reader = role(lab)
    function = lab.deploy(HANDLER, name=unused("reader"))
    lab.lam.update_function_configuration(FunctionName=function, Role=reader)
    lab.settle()
    shards = "ListShards, " if kind == "kinesis" else ""
    text = (
        f"Cannot access stream {arn}. Please ensure the role can perform the GetRecords, "
        f"GetShardIterator, DescribeStream, {shards}and ListStreams Actions on your stream in IAM."
    )
    says(refusal(lab, function, arn, StartingPosition="LATEST"), text)
    allow(lab, reader, allowed(f"{kind}:GetRecords", arn))
    says(refusal(lab, function, arn, StartingPosition="LATEST"), text)
    # The policy that AWS manages for this is enough.
    policy = (
        "AWSLambdaKinesisExecutionRole" if kind == "kinesis" else "AWSLambdaDynamoDBExecutionRole"
    )
    lab.client("iam").attach_role_policy(
        RoleName=reader.rpartition("/")[2],
        PolicyArn=f"arn:aws:iam::aws:policy/service-role/{policy}",
    )
    lab.lam.create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, StartingPosition="LATEST"
    )


def test_aws_managed_policy_for_queues_is_enough(lab: LiveRegion, source: str) -> None:
    reader = role(lab)
    lab.client("iam").attach_role_policy(
        RoleName=reader.rpartition("/")[2],
        PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole",
    )
    function = lab.deploy(HANDLER)
    lab.lam.update_function_configuration(FunctionName=function, Role=reader)
    lab.settle()
    lab.lam.create_event_source_mapping(FunctionName=function, EventSourceArn=source)


def test_a_message_must_stay_hidden_while_the_function_works(lab: LiveRegion) -> None:
    function = lab.deploy(HANDLER, Timeout=60)
    url, source = queue(lab)
    text = "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
    says(refusal(lab, function, source), text)
    lab.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    made = lab.lam.create_event_source_mapping(FunctionName=function, EventSourceArn=source)
    lab.settle()
    slow = lab.deploy(HANDLER, Timeout=61)
    with pytest.raises(ClientError) as caught:
        lab.lam.update_event_source_mapping(UUID=made["UUID"], FunctionName=slow)
    says(
        caught.value,
        "Queue visibility timeout: 60 seconds is less than Function timeout: 61 seconds",
    )


def test_one_mapping_for_a_source_and_a_function(
    lab: LiveRegion, function: str, source: str, stream: str
) -> None:
    uuid = lab.lam.create_event_source_mapping(FunctionName=function, EventSourceArn=source)["UUID"]
    with pytest.raises(ClientError) as caught:
        lab.lam.create_event_source_mapping(FunctionName=function, EventSourceArn=source)
    says(
        caught.value,
        f'An event source mapping with SQS arn (" {source} ") and function (" {function} ") '
        f"already exists. Please update or delete the existing mapping with UUID {uuid}",
        "ResourceConflictException",
        409,
    )
    settings = {"EventSourceArn": stream, "StartingPosition": "LATEST"}
    uuid = lab.lam.create_event_source_mapping(FunctionName=function, **settings)["UUID"]
    with pytest.raises(ClientError) as caught:
        lab.lam.create_event_source_mapping(FunctionName=function, **settings)
    says(
        caught.value,
        f'The event source arn (" {stream} ") and function (" {function} ") provided mapping '
        f"already exists. Please update or delete the existing mapping with UUID {uuid}",
        "ResourceConflictException",
        409,
    )


# -- settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [11, 10_000])
def test_large_batches_need_a_window(
    lab: LiveRegion, function: str, source: str, size: int
) -> None:
    """Recorded: invalid-create and invalid-update of event_source_mapping_default_batch_size."""
    says(refusal(lab, function, source, BatchSize=size), SMALL_WINDOW)
    made = lab.lam.create_event_source_mapping(FunctionName=function, EventSourceArn=source)
    lab.settle()
    with pytest.raises(ClientError) as caught:
        lab.lam.update_event_source_mapping(UUID=made["UUID"], BatchSize=size)
    says(caught.value, SMALL_WINDOW)
    changed = lab.lam.update_event_source_mapping(
        UUID=made["UUID"], BatchSize=size, MaximumBatchingWindowInSeconds=1
    )
    assert changed["BatchSize"] == size
    lab.settle()
    with pytest.raises(ClientError) as caught:
        lab.lam.update_event_source_mapping(UUID=made["UUID"], MaximumBatchingWindowInSeconds=0)
    says(caught.value, SMALL_WINDOW)


def test_a_stream_needs_no_window_for_large_batches(
    lab: LiveRegion, function: str, stream: str
) -> None:
    lab.lam.create_event_source_mapping(
        FunctionName=function, EventSourceArn=stream, StartingPosition="LATEST", BatchSize=10_000
    )


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"BatchSize": 11}, "Batch size must be less than or equal to 10 for FIFO queues."),
        (
            {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 1},
            "Maximum batch window in seconds is not supported for FIFO queues.",
        ),
    ],
)
def test_fifo_queues(
    lab: LiveRegion, function: str, fifo: str, settings: dict[str, Any], text: str
) -> None:
    says(refusal(lab, function, fifo, **settings), text)


STREAM_SETTINGS: dict[str, Any] = {
    "BisectBatchOnFunctionError": True,
    "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:q"}},
    "MaximumRecordAgeInSeconds": 60,
    "MaximumRetryAttempts": 1,
    "ParallelizationFactor": 2,
    "StartingPosition": "LATEST",
    "TumblingWindowInSeconds": 10,
}


@pytest.mark.parametrize("member", STREAM_SETTINGS)
def test_settings_of_streams_on_a_queue(
    lab: LiveRegion, function: str, source: str, member: str
) -> None:
    error = refusal(lab, function, source, **{member: STREAM_SETTINGS[member]})
    says(error, f"Unsupported {member} parameter for given event source mapping type.")


QUEUE_SETTINGS: dict[str, Any] = {
    "ProvisionedPollerConfig": {"MinimumPollers": 2},
    "ScalingConfig": {"MaximumConcurrency": 2},
}
OTHER_SETTINGS: dict[str, Any] = {
    "LoggingConfig": {"SystemLogLevel": "INFO"},
    "Queues": ["q"],
    "SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": "x"}],
    "Topics": ["ab"],
    "DocumentDBEventSourceConfig": {"DatabaseName": "d"},
}


@pytest.mark.parametrize("member", [*QUEUE_SETTINGS, *OTHER_SETTINGS])
@pytest.mark.fidelity("mapping-life")
def test_settings_of_others_on_a_stream(
    lab: LiveRegion, function: str, stream: str, member: str
) -> None:
    setting = {**QUEUE_SETTINGS, **OTHER_SETTINGS}[member]
    error = refusal(lab, function, stream, StartingPosition="LATEST", **{member: setting})
    says(error, f"Unsupported {member} parameter for given event source mapping type.")


def test_destinations_of_a_stream(
    lab: LiveRegion, function: str, stream: str, source: str, fifo: str
) -> None:
    def answer(**config: Any) -> ClientError:
        return refusal(lab, function, stream, StartingPosition="LATEST", DestinationConfig=config)

    says(
        answer(OnSuccess={"Destination": source}),
        "Unsupported DestinationConfig parameter for given event source mapping type.",
    )
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/default"
    says(
        answer(OnFailure={"Destination": bus}),
        "The provided destination config DestinationConfig(onSuccess=null, "
        f"onFailure=OnFailure(destination={bus})) is invalid.",
    )
    for arn in (fifo, f"{source}-nowhere"):
        says(answer(OnFailure={"Destination": arn}), f"The destination ARN {arn} is invalid.")


def test_a_destination_is_checked_when_it_is_changed(
    lab: LiveRegion, function: str, stream: str, source: str
) -> None:
    uuid = lab.lam.create_event_source_mapping(
        FunctionName=function, EventSourceArn=stream, StartingPosition="LATEST"
    )["UUID"]
    lab.settle()
    missing = f"{source}-nowhere"
    with pytest.raises(ClientError) as caught:
        lab.lam.update_event_source_mapping(
            UUID=uuid, DestinationConfig={"OnFailure": {"Destination": missing}}
        )
    says(caught.value, f"The destination ARN {missing} is invalid.")
    changed = lab.lam.update_event_source_mapping(
        UUID=uuid, DestinationConfig={"OnFailure": {"Destination": source}}
    )
    assert changed["DestinationConfig"] == {"OnFailure": {"Destination": source}}


def test_where_to_start(lab: LiveRegion, function: str, stream: str, table_stream: str) -> None:
    now = lab.region.clock.now()
    says(
        refusal(lab, function, stream),
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
        "constraint: Member must not be null.",
    )
    says(
        refusal(lab, function, stream, StartingPosition="AT_TIMESTAMP"),
        "StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP.",
    )
    says(
        refusal(lab, function, stream, StartingPosition="LATEST", StartingPositionTimestamp=now),
        "StartingPositionTimestamp is supported only when StartingPosition is AT_TIMESTAMP.",
    )
    says(
        refusal(
            lab,
            function,
            stream,
            StartingPosition="AT_TIMESTAMP",
            StartingPositionTimestamp=now + timedelta(hours=1),
        ),
        "StartingPositionTimestamp cannot be in the future.",
    )
    says(
        refusal(
            lab,
            function,
            table_stream,
            StartingPosition="AT_TIMESTAMP",
            StartingPositionTimestamp=now,
        ),
        f"Unsupported starting position for arn type: {table_stream}",
    )
    error = refusal(lab, function, stream, StartingPosition="FIRST")
    assert error.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("BatchSize", 10_001),
        ("MaximumBatchingWindowInSeconds", 301),
        ("ParallelizationFactor", 11),
        ("TumblingWindowInSeconds", 901),
        ("MaximumRetryAttempts", 10_001),
        ("MaximumRecordAgeInSeconds", 604_801),
        ("ScalingConfig", {"MaximumConcurrency": 1001}),
        ("ProvisionedPollerConfig", {"MinimumPollers": 201}),
        ("ProvisionedPollerConfig", {"MaximumPollers": 10_001}),
        ("FunctionResponseTypes", ["Other"]),
        ("MetricsConfig", {"Metrics": ["Other"]}),
        ("FilterCriteria", {"Filters": [{"Pattern": "x" * 4097}]}),
    ],
)
def test_bounds_of_the_model(
    lab: LiveRegion, function: str, stream: str, member: str, value: Any
) -> None:
    error = refusal(lab, function, stream, StartingPosition="LATEST", **{member: value})
    assert error.response["Error"]["Code"] == "ValidationException"
    text = error.response["Error"]["Message"]
    assert text.startswith("1 validation error detected: Value"), text
    assert f"'{member[0].lower()}{member[1:]}" in text


@pytest.mark.parametrize("age", [0, 1, 59])
def test_the_shortest_record_age(lab: LiveRegion, function: str, stream: str, age: int) -> None:
    error = refusal(lab, function, stream, StartingPosition="LATEST", MaximumRecordAgeInSeconds=age)
    says(error, "MaximumRecordAgeInSeconds must be -1, or a value between 60 and 604800.")


def test_scaling_of_a_queue(lab: LiveRegion, function: str, source: str) -> None:
    def answer(**settings: Any) -> ClientError:
        return refusal(lab, function, source, **settings)

    says(
        answer(
            ScalingConfig={"MaximumConcurrency": 2}, ProvisionedPollerConfig={"MinimumPollers": 2}
        ),
        "ScalingConfig.MaximumConcurrency and ProvisionedPollerConfig cannot be used together.",
    )
    for pollers in ({"MinimumPollers": 1}, {"MaximumPollers": 1}):
        says(
            answer(ProvisionedPollerConfig=pollers),
            "MinimumPollers and MaximumPollers must be at least 2 for Amazon SQS event source "
            "mappings.",
        )
    says(
        answer(ProvisionedPollerConfig={"MinimumPollers": 5, "MaximumPollers": 4}),
        "MinimumPollers must be less than or equal to MaximumPollers.",
    )
    says(
        answer(ProvisionedPollerConfig={"PollerGroupName": "group"}),
        "Unsupported PollerGroupName parameter for given event source mapping type.",
    )


def test_metrics_of_other_sources(lab: LiveRegion, function: str, source: str) -> None:
    for name in ("ErrorCount", "KafkaMetrics"):
        says(
            refusal(lab, function, source, MetricsConfig={"Metrics": ["EventCount", name]}),
            f"The metric {name} is not supported for given event source mapping type.",
        )


@pytest.mark.parametrize("pattern", ["", "text", "{}", '{"body": "a"}', '{"body": [{"x": 1}]}'])
def test_malformed_filters(lab: LiveRegion, function: str, source: str, pattern: str) -> None:
    criteria = {"Filters": [{"Pattern": '{"body": ["a"]}'}, {"Pattern": pattern}]}
    says(
        refusal(lab, function, source, FilterCriteria=criteria),
        "Invalid filter pattern definition.",
    )


def test_a_filter_without_a_pattern(lab: LiveRegion, function: str, source: str) -> None:
    error = refusal(lab, function, source, FilterCriteria={"Filters": [{}]})
    says(error, "Invalid filter pattern definition.")


def test_the_number_of_filters(lab: LiveRegion, function: str, source: str) -> None:
    one = {"Pattern": '{"body": ["a"]}'}
    says(
        refusal(lab, function, source, FilterCriteria={"Filters": [one] * 6}),
        "FilterCriteria cannot have more than 5 filters.",
    )
    lab.lam.create_event_source_mapping(
        FunctionName=function, EventSourceArn=source, FilterCriteria={"Filters": [one] * 5}
    )


def test_an_update_that_is_refused_changes_nothing(
    lab: LiveRegion, function: str, source: str
) -> None:
    made = lab.lam.create_event_source_mapping(FunctionName=function, EventSourceArn=source)
    lab.settle()
    uuid = made["UUID"]
    before = lab.lam.get_event_source_mapping(UUID=uuid)
    for settings, text in (
        ({"BatchSize": 1, "FunctionName": "nobody"}, "Function does not exist"),
        (
            {"BatchSize": 1, "FilterCriteria": {"Filters": [{"Pattern": "{"}]}},
            "Invalid filter pattern definition.",
        ),
        (
            {"BatchSize": 1, "ParallelizationFactor": 2},
            "Unsupported ParallelizationFactor parameter for given event source mapping type.",
        ),
    ):
        with pytest.raises(ClientError) as caught:
            lab.lam.update_event_source_mapping(UUID=uuid, Enabled=False, **settings)
        says(caught.value, text)
    after = lab.lam.get_event_source_mapping(UUID=uuid)
    for answer in (before, after):
        del answer["ResponseMetadata"]
    assert after == before


def test_a_marker_that_no_answer_carried(lab: LiveRegion) -> None:
    with pytest.raises(ClientError) as caught:
        lab.lam.list_event_source_mappings(Marker="nonsense")
    assert caught.value.response["Error"]["Code"] == INVALID
