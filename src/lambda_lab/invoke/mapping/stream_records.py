"""What Lambda writes about a stream's records: the function's event, and the record of a failure.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.invoke.mapping.filters import decoded
from lambda_lab.invoke.mapping.stream_batch import Batch, Discard, Window
from lambda_lab.invoke.mapping.stream_source import StreamRecord
from lambda_lab.runtime.report import iso_time

__all__ = [
    "encoded_size",
    "event_of",
    "failure_record",
    "filter_document",
    "object_key",
    "returned_state",
]


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def encoded_size(entry: Mapping[str, Any]) -> int:
    """Return how many bytes an entry of ``Records`` takes, its comma included.

    Examples
    --------
    >>> encoded_size({"eventID": "1"})
    16
    """
    return len(_compact(entry)) + 1


def filter_document(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what filter patterns are held against.

    Of Kinesis that is the record itself with its data decoded, under ``data``; of DynamoDB Streams
    it is the entry as it stands in the event.
    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html

    Examples
    --------
    >>> data = base64.b64encode(b'{"price": 3}').decode()
    >>> filter_document({"kinesis": {"partitionKey": "a", "data": data}})
    {'partitionKey': 'a', 'data': {'price': '3'}}
    """
    if "kinesis" not in entry:
        read: dict[str, Any] = decoded(json.dumps(entry))
        return read
    record: dict[str, Any] = decoded(json.dumps(entry["kinesis"]))
    outer = {name: value for name, value in entry.items() if name != "kinesis"}
    try:
        data = decoded(base64.b64decode(record["data"]))
    except (TypeError, ValueError):
        data = record["data"]  # moto keeps what is no base64; one such record must not stop a shard
    return {**outer, **record, "data": data}


def event_of(batch: Batch, shard_id: str, source_arn: str, role: str) -> bytes:
    """Return the event for *batch*.

    Parameters
    ----------
    shard_id, source_arn
        Named in the events of tumbling windows.
    role
        The execution role; ``invokeIdentityArn`` of Kinesis.
    """
    event: dict[str, Any] = {"Records": [_entry(record, role) for record in batch.records]}
    if batch.window is not None:
        event.update(_window_fields(batch.window))
        event.update({"shardId": shard_id, "eventSourceARN": source_arn})
    return _compact(event).encode()


def _entry(record: StreamRecord, role: str) -> Mapping[str, Any]:
    if "invokeIdentityArn" not in record.event:
        return record.event
    return {**record.event, "invokeIdentityArn": role}


def _window_fields(window: Window) -> dict[str, Any]:
    return {
        "window": {"start": _seconds(window.start_ns), "end": _seconds(window.end_ns)},
        "state": window.state,
        "isFinalInvokeForWindow": window.final,
        "isWindowTerminatedEarly": window.early,
    }


def _seconds(time_ns: int) -> str:
    return f"{datetime.fromtimestamp(time_ns // SECOND, tz=UTC):%Y-%m-%dT%H:%M:%SZ}"


def returned_state(payload: bytes) -> tuple[dict[str, Any] | None, bool]:
    """Return the ``state`` in a function's result, and whether it is larger than allowed.

    ``None`` if there is no state: "Lambda considers this a failed invocation".

    Examples
    --------
    >>> returned_state(b'{"state": {"a": 1}}')
    ({'a': 1}, False)
    >>> returned_state(b'"done"')
    (None, False)
    """
    try:
        answer: Any = json.loads(payload)
    except (ValueError, RecursionError):
        return None, False
    state = answer.get("state") if isinstance(answer, dict) else None
    if not isinstance(state, dict):
        return None, False
    limit = int(facts.value("esm.tumbling-window.state.maximum"))
    return state, len(_compact(state)) > limit


def failure_record(
    discard: Discard, *, function_arn: str, stream_arn: str, shard_id: str, now_ns: int
) -> dict[str, Any]:
    """Return the record that an on-failure destination gets about *discard*.

    Its form is recorded, but for a batch that the function never ran with: there, that
    ``requestId`` and ``responseContext`` are null is confidence L.
    """
    batch, last = discard.batch, discard.batch.last
    of_table = ":dynamodb:" in stream_arn
    # Recorded: DynamoDB writes the times of records without fractions of a second.
    moment = _seconds if of_table else iso_time
    return {
        "requestContext": {
            "requestId": None if last is None else last.request_id,
            "functionArn": function_arn,
            "condition": discard.condition,
            "approximateInvokeCount": batch.tries,
        },
        "responseContext": None
        if last is None
        else {
            "statusCode": 200,
            "executedVersion": last.executed_version,
            "functionError": last.function_error,
        },
        "version": "1.0",
        "timestamp": iso_time(now_ns),
        "DDBStreamBatchInfo" if of_table else "KinesisBatchInfo": {
            "shardId": shard_id,
            "startSequenceNumber": batch.records[0].sequence,
            "endSequenceNumber": batch.records[-1].sequence,
            "approximateArrivalOfFirstRecord": moment(batch.records[0].arrival_ns),
            "approximateArrivalOfLastRecord": moment(batch.records[-1].arrival_ns),
            "batchSize": len(batch.records),
            "streamArn": stream_arn,
        },
    }


def object_key(mapping: str, shard_id: str, now_ns: int, unique: str) -> str:
    """Return the key under which a bucket gets the record of a failure.

    Examples
    --------
    >>> object_key("m1", "shardId-000000000000", 0, "u1")
    'aws/lambda/m1/shardId-000000000000/1970/01/01/1970-01-01T00.00.00-u1'
    """
    moment = datetime.fromtimestamp(now_ns // SECOND, tz=UTC)
    folder = f"aws/lambda/{mapping}/{shard_id}/{moment:%Y/%m/%d}"
    return f"{folder}/{moment:%Y-%m-%dT%H.%M.%S}-{unique}"
