"""Scaling activities: what Application Auto Scaling did and why, in its own words.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html

The sentences are those of that page, which shows other services. What Lambda's capacity is called
in them - "desired concurrency" - is not published (confidence L).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.autoscaling.resources import DIMENSION, NAMESPACE, Bounds
from lambda_lab.clock import SECOND

__all__ = [
    "Activity",
    "Journal",
    "bounds_words",
    "cause_of_alarm",
    "cause_of_bounds",
    "cause_of_schedule",
]

_DAY_NS = 86_400 * SECOND
_CAPACITY = "desired concurrency"


def cause_of_alarm(alarm: str, policy: str) -> str:
    """Return the words for a policy that an alarm triggered."""
    return f"monitor alarm {alarm} in state ALARM triggered policy {policy}"


def cause_of_schedule(action: str) -> str:
    """Return the words for a scheduled action that was due."""
    return f"scheduled action name {action} was triggered"


def cause_of_bounds(capacity: int, bounds: Bounds) -> str:
    """Return the words for a capacity that was outside the bounds.

    Examples
    --------
    >>> cause_of_bounds(0, Bounds(5, 20)), cause_of_bounds(50, Bounds(5, 20))
    ('minimum capacity was set to 5', 'maximum capacity was set to 20')
    """
    if capacity < bounds.minimum:
        return f"minimum capacity was set to {bounds.minimum}"
    return f"maximum capacity was set to {bounds.maximum}"


def bounds_words(minimum: int | None, maximum: int | None) -> str:
    """Return the words for what a scheduled action sets.

    Examples
    --------
    >>> bounds_words(1, 5), bounds_words(None, 5)
    ('min capacity to 1 and max capacity to 5', 'max capacity to 5')
    """
    given = (("min", minimum), ("max", maximum))
    return " and ".join(f"{name} capacity to {to}" for name, to in given if to is not None)


@dataclass(eq=False, slots=True)
class Activity:
    """One scaling activity. Times are nanoseconds since the epoch."""

    identity: str
    resource_id: str
    subject: str
    """What is set, for example ``desired concurrency to 5``."""
    cause: str
    start_ns: int
    description: str
    status: str = "InProgress"
    message: str = ""
    end_ns: int | None = None
    not_scaled: dict[str, Any] = field(default_factory=dict)
    """``NotScaledReasons``, of which there is one; empty if something was done."""

    @classmethod
    def to_capacity(
        cls, identity: str, resource_id: str, capacity: int, cause: str, now_ns: int
    ) -> Activity:
        """Begin an activity that changes the capacity."""
        subject = f"{_CAPACITY} to {capacity}"
        return cls(identity, resource_id, subject, cause, now_ns, f"Setting {subject}.")

    @classmethod
    def to_bounds(
        cls,
        identity: str,
        resource_id: str,
        bounds: tuple[int | None, int | None],
        cause: str,
        now_ns: int,
    ) -> Activity:
        """Begin an activity that changes one or both of the bounds."""
        subject = bounds_words(*bounds)
        return cls(identity, resource_id, subject, cause, now_ns, f"Setting {subject}")

    @classmethod
    def left(
        cls, identity: str, resource_id: str, reason: dict[str, Any], cause: str, now_ns: int
    ) -> Activity:
        """Make an activity that says why nothing was done."""
        words = "Attempting to scale due to alarm triggered"
        activity = cls(identity, resource_id, "", cause, now_ns, words, "Failed", end_ns=now_ns)
        activity.not_scaled = reason
        return activity

    @property
    def is_open(self) -> bool:
        """Whether Lambda has not done yet what it was asked for."""
        return self.status == "InProgress"

    def wait(self) -> None:
        """Note that Lambda took the request, and begins to fulfil it."""
        self.message = (
            f"Successfully set {self.subject}. Waiting for change to be fulfilled by lambda."
        )

    def fulfil(self, now_ns: int) -> None:
        """Note that Lambda has done it."""
        words = f"Successfully set {self.subject}. Change successfully fulfilled by lambda."
        self._end("Successful", words, now_ns)

    def succeed(self, now_ns: int) -> None:
        """Note that it is done, with nothing for Lambda to do."""
        self._end("Successful", f"Successfully set {self.subject}", now_ns)

    def fail(self, reason: str, now_ns: int) -> None:
        """Note that it could not be done. How AWS words the reason is not published: L."""
        self._end("Failed", f"Failed to set {self.subject}. Reason: {reason}", now_ns)

    def override(self, now_ns: int) -> None:
        """Note that another activity came before this one was fulfilled. The words are ours: L."""
        words = f"Successfully set {self.subject}. Change was overridden by another activity."
        self._end("Overridden", words, now_ns)

    def _end(self, status: str, message: str, now_ns: int) -> None:
        self.status, self.message, self.end_ns = status, message, now_ns

    def described(self) -> dict[str, Any]:
        """Return the activity as ``DescribeScalingActivities`` tells it."""
        described: dict[str, Any] = {
            "ActivityId": self.identity,
            "ServiceNamespace": NAMESPACE,
            "ResourceId": self.resource_id,
            "ScalableDimension": DIMENSION,
            "Description": self.description,
            "Cause": self.cause,
            "StartTime": self.start_ns / SECOND,
            "StatusCode": self.status,
        }
        if self.message:
            described["StatusMessage"] = self.message
        if self.end_ns is not None:
            described["EndTime"] = self.end_ns / SECOND
        if self.not_scaled:
            described["NotScaledReasons"] = [self.not_scaled]
        return described


class Journal:
    """The activities of one region, oldest first."""

    def __init__(self) -> None:
        self._activities: list[Activity] = []

    def add(self, activity: Activity) -> Activity:
        """Keep *activity*, and forget what nobody can ask for any more."""
        oldest_ns = activity.start_ns - int(facts.value("autoscaling.activities.kept")) * _DAY_NS
        if self._activities and self._activities[0].start_ns < oldest_ns:
            self._activities = [each for each in self._activities if each.start_ns >= oldest_ns]
        self._activities.append(activity)
        return activity

    def latest_first(self, now_ns: int) -> list[Activity]:
        """Return the activities of the last six weeks."""
        oldest_ns = now_ns - int(facts.value("autoscaling.activities.kept")) * _DAY_NS
        return [each for each in reversed(self._activities) if each.start_ns >= oldest_ns]
