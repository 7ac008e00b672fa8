"""What is set right about moto while a region is open, service by service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lambda_lab.aws.checked_requests import checked_requests
from lambda_lab.aws.cloudwatch import exact_dimensions
from lambda_lab.aws.first_use import when_loaded
from lambda_lab.aws.iam_requests import assumed_roles, trust_policies
from lambda_lab.aws.sources.dynamodb_statements import readable_statements
from lambda_lab.aws.sources.sqs_requests import queue_requests
from lambda_lab.aws.sources.stream_requests import table_stream_requests
from lambda_lab.aws.template_types import known_types

__all__ = ["mended_moto"]


@contextmanager
def mended_moto() -> Iterator[None]:
    """Mend moto's services while the context is open; EC2 from its first use on."""
    with (
        checked_requests(),
        queue_requests(),
        exact_dimensions(),
        when_loaded("moto.dynamodb.models", readable_statements),
        when_loaded("moto.dynamodbstreams.models", table_stream_requests),
        when_loaded("moto.iam.responses", trust_policies),
        when_loaded("moto.sts.responses", assumed_roles),
        when_loaded("moto.cloudformation.parsing", known_types),
        when_loaded("moto.ec2.models", _networks),
    ):
        yield


@contextmanager
def _networks() -> Iterator[None]:
    from lambda_lab.aws.ec2_seam import true_networks
    from lambda_lab.aws.vpc.interface_seam import managed_interfaces

    with true_networks(), managed_interfaces():
        yield
