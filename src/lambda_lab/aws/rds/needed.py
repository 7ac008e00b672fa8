"""Requests to RDS against its model, before anything acts on them.

RDS's API reference lists ``MissingParameter`` among its common errors, and its model says which
parameters an operation needs; moto asks for few of them.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lambda_lab.errors import AwsError

__all__ = ["what_rds_says"]


def what_rds_says(shape: Any, params: Mapping[str, Any]) -> None:
    """Refuse a request that lacks what the operation needs.

    Parameters
    ----------
    shape
        The operation's input, in botocore's model.
    params
        What was sent.

    Raises
    ------
    AwsError
        In RDS's words; for a parameter inside another one their form is confidence L.
    """
    absent = next(_absent(shape, params, ""), None)
    if absent is not None:
        raise AwsError("MissingParameter", f"The request must contain the parameter {absent}.")


def _absent(shape: Any, params: Mapping[str, Any], before: str) -> Iterator[str]:
    """Yield what is needed and not there, by the name that the query protocol gives it."""
    for name in shape.required_members:
        if params.get(name) is None:
            yield before + name
    for name, member in shape.members.items():
        value = params.get(name)
        if value is None:
            continue
        if member.type_name == "structure":
            yield from _absent(member, value, f"{before}{name}.")
        elif member.type_name == "list" and member.member.type_name == "structure":
            word = member.member.serialization.get("name", "member")
            for number, one in enumerate(value, start=1):
                yield from _absent(member.member, one, f"{before}{name}.{word}.{number}.")
