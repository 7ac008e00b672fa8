"""Target tracking: in what state its alarms are, and what capacity follows from a metric.

Nothing here knows a clock, CloudWatch or Lambda.

https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lambda_lab.aws.autoscaling.resources import Bounds

__all__ = [
    "EXTRA_PERIODS",
    "Decision",
    "Reading",
    "alarm_state",
    "decide",
    "scaled_in",
    "scaled_out",
]

EXTRA_PERIODS = 2
"""An alarm looks further back than its periods where data is missing. In the tables of CloudWatch's
page one with three periods looks at five; for longer ones no number is published (confidence L)."""
SCALE_IN_SHARE = 10
"""Scale-in takes away at most a tenth of the capacity at once, and at least one. AWS says that it
shrinks in small steps and publishes no size: this one is ours (confidence L)."""
_DIGITS = 9
"""Quotients are rounded to so many digits before they are rounded up: 7 * 0.9 / 0.9 is 7."""


# -- alarms ----------------------------------------------------------------------------------------


def alarm_state(
    values: Sequence[float | None], periods: int, is_beyond: Callable[[float], bool]
) -> str | None:
    """Return the state of an alarm that wants all of its periods beyond the threshold.

    Missing data is treated as ``missing``, the default and what these alarms have.

    Parameters
    ----------
    values
        The metric period by period, oldest first; ``None`` where there is no data. As many as
        *periods* and :data:`EXTRA_PERIODS`.
    periods
        ``EvaluationPeriods``, which is ``DatapointsToAlarm`` as well.
    is_beyond
        Whether a value is beyond the threshold.

    Returns
    -------
    str or None
        ``ALARM``, ``OK`` or ``INSUFFICIENT_DATA``; ``None`` if the alarm stays as it is, because
        all data there is speaks for ``ALARM`` but is too young.

    Examples
    --------
    Rows of CloudWatch's own table for an alarm with three periods; X is beyond, 0 is not:

    >>> def row(text):
    ...     values = [{"X": 9.0, "0": 0.0}.get(each) for each in text.split()]
    ...     return alarm_state(values, 3, lambda value: value > 5)
    >>> row("0 - X - X"), row("- - - - -"), row("0 X X - X"), row("- - X - -"), row("0 - - - -")
    ('OK', 'INSUFFICIENT_DATA', 'ALARM', 'ALARM', 'OK')
    >>> row("- - - - X") is None
    True
    """
    real = [value for value in values if value is not None]
    if not real:
        return "INSUFFICIENT_DATA"
    if not all(is_beyond(value) for value in real[-periods:]):
        return "OK"
    oldest = next(age for age in range(len(values), 0, -1) if values[-age] is not None)
    return "ALARM" if len(real) >= periods or oldest >= periods else None


# -- capacity --------------------------------------------------------------------------------------


def scaled_out(capacity: int, value: float, target: float) -> int:
    """Return the capacity at which the metric would be at its target: in proportion, rounded up.

    Examples
    --------
    100 at full use, with a target of 70 percent:

    >>> scaled_out(100, 1.0, 0.7), scaled_out(10, 0.8, 0.7), scaled_out(7, 0.9, 0.9)
    (143, 12, 7)
    """
    return math.ceil(round(capacity * value / target, _DIGITS))


def scaled_in(capacity: int, value: float, target: float) -> int:
    """Return a smaller capacity, step by step; never one at which the metric passes its target.

    Examples
    --------
    >>> scaled_in(100, 0.3, 0.7), scaled_in(100, 0.62, 0.7), scaled_in(5, 0.1, 0.7)
    (90, 90, 4)
    >>> scaled_in(100, 0.62, 0.68), scaled_in(2, 0.6, 0.7)
    (92, 2)
    """
    step = max(1, capacity // SCALE_IN_SHARE)
    return max(scaled_out(capacity, value, target), capacity - step)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one policy sees."""

    policy: str
    target: float
    value: float | None
    """The newest value of the metric; ``None`` if there is none that counts."""
    high: bool = False
    """Whether the alarm that scales out is in ``ALARM``."""
    low: bool = False
    """Whether the alarm that scales in is in ``ALARM``."""
    scales_in: bool = True
    """Not with ``DisableScaleIn``."""
    out_from: int | None = None
    """During the scale-out cooldown: the capacity before the scale-out that began it."""
    in_waits: bool = False
    """Whether the scale-in cooldown runs."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about the capacity."""

    capacity: int
    reading: Reading
    """Of the policy that has its way."""
    out: bool
    """Whether the alarm that scales out is the reason."""
    not_scaled: str = ""
    """Application Auto Scaling's code for why nothing is done; empty if something is."""


def decide(
    readings: Sequence[Reading],
    capacity: int,
    bounds: Bounds,
    *,
    out_suspended: bool = False,
    in_suspended: bool = False,
) -> Decision | None:
    """Return what follows from the policies of one target; ``None`` if no alarm asks for anything.

    Any policy scales out; all that may scale in must agree before it happens, and the largest
    capacity wins.

    Parameters
    ----------
    readings
        One for each policy.
    capacity
        What is provisioned now.
    bounds
        Of the target.
    out_suspended, in_suspended
        ``DynamicScalingOutSuspended`` and ``DynamicScalingInSuspended``.

    Examples
    --------
    >>> busy = Reading("p", target=0.7, value=1.0, high=True)
    >>> decide([busy], 10, Bounds(1, 100)).capacity
    15
    >>> decide([busy], 12, Bounds(1, 12)).not_scaled
    'AlreadyAtMaxCapacity'
    """
    high = [each for each in readings if each.high and each.value is not None]
    if high:
        return None if out_suspended else _out(high, capacity, bounds)
    shrinking = [each for each in readings if each.scales_in]
    if in_suspended or not shrinking:
        return None
    ready = [each for each in shrinking if each.low and each.value is not None]
    if len(ready) < len(shrinking) or any(each.in_waits for each in ready):
        return None
    return _in(ready, capacity, bounds)


def _out(readings: Sequence[Reading], capacity: int, bounds: Bounds) -> Decision:
    # During a cooldown the capacity that was added counts for what it was added for.
    wishes = {
        each.policy: scaled_out(
            capacity if each.out_from is None else each.out_from, each.value or 0.0, each.target
        )
        for each in readings
    }
    reading = max(readings, key=lambda each: wishes[each.policy])
    wanted = max(wishes[reading.policy], capacity)
    new = bounds.hold(wanted)
    if new != capacity:
        return Decision(new, reading, out=True)
    full = wanted > bounds.maximum or capacity >= bounds.maximum
    why = "AlreadyAtMaxCapacity" if full else "AlreadyAtDesiredCapacity"
    return Decision(capacity, reading, out=True, not_scaled=why)


def _in(readings: Sequence[Reading], capacity: int, bounds: Bounds) -> Decision:
    wishes = {each.policy: scaled_in(capacity, each.value or 0.0, each.target) for each in readings}
    reading = max(readings, key=lambda each: wishes[each.policy])
    new = bounds.hold(min(wishes[reading.policy], capacity))
    if new != capacity:
        return Decision(new, reading, out=False)
    # One less would be too few: the metric would pass its target, and scale out again.
    empty = capacity <= bounds.minimum
    why = "AlreadyAtMinCapacity" if empty else "AutoScalingAnticipatedFlapping"
    return Decision(capacity, reading, out=False, not_scaled=why)
