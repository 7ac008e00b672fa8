"""Lists in pages, as ``MaxItems`` and ``Marker`` ask for them.

A marker names the last item that was listed, not a number of items: who deletes what a page
listed, and then asks for the next page, misses nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from lambda_lab.aws.errors import aws_error

__all__ = ["PAGE", "by_version", "paged"]

Params = dict[str, Any]
Place = tuple[str | int, ...]
"""Where an item stands in its list; places compare as the items are ordered."""

PAGE = 50
"""Most items in most answers, whatever ``MaxItems`` asks for (API reference, ListFunctions)."""


def by_version(config: Params) -> Place:
    """Return the place of a function or version: by name, ``$LATEST`` before the numbers.

    Examples
    --------
    >>> by_version({"FunctionName": "f", "Version": "12"})
    ('f', 12)
    """
    version = config["Version"]
    return config["FunctionName"], 0 if version == "$LATEST" else int(version)


def paged(
    member: str,
    items: Sequence[Params],
    params: Params,
    place: Callable[[Params], Place],
    most: int = PAGE,
) -> Params:
    """Cut *items* into the page that ``Marker`` and ``MaxItems`` ask for.

    Parameters
    ----------
    member
        Name of the answer's list.
    items
        Everything there is to list.
    params
        The request's parameters.
    place
        Orders the items; no two may share a place.
    most
        Most items in one answer.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` for a marker that no answer carried. AWS's text is not
        published: confidence L.

    Examples
    --------
    >>> names = [{"Name": name} for name in "cab"]
    >>> page = paged("Aliases", names, {"MaxItems": 2}, lambda alias: (alias["Name"],))
    >>> page["Aliases"]
    [{'Name': 'a'}, {'Name': 'b'}]
    >>> asked = {"Marker": page["NextMarker"]}
    >>> paged("Aliases", names[:1], asked, lambda alias: (alias["Name"],))
    {'Aliases': [{'Name': 'c'}]}
    """
    ordered = sorted(items, key=place)
    marker = params.get("Marker")
    if marker:
        ordered = _after(marker, ordered, place)
    size = min(int(params.get("MaxItems") or most), most)
    output: Params = {member: ordered[:size]}
    if len(ordered) > size:
        output["NextMarker"] = _marker(place(ordered[size - 1]))
    return output


def _marker(place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _after(marker: str, ordered: list[Params], place: Callable[[Params], Place]) -> list[Params]:
    try:
        last = json.loads(base64.urlsafe_b64decode(marker))
    except (ValueError, RecursionError):
        _refuse()
    if not isinstance(last, list):
        _refuse()
    if ordered and [*map(type, last)] != [*map(type, place(ordered[0]))]:
        _refuse()  # a marker of another list
    return [item for item in ordered if place(item) > tuple(last)]


def _refuse() -> NoReturn:
    raise aws_error(
        "InvalidParameterValueException",
        "The Marker is not valid. Use the NextMarker of an earlier answer to the same operation.",
    )
