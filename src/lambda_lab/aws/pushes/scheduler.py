"""EventBridge Scheduler: schedules of their own, once or again and again, on the region's clock.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/what-is-scheduler.html

moto keeps groups and schedules; this looks at a schedule whenever moto has changed it, and plans
its next time. What a schedule sends is in ``schedule_targets.py``, what is refused in
``schedule_checks.py``.

A rate without a start begins at once, as the guide says. One that is changed goes on after its new
interval, and a one-off time that is over when the schedule is made never comes; AWS does not say
what happens then (confidence L).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from moto.scheduler.exceptions import ScheduleGroupNotFound
from moto.scheduler.models import EventBridgeSchedulerBackend
from moto.scheduler.responses import EventBridgeSchedulerResponse

from lambda_lab.aws.pushes.agenda import Agenda, Firing, Plan
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.pushes.schedule_checks import check_schedule, nanoseconds, zone_of
from lambda_lab.aws.pushes.schedule_targets import ScheduleTargets
from lambda_lab.aws.schedule_expressions import At, Expression, parse
from lambda_lab.clock import SECOND, Clock
from lambda_lab.ids import Ids

__all__ = ["Scheduler"]

_DIGITS = 12
"""Hexadecimal digits that a place in a window is drawn with: finer than a nanosecond of a day."""


class Scheduler:
    """Keeps the agenda as moto's schedules want it.

    Parameters
    ----------
    targets
        Hands what a schedule sends to its target.
    agenda, clock
        Where the next time of each schedule is planned.
    ids
        Draws places in flexible windows; from a seed where a run must repeat.
    """

    def __init__(self, targets: ScheduleTargets, agenda: Agenda, clock: Clock, ids: Ids) -> None:
        self._targets = targets
        self._agenda = agenda
        self._clock = clock
        self._ids = ids
        self._began: dict[str, tuple[str, int]] = {}

    def clear(self) -> None:
        """Forget every schedule."""
        self._began.clear()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Follow moto's schedules while the block runs."""
        delete = EventBridgeSchedulerBackend.delete_schedule

        def delete_schedule(backend: Any, group_name: str | None, name: str) -> None:
            schedule = backend.get_schedule(group_name, name)
            delete(backend, group_name, name)
            self._forget(schedule.arn)

        with (
            replaced(
                EventBridgeSchedulerBackend,
                create_schedule=self._creating(EventBridgeSchedulerBackend.create_schedule),
                update_schedule=self._updating(EventBridgeSchedulerBackend.update_schedule),
                delete_schedule=delete_schedule,
                delete_schedule_group=self._group_deleting(
                    EventBridgeSchedulerBackend.delete_schedule_group
                ),
            ),
            replaced(
                EventBridgeSchedulerResponse,
                update_schedule=_keeping_action(EventBridgeSchedulerResponse.update_schedule),
            ),
        ):
            yield

    def _creating(self, create: Callable[..., Any]) -> Callable[..., Any]:
        def create_schedule(backend: Any, **settings: Any) -> Any:
            group = settings.get("group_name") or "default"
            if group not in backend.schedule_groups:
                raise ScheduleGroupNotFound(group)
            check_schedule(backend.region_name, settings)
            schedule = create(backend, **settings)
            schedule.action_after_completion = schedule.action_after_completion or "NONE"
            self._plan(backend, schedule, at_once=True)
            return schedule

        return create_schedule

    def _updating(self, update: Callable[..., Any]) -> Callable[..., Any]:
        def update_schedule(backend: Any, **settings: Any) -> Any:
            check_schedule(backend.region_name, settings)
            # What an update leaves out becomes its default again.
            settings["state"] = settings.get("state") or "ENABLED"
            schedule = update(backend, **settings)
            self._plan(backend, schedule, at_once=False)
            return schedule

        return update_schedule

    def _group_deleting(self, delete: Callable[..., Any]) -> Callable[..., Any]:
        def delete_schedule_group(backend: Any, name: str | None) -> None:
            group = backend.get_schedule_group(name)
            delete(backend, name)
            for schedule in list(group.schedules.values()):
                self._forget(schedule.arn)

        return delete_schedule_group

    # -- planning ------------------------------------------------------------------------------

    def _forget(self, arn: str) -> None:
        self._began.pop(arn, None)
        self._agenda.drop(arn)

    def _plan(self, backend: Any, schedule: Any, *, at_once: bool) -> None:
        now_ns = self._clock.now_ns()
        if schedule.state == "DISABLED":
            self._agenda.drop(schedule.arn)
            return
        expression = parse(schedule.schedule_expression, once=True)
        start_ns, end_ns = nanoseconds(schedule.start_date), nanoseconds(schedule.end_date)
        plan = Plan(
            next_after=partial(
                _next,
                expression,
                zone=zone_of(schedule.schedule_expression_timezone),
                began_ns=self._beginning(schedule, start_ns, now_ns),
                start_ns=start_ns,
                end_ns=end_ns,
            ),
            fire=partial(self._fire, backend, schedule.group_name, schedule.name),
            delay_ns=partial(self._place_in_window, schedule),
        )
        # A rate that begins now has its first time now.
        self._agenda.put(schedule.arn, plan, now_ns - 1 if at_once else now_ns)

    def _beginning(self, schedule: Any, start_ns: int | None, now_ns: int) -> int:
        """Return when a rate begins to count: at its start, or when its expression was set."""
        if start_ns is not None:
            return start_ns
        text, began_ns = self._began.get(schedule.arn, ("", 0))
        if text != schedule.schedule_expression:
            began_ns = now_ns
            self._began[schedule.arn] = (schedule.schedule_expression, began_ns)
        return began_ns

    def _place_in_window(self, schedule: Any) -> int:
        window = schedule.flexible_time_window
        if window.get("Mode") != "FLEXIBLE":
            return 0
        width_ns = int(window["MaximumWindowInMinutes"]) * 60 * SECOND
        return int(self._ids.hex(_DIGITS), 16) * width_ns >> (4 * _DIGITS)

    def _fire(self, backend: Any, group_name: str, name: str, firing: Firing) -> None:
        group = backend.schedule_groups.get(group_name)
        schedule = None if group is None else group.schedules.get(name)
        if schedule is None or schedule.state == "DISABLED":
            return
        self._targets.invoke(backend.region_name, schedule, firing.planned_ns)
        if firing.last and schedule.action_after_completion == "DELETE":
            backend.delete_schedule(group_name, name)


def _next(
    expression: Expression,
    after_ns: int,
    *,
    zone: Any,
    began_ns: int,
    start_ns: int | None,
    end_ns: int | None,
) -> int | None:
    """Return the next time within the schedule's dates, which one-off schedules do not have."""
    if isinstance(expression, At):
        return expression.next_after(after_ns, zone)
    if start_ns is not None:
        after_ns = max(after_ns, start_ns - 1)
    due_ns = expression.next_after(after_ns, zone, began_ns)
    return None if due_ns is None or (end_ns is not None and due_ns > end_ns) else due_ns


def _keeping_action(update: Callable[..., str]) -> Callable[..., str]:
    """Return moto's answer to UpdateSchedule, which forgets ``ActionAfterCompletion``."""

    def update_schedule(response: Any) -> str:
        answer = update(response)
        name = response.uri.split("?")[0].split("/")[-1]
        schedule = response.scheduler_backend.get_schedule(response._get_param("GroupName"), name)
        schedule.action_after_completion = response._get_param("ActionAfterCompletion") or "NONE"
        return answer

    return update_schedule
