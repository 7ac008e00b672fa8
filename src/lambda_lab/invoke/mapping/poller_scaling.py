"""How many batches of one queue are processed at once: a model on the clock.

Lambda starts with five concurrent batches. While messages are left it adds up to 300 concurrent
invocations a minute, to 1,250; ``MaximumConcurrency`` ends it earlier. In provisioned mode the
pollers bring ten concurrent invocations each, and 1,000 are added a minute.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html

AWS gives the rates, not their shape. Here growth is even over the minute, a failed or throttled
batch takes one concurrent batch away ("gradually backs off") and stops the growth for a minute, and
a quiet queue begins anew at the start. Those three are confidence L.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.invoke.mapping.settings import MappingSettings

__all__ = ["PollerScaling", "ScalingRules", "curve"]

MINUTE_NS = 60 * SECOND


@dataclass(frozen=True, slots=True)
class ScalingRules:
    """Bounds and rate, in concurrent batches.

    Examples
    --------
    >>> rules = ScalingRules.on_demand()
    >>> rules.start, rules.per_minute, rules.maximum
    (5, 300, 1250)
    """

    start: int
    per_minute: int
    maximum: int
    floor: int
    """Failures take concurrency away down to this."""

    @classmethod
    def on_demand(cls, maximum_concurrency: int | None = None) -> ScalingRules:
        """Return the rules without provisioned mode, under a ``MaximumConcurrency`` or not."""
        cap = int(facts.value("esm.sqs.maximum"))
        maximum = cap if maximum_concurrency is None else min(cap, maximum_concurrency)
        return cls(
            start=min(int(facts.value("esm.sqs.start")), maximum),
            per_minute=int(facts.value("esm.sqs.growth")),
            maximum=maximum,
            floor=min(int(facts.value("esm.sqs.minimum")), maximum),
        )

    @classmethod
    def provisioned(cls, minimum_pollers: int, maximum_pollers: int) -> ScalingRules:
        """Return the rules of provisioned mode."""
        each = int(facts.value("esm.sqs.provisioned.concurrency"))
        start = minimum_pollers * each
        return cls(
            start=start,
            per_minute=int(facts.value("esm.sqs.provisioned.growth")),
            maximum=max(start, maximum_pollers * each),
            floor=start,
        )

    @classmethod
    def of(cls, settings: MappingSettings) -> ScalingRules:
        """Return the rules of a mapping."""
        if settings.minimum_pollers is None and settings.maximum_pollers is None:
            return cls.on_demand(settings.maximum_concurrency)
        minimum = settings.minimum_pollers
        maximum = settings.maximum_pollers
        if minimum is None:
            minimum = int(facts.value("esm.sqs.provisioned.minimum.default"))
        if maximum is None:
            maximum = int(facts.value("esm.sqs.provisioned.maximum.default"))
        return cls.provisioned(minimum, maximum)


class PollerScaling:
    """Concurrent batches that one mapping may have now. Not for several threads at once.

    Examples
    --------
    >>> scaling = PollerScaling(ScalingRules.on_demand())
    >>> scaling.allowed(0)
    5
    >>> scaling.pressed(0)
    >>> scaling.allowed(60 * SECOND), scaling.allowed(3600 * SECOND)
    (305, 1250)
    """

    def __init__(self, rules: ScalingRules) -> None:
        self._rules = rules
        self._base: float = rules.start
        self._since: int | None = None
        self._calm_ns = 0
        """No growth before this, because a batch failed."""

    def allowed(self, now_ns: int) -> int:
        """Return how many batches may be processed at once at *now_ns*."""
        return math.floor(self._level(now_ns))

    def _level(self, now_ns: int) -> float:
        if self._since is None:
            return self._base
        grown = self._rules.per_minute * max(0, now_ns - self._since) / MINUTE_NS
        return min(float(self._rules.maximum), self._base + grown)

    def pressed(self, now_ns: int) -> None:
        """Every slot is taken: concurrency grows from now on, if it does not already."""
        if self._since is None:
            self._since = max(now_ns, self._calm_ns)

    def relaxed(self, now_ns: int) -> None:
        """No message is left to receive: concurrency stays where it is."""
        self._base = self._level(now_ns)
        self._since = None

    def quiet(self) -> None:
        """No message is left and none is processed: back to the start."""
        self._base = self._rules.start
        self._since = None

    def failed(self, now_ns: int) -> None:
        """A batch failed or was throttled."""
        self._base = max(float(self._rules.floor), self._level(now_ns) - 1)
        self._calm_ns = now_ns + MINUTE_NS
        if self._since is not None:
            self._since = self._calm_ns

    def next_growth_ns(self, now_ns: int) -> int | None:
        """Return when :meth:`allowed` grows next; ``None`` if it does not."""
        if self._since is None or self.allowed(now_ns) >= self._rules.maximum:
            return None
        missing = self.allowed(now_ns) + 1 - self._base
        return self._since + math.ceil(missing * MINUTE_NS / self._rules.per_minute)


def curve(rules: ScalingRules, seconds: Iterable[float]) -> list[int]:
    """Return the concurrency at each of *seconds* after a large backlog appeared.

    Examples
    --------
    >>> curve(ScalingRules.on_demand(), [0, 60, 120, 240, 249, 600])
    [5, 305, 605, 1205, 1250, 1250]
    >>> curve(ScalingRules.on_demand(maximum_concurrency=10), [0, 1, 60])
    [5, 10, 10]
    >>> curve(ScalingRules.provisioned(2, 200), [0, 60, 300])
    [20, 1020, 2000]
    """
    scaling = PollerScaling(rules)
    scaling.pressed(0)
    return [scaling.allowed(round(moment * SECOND)) for moment in seconds]
