"""All services that push, for as long as a region is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from lambda_lab.aws.pushes.logs import log_pushes
from lambda_lab.aws.pushes.s3 import s3_pushes
from lambda_lab.aws.pushes.secrets import rotations
from lambda_lab.aws.pushes.sns import sns_pushes
from lambda_lab.aws.pushes.unsent import unsent_refused
from lambda_lab.aws.s3_notifications import notification_rules
from lambda_lab.clock import Clock
from lambda_lab.invoke.caller import Caller
from lambda_lab.invoke.workers import Workers

__all__ = ["service_pushes"]


@contextmanager
def service_pushes(caller: Caller, workers: Workers, clock: Clock) -> Iterator[None]:
    """Let S3, SNS, CloudWatch Logs and Secrets Manager call functions while the block runs.

    Parameters
    ----------
    caller, workers, clock
        The region's; rotations of secrets use them.
    """
    with ExitStack() as stack:
        for pushes in (notification_rules, s3_pushes, sns_pushes, log_pushes, unsent_refused):
            stack.enter_context(pushes())
        stack.enter_context(rotations(caller, workers, clock))
        yield
