"""What is set right about moto while a region is open, service by service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lambda_lab.aws.cloudwatch import exact_dimensions
from lambda_lab.aws.first_use import when_loaded

__all__ = ["mended_moto"]


@contextmanager
def mended_moto() -> Iterator[None]:
    """Mend moto's CloudWatch and EC2 while the context is open; EC2 from its first use on."""
    with exact_dimensions(), when_loaded("moto.ec2.models", _networks):
        yield


@contextmanager
def _networks() -> Iterator[None]:
    from lambda_lab.aws.ec2_seam import true_networks
    from lambda_lab.aws.vpc.interface_seam import managed_interfaces

    with true_networks(), managed_interfaces():
        yield
