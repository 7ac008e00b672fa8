"""How CodeDeploy moves an alias's calls from one version to another: the steps, by its names.

https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["ALL_AT_ONCE", "PREFIX", "Step", "TrafficRouting", "canary", "linear", "predefined"]

PREFIX = "CodeDeployDefault."
_MINUTE = 60
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One change of weight."""

    after_seconds: int
    """From the beginning of the deployment, on the region's clock."""
    percent: int
    """The part of the calls that the new version gets from then on."""

    @property
    def weight(self) -> float:
        """The same part as an alias has it, 0.0 to 1.0."""
        return self.percent / _WHOLE

    @property
    def is_last(self) -> bool:
        """Whether the new version gets every call from here."""
        return self.percent == _WHOLE


ALL_AT_ONCE: tuple[Step, ...] = (Step(0, _WHOLE),)
"""Every call at once."""


def canary(percent: int, minutes: int) -> tuple[Step, ...]:
    """Return the two steps of a ``TimeBasedCanary``.

    Examples
    --------
    >>> canary(10, 5)
    (Step(after_seconds=0, percent=10), Step(after_seconds=300, percent=100))
    """
    return Step(0, percent), Step(minutes * _MINUTE, _WHOLE)


def linear(percent: int, minutes: int) -> tuple[Step, ...]:
    """Return the equal steps of a ``TimeBasedLinear``; the first is taken at once.

    Examples
    --------
    >>> [(step.after_seconds, step.percent) for step in linear(40, 1)]
    [(0, 40), (60, 80), (120, 100)]
    """
    parts = (*range(percent, _WHOLE, percent), _WHOLE)
    return tuple(Step(number * minutes * _MINUTE, part) for number, part in enumerate(parts))


@dataclass(frozen=True, slots=True)
class TrafficRouting:
    """How a deployment configuration moves traffic.

    Examples
    --------
    >>> TrafficRouting("TimeBasedCanary", 20, 1).steps
    (Step(after_seconds=0, percent=20), Step(after_seconds=60, percent=100))
    """

    kind: str
    """``TimeBasedCanary``, ``TimeBasedLinear`` or ``AllAtOnce``."""
    percent: int = _WHOLE
    """Of the calls, at the first step; for a linear shift at each."""
    minutes: int = 0
    """Between steps."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The changes of weight, in order."""
        if self.kind == "TimeBasedCanary":
            return canary(self.percent, self.minutes)
        if self.kind == "TimeBasedLinear":
            return linear(self.percent, self.minutes)
        return ALL_AT_ONCE


def _predefined() -> Mapping[str, TrafficRouting]:
    known = {"LambdaAllAtOnce": TrafficRouting("AllAtOnce")}
    for minutes in (5, 10, 15, 30):
        name = f"LambdaCanary10Percent{minutes}Minutes"
        known[name] = TrafficRouting("TimeBasedCanary", 10, minutes)
    for minutes in (1, 2, 3, 10):
        name = f"LambdaLinear10PercentEvery{minutes}Minute{'' if minutes == 1 else 's'}"
        known[name] = TrafficRouting("TimeBasedLinear", 10, minutes)
    return MappingProxyType({PREFIX + name: routing for name, routing in known.items()})


_PREDEFINED = _predefined()


def predefined() -> Mapping[str, TrafficRouting]:
    """Return CodeDeploy's own configurations for Lambda, by name.

    Examples
    --------
    >>> len(predefined()["CodeDeployDefault.LambdaLinear10PercentEvery1Minute"].steps)
    10
    """
    return _PREDEFINED
