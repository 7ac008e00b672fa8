"""How an answer finds what it is about: the headers of a request, and moto's backends."""

from __future__ import annotations

import pytest
from moto.core.base_backend import BackendDict
from moto.sqs.models import SQSBackend

from lambda_lab.aws.application import Headers
from lambda_lab.aws.moto_seam import ACCOUNT, present

REGION = "eu-west-1"


def test_headers_that_are_there_and_others() -> None:
    headers = Headers({"HTTP_X_AMZ_LOG_TYPE": "Tail", "HTTP_HOST": "h", "X_AMZ_LOG_TYPE": "no"})
    assert headers.get("x-amz-log-type") == headers["x-amz-log-type"] == "Tail"
    assert headers.get("x-amz-client-context") is None
    assert headers.get("x-amz-client-context", "{}") == "{}"
    assert dict(headers) == {"x-amz-log-type": "Tail"}


@pytest.fixture
def backends(monkeypatch: pytest.MonkeyPatch) -> BackendDict[SQSBackend]:
    """A service's backends, and the only ones that a reset of moto's knows of."""
    monkeypatch.setattr(BackendDict, "_instances", [])
    return BackendDict(SQSBackend, "sqs")


def test_only_what_somebody_asked_for_is_present(backends: BackendDict[SQSBackend]) -> None:
    assert present(backends, REGION) is None
    made = backends[ACCOUNT][REGION]
    assert present(backends, REGION) is made
    assert present(backends, "us-east-1") is None


def test_a_reset_leaves_none_of_the_old_ones(backends: BackendDict[SQSBackend]) -> None:
    before = backends[ACCOUNT][REGION]
    BackendDict.reset()
    assert present(backends, REGION) is None
    after = backends[ACCOUNT][REGION]
    assert after is not before
    assert present(backends, REGION) is after
