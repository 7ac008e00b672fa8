"""Where asynchronous events end, for a number of retries, a maximum age and a rate of failures.

The tries come from the rules that the event queue itself follows
(:mod:`lambda_lab.invoke.event_rules`); only the shares are computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.errors import LabError, shown
from lambda_lab.invoke.event_rules import (
    Condition,
    End,
    Progress,
    after_function_error,
)
from lambda_lab.invoke.targets import EventInvokeConfig
from lambda_lab.show.times import say

__all__ = ["EVENTS", "Fates", "ages", "expired_label", "fate_labels", "retry_fates", "retry_plan"]

EVENTS = 100
"""Events that the figure shows."""
_WHOLE = 100
"""Failures are given in parts of this."""
_ORDINALS = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class Fates:
    """How many events ended where.

    Attributes
    ----------
    done
        Events that succeeded at the first, the second and the third try.
    failed
        Events that failed at every try they had.
    expired
        Events that grew too old before their next try.
    runs
        How often the handler ran.
    """

    done: tuple[int, ...]
    failed: int
    expired: int
    runs: int

    @property
    def counts(self) -> tuple[int, ...]:
        """All of it in the order of :func:`fate_labels`."""
        return (*self.done, self.failed, self.expired)


def ages() -> list[int]:
    """Return the maximum ages that a reader may choose, in seconds: each changes something."""
    shortest, longest = int(facts.value("async.age.minimum")), int(facts.value("async.age.maximum"))
    first, second = _waits()
    return sorted({shortest, first + 1, first + second, first + second + 1, 3_600, longest})


def _waits() -> tuple[int, int]:
    return int(facts.value("async.wait.first")), int(facts.value("async.wait.second"))


def retry_plan(retries: int, max_age_seconds: int) -> tuple[list[float], Condition]:
    """Return the ages at which an event that always fails is tried, and how it ends.

    Examples
    --------
    >>> tries, end = retry_plan(2, 21_600)
    >>> tries, end.value
    ([0.0, 60.0, 180.0], 'RetriesExhausted')
    >>> tries, end = retry_plan(2, 180)
    >>> tries, end.value
    ([0.0, 60.0], 'EventAgeExceeded')
    """
    config = EventInvokeConfig(retries=retries, max_age_seconds=max_age_seconds)
    tries = [0.0]
    while True:
        step = after_function_error(Progress(tries[-1], errors=len(tries)), config)
        if isinstance(step, End):
            return tries, step.condition
        if step.expires:
            return tries, Condition.EVENT_AGE_EXCEEDED
        tries.append(tries[-1] + step.seconds)


def retry_fates(retries: int, max_age_seconds: int, failure_percent: int) -> Fates:
    """Return where 100 events end if each try fails on its own with this chance.

    Numbers are expected values, rounded to whole events that add up: the largest remainders are
    rounded up.

    Parameters
    ----------
    retries
        ``MaximumRetryAttempts``: 0, 1 or 2.
    max_age_seconds
        ``MaximumEventAgeInSeconds``. A try itself takes no time here.
    failure_percent
        How many of 100 tries fail: 0 to 100.

    Raises
    ------
    LabError
        If a value is outside what Lambda allows.

    Examples
    --------
    >>> retry_fates(2, 21_600, 30)
    Fates(done=(70, 21, 6), failed=3, expired=0, runs=139)
    >>> retry_fates(2, 60, 30)
    Fates(done=(70, 0, 0), failed=0, expired=30, runs=100)
    """
    _check(retries, max_age_seconds, failure_percent)
    tries, end = retry_plan(retries, max_age_seconds)
    good = _WHOLE - failure_percent
    after = len(tries) - 1
    weights = [good * failure_percent**k * _WHOLE ** (after - k) for k in range(len(tries))]
    weights.append(failure_percent ** len(tries))
    *done, rest = _shares(weights)
    runs = sum(number * count for number, count in enumerate(done, 1)) + len(tries) * rest
    expired = end is Condition.EVENT_AGE_EXCEEDED
    longest = int(facts.value("async.retries.maximum")) + 1
    return Fates(
        done=(*done, *[0] * (longest - len(done))),
        failed=0 if expired else rest,
        expired=rest if expired else 0,
        runs=runs,
    )


def _check(retries: int, max_age_seconds: int, failure_percent: int) -> None:
    for name, value, low, high in (
        ("MaximumRetryAttempts", retries, "async.retries.minimum", "async.retries.maximum"),
        ("MaximumEventAgeInSeconds", max_age_seconds, "async.age.minimum", "async.age.maximum"),
    ):
        least, most = int(facts.value(low)), int(facts.value(high))
        _check_whole(name, value)
        if not least <= value <= most:
            raise LabError(f"{name} is {shown(value)}; Lambda takes {least} to {most}.")
    _check_whole("The rate of failures", failure_percent)
    if not 0 <= failure_percent <= _WHOLE:
        raise LabError(f"The rate of failures is {shown(failure_percent)} %; give 0 to {_WHOLE}.")


def _check_whole(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise LabError(f"{name} is {shown(value)}; give a whole number.")


def _shares(weights: Sequence[int]) -> list[int]:
    """Split the events by *weights*; what is left over goes to the largest remainders."""
    total = sum(weights)
    shares = [EVENTS * weight // total for weight in weights]
    left = EVENTS - sum(shares)
    order = sorted(range(len(weights)), key=lambda i: (-(EVENTS * weights[i] % total), i))
    for i in order[:left]:
        shares[i] += 1
    return shares


def fate_labels() -> list[str]:
    """Return what is said of each part of :attr:`Fates.counts`, as the predicate of "events".

    Examples
    --------
    >>> fate_labels()[1]
    'succeed at the second try, after 1 min'
    """
    first, second = _waits()
    starts = ("at once", *(f"after {say(at * SECOND)}" for at in (first, first + second)))
    done = [f"succeed at the {name} try, {at}" for name, at in zip(_ORDINALS, starts, strict=True)]
    return [*done, "fail at every try and go to the failure target", expired_label()]


def expired_label() -> str:
    """Return what is said of events whose age ended them."""
    return "grow too old before the next try and expire"
