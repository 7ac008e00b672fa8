"""What follows a try: waits, ends, and the variable that shortens waits."""

from __future__ import annotations

import pytest

from lambda_lab.errors import AwsError, SandboxError
from lambda_lab.invoke.event_rules import (
    Condition,
    End,
    Progress,
    Reason,
    Wait,
    after_function_error,
    after_refusal,
    before_try,
    condition_of,
    reason_of,
    retry_scale,
)
from lambda_lab.invoke.targets import EventInvokeConfig

DEFAULT = EventInvokeConfig.default()


def config(retries: int = 2, age: int = 21_600) -> EventInvokeConfig:
    return EventInvokeConfig(retries, age)


def test_the_defaults_are_awss() -> None:
    assert (DEFAULT.retries, DEFAULT.max_age_seconds) == (2, 6 * 3600)
    assert DEFAULT.on_success is DEFAULT.on_failure is None


@pytest.mark.parametrize(
    ("retries", "errors", "expected"),
    [
        (2, 1, Wait(60, Reason.FUNCTION_ERROR)),
        (2, 2, Wait(120, Reason.FUNCTION_ERROR)),
        (2, 3, End(Condition.RETRIES_EXHAUSTED)),
        (1, 1, Wait(60, Reason.FUNCTION_ERROR)),
        (1, 2, End(Condition.RETRIES_EXHAUSTED)),
        (0, 1, End(Condition.RETRIES_EXHAUSTED)),
    ],
)
def test_function_errors(retries: int, errors: int, expected: Wait | End) -> None:
    assert after_function_error(Progress(1.0, errors), config(retries)) == expected


def test_a_wait_ends_with_the_age_of_the_event() -> None:
    step = after_function_error(Progress(10.0, 1), config(age=60))
    assert step == Wait(50, Reason.FUNCTION_ERROR, expires=True)
    # At the very second it is too old as well.
    assert after_function_error(Progress(0.0, 1), config(age=60)) == Wait(
        60, Reason.FUNCTION_ERROR, expires=True
    )
    assert after_function_error(Progress(60.0, 1), config(age=60)) == End(
        Condition.EVENT_AGE_EXCEEDED
    )


def test_retries_that_are_used_up_come_before_age() -> None:
    assert after_function_error(Progress(99.0, 3), config(age=60)) == End(
        Condition.RETRIES_EXHAUSTED
    )


def test_refusals_double_up_to_five_minutes() -> None:
    waits = [
        after_refusal(Reason.THROTTLED, Progress(0.0, 0, count), config()) for count in range(1, 13)
    ]
    assert all(isinstance(wait, Wait) and wait.reason is Reason.THROTTLED for wait in waits)
    seconds = [wait.seconds for wait in waits if isinstance(wait, Wait)]
    assert seconds == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_refusals_do_not_count_as_retries_and_age_ends_them() -> None:
    assert after_refusal(Reason.SYSTEM_ERROR, Progress(5.0, 0, 4), config(retries=0)) == Wait(
        8, Reason.SYSTEM_ERROR
    )
    assert after_refusal(Reason.THROTTLED, Progress(59.0, 0, 7), config(age=60)) == Wait(
        1, Reason.THROTTLED, expires=True
    )
    assert after_refusal(Reason.THROTTLED, Progress(60.5, 0, 1), config(age=60)) == End(
        Condition.EVENT_AGE_EXCEEDED
    )


def test_ten_thousand_refusals_are_no_overflow() -> None:
    step = after_refusal(Reason.THROTTLED, Progress(0.0, 0, 10_000), config())
    assert step == Wait(300, Reason.THROTTLED)


def test_the_scale_divides_waits_and_not_ages() -> None:
    assert after_function_error(Progress(0.0, 1), config(), 60) == Wait(1, Reason.FUNCTION_ERROR)
    assert after_refusal(Reason.THROTTLED, Progress(0.0, 0, 10), config(), 60) == Wait(
        5, Reason.THROTTLED
    )
    assert after_function_error(Progress(59.5, 1), config(age=60), 60) == Wait(
        0.5, Reason.FUNCTION_ERROR, expires=True
    )


@pytest.mark.parametrize(
    ("age", "reserved", "expected"),
    [
        (0.0, None, None),
        (0.0, 5, None),
        (59.9, None, None),
        (60.0, None, Condition.EVENT_AGE_EXCEEDED),
        (0.0, 0, Condition.ZERO_RESERVED_CONCURRENCY),
        (61.0, 0, Condition.ZERO_RESERVED_CONCURRENCY),
    ],
)
def test_before_a_try(age: float, reserved: int | None, expected: Condition | None) -> None:
    assert before_try(age, config(age=60), reserved) is expected


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("TooManyRequestsException", 429, Reason.THROTTLED),
        ("ServiceException", 500, Reason.SYSTEM_ERROR),
        ("EC2ThrottledException", 502, Reason.SYSTEM_ERROR),
        ("ResourceConflictException", 409, Reason.SYSTEM_ERROR),
        ("RecursiveInvocationException", 400, None),
        ("InvalidParameterValueException", 400, None),
    ],
)
def test_why_a_refusal_is_tried_again(code: str, status: int, expected: Reason | None) -> None:
    assert reason_of(AwsError(code, "text", status=status)) is expected


def test_how_a_refusal_for_good_is_called() -> None:
    recursive = AwsError("RecursiveInvocationException", "text")
    assert condition_of(recursive) is Condition.RECURSIVE_INVOCATION
    assert condition_of(AwsError("KMSDisabledException", "text")) is Condition.REFUSED


@pytest.mark.parametrize("text", ["", "0", "-1", "fast", "nan", "inf"])
def test_a_scale_that_is_none(text: str) -> None:
    with pytest.raises(SandboxError, match="LAMBDA_LAB_RETRY_SCALE"):
        retry_scale({"LAMBDA_LAB_RETRY_SCALE": text})


def test_a_scale() -> None:
    assert retry_scale({}) == 1
    assert retry_scale({"LAMBDA_LAB_RETRY_SCALE": "0.5"}) == 0.5
