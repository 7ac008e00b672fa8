"""EventBridge and EventBridge Scheduler of a region, opened and closed as one."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from lambda_lab.aws.pushes.agenda import Agenda
from lambda_lab.aws.pushes.events import EventBridge
from lambda_lab.aws.pushes.pattern_trial import pattern_trials
from lambda_lab.aws.pushes.schedule_targets import ScheduleTargets
from lambda_lab.aws.pushes.scheduler import Scheduler
from lambda_lab.aws.pushes.schedules import RuleSchedules
from lambda_lab.clock import Clock
from lambda_lab.ids import Ids
from lambda_lab.invoke.workers import Workers
from lambda_lab.timeline import Timeline

__all__ = ["EventBridgeServices"]


class EventBridgeServices:
    """Makes moto's buses, rules and schedules call functions. A context manager.

    Parameters
    ----------
    clock, workers, timeline, ids
        Parts of the region; *ids* are for events and for places in flexible windows.
    """

    def __init__(self, clock: Clock, workers: Workers, timeline: Timeline, ids: Ids) -> None:
        self._agenda = Agenda(clock, workers)
        self._bridge = EventBridge(clock, timeline, ids)
        self._rules = RuleSchedules(self._bridge, self._agenda, clock)
        targets = ScheduleTargets(clock, timeline, ids)
        self._scheduler = Scheduler(targets, self._agenda, clock, ids)
        self._stack = ExitStack()

    @property
    def planned(self) -> int:
        """How many schedules have a time that is still to come."""
        return len(self._agenda)

    def clear(self) -> None:
        """Plan nothing more, for any schedule."""
        self._agenda.clear()
        self._rules.clear()
        self._scheduler.clear()

    def __enter__(self) -> Self:
        for part in (self._bridge, self._rules, self._scheduler):
            self._stack.enter_context(part.open())
        self._stack.enter_context(pattern_trials())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()
        self._stack.close()
