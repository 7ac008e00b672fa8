"""What the control plane must know of a mapping's source: that it is there, and may be read."""

from __future__ import annotations

from collections.abc import Iterable

from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.mapping_shapes import SourceKind
from lambda_lab.aws.permissions import role_allows
from lambda_lab.aws.sources.queue import MotoQueue
from lambda_lab.aws.sources.stream import stream_source
from lambda_lab.errors import AwsError, NotModelledError
from lambda_lab.invoke.mapping.stream_source import StreamGone

__all__ = ["check_readable", "check_source", "check_visibility", "kind_of"]

NOT_MODELLED = {
    "kafka": "An event source mapping of Amazon MSK",
    "mq": "An event source mapping of Amazon MQ",
    "rds": "An event source mapping of Amazon DocumentDB",
}
"""Sources that Lambda can read and this package has not, by the service in the ARN."""
_QUEUE_ACTIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_STREAM_ACTIONS = ("GetRecords", "GetShardIterator", "DescribeStream")


def kind_of(arn: str) -> SourceKind:
    """Return what the source *arn* is.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` for what Lambda does not read, as users of AWS report
        it: confidence M.
    NotModelledError
        For sources that Lambda reads and this package does not have.

    Examples
    --------
    >>> str(kind_of("arn:aws:sqs:us-east-1:123456789012:q"))
    'sqs'
    """
    service, resource = arn.split(":")[2], arn.split(":", 5)[-1]
    if service in NOT_MODELLED:
        raise NotModelledError(NOT_MODELLED[service])
    if service == "sqs":
        return SourceKind.QUEUE
    if service == "kinesis" and resource.startswith("stream/"):
        return SourceKind.KINESIS
    # The ARN of a table is none of its stream.
    if service == "dynamodb" and "/stream/" in resource:
        return SourceKind.DYNAMODB
    raise _invalid(
        "Unrecognized event source, must be kinesis, dynamodb stream or sqs. "
        f"Unsupported source arn : {arn}"
    )


def _invalid(text: str) -> AwsError:
    return aws_error("InvalidParameterValueException", text)


def check_source(kind: SourceKind, arn: str, region: str) -> None:
    """Check that the source is there, in the function's region.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``. About a queue and a stream that are missing: confidence
        M, as AWS words such errors elsewhere; about the region: L.
    """
    if arn.split(":")[3] != region:
        raise _invalid(
            f"The event source and the function must be in the same region. Function: {region}, "
            f"event source: {arn}"
        )
    if kind is SourceKind.QUEUE:
        if not MotoQueue(arn).exists:
            raise _invalid(
                "Error occurred while ReceiveMessage. SQS Error Code: "
                "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue "
                "does not exist."
            )
    elif not _stream_exists(arn):
        raise _invalid(f"Stream not found: {arn}")


def _stream_exists(arn: str) -> bool:
    """Whether the data stream, consumer, or enabled stream of a table is there."""
    try:
        stream_source(arn).identity()
    except StreamGone:
        return False
    return True


def check_readable(kind: SourceKind, arn: str, role_arn: str) -> None:
    """Check that the execution role may read the source.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``, as users of AWS report it: confidence M.
    """
    if kind is SourceKind.QUEUE:
        for action in _QUEUE_ACTIONS:
            if not role_allows(role_arn, f"sqs:{action}", arn):
                raise _invalid(
                    f"The provided execution role does not have permissions to call {action} on SQS"
                )
        return
    if not _may(role_arn, _needed(kind, arn)):
        shards = "ListShards, " if kind is SourceKind.KINESIS else ""
        raise _invalid(
            f"Cannot access stream {arn}. Please ensure the role can perform the GetRecords, "
            f"GetShardIterator, DescribeStream, {shards}and ListStreams Actions on your stream in "
            "IAM."
        )


def _needed(kind: SourceKind, arn: str) -> Iterable[tuple[str, str]]:
    stream, _, consumer = arn.partition("/consumer/")
    if consumer:
        # Enhanced fan-out: Developer Guide, Process Kinesis data streams records with Lambda.
        return (("kinesis:SubscribeToShard", arn), ("kinesis:DescribeStream", stream))
    more = ("ListShards",) if kind is SourceKind.KINESIS else ()
    # ListStreams knows no single stream as its resource; that one is not asked of the role.
    return [(f"{kind}:{action}", stream) for action in (*_STREAM_ACTIONS, *more)]


def _may(role_arn: str, needed: Iterable[tuple[str, str]]) -> bool:
    return all(role_allows(role_arn, action, resource) for action, resource in needed)


def check_visibility(arn: str, function: LabFunction) -> None:
    """Check that a message stays hidden while the function may work on it.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``, as users of AWS report it: confidence M.
    """
    visible = MotoQueue(arn).visibility_seconds()
    timeout = int(function.timeout)
    if visible < timeout:
        raise _invalid(
            f"Queue visibility timeout: {visible} seconds is less than Function timeout: "
            f"{timeout} seconds"
        )
