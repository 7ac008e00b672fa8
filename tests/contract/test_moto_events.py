"""Each private name of moto's that deliveries and permissions stand on, one by one."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.exceptions import JsonRESTError, ServiceException
from moto.events.exceptions import ResourceNotFoundException
from moto.events.models import EventsBackend, events_backends
from moto.iam.models import IAMBackend, Policy, Role, iam_backends
from moto.s3.exceptions import MissingBucket
from moto.s3.models import S3Backend, s3_backends
from moto.settings import load_iam_aws_managed_policies
from moto.sns.exceptions import TopicNotFound
from moto.sns.models import SNSBackend, sns_backends
from moto.sqs.exceptions import QueueDoesNotExist
from moto.sqs.models import Queue, SQSBackend, sqs_backends

from lambda_lab.aws.moto_seam import install_backend
from lambda_lab.aws.triggers import RegionBackend


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (SQSBackend.get_queue, "self queue_name"),
        (SNSBackend.get_topic, "self arn"),
        (EventsBackend.describe_event_bus, "self name"),
        (EventsBackend.put_events, "self events"),
        (S3Backend.get_bucket, "self bucket_name"),
        (IAMBackend.get_role_by_arn, "self arn"),
    ],
)
def test_a_method_has_its_parameters(method: Any, expected: str) -> None:
    assert " ".join(inspect.signature(method).parameters) == expected, (
        f"{method.__qualname__} changed: follow it in aws/deliveries.py or aws/permissions.py"
    )


@pytest.mark.parametrize(
    ("method", "needed"),
    [
        (SQSBackend.send_message, "queue_name message_body message_attributes system_attributes"),
        (SNSBackend.publish, "message arn message_attributes"),
        (S3Backend.put_object, "bucket_name key_name value"),
    ],
)
def test_a_method_has_the_parameters_that_are_given(method: Any, needed: str) -> None:
    assert set(needed.split()) <= set(inspect.signature(method).parameters), (
        f"{method.__qualname__} changed: follow it in aws/deliveries.py"
    )


def test_errors_are_of_the_two_kinds_that_are_caught() -> None:
    kinds = (ServiceException, JsonRESTError)
    for error in (QueueDoesNotExist, TopicNotFound, ResourceNotFoundException, MissingBucket):
        assert issubclass(error, kinds), f"catch {error} in aws/deliveries.py too"


def test_backends_are_kept_by_account_and_region() -> None:
    for backends in (sqs_backends, sns_backends, events_backends, s3_backends, iam_backends):
        assert isinstance(backends, BackendDict)
    with pytest.raises(KeyError):
        sqs_backends["123456789012"]["mars-north-1"]


def test_a_queue_says_how_much_it_takes() -> None:
    make: Any = Queue
    queue = make("q", "us-east-1", "123456789012")
    assert queue.maximum_message_size == 1_048_576
    assert queue.name == "q"


def test_a_role_keeps_its_policies_where_they_are_read() -> None:
    make: Any = Role
    role = make("123456789012", "aws", "i", "r", "{}", "/", None, "", [], None)
    assert role.policies == {}
    assert role.managed_policies == {}
    assert role.permissions_boundary_arn is None
    source = inspect.getsource(Policy)
    assert "self.versions" in source, "follow it in permissions._default_version"
    assert "is_default_version" in source


def test_policies_that_aws_manages_are_loaded_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(default_user_config, "iam", {"load_aws_managed_policies": True})
    assert load_iam_aws_managed_policies()
    backend = IAMBackend("aws", "123456789012")
    assert "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" in (
        backend.managed_policies
    )


def test_only_the_own_partition_reads_them() -> None:
    install_backend(RegionBackend)
    assert IAMBackend("aws", "123456789012").managed_policies
    assert IAMBackend("aws-cn", "123456789012").managed_policies == {}
