"""Rules with a schedule: ``rate(...)`` and ``cron(...)`` on the region's clock, in UTC.

moto keeps the rules; this looks at one whenever moto has changed it, and plans its next time.

A rate counts from when the rule was made or was given another expression. Disabling and enabling
it, or putting it again as it is, does not begin anew: AWS says only that counting starts when the
rule is created, so that is ours (confidence L).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from moto.events.exceptions import InvalidEventPatternException, ValidationException
from moto.events.models import EventsBackend

from lambda_lab.aws.pushes.agenda import Agenda, Firing, Plan
from lambda_lab.aws.pushes.event_patterns import EventPatternError, check_event_pattern
from lambda_lab.aws.pushes.events import EventBridge
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.schedule_expressions import ScheduleExpressionError, parse
from lambda_lab.clock import Clock

__all__ = ["RuleSchedules"]

_BUS = "default"
"""Only the default bus has rules with a schedule."""


class RuleSchedules:
    """Keeps the agenda as moto's rules want it.

    Parameters
    ----------
    bridge
        Hands the event of a schedule to the rule's targets.
    agenda, clock
        Where the next time of each rule is planned.
    """

    def __init__(self, bridge: EventBridge, agenda: Agenda, clock: Clock) -> None:
        self._bridge = bridge
        self._agenda = agenda
        self._clock = clock
        self._began: dict[str, tuple[str, int]] = {}

    def clear(self) -> None:
        """Forget every rule."""
        self._began.clear()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Follow moto's rules while the block runs."""
        put = EventsBackend.put_rule

        def put_rule(backend: Any, name: str, *args: Any, **settings: Any) -> Any:
            _check(settings.get("scheduled_expression"), settings.get("event_pattern"))
            rule = put(backend, name, *args, **settings)
            self._look(backend, name)
            return rule

        with replaced(
            EventsBackend,
            put_rule=put_rule,
            enable_rule=self._after(EventsBackend.enable_rule),
            disable_rule=self._after(EventsBackend.disable_rule),
            delete_rule=self._after(EventsBackend.delete_rule),
        ):
            yield

    def _after(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return moto's *method* of a rule's name, and a look at that rule after it."""

        def changed(backend: Any, name: str, *args: Any, **settings: Any) -> Any:
            result = method(backend, name, *args, **settings)
            self._look(backend, name)
            return result

        return changed

    def _look(self, backend: Any, name: str) -> None:
        rule = backend.event_buses[_BUS].rules.get(name)
        key = f"{backend.region_name}/{name}"
        if rule is None or not rule.scheduled_expression:
            self._began.pop(key, None)
            self._agenda.drop(key)
            return
        now_ns = self._clock.now_ns()
        text, began_ns = self._began.get(key, ("", 0))
        if text != rule.scheduled_expression:
            began_ns = now_ns
            self._began[key] = (rule.scheduled_expression, began_ns)
        if rule.state == "DISABLED":
            self._agenda.drop(key)
            return
        expression = parse(rule.scheduled_expression)
        plan = Plan(
            next_after=partial(expression.next_after, began_ns=began_ns),
            fire=partial(self._fire, backend, name),
        )
        self._agenda.put(key, plan, after_ns=now_ns)

    def _fire(self, backend: Any, name: str, firing: Firing) -> None:
        rule = backend.event_buses[_BUS].rules.get(name)
        if rule is not None and rule.state != "DISABLED":
            self._bridge.fire(rule, firing.planned_ns)


def _check(expression: str | None, pattern: str | None) -> None:
    """Refuse what EventBridge refuses and moto does not."""
    if expression:
        try:
            parse(expression)
        except ScheduleExpressionError as error:
            raise ValidationException(str(error)) from None
    if pattern:
        try:
            check_event_pattern(pattern)
        except EventPatternError as error:
            raise InvalidEventPatternException(reason=str(error)) from None
