"""Opening the databases of a region: RDS's control plane and the servers behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from lambda_lab.aws.first_use import when_loaded
from lambda_lab.clock import Clock
from lambda_lab.invoke.workers import Workers
from lambda_lab.rds.databases import Databases

__all__ = ["open_databases"]


@contextmanager
def open_databases(clock: Clock, workers: Workers) -> Iterator[Databases]:
    """Let RDS make real servers while the block runs.

    Parameters
    ----------
    clock, workers
        The region's.
    """
    with (
        Databases(clock, workers) as databases,
        when_loaded("moto.rds.models", partial(_rds, databases, clock, workers)),
    ):
        yield databases


@contextmanager
def _rds(databases: Databases, clock: Clock, workers: Workers) -> Iterator[None]:
    """Put *databases* behind moto's RDS, which is loaded when it is used first."""
    from lambda_lab.aws.rds.events_sources import rds_events_opened
    from lambda_lab.aws.rds.instance_metrics import instance_metrics
    from lambda_lab.aws.rds.opened import rds_instances
    from lambda_lab.aws.rds.proxy_opened import rds_proxies
    from lambda_lab.aws.rds.roles import instance_roles
    from lambda_lab.aws.rds.signing import moments_of_signing
    from lambda_lab.rds.aws_lambda.calls import LambdaCalls
    from lambda_lab.rds.proxies import Proxies
    from lambda_lab.rds.token_age import TokenAge

    with (
        moments_of_signing() as moments,
        rds_instances(databases, clock),
        instance_roles(clock),
        instance_metrics(databases, clock, workers),
        LambdaCalls(databases, workers),
        rds_events_opened(databases, clock, workers),
        rds_proxies(
            proxies := Proxies(databases, clock, TokenAge(clock, moments)),
            databases,
            clock,
            workers,
        ),
    ):
        databases.on_clear.append(proxies.clear)
        yield
