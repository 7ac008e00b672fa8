"""Recursive loop detection: how often a chain of requests has called one function already.

Lambda counts in the trace header, which AWS SDKs pass on from a running function to what it calls:
``Root=...;Parent=...;Sampled=0;Lineage=<function>:<count>|<function>:<count>``. Only hops through
Lambda, SQS, SNS and S3 carry it; any other service hides the loop.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html

That ``Lineage`` is where AWS counts is seen in its headers; how it spells a function there is not
documented. Here it is the first eight hexadecimal digits of the SHA-256 of the function's ARN.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lambda_lab import facts
from lambda_lab.errors import AwsError

__all__ = ["carried", "carrying", "check_loop", "count", "extend", "longest"]

_FIELD = "Lineage"
_LINEAGE = f"{_FIELD}="
_carried: ContextVar[str | None] = ContextVar("carried_trace", default=None)


def carried() -> str | None:
    """Return the trace header of the request that is being answered, if it had one.

    Services that call a function later - a queue, a topic, a bucket - keep it with what they keep.
    """
    return _carried.get()


@contextmanager
def carrying(header: str | None) -> Iterator[None]:
    """Make *header* the one that :func:`carried` returns, while the block runs."""
    token = _carried.set(header)
    try:
        yield
    finally:
        _carried.reset(token)


def count(header: str | None, arn: str) -> int:
    """Return how often the chain behind *header* has called the function *arn* (unqualified).

    Examples
    --------
    >>> header = extend("Root=1-2-3;Parent=4;Sampled=0", "arn:f")
    >>> count(header, "arn:f"), count(header, "arn:g"), count(None, "arn:f")
    (1, 0, 0)
    """
    return _counts(header).get(_short(arn), 0)


def extend(header: str, arn: str) -> str:
    """Return *header* with one more call of *arn* in it.

    Examples
    --------
    >>> twice = extend(extend("Root=1-2-3", "arn:f"), "arn:f")
    >>> count(twice, "arn:f")
    2
    """
    counts = _counts(header)
    name = _short(arn)
    counts[name] = counts.get(name, 0) + 1
    lineage = "|".join([f"{each}:{number}" for each, number in counts.items()])
    kept = [part for part in header.split(";") if part and not part.startswith(_LINEAGE)]
    return ";".join([*kept, _LINEAGE + lineage])


def longest(headers: list[str | None], arn: str) -> str | None:
    """Return the header that has called *arn* most often: a batch goes on in its longest chain."""
    return max((header for header in headers if header), key=lambda h: count(h, arn), default=None)


def check_loop(header: str | None, arn: str) -> None:
    """Refuse a call that would go on with a loop.

    Raises
    ------
    AwsError
        ``RecursiveInvocationException`` (400).
    """
    if header is None or _FIELD not in header:
        return
    if count(header, arn) >= int(facts.value("concurrency.recursion.limit")):
        # The text is AWS's as users report it: confidence M.
        raise AwsError(
            "RecursiveInvocationException",
            "Lambda has detected your function is being invoked in a recursive loop with other "
            "AWS resources and stopped your function's invocation.",
        )


def _counts(header: str | None) -> dict[str, int]:
    if header is None or _FIELD not in header:
        return {}
    for part in header.split(";"):
        name, _, value = part.partition("=")
        if name == _FIELD:
            pairs = (entry.rpartition(":") for entry in value.split("|"))
            return {key: int(number) for key, _, number in pairs if number.isdecimal()}
    return {}


@functools.lru_cache(maxsize=4096)
def _short(arn: str) -> str:
    return hashlib.sha256(arn.encode()).hexdigest()[:8]
