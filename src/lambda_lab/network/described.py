"""Reads parts of what EC2 says, which may be missing or of another kind than they should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from lambda_lab.network.components import Address, Network, address, network

__all__ = [
    "Described",
    "address_of",
    "described_parts",
    "id_of",
    "ids_of",
    "made",
    "networks_of",
    "part_of",
    "text_of",
    "texts_of",
]

Described = Mapping[str, Any]
T = TypeVar("T")


def made(make: Callable[[Described], T | None], described: Iterable[Described]) -> Iterator[T]:
    """Yield what is made of each description that makes sense."""
    for one in described:
        try:
            found = make(one)
        except (KeyError, TypeError, ValueError):
            continue
        if found is not None:
            yield found


def described_parts(one: Mapping[str, Any], name: str) -> list[Described]:
    """Return a list of descriptions; an empty one for what is none."""
    found = one.get(name)
    listed = found if isinstance(found, list | tuple) else ()
    return [each for each in listed if isinstance(each, dict)]


def part_of(one: Described, name: str) -> Described:
    """Return a description within another; an empty one for what is none."""
    found = one.get(name)
    return found if isinstance(found, dict) else {}


def id_of(one: Described, name: str) -> str:
    """Return an id, without which a component is none.

    Raises
    ------
    ValueError
        If there is none.
    """
    found = one.get(name)
    if not isinstance(found, str) or not found:
        raise ValueError(name)
    return found


def text_of(one: Described, name: str, otherwise: str = "") -> str:
    """Return a text, or *otherwise* for what is none.

    Examples
    --------
    >>> text_of({"State": "available"}, "State"), text_of({"State": None}, "State", "unknown")
    ('available', 'unknown')
    """
    found = one.get(name)
    return found if isinstance(found, str) and found else otherwise


def texts_of(one: Described, name: str) -> tuple[str, ...]:
    """Return the texts of a list."""
    found = one.get(name)
    listed = found if isinstance(found, list | tuple) else ()
    return tuple(each for each in listed if isinstance(each, str) and each)


def ids_of(described: Described, many: str, name: str) -> tuple[str, ...]:
    """Return what the descriptions of a list call *name*, where they do."""
    return tuple(
        text_of(one, name) for one in described_parts(described, many) if text_of(one, name)
    )


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the blocks that are blocks, each once."""
    found: dict[Network, None] = {}
    for text in texts:
        try:
            found[network(text)] = None
        except ValueError:
            continue
    return tuple(found)


def address_of(text: str) -> Address | None:
    """Return an address; ``None`` for what is none."""
    try:
        return address(text)
    except ValueError:
        return None
