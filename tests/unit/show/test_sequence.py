"""The sequence of one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from lambda_lab import show
from lambda_lab.errors import LabError
from lambda_lab.show.messages import CALLER, LAMBDA, steps
from lambda_lab.timeline import Event, Kind

Lab = Callable[..., Sequence[Event]]


def labels(events: Sequence[Event], request: str) -> list[str]:
    return [step.label for step in steps(events, request, steady=True)]


def test_a_cold_call_starts_and_initialises_first(lab: Lab) -> None:
    assert labels(lab(), "r1") == [
        "Invoke: event", "start a new environment", "init under 0.5 s", "ready for an event",
        "event and request id", "handler(event, context)", "runs under 0.5 s", "returns a result",
        "result as JSON", "200 and the result", "frozen",
    ]  # fmt: skip


def test_a_warm_call_does_not(lab: Lab) -> None:
    told = labels(lab(), "r2")
    assert "was ready: warm" in told
    assert not [label for label in told if label.startswith(("init", "start"))]


def test_an_error_comes_with_status_200_and_the_header(lab: Lab) -> None:
    assert "200, X-Amz-Function-Error: Unhandled" in labels(lab(), "r3")
    assert "X-Amz-Function-Error" in show.sequence(lab(), "r3").svg


def test_a_timeout_ends_the_environment(lab: Lab) -> None:
    told = labels(lab(), "r5")
    assert "runs 3 s" in told
    assert told[-3:] == ["time is up: stop", "200, X-Amz-Function-Error: Unhandled", "shut down"]


def test_a_throttled_call_never_reaches_an_environment(lab: Lab) -> None:
    told = steps(lab(), "r6", steady=True)
    assert [step.label for step in told] == ["Invoke: event", "429 TooManyRequestsException"]
    assert {step.source for step in told} | {step.target for step in told} == {CALLER, LAMBDA}


def test_a_failed_init_is_told_with_the_call_that_met_it(region: type) -> None:
    one = region()
    one.add(Kind.RECEIVED, request="r")
    one.add(Kind.STARTING, "e")
    one.add(Kind.INIT, "e")
    one.add(Kind.INIT_DONE, "e", status="error")
    one.add(Kind.RESPONDED, request="r")
    assert labels(one.events, "r")[2:] == [
        "init under 0.5 s: error", "init failed: error", "200, X-Amz-Function-Error: Unhandled",
    ]  # fmt: skip


def test_without_an_id_the_last_call_is_drawn(lab: Lab) -> None:
    assert show.sequence(lab()).title == "Call 7, step by step"


def test_an_unknown_call_is_a_clear_error(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"no call with request id 'r99'.*'r7'"):
        show.sequence(lab(), "r99")
    with pytest.raises(LabError, match="Call the function"):
        show.sequence([], "r1")


def test_words_and_drawing_come_from_the_same_steps(lab: Lab) -> None:
    figure = show.sequence(lab(), "r3")
    assert list(figure.words) == [step.sentence for step in steps(lab(), "r3", steady=False)]


def test_an_event_is_told_try_by_try(async_lab: Lab) -> None:
    told = labels(async_lab(), "bad")
    assert told[:4] == [
        "Invoke (Event): event", "queued", "202 accepted", "try 1: from the queue",
    ]  # fmt: skip
    assert [label for label in told if label.startswith(("try", "tries"))] == [
        "try 1: from the queue",
        "tries again in 1 min",
        "try 2: from the queue",
        "tries again in 2 min",
        "try 3: from the queue",
    ]
    assert told.count("202 accepted") == 1
    assert not [label for label in told if label.startswith("200")]
    assert told[-1] == "dead letter to the queue dead"
    assert told.count("runs under 0.5 s") == 3


def test_a_throttled_event_goes_back_to_the_queue(async_lab: Lab) -> None:
    told = steps(async_lab(), "late", steady=True)
    assert "429" not in " ".join(step.label for step in told)
    assert [step.label for step in told].count("throttled: no environment may run") == 3
    assert told[-1].sentence == "The event is lost: nothing will try it again."


def test_a_service_that_sends_an_event_is_named(region: type) -> None:
    one = region()
    one.add(Kind.QUEUED, request="r", source="arn:aws:s3:::photos")
    one.attempt("r", "success")
    target = "arn:aws:sqs:us-east-1:123456789012:good"
    one.add(
        Kind.DELIVERED, request="r", target=target, condition="Success", **{"as": "destination"}
    )
    told = steps(one.events, "r", steady=True)
    assert told[0].sentence.startswith("The bucket photos asks Lambda")
    assert told[-1].label == "a record goes to the queue good"
