"""Each private name of moto's that requests are checked through before moto looks at them."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from moto.core.exceptions import ServiceException
from moto.core.responses import BaseResponse
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.models import DynamoDBBackend
from moto.iam.responses import IamResponse
from moto.kinesis.utils import decompose_shard_iterator
from moto.sns.models import SNSBackend
from moto.sqs.models import Queue, SQSBackend
from moto.sqs.responses import SQSResponse
from moto.sts.responses import TokenResponse

from lambda_lab.aws.refused import Refused


@pytest.mark.parametrize(
    ("method", "needed", "where"),
    [
        (BaseResponse.parse_parameters, "self request", "checked_requests.py"),
        (BaseResponse.call_action, "self", "checked_requests.py"),
        (BaseResponse.serialized, "self action_result", "checked_requests.py"),
        (BaseResponse._get_action, "self", "checked_requests.py"),
        (BaseResponse._get_param, "self param_name if_none", "iam_requests.py"),
        (IamResponse.create_role, "self", "iam_requests.py"),
        (TokenResponse.assume_role, "self", "iam_requests.py"),
        (SQSResponse._get_queue_name, "self", "sources/sqs_requests.py"),
        (Queue._set_attributes, "self attributes now", "sources/sqs_requests.py"),
        (SQSBackend.get_queue, "self queue_name", "sources/sqs_requests.py"),
        (
            SNSBackend._find_subscription,
            "self topic_arn endpoint protocol",
            "pushes/sns_requests.py",
        ),
        (decompose_shard_iterator, "shard_iterator", "sources/stream_requests.py"),
        (
            DynamoDBBackend.execute_statement,
            "self statement parameters",
            "sources/dynamodb_statements.py",
        ),
    ],
)
def test_a_method_has_its_parameters(method: Any, needed: str, where: str) -> None:
    assert " ".join(inspect.signature(method).parameters) == needed, (
        f"{method.__qualname__} changed: follow it in aws/{where}"
    )


def test_names_that_are_called_are_there() -> None:
    assert callable(get_filter_expression), "see aws/sources/dynamodb_requests.py"
    assert callable(SQSBackend._validate_message), "see aws/sources/sqs_requests.py"
    assert isinstance(Queue.BASE_ATTRIBUTES, list), "see aws/sources/sqs_requests.py"
    asked = inspect.signature(vars(BaseResponse)["_dispatch"]).parameters
    assert "request" in asked, "see aws/checked_requests.py"


def test_a_refusal_is_an_answer_of_motos() -> None:
    refusal = Refused("Code", "text")
    assert isinstance(refusal, ServiceException)
    assert (refusal.code, refusal.message) == ("Code", "text"), "see aws/refused.py"
