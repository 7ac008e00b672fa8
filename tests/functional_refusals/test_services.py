# ruff: noqa: E501 - tables: one case, one text of AWS
"""What SNS, DynamoDB, Kinesis, EventBridge, IAM and STS refuse: AWS's codes and words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_region import ApiRegion

TOPIC = "arn:aws:sns:us-east-1:123456789012:there"
SUBSCRIPTION = f"{TOPIC}:00000000-0000-0000-0000-000000000000"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:there"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
KEY = {"id": {"S": "1"}}
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
TABLE = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
BROKEN = "Statement wasn't well formed, can't be processed"
STREAM_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/there/stream/2020-01-01T00:00:00.000"


@pytest.fixture(scope="module")
def world(api: ApiRegion) -> dict[str, Any]:
    """Return clients by service; a topic, a table, a stream and a rule ``there`` exist."""
    names = ("sns", "dynamodb", "dynamodbstreams", "kinesis", "events", "iam", "sts", "logs")
    clients = {name: api.service(name) for name in names}
    clients["sns"].create_topic(Name="there")
    clients["sns"].create_topic(Name="there.fifo", Attributes={"FifoTopic": "true"})
    clients["dynamodb"].create_table(TableName="there", **TABLE)
    clients["kinesis"].create_stream(StreamName="there", ShardCount=1)
    clients["events"].put_rule(Name="there", EventPattern='{"source": ["a"]}')
    return clients


def broken(value: str, member: str, rule: str) -> str:
    return f"1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: Member must {rule}"


NULL = "not be null"
FEW_PARTS = "Invalid parameter: {} Reason: An ARN must have at least 6 elements, not 1"
INVALID = "One or more parameter values were invalid: "
ONE_TYPE = "must contain exactly one of the supported datatypes"


def text(message: str = "x", **more: Any) -> dict[str, Any]:
    return {"TopicArn": TOPIC, "Message": message, **more}


def subscribing(**attributes: str) -> dict[str, Any]:
    return {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE, "Attributes": attributes}


def item(**values: Any) -> dict[str, Any]:
    return {"TableName": "there", "Item": {**KEY, "v": values}}


def put(**more: Any) -> dict[str, Any]:
    return {"TableName": "there", "Item": KEY, **more}


def asking(**more: Any) -> dict[str, Any]:
    values = {":a": {"S": "1"}}
    asked = {"KeyConditionExpression": "id = :a", "ExpressionAttributeValues": values}
    return {"TableName": "there", **asked, **more}


def shard(kind: str, **more: Any) -> dict[str, Any]:
    asked = {"ShardId": "shardId-000000000000", "ShardIteratorType": kind}
    return {"StreamName": "there", **asked, **more}


def target(**more: Any) -> dict[str, Any]:
    return {"Rule": "there", "Targets": [{"Id": "1", "Arn": FUNCTION, **more}]}


def role(document: Any, name: str = "r") -> dict[str, Any]:
    policy = document if isinstance(document, str) else json.dumps({"Statement": document})
    return {"RoleName": name, "AssumeRolePolicyDocument": policy}


CASES: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("sns", "create_topic", {}, "InvalidParameter", "Invalid parameter: Name Reason: no value for required parameter"),
    ("sns", "create_topic", {"Name": "n", "Attributes": {"Nope": "1"}}, "InvalidParameter", "Invalid parameter: Attributes Reason: Unknown attribute: Nope"),
    ("sns", "get_topic_attributes", {"TopicArn": "x"}, "InvalidParameter", FEW_PARTS.format("TopicArn")),
    ("sns", "get_topic_attributes", {"TopicArn": f"{TOPIC}-not"}, "NotFound", "Topic does not exist"),
    ("sns", "delete_topic", {"TopicArn": "x"}, "InvalidParameter", FEW_PARTS.format("TopicArn")),
    ("sns", "unsubscribe", {"SubscriptionArn": "x"}, "InvalidParameter", FEW_PARTS.format("SubscriptionArn")),
    ("sns", "set_topic_attributes", {"TopicArn": TOPIC, "AttributeName": "Nope", "AttributeValue": "x"}, "InvalidParameter", "Invalid parameter: AttributeName"),
    ("sns", "set_topic_attributes", {"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": "x"}, "InvalidParameter", "Invalid parameter: Policy Error: null"),
    ("sns", "confirm_subscription", {"TopicArn": TOPIC, "Token": "x"}, "InvalidParameter", "Invalid parameter: Token"),
    ("sns", "publish", {"Message": "x"}, "InvalidParameter", "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"),
    ("sns", "publish", {"TopicArn": "x", "Message": "x"}, "InvalidParameter", FEW_PARTS.format("TopicArn")),
    ("sns", "publish", {"TopicArn": f"{TOPIC}-not", "Message": "x"}, "NotFound", "Topic does not exist"),
    ("sns", "publish", text(""), "InvalidParameter", "Invalid parameter: Empty message"),
    ("sns", "publish", text("é" * 131_073), "InvalidParameter", "Invalid parameter: Message too long"),
    ("sns", "publish", text(Subject="x" * 101), "InvalidParameter", "Invalid parameter: Subject"),
    ("sns", "publish", text(Subject="a\nb"), "InvalidParameter", "Invalid parameter: Subject"),
    ("sns", "publish", text(MessageStructure="json"), "InvalidParameter", "Invalid parameter: Message Structure - JSON message body failed to parse"),
    ("sns", "publish", text('{"lambda": "x"}', MessageStructure="json"), "InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body"),
    ("sns", "publish", text(MessageAttributes={"a": {"StringValue": "x"}}), "ParameterValueInvalid", "The message attribute 'a' must contain non-empty message attribute type."),
    ("sns", "publish", text(MessageAttributes={"a": {"DataType": "Number", "StringValue": "x"}}), "ParameterValueInvalid", "Could not cast message attribute 'a' value to number."),
    ("sns", "publish", text(MessageAttributes={"a": {"DataType": "Number", "StringValue": "NaN"}}), "ParameterValueInvalid", "Could not cast message attribute 'a' value to number."),
    ("sns", "publish", text(MessageDeduplicationId="d"), "InvalidParameter", "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type"),
    ("sns", "publish", text() | {"TopicArn": f"{TOPIC}.fifo"}, "InvalidParameter", "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"),
    ("dynamodb", "execute_statement", {"Statement": "bogus"}, "ValidationException", BROKEN),
    ("dynamodb", "execute_statement", {"Statement": "SELECT * FROM"}, "ValidationException", BROKEN),
    ("dynamodb", "execute_statement", {"Statement": "DELETE FROM there"}, "ValidationException", BROKEN),
    ("dynamodb", "execute_transaction", {"TransactStatements": [{"Statement": "bogus"}]}, "ValidationException", BROKEN),
    ("sns", "publish_batch", {"TopicArn": TOPIC, "PublishBatchRequestEntries": []}, "EmptyBatchRequest", "The batch request doesn't contain any entries."),
    ("sns", "publish_batch", {"TopicArn": TOPIC, "PublishBatchRequestEntries": [{"Id": "a b", "Message": "x"}]}, "InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification."),
    ("sns", "list_topics", {"NextToken": "x"}, "InvalidParameter", "Invalid parameter: NextToken"),
    ("sns", "subscribe", {"TopicArn": TOPIC, "Protocol": "nope", "Endpoint": "x"}, "InvalidParameter", "Invalid parameter: Amazon SNS does not support this protocol string: nope"),
    ("sns", "subscribe", {"TopicArn": TOPIC, "Protocol": "sqs"}, "InvalidParameter", "Invalid parameter: Endpoint"),
    ("sns", "subscribe", {"TopicArn": TOPIC, "Protocol": "https", "Endpoint": "http://x"}, "InvalidParameter", "Invalid parameter: Endpoint must match the specified protocol"),
    ("sns", "subscribe", {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "x"}, "InvalidParameter", "Invalid parameter: Email address"),
    ("sns", "subscribe", subscribing(Nope="1"), "InvalidParameter", "Invalid parameter: AttributeName"),
    ("sns", "subscribe", subscribing(FilterPolicy="x"), "InvalidParameter", "Invalid parameter: Attributes Reason: FilterPolicy: failed to parse JSON."),
    ("sns", "subscribe", subscribing(FilterPolicyScope="x"), "InvalidParameter", "Invalid parameter: Attributes Reason: FilterPolicyScope: Invalid value [x]. Please use either MessageBody or MessageAttributes"),
    ("sns", "subscribe", subscribing(RawMessageDelivery="x"), "InvalidParameter", "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [x]. Must be true or false."),
    ("sns", "subscribe", subscribing(RedrivePolicy="x"), "InvalidParameter", "Invalid parameter: Attributes Reason: RedrivePolicy: failed to parse JSON."),
    ("sns", "subscribe", subscribing(RedrivePolicy="{}"), "InvalidParameter", "Invalid parameter: Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn"),
    ("sns", "subscribe", subscribing(FilterPolicy='{"a": "b"}'), "InvalidParameter", 'Invalid parameter: FilterPolicy: "a" must be an object or an array'),
    ("sns", "set_subscription_attributes", {"SubscriptionArn": SUBSCRIPTION, "AttributeName": "FilterPolicy", "AttributeValue": "{}"}, "NotFound", "Subscription does not exist"),
    ("dynamodb", "create_table", {"TableName": "a", **TABLE}, "ValidationException", "TableName must be at least 3 characters long and at most 255 characters long"),
    ("dynamodb", "create_table", {"TableName": "a b c", **TABLE}, "ValidationException", broken("'a b c'", "tableName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")),
    ("dynamodb", "create_table", {"TableName": "new", **TABLE, "BillingMode": "NOPE"}, "ValidationException", broken("'NOPE'", "billingMode", "satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]")),
    ("dynamodb", "put_item", {"Item": KEY}, "ValidationException", broken("null", "tableName", NULL)),
    ("dynamodb", "put_item", item(), "ValidationException", f"Supplied AttributeValue is empty, {ONE_TYPE}"),
    ("dynamodb", "put_item", item(S="a", N="1"), "ValidationException", f"Supplied AttributeValue has more than one datatypes set, {ONE_TYPE}"),
    ("dynamodb", "put_item", item(N="abc"), "ValidationException", "The parameter cannot be converted to a numeric value: abc"),
    ("dynamodb", "put_item", item(N="NaN"), "ValidationException", "The parameter cannot be converted to a numeric value: NaN"),
    ("dynamodb", "put_item", item(N=""), "ValidationException", "The parameter cannot be converted to a numeric value"),
    ("dynamodb", "put_item", item(N="1" * 39), "ValidationException", "Attempting to store more than 38 significant digits in a Number"),
    ("dynamodb", "put_item", item(L=[{"M": {"n": {"NULL": False}}}]), "ValidationException", f"{INVALID}Null attribute value types must have the value of true"),
    ("dynamodb", "put_item", item(SS=[]), "ValidationException", f"{INVALID}An string set  may not be empty"),
    ("dynamodb", "put_item", item(SS=["a", "a"]), "ValidationException", f"{INVALID}Input collection [a, a] contains duplicates."),
    ("dynamodb", "put_item", item(BOOL="x"), "SerializationException", "STRING_VALUE can not be converted to a Boolean"),
    ("dynamodb", "put_item", put(ConditionExpression=""), "ValidationException", "Invalid ConditionExpression: The expression can not be empty;"),
    ("dynamodb", "put_item", put(ConditionExpression="nonsense("), "ValidationException", "Invalid ConditionExpression: Syntax error"),
    ("dynamodb", "put_item", put(ConditionExpression="a = :v"), "ValidationException", "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :v"),
    ("dynamodb", "put_item", put(ConditionExpression="attribute_exists(#a)"), "ValidationException", "Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute name: #a"),
    ("dynamodb", "put_item", put(ExpressionAttributeValues={":v": {"S": "1"}}), "ValidationException", "ExpressionAttributeValues can only be specified when using expressions"),
    ("dynamodb", "get_item", {"TableName": "there", "Key": {"id": {"N": "1"}}}, "ValidationException", "The provided key element does not match the schema"),
    ("dynamodb", "delete_item", {"TableName": "there", "Key": {}}, "ValidationException", "The provided key element does not match the schema"),
    ("dynamodb", "query", asking(Limit=0), "ValidationException", broken("'0'", "limit", "have value greater than or equal to 1")),
    ("dynamodb", "query", asking(ExclusiveStartKey={"q": {"S": "1"}}), "ValidationException", "The provided starting key is invalid"),
    ("dynamodb", "batch_write_item", {"RequestItems": {}}, "ValidationException", broken("'{}'", "requestItems", "have length greater than or equal to 1")),
    ("dynamodb", "transact_write_items", {"TransactItems": [{}]}, "ValidationException", "TransactItems can only contain one of Check, Put, Update or Delete"),
    ("dynamodbstreams", "describe_stream", {"StreamArn": "x"}, "ValidationException", broken("'x'", "streamArn", "have length greater than or equal to 37")),
    ("dynamodbstreams", "describe_stream", {"StreamArn": "x" * 40}, "ValidationException", "Invalid StreamArn"),
    ("dynamodbstreams", "describe_stream", {"StreamArn": STREAM_ARN}, "ResourceNotFoundException", f"Requested resource not found: Stream: {STREAM_ARN} not found"),
    ("dynamodbstreams", "get_records", {"ShardIterator": "x"}, "ValidationException", "Invalid ShardIterator"),
    ("kinesis", "create_stream", {"StreamName": "a b", "ShardCount": 1}, "ValidationException", broken("'a b'", "streamName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")),
    ("kinesis", "create_stream", {"StreamName": "new", "ShardCount": 0}, "ValidationException", broken("'0'", "shardCount", "have value greater than or equal to 1")),
    ("kinesis", "create_stream", {"StreamName": "new"}, "InvalidArgumentException", "ShardCount must be given for a stream in PROVISIONED mode."),
    ("kinesis", "describe_stream", {}, "InvalidArgumentException", "Either StreamName or StreamARN should be provided."),
    ("kinesis", "put_record", {"StreamName": "there", "Data": b"x", "PartitionKey": ""}, "ValidationException", broken("''", "partitionKey", "have length greater than or equal to 1")),
    ("kinesis", "put_record", {"StreamName": "there", "PartitionKey": "p"}, "ValidationException", broken("null", "data", NULL)),
    ("kinesis", "get_shard_iterator", shard("AT_TIMESTAMP"), "InvalidArgumentException", "Must specify Timestamp parameter for iterator of type AT_TIMESTAMP."),
    ("kinesis", "get_shard_iterator", shard("AT_SEQUENCE_NUMBER"), "InvalidArgumentException", "Must specify StartingSequenceNumber parameter for iterator of type AT_SEQUENCE_NUMBER."),
    ("kinesis", "get_records", {"ShardIterator": "x"}, "InvalidArgumentException", "Invalid ShardIterator."),
    ("kinesis", "get_records", {"ShardIterator": "QUJD"}, "InvalidArgumentException", "Invalid ShardIterator."),
    # moto looped for ever.
    ("kinesis", "update_shard_count", {"StreamName": "there", "TargetShardCount": 0, "ScalingType": "UNIFORM_SCALING"}, "ValidationException", broken("'0'", "targetShardCount", "have value greater than or equal to 1")),
    ("events", "put_rule", {"Name": "a b", "EventPattern": '{"a": ["b"]}'}, "ValidationException", broken("'a b'", "name", r"satisfy regular expression pattern: [\.\-_A-Za-z0-9]+")),
    ("events", "put_rule", {"Name": "x" * 65, "EventPattern": '{"a": ["b"]}'}, "ValidationException", broken("'" + "x" * 65 + "'", "name", "have length less than or equal to 64")),
    ("events", "put_targets", {"Rule": "there", "Targets": []}, "ValidationException", broken("'[]'", "targets", "have length greater than or equal to 1")),
    ("events", "put_targets", {"Rule": "there", "Targets": [{"Id": "1"}]}, "ValidationException", broken("null", "targets.1.member.arn", NULL)),
    ("events", "put_targets", {"Rule": "there", "Targets": [{"Id": str(n), "Arn": FUNCTION} for n in range(6)]}, "LimitExceededException", "The requested resource exceeds the maximum number allowed."),
    ("events", "put_targets", target(Input="{}", InputPath="$.a"), "ValidationException", "Only one of Input, InputPath, or InputTransformer must be provided for target 1."),
    ("events", "put_targets", target(Input="x"), "ValidationException", "JSON syntax error in input for target 1"),
    ("events", "put_targets", target(InputPath="x"), "ValidationException", "Invalid InputPath for target 1."),
    ("events", "put_targets", target(RetryPolicy={"MaximumRetryAttempts": 186}), "ValidationException", broken("'186'", "targets.1.member.retryPolicy.maximumRetryAttempts", "have value less than or equal to 185")),
    ("events", "put_events", {"Entries": []}, "ValidationException", broken("'[]'", "entries", "have length greater than or equal to 1")),
    # The value is not repeated.
    ("logs", "describe_log_streams", {"logGroupIdentifier": "a*"}, "InvalidParameterException", "1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w#+=/:,.@-]*"),
    ("logs", "create_log_group", {"logGroupName": "a b"}, "InvalidParameterException", broken("'a b'", "logGroupName", r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+")),
    ("iam", "create_role", role([TRUST], "a b"), "ValidationError", "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"),
    ("iam", "create_role", role([TRUST], "x" * 65), "ValidationError", broken("'" + "x" * 65 + "'", "roleName", "have length less than or equal to 64")),
    ("iam", "create_role", {"RoleName": "r"}, "ValidationError", broken("null", "assumeRolePolicyDocument", NULL)),
    ("iam", "create_role", role("nonsense"), "MalformedPolicyDocument", "This policy contains invalid Json"),
    ("iam", "create_role", role("{}"), "MalformedPolicyDocument", "Missing required field Statement"),
    ("iam", "create_role", role([{**TRUST, "Effect": "Maybe"}]), "MalformedPolicyDocument", "Syntax errors in policy."),
    ("iam", "create_role", role([{**TRUST, "Resource": "*"}]), "MalformedPolicyDocument", "Has prohibited field Resource"),
    ("iam", "create_role", role([{**TRUST, "Principal": None}]), "MalformedPolicyDocument", "Missing required field Principal"),
    ("iam", "create_role", role([{**TRUST, "Action": "s3:GetObject"}]), "MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions."),
    ("iam", "create_role", role([{**TRUST, "Principal": {"Service": "nope"}}]), "MalformedPolicyDocument", 'Invalid principal in policy: "SERVICE":"nope"'),
    ("iam", "update_assume_role_policy", {"RoleName": "lambda-role", "PolicyDocument": "x"}, "MalformedPolicyDocument", "This policy contains invalid Json"),
    ("iam", "list_roles", {"Marker": "x"}, "ValidationError", "Invalid Marker: x"),
    ("sts", "assume_role", {"RoleArn": "arn:aws:iam::123456789012:role/nobody", "RoleSessionName": "me"}, "AccessDenied", "User: arn:aws:iam::123456789012:root is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/nobody"),
    ("sts", "assume_role", {"RoleArn": "arn:aws:iam::123456789012:role/lambda-role", "RoleSessionName": "a b"}, "ValidationError", broken("'a b'", "roleSessionName", r"satisfy regular expression pattern: [\w+=,.@-]*")),
]  # fmt: skip
STATUSES = {"NotFound": 404, "AccessDenied": 403}


def named(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) < 40 else ""


@pytest.mark.fidelity("refusals-of-other-services")
@pytest.mark.parametrize(("service", "operation", "params", "code", "message"), CASES, ids=named)
def test_refusals(
    api: ApiRegion,
    world: dict[str, Any],
    service: str,
    operation: str,
    params: dict[str, Any],
    code: str,
    message: str,
) -> None:
    refusal = api.refused(operation, world[service], **params)
    assert [*refusal] == [STATUSES.get(code, 400), code, message]


def test_a_subscription_with_a_bad_filter_is_not_made(
    world: dict[str, Any], api: ApiRegion
) -> None:
    sns = world["sns"]
    topic = sns.create_topic(Name=api.name("t"))["TopicArn"]
    asked = subscribing(FilterPolicy='{"a": [{"nope": 1}]}') | {"TopicArn": topic}
    assert api.refused("subscribe", sns, **asked).code == "InvalidParameter"
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_a_topic_with_a_message_size_of_its_own(world: dict[str, Any], api: ApiRegion) -> None:
    refusal = api.refused(
        "create_topic", world["sns"], Name="big", Attributes={"MaximumMessageSize": "1048576"}
    )
    assert (refusal.status, refusal.code) == (501, "NotModelledException")


def test_what_is_right_goes_on_as_before(world: dict[str, Any], api: ApiRegion) -> None:
    table, name = world["dynamodb"], api.name("table")
    table.create_table(
        TableName=name,
        **TABLE,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    table.put_item(TableName=name, Item={**KEY, "n": {"N": "-1.5e3"}, "s": {"NS": ["1", "2"]}})
    answer = table.update_item(
        TableName=name,
        Key=KEY,
        UpdateExpression="SET #n = #n + :one",
        ConditionExpression="attribute_exists(id) AND #n < :one",
        ExpressionAttributeNames={"#n": "n"},
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    assert answer["Attributes"] == {"n": {"N": "-1499"}}
    reader = world["dynamodbstreams"]
    (stream,) = reader.list_streams(TableName=name)["Streams"]
    arn = stream["StreamArn"]
    (part,) = reader.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    asked = {"StreamArn": arn, "ShardId": part["ShardId"]}
    first = reader.get_shard_iterator(**asked, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = reader.get_records(ShardIterator=first)["Records"]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY"]
    number = records[1]["dynamodb"]["SequenceNumber"]
    second = reader.get_shard_iterator(
        **asked, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=number
    )["ShardIterator"]
    assert reader.get_records(ShardIterator=second)["Records"][0]["eventName"] == "MODIFY"
