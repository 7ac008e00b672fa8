"""S3 calling functions, and telling queues and topics: the events of a bucket.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

moto knows what happens to objects; which configurations an event is for, what it says, and when it
is sent, is decided here. It is sent when the request that caused it has succeeded, so a function
finds the object complete.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from urllib.parse import quote_plus, unquote_plus

from moto.core.exceptions import JsonRESTError, ServiceException
from moto.s3 import notifications
from moto.s3.models import S3Backend
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.pushes.pushing import push, region_of
from lambda_lab.aws.services import services
from lambda_lab.errors import AwsError
from lambda_lab.invoke.lineage import carried
from lambda_lab.runtime.report import iso_time

__all__ = ["PRINCIPAL", "Happening", "s3_event", "s3_pushes"]

log = logging.getLogger("lambda_lab")
PRINCIPAL = "s3.amazonaws.com"
EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"
"""MD5 of nothing: what a delete marker has."""
_TAGGED = ("s3:ObjectTagging:Put", "s3:ObjectTagging:Delete")
_sequencing = threading.Lock()
_last_sequencer = 0


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an object.

    ``size``, ``etag`` and ``version`` are ``None`` where the event does not tell them.
    """

    name: str
    """For example ``s3:ObjectCreated:Put``."""
    key: str
    size: int | None
    etag: str | None
    version: str | None


@contextmanager
def s3_pushes() -> Iterator[None]:
    """Let buckets tell functions, queues and topics while the block runs."""
    delete = S3Backend.delete_object

    def send_event(account_id: str, event_name: str, bucket: Any, key: Any) -> None:
        name = getattr(event_name, "value", event_name)
        if not _is_only_a_part(name):
            _tell(bucket, _happening(name, bucket, key), key)

    def delete_object(
        self: Any,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        bypass: bool = False,
    ) -> Any:
        bucket = self.get_bucket(bucket_name)
        versions = [*bucket.keys.getlist(key_name, [])] if key_name in bucket.keys else []
        done, headers = delete(self, bucket_name, key_name, version_id, bypass)
        if done:
            _tell_removal(bucket, key_name, versions, version_id, headers.get("version-id"))
        return done, headers

    with (
        replaced(cast("type", notifications), send_event=send_event),
        replaced(S3Backend, delete_object=delete_object),
    ):
        yield


def _is_only_a_part(name: str) -> bool:
    """Whether moto tells of something that for S3 is a part of something else.

    Tags and the object itself come with an upload; deletions are told of by :func:`s3_pushes`.
    """
    if name in _TAGGED:
        return not _asks_for("tagging")
    if name == "s3:ObjectCreated:Put":
        return _asks_for("uploadId")
    return name.startswith("s3:ObjectRemoved:")


def _happening(name: str, bucket: Any, key: Any) -> Happening:
    version = str(key.version_id) if bucket.is_versioned else None
    return Happening(name, key.name, key.size, key.etag.strip('"'), version)


def _tell_removal(
    bucket: Any, key: str, versions: list[Any], version: str | None, marker: str | None
) -> None:
    if not versions:
        return
    if bucket.is_versioned and version is None:
        name = "s3:ObjectRemoved:DeleteMarkerCreated"
        _tell(bucket, Happening(name, key, None, EMPTY_ETAG, marker), versions[-1])
        return
    if version is not None:
        versions = [one for one in versions if str(one.version_id) == version]
    if versions:
        shown = version if bucket.is_versioned else None
        removed = Happening("s3:ObjectRemoved:Delete", key, None, None, shown)
        _tell(bucket, removed, versions[-1])


# -- who is told -----------------------------------------------------------------------------------


def _tell(bucket: Any, happening: Happening, key: Any) -> None:
    configuration = bucket.notification_configuration
    if configuration is None:
        return
    trace, sequencer, now_ns = carried(), _sequencer(), services().clock.now_ns()
    for rules, tell in (
        (configuration.cloud_function, _tell_function),
        (configuration.queue, _tell_queue),
        (configuration.topic, _tell_topic),
    ):
        for rule in rules:
            if _means(rule, happening):
                event = s3_event(happening, bucket, rule.id, sequencer, now_ns)
                _when_done(partial(tell, bucket.arn, rule.arn, event, trace))
    if configuration.event_bridge is not None:
        _when_done(
            partial(notifications._send_event_bridge_message, ACCOUNT, bucket, happening.name, key)
        )


def _means(rule: Any, happening: Happening) -> bool:
    """Whether a configuration is for this event and key.

    Special characters of a filter are percent-encoded, a space is ``+``:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    family = happening.name.rpartition(":")[0] + ":*"
    if happening.name not in rule.events and family not in rule.events:
        return False
    for each in (rule.filters.get("S3Key") or {}).get("FilterRule", []):
        value = unquote_plus(each["Value"])
        at_start = each["Name"].lower() == "prefix"
        if not (happening.key.startswith(value) if at_start else happening.key.endswith(value)):
            return False
    return True


def _asks_for(subresource: str) -> bool:
    """Whether the request that is being answered is for this part of an object."""
    from flask import has_request_context, request

    return has_request_context() and subresource in request.args


def _when_done(tell: Callable[[], None]) -> None:
    """Tell once the request has succeeded; at once where there is no request."""
    from flask import after_this_request, has_request_context

    def after(response: Any) -> Any:
        if response.status_code < 400:
            tell()
        return response

    if has_request_context():
        after_this_request(after)
    else:
        tell()


# -- what is said ----------------------------------------------------------------------------------


def _sequencer() -> str:
    """Return a text that grows: of two events of one key, the later one has the larger."""
    global _last_sequencer  # noqa: PLW0603 - one world of moto's per process
    with _sequencing:
        _last_sequencer = max(_last_sequencer + 1, services().clock.now_ns())
        return f"{_last_sequencer:018X}"


def s3_event(
    happening: Happening, bucket: Any, configuration_id: str, sequencer: str, now_ns: int
) -> dict[str, Any]:
    """Return the event that a destination gets for one thing that happened."""
    told: dict[str, Any] = {
        # A key is URL-encoded, but for its slashes.
        "key": quote_plus(happening.key, safe="/"),
        "size": happening.size,
        "eTag": happening.etag,
        "versionId": happening.version,
        "sequencer": sequencer,
    }
    ids = services().ids
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": iso_time(now_ns),
        "eventName": happening.name.removeprefix("s3:"),
        "userIdentity": {"principalId": f"AWS:{ACCOUNT}"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {
            "x-amz-request-id": ids.hex(16).upper(),
            "x-amz-id-2": base64.b64encode(bytes.fromhex(ids.hex(112))).decode(),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": ACCOUNT},
                "arn": bucket.arn,
            },
            "object": {name: value for name, value in told.items() if value is not None},
        },
    }
    return {"Records": [record]}


def _tell_function(bucket_arn: str, arn: str, event: Mapping[str, Any], trace: str | None) -> None:
    try:
        push(arn, event, service=PRINCIPAL, source_arn=bucket_arn, trace_header=trace)
    except AwsError as error:
        log.warning("S3 dropped an event of %s: %s", bucket_arn, error.message)


def _tell_queue(bucket_arn: str, arn: str, event: Mapping[str, Any], trace: str | None) -> None:
    try:
        sqs_backends[ACCOUNT][region_of(arn)].send_message(
            arn.rpartition(":")[2],
            json.dumps(event, separators=(",", ":")),
            system_attributes={"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
            if trace
            else None,
        )
    except (ServiceException, JsonRESTError, KeyError) as error:
        log.warning("S3 dropped an event of %s for %s: %s", bucket_arn, arn, error)


def _tell_topic(bucket_arn: str, arn: str, event: Mapping[str, Any], trace: str | None) -> None:
    del trace  # it is the one that is carried now
    text = json.dumps(event, separators=(",", ":"))
    try:
        sns_backends[ACCOUNT][region_of(arn)].publish(text, arn, subject="Amazon S3 Notification")
    except (ServiceException, JsonRESTError, KeyError) as error:
        log.warning("S3 dropped an event of %s for %s: %s", bucket_arn, arn, error)
