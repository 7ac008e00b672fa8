"""Where a function's package is: a client may work in any AWS region of the one endpoint."""

from __future__ import annotations

from botocore.loaders import Loader
from botocore.regions import EndpointResolver

from lambda_lab.aws.backend import backend_of

__all__ = ["find_package"]


def find_package(region: str, digest: str) -> bytes | None:
    """Return the zip whose SHA-256 is *digest*, from whichever AWS region keeps it.

    Parameters
    ----------
    region
        The AWS region that is looked at first.
    digest
        SHA-256 of the zip, in hexadecimal digits.
    """
    resolver = EndpointResolver(Loader().load_data("endpoints"))
    partitions = resolver.get_available_partitions()
    everywhere = (resolver.get_available_endpoints("lambda", name) for name in partitions)
    for name in (region, *(name for names in everywhere for name in names)):
        code: bytes | None = backend_of(name).package(digest)
        if code is not None:
            return code
    return None
