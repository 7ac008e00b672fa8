"""Opening what acts on metrics: deployments that look at alarms, and auto scaling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from lambda_lab.aws.first_use import when_loaded
from lambda_lab.clock import Clock
from lambda_lab.invoke.workers import Workers

__all__ = ["metric_readers"]


@contextmanager
def metric_readers(
    clock: Clock, workers: Workers, before_reading: Callable[[], None]
) -> Iterator[None]:
    """Let CodeDeploy shift traffic and auto scaling move capacity while the block runs.

    Parameters
    ----------
    clock, workers
        The region's.
    before_reading
        Called before metrics are read: those that are buffered must be there.
    """

    def deployments() -> AbstractContextManager[None]:
        from lambda_lab.aws.codedeploy.opened import lambda_deployments

        return lambda_deployments(clock, workers, before_reading)

    def autoscaling() -> AbstractContextManager[None]:
        from lambda_lab.aws.autoscaling.opened import provisioned_autoscaling

        return provisioned_autoscaling(clock, workers, before_reading)

    with (
        when_loaded("moto.codedeploy.models", deployments),
        when_loaded("moto.applicationautoscaling.models", autoscaling),
    ):
        yield
