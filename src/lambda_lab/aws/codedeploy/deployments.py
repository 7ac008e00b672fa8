"""Deployments to Lambda as they run: weights on the clock, alarms, the end, the way back.

https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-lambda.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from moto.codedeploy.models import codedeploy_backends

from lambda_lab.aws.api_aliases import get_alias, update_alias
from lambda_lab.aws.backend import backend_of
from lambda_lab.aws.codedeploy.alarms import Alarms
from lambda_lab.aws.codedeploy.appspec import Shift
from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.traffic_shifting import Step
from lambda_lab.clock import Clock, Scheduled
from lambda_lab.errors import AwsError
from lambda_lab.invoke.workers import Workers

__all__ = ["BACK", "LOOK_SECONDS", "Deployments", "Run"]

BACK = "codeDeployRollback"
"""Who made a deployment that undoes another one."""

LOOK_SECONDS = 10
"""How often a running deployment looks at its alarms. AWS publishes no time."""
_OPEN = "InProgress"
Problem = tuple[str, str]
"""CodeDeploy's error code and a sentence."""


@dataclass(eq=False, slots=True)
class Run:
    """One deployment, and what is still to come of it."""

    region: str
    deployment: Any
    """moto's record."""
    shift: Shift
    steps: tuple[Step, ...]
    percent: int = 0
    """The part of the calls that the new version has now."""
    planned: list[Scheduled] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it still runs."""
        return bool(self.deployment.status == _OPEN)

    @property
    def is_way_back(self) -> bool:
        """Whether it undoes another one."""
        return bool(self.deployment.creator == BACK)

    def setting(self, deployment_name: str, group_name: str) -> Mapping[str, Any]:
        """Return a setting of the deployment, or else of its group; empty if it is off."""
        own = getattr(self.deployment, deployment_name)
        value = own or getattr(self.deployment.deployment_group, group_name) or {}
        return value if value.get("enabled") else {}


class Deployments:
    """Runs the deployments of an open region.

    Parameters
    ----------
    clock, workers
        When weights change, and what changes them.
    before_reading
        Called before metrics are read: those that are buffered must be there.
    send_back
        Makes moto's record of the deployment that undoes one, and begins it; returns its id.
    """

    def __init__(
        self,
        clock: Clock,
        workers: Workers,
        before_reading: Callable[[], None],
        send_back: Callable[[Run], str],
    ) -> None:
        self._clock = clock
        self._workers = workers
        self._before_reading = before_reading
        self._send_back = send_back
        self.lock = threading.RLock()
        """Held while a deployment changes."""

    @staticmethod
    def of(deployment: Any) -> Run | None:
        """Return the run of moto's record *deployment*, if it is one of Lambda's."""
        run: Run | None = getattr(deployment, "lab_run", None)
        return run

    # -- running ---------------------------------------------------------------------------------

    def begin(self, run: Run) -> None:
        """Begin a deployment: look at its alarms, check its alias, take the first step."""
        if not run.is_way_back:
            self._before_reading()
        with self.lock:
            deployment = run.deployment
            deployment.lab_run = run
            deployment.status, deployment.start_time = _OPEN, self._now()
            self._overview(run, _OPEN)
            if not run.is_way_back and not self._may_begin(run):
                return
            for step in run.steps[1:]:
                self._plan(run, step.after_seconds, step)
            self._take(run, run.steps[0])
            if run.is_open:
                self._plan(run, LOOK_SECONDS, None)

    def _may_begin(self, run: Run) -> bool:
        if self._stopped_by_alarm(run):
            return False
        try:
            self._check_alias(run)
        except AwsError as error:
            self._end(run, "Failed", ("INVALID_LAMBDA_FUNCTION", error.message))
            return False
        return True

    def stop(self, run: Run, rolls_back: bool | None) -> None:
        """Stop a deployment by hand; *rolls_back* is ``None`` to do as the settings say."""
        with self.lock:
            if run.is_open:
                problem = ("MANUAL_STOP", "The deployment was stopped by a user.")
                self._end(run, "Stopped", problem, rolls_back)

    def _plan(self, run: Run, seconds: int, step: Step | None) -> None:
        job = partial(self._workers.submit, partial(self._look, run, step))
        run.planned.append(self._clock.call_later(seconds, job))

    def _look(self, run: Run, step: Step | None) -> None:
        """Look at the alarms; then take *step*, or plan the next look where there is none."""
        self._before_reading()
        with self.lock:
            if not run.is_open or not _is_kept(run) or self._stopped_by_alarm(run):
                return
            if step is None:
                self._plan(run, LOOK_SECONDS, None)
            else:
                self._take(run, step)

    def _take(self, run: Run, step: Step) -> None:
        shift = run.shift
        version = shift.target if step.is_last else shift.current
        weights = {} if step.is_last else {shift.target: step.weight}
        try:
            self._point(run, version, weights)
        except AwsError as error:
            self._end(run, "Failed", ("INVALID_LAMBDA_CONFIGURATION", error.message))
            return
        run.percent = step.percent
        if step.is_last:
            self._end(run, "Succeeded", None)

    def _check_alias(self, run: Run) -> None:
        """Check that the alias is where the AppSpec file says it is; the texts are ours."""
        backend, shift = backend_of(run.region), run.shift
        asked = {"FunctionName": shift.function, "Name": shift.alias}
        with backend.lock:
            version = get_alias(backend, asked)["FunctionVersion"]
        if version != shift.current:
            raise AwsError(
                "InvalidRevisionException",
                f"The alias {shift.alias} points to version {version}, not to the current "
                f"version {shift.current} of the AppSpec file.",
            )

    def _point(self, run: Run, version: str, weights: Mapping[str, float]) -> None:
        backend, shift = backend_of(run.region), run.shift
        asked = {
            "FunctionName": shift.function,
            "Name": shift.alias,
            "FunctionVersion": version,
            "RoutingConfig": {"AdditionalVersionWeights": dict(weights)},
        }
        with backend.lock:
            update_alias(backend, asked)

    # -- alarms ----------------------------------------------------------------------------------

    def _stopped_by_alarm(self, run: Run) -> bool:
        config = run.setting("override_alarm_configuration", "alarm_configuration")
        names = [str(alarm["name"]) for alarm in config.get("alarms") or []]
        if not names:
            return False
        alarms = Alarms(run.region)
        active = alarms.active(names, self._clock.now())
        missing = alarms.missing(names)
        if active:
            why = f"Alarms that stopped the deployment: {', '.join(active)}."
        elif missing and not config.get("ignorePollAlarmFailure"):
            why = f"Alarms that could not be read: {', '.join(missing)}."
        else:
            return False
        self._end(run, "Stopped", ("ALARM_ACTIVE", why))
        return True

    # -- ending ----------------------------------------------------------------------------------

    def _end(
        self, run: Run, status: str, problem: Problem | None, rolls_back: bool | None = None
    ) -> None:
        for scheduled in run.planned:
            scheduled.cancel()
        deployment = run.deployment
        deployment.status, deployment.complete_time = status, self._now()
        self._overview(run, "Succeeded" if status == "Succeeded" else "Failed")
        if problem is None:
            return
        code, message = problem
        deployment.error_information = {"code": code, "message": message}
        if rolls_back is None:
            rolls_back = _reason(status, code) in run.setting(
                "auto_rollback_configuration", "auto_rollback_configuration"
            ).get("events", [])
        # What never moved a call has nothing to take back, and a way back is not undone itself.
        if rolls_back and run.percent and not run.is_way_back:
            deployment.rollback_info = {"rollbackDeploymentId": self._send_back(run)}

    def _overview(self, run: Run, member: str) -> None:
        overview = run.deployment.deployment_overview
        for name in overview:
            overview[name] = int(name == member)

    def _now(self) -> Any:
        return self._clock.now().replace(tzinfo=None)  # as moto keeps times


def _is_kept(run: Run) -> bool:
    """Whether moto still has the deployment; a reset takes it away."""
    kept = codedeploy_backends[ACCOUNT][run.region].deployments
    return kept.get(run.deployment.deployment_id) is run.deployment


def _reason(status: str, code: str) -> str:
    """Return CodeDeploy's name of what may start a rollback."""
    if status == "Failed":
        return "DEPLOYMENT_FAILURE"
    return "DEPLOYMENT_STOP_ON_ALARM" if code == "ALARM_ACTIVE" else "DEPLOYMENT_STOP_ON_REQUEST"
