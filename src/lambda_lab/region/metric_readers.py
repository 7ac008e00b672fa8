"""Opening what acts on metrics: deployments that look at alarms, and auto scaling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lambda_lab.aws.autoscaling.opened import provisioned_autoscaling
from lambda_lab.aws.codedeploy.opened import lambda_deployments
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
    with (
        lambda_deployments(clock, workers, before_reading),
        provisioned_autoscaling(clock, workers, before_reading),
    ):
        yield
