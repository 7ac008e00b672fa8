"""Calls that moto's other services make to Lambda inside the process, and how they end here.

SNS, S3, EventBridge, CloudWatch Logs, SQS, DynamoDB and Kinesis of moto hand events to Lambda
directly. moto's Docker-free backend answers each with a made-up success. Delivery by these services
is not modelled yet, so nothing runs, and that is said: docs/decisions/0030-triggers-of-moto.md.
"""

from __future__ import annotations

import logging
from typing import Any

from lambda_lab.errors import NotModelledError

__all__ = ["Triggers", "not_delivered"]

log = logging.getLogger("lambda_lab")


def not_delivered(source: str, function: str) -> NotModelledError:
    """Say on the log that *source* did not call *function*; return the error that says so too."""
    error = NotModelledError(
        f"{source} calling a function",
        f"Nothing was sent to {function}. Call Invoke with such an event instead.",
    )
    log.warning("%s", error)
    return error


class Triggers:
    """moto's names for the ways into Lambda; a base of the region's backend.

    Where AWS answers its caller before the function runs, the caller's own call goes through and
    the log says what was left out. Where AWS waits for the function, the call is refused with 501.
    """

    def send_sns_message(
        self,
        function_name: str,
        message: str,
        subject: str | None = None,
        qualifier: str | None = None,
    ) -> None:
        """SNS has a subscription with the protocol ``lambda``: ``Publish`` goes through."""
        del message, subject, qualifier
        not_delivered("SNS", function_name)

    def send_log_event(
        self,
        function_arn: str,
        filter_name: str,
        log_group_name: str,
        log_stream_name: str,
        log_events: Any,
    ) -> None:
        """CloudWatch Logs has a subscription filter: ``PutLogEvents`` goes through."""
        del filter_name, log_group_name, log_stream_name, log_events
        not_delivered("CloudWatch Logs", function_arn)

    def send_sqs_batch(self, function_arn: str, messages: Any, queue_arn: str) -> bool:
        """SQS has a mapping: the messages stay in the queue, which ``False`` means to moto."""
        del messages, queue_arn
        not_delivered("SQS", function_arn)
        return False

    def send_kinesis_message(self, function_name: str, **record: Any) -> None:
        """Kinesis has a mapping: ``PutRecord`` goes through."""
        del record
        not_delivered("Kinesis", function_name)

    def send_dynamodb_items(self, function_arn: str, items: list[Any], source: str) -> str:
        """DynamoDB Streams has a mapping: the records stay in the stream, which ``""`` means."""
        del items, source
        not_delivered("DynamoDB Streams", function_arn)
        return ""

    def create_event_source_mapping(self, spec: dict[str, Any]) -> Any:
        """Refuse a mapping that a template asks for.

        Raises
        ------
        NotModelledError
            Always.
        """
        raise NotModelledError(f"An event source mapping of {spec.get('EventSourceArn')}")

    def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: Any,
    ) -> bytes:
        """Refuse EventBridge's own events, a rotation of Secrets Manager, and whoever comes next.

        Raises
        ------
        NotModelledError
            Always. moto's EventBridge drops it, as nobody waits for the function on AWS.
        """
        del qualifier, body, headers, response_headers
        raise not_delivered("This service", function_name)
