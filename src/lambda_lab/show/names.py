"""How numbers, lists and places are named in the words of every figure."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["counted", "listed", "place", "place_name"]

_SERVICES = {
    "sqs": "queue",
    "sns": "topic",
    "lambda": "function",
    "events": "bus",
    "s3": "bucket",
    "kinesis": "stream",
    "dynamodb": "table",
    "scheduler": "schedule",
    "logs": "log group",
}


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "call"), counted(3, "call"), counted(0, "reply", "replies")
    ('1 call', '3 calls', 'no replies')
    """
    noun = singular if number == 1 else (plural or f"{singular}s")
    return f"{number or 'no'} {noun}"


def listed(parts: Sequence[str]) -> str:
    """Return *parts* as a list in a sentence.

    Examples
    --------
    >>> listed(["1", "2", "3"]), listed(["1"])
    ('1, 2 and 3', '1')
    """
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def place_name(arn: str) -> str:
    """Return the name in the ARN of a queue, topic, bus, bucket, function, stream or table.

    Examples
    --------
    >>> place_name("arn:aws:sqs:us-east-1:123456789012:dead")
    'dead'
    >>> place_name("arn:aws:lambda:us-east-1:123456789012:function:mend:live")
    'mend'
    >>> place_name("arn:aws:events:us-east-1:123456789012:event-bus/default")
    'default'
    >>> place_name("arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-11-21")
    'orders'
    """
    parts = arn.split(":")
    if len(parts) > 6 and parts[2] in ("lambda", "logs"):
        return parts[6]
    if len(parts) > 5 and parts[2] == "dynamodb":  # the stream's own name is a time
        return parts[5].removeprefix("table/").partition("/")[0]
    return parts[-1].rpartition("/")[2]


def place(arn: str) -> str:
    """Return what an ARN points to and its name.

    Examples
    --------
    >>> place("arn:aws:sns:us-east-1:123456789012:alarm")
    'topic alarm'
    >>> place("arn:aws:events:us-east-1:123456789012:rule/nightly")
    'rule nightly'
    """
    parts = arn.split(":")
    kind = _SERVICES.get(parts[2] if len(parts) > 2 else "", "target")
    if kind == "bus" and parts[-1].startswith("rule/"):
        kind = "rule"
    return f"{kind} {place_name(arn)}".strip()
