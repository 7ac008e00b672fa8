"""What a host name means: which destination a handler asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from lambda_lab.network.components import address
from lambda_lab.network.destinations import (
    WEB_ADDRESS,
    At,
    AwsService,
    Destination,
    EndpointName,
    FunctionUrl,
    Internet,
)

__all__ = ["for_host"]

NUMERIC_NAME = re.compile(r"ip-(\d+)-(\d+)-(\d+)-(\d+)\.(?:ec2|[a-z0-9-]+\.compute)\.internal")
ENDPOINT_NAME = re.compile(r"(vpce-[0-9a-f]+)[-.].*")
FUNCTION_URL = re.compile(r"[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws")
BUCKET = re.compile(r"(?:.+\.)?(s3)(?:[.-]([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com")
SERVICE = re.compile(r"(api\.ecr|[a-z0-9-]+)(?:\.([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com")
OF_AMAZON = (".amazonaws.com", ".internal", ".on.aws")


def for_host(host: str) -> Destination:
    """Return what a name or a numeric address means. Names of databases are not known here.

    Examples
    --------
    >>> for_host("sqs.us-east-1.amazonaws.com").name
    'sqs in us-east-1'
    >>> for_host("10.0.1.5")
    At(address='10.0.1.5', named=False)
    >>> for_host("example.com").name
    'example.com'
    """
    name = host.rstrip(".").lower()
    return next(_meanings(name))


def _meanings(name: str) -> Iterator[Destination]:
    with suppress(ValueError):
        yield At(str(address(name.strip("[]"))))
    if found := NUMERIC_NAME.fullmatch(name):
        yield At(".".join(found.groups()[:4]), named=True)
    if found := ENDPOINT_NAME.fullmatch(name):
        yield EndpointName(found[1])
    if FUNCTION_URL.fullmatch(name):
        yield FunctionUrl(name)
    if found := BUCKET.fullmatch(name) or SERVICE.fullmatch(name):
        yield AwsService(found[1], found[2] or "us-east-1")
    yield Internet(name, () if name.endswith(OF_AMAZON) else (WEB_ADDRESS,))
