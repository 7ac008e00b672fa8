"""Each private name of moto's that S3, SNS, CloudWatch Logs and Secrets Manager push through."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from moto.cloudwatch.models import CloudWatchBackend
from moto.core.exceptions import JsonRESTError, ServiceException
from moto.logs.exceptions import InvalidParameterException as LogsRefusal
from moto.logs.models import LogsBackend, LogStream, logs_backends
from moto.logs.responses import LogsResponse
from moto.s3 import models as s3_models
from moto.s3 import notifications
from moto.s3.exceptions import InvalidArgumentError, InvalidNotificationDestination, MalformedXML
from moto.s3.models import Notification, NotificationConfiguration, S3Backend
from moto.s3.responses import S3Response
from moto.secretsmanager.exceptions import InvalidRequestException
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Subscription, Topic
from moto.sqs.models import SQSBackend


@pytest.mark.parametrize(
    ("method", "expected", "where"),
    [
        (notifications.send_event, "account_id event_name bucket key", "pushes/s3.py"),
        (
            notifications._send_event_bridge_message,
            "account_id bucket event_name key",
            "pushes/s3.py",
        ),
        (S3Backend.delete_object, "self bucket_name key_name version_id bypass", "pushes/s3.py"),
        (
            S3Backend.put_bucket_notification_configuration,
            "self bucket_name notification_config",
            "s3_notifications.py",
        ),
        (S3Response._notification_config_from_body, "self", "s3_notifications.py"),
        (Notification.__init__, "self arn events filters notification_id", "s3_notifications.py"),
        (
            NotificationConfiguration.__init__,
            "self topic queue cloud_function event_bridge",
            "pushes/s3.py",
        ),
        (
            Subscription.publish,
            (
                "self message message_id subject message_attributes group_id deduplication_id "
                "message_structure"
            ),
            "pushes/sns.py",
        ),
        (Subscription._parse_message_structure, "self message protocol", "pushes/sns.py"),
        (SNSBackend.subscribe, "self topic_arn endpoint protocol", "pushes/sns.py"),
        (
            LogsBackend.put_subscription_filter,
            "self log_group_name filter_name filter_pattern destination_arn role_arn",
            "pushes/logs.py",
        ),
        (LogsResponse.put_subscription_filter, "self", "pushes/unsent.py"),
        (
            LogsBackend.put_metric_filter,
            "self filter_name filter_pattern log_group_name metric_transformations",
            "pushes/unsent.py",
        ),
        (
            LogStream._send_log_events,
            "self service destination_arn filter_name log_events",
            "pushes/logs.py",
        ),
        (
            SecretsManagerBackend.rotate_secret,
            (
                "self secret_id client_request_token rotation_lambda_arn rotation_rules "
                "rotate_immediately"
            ),
            "pushes/secrets.py",
        ),
        (
            SecretsManagerBackend.update_secret_version_stage,
            "self secret_id version_stage remove_from_version_id move_to_version_id",
            "pushes/secrets.py",
        ),
        (SecretsManagerBackend._is_valid_identifier, "self identifier", "pushes/secrets.py"),
        (
            SecretsManagerBackend._from_client_request_token,
            "self client_request_token",
            "pushes/secrets.py",
        ),
        (FakeSecret.set_default_version_id, "self version_id", "pushes/secrets.py"),
    ],
)
def test_a_method_has_its_parameters(method: Any, expected: str, where: str) -> None:
    assert " ".join(inspect.signature(method).parameters) == expected, (
        f"{method.__qualname__} changed: follow it in aws/{where}"
    )


@pytest.mark.parametrize(
    ("method", "needed"),
    [
        (SQSBackend.send_message, "queue_name message_body message_attributes system_attributes"),
        (SNSBackend.publish, "message arn subject"),
        (FakeSecret.to_short_dict, "version_id"),
        (
            CloudWatchBackend.put_metric_alarm,
            "alarm_actions ok_actions insufficient_data_actions",
        ),
    ],
)
def test_a_method_has_the_parameters_that_are_given(method: Any, needed: str) -> None:
    assert set(needed.split()) <= set(inspect.signature(method).parameters), (
        f"{method.__qualname__} changed: follow it in aws/pushes"
    )


def test_s3_finds_its_notifications_in_the_module() -> None:
    assert s3_models.notifications is notifications, "see s3_pushes in aws/pushes/s3.py"
    assert "notifications.send_event(" in inspect.getsource(S3Backend.put_object)


def test_s3_tells_by_the_names_that_are_looked_at() -> None:
    known = set(notifications.S3NotificationEvent.events())
    for name in ("Created:Put", "Removed:Delete", "Tagging:Put", "Tagging:Delete"):
        assert f"s3:Object{name}" in known, "see _is_only_a_part in aws/pushes/s3.py"


def test_a_subscription_keeps_its_filter_policy_in_a_matcher() -> None:
    topic = Topic("t", SNSBackend("us-east-1", "123456789012"))
    subscription = Subscription("123456789012", topic, "e", "lambda")
    assert subscription._filter_policy_matcher is None, "see _meant_for in aws/pushes/sns.py"
    assert subscription.attributes == {}


def test_a_log_group_keeps_its_filters_by_name() -> None:
    backend = LogsBackend("us-east-1", "123456789012")
    backend.create_log_group("g", {})
    group = backend.groups["g"]
    assert group.subscription_filters == {}, "see is_followed in aws/pushes/logs.py"
    group.put_subscription_filter("f", "ERROR", "arn:aws:lambda:us-east-1:1:function:f", "")
    assert group.subscription_filters["f"].filter_pattern == "ERROR"
    assert logs_backends.service_name == "logs"


def test_a_secret_has_what_a_rotation_sets() -> None:
    secret = FakeSecret("123456789012", "us-east-1", "s", {}, version_id="v", secret_string="x")
    for name in (
        *("rotation_requested", "rotation_enabled", "rotation_lambda_arn", "owning_service"),
        *("auto_rotate_after_days", "next_rotation_date", "last_rotation_date", "versions"),
    ):
        assert hasattr(secret, name), f"FakeSecret.{name} is gone: see aws/pushes/secrets.py"


def test_errors_are_of_the_kinds_that_become_answers() -> None:
    kinds = (ServiceException, JsonRESTError)
    for error in (
        *(InvalidArgumentError, InvalidNotificationDestination, MalformedXML, LogsRefusal),
        *(SNSInvalidParameter, InvalidRequestException),
    ):
        assert issubclass(error, kinds)
