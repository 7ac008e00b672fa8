"""Read the data files into records, and refuse what is incomplete.

A file holds shared fields at its top (``checked``, ``source`` ...) and then either a table
``[fact]``, one line per key, or an array of records such as ``[[metric]]``. An entry's own field
wins over the file's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from .model import Confidence, Fact, FactsDataError, InvocationModel, Kind
from .prose import display

__all__ = ["build_fact", "load_facts", "load_records", "page_url", "read_table"]


class _Record(Protocol):
    """What every record type has; a `Protocol`, since dataclasses share no base class."""

    def __init__(self, **entries: Any) -> None: ...


_R = TypeVar("_R", bound=_Record)


def read_table(folder: str, name: str) -> Mapping[str, Any]:
    """Return a parsed file of a folder of this room; a number with a point is Decimal.

    Raises
    ------
    FactsDataError
        When it is not TOML.

    Examples
    --------
    >>> sorted(read_table("data", "pages.toml"))
    ['page']
    """
    text = (resources.files(__package__) / folder / name).read_text(encoding="utf-8")
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise FactsDataError(f"facts/{folder}/{name} is not TOML: {error}") from error


@cache
def _files() -> Mapping[str, Mapping[str, Any]]:
    """Return every data file, parsed; prices keep their digits."""
    folder = resources.files(__package__) / "data"
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    return MappingProxyType({name: read_table("data", name) for name in names})


def page_url(source: str) -> str:
    """Return the page a source key stands for.

    Raises
    ------
    FactsDataError
        When ``pages.toml`` does not know the part before the colon.

    Examples
    --------
    >>> page_url("DG:snapstart")
    'https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html'
    """
    prefix, _, page = source.partition(":")
    pages: Mapping[str, str] = _files()["pages.toml"]["page"]
    if prefix not in pages:
        raise FactsDataError(f"Source {source!r}: add {prefix!r} to facts/data/pages.toml.")
    template = pages[prefix]
    if ("{page}" in template) != bool(page):
        raise FactsDataError(f"Source {source!r} does not fit the page {template!r}.")
    return template.replace("{page}", page)


def load_facts() -> Mapping[str, Fact]:
    """Return every fact by key, in the order of the files.

    Raises
    ------
    FactsDataError
        When an entry lacks a field, has one too many, or a key stands in two files.
    """
    found: dict[str, Fact] = {}
    for name, content in _files().items():
        for key, entry in content.get("fact", {}).items():
            if key in found:
                raise FactsDataError(
                    f"facts/data/{name}: the key {key!r} stands in another file too."
                )
            found[key] = build_fact(key, {**_shared(content), **entry}, name)
    return MappingProxyType(found)


def build_fact(key: str, entry: Mapping[str, Any], name: str) -> Fact:
    """Build one fact from its merged entry; `name` is the file, for messages."""
    where = f"facts/data/{name}, fact {key!r}"
    made = {"key": key, **entry}
    if "value" in made:
        made["value"] = _value(made["value"], made.get("kind") == Kind.PRICE.value, where)
        if "unit" in made and "text" not in made:
            made["text"] = display(made["value"], made["unit"])
    built = _build(Fact, made, where)
    if built.print_anyway and not built.reason:
        raise FactsDataError(f"{where}: print_anyway needs a reason.")
    return built


def _value(raw: object, price: bool, where: str) -> int | float | str | Decimal | tuple[str, ...]:
    """Return a value as facts carry it, or refuse it."""
    if price:
        if isinstance(raw, Decimal):
            return raw
        raise FactsDataError(f"{where}: write the price {raw!r} with a decimal point.")
    if isinstance(raw, Decimal):
        return float(raw)
    if isinstance(raw, list) and raw and not [one for one in raw if not isinstance(one, str)]:
        return tuple(raw)
    if isinstance(raw, int | str) and not isinstance(raw, bool):
        return raw
    raise FactsDataError(f"{where}: {raw!r} is no number, text or list of texts.")


def load_records(record: type[_R], table: str) -> tuple[_R, ...]:
    """Return the records of one table, in order.

    Parameters
    ----------
    record
        The dataclass to build.
    table
        Name of the array in the data files, for example ``metric``.
    """
    return tuple(_records(record, table))


def _records(record: type[_R], table: str) -> Iterator[_R]:
    seen: set[str] = set()
    for name, content in _files().items():
        for entry in content.get(table, []):
            where = f"facts/data/{name}, {table} {entry.get('name')!r}"
            if entry.get("name") in seen:
                raise FactsDataError(f"{where} stands there twice.")
            seen.add(entry.get("name"))
            yield _build(record, {**_shared(content), **entry}, where)


def _shared(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields a file states once for all its entries."""
    return {key: value for key, value in content.items() if not isinstance(value, dict | list)}


def _build(record: type[_R], entry: dict[str, Any], where: str) -> _R:
    known = {field.name: field for field in fields(record)}  # type: ignore[arg-type]
    optional = {name for name, field in known.items() if field.default is not MISSING}
    # TOML has no null: a date AWS does not name is simply absent.
    for name in {"deprecated", "block_create", "block_update"} & known.keys():
        entry.setdefault(name, None)
    if extra := entry.keys() - known.keys():
        raise FactsDataError(f"{where}: unknown field {', '.join(sorted(extra))}.")
    if missing := known.keys() - optional - entry.keys() - {"url"}:
        raise FactsDataError(f"{where}: missing field {', '.join(sorted(missing))}.")
    entry["url"] = page_url(entry["source"])
    if not isinstance(entry["checked"], date):
        raise FactsDataError(f"{where}: checked must be a date, not {entry['checked']!r}.")
    try:
        _enumerate(entry, record)
    except ValueError as error:
        raise FactsDataError(f"{where}: {error}.") from error
    return record(**entry)


def _enumerate(entry: dict[str, Any], record: type[Any]) -> None:
    """Turn the words of the file into the enumerations of the record."""
    entry["confidence"] = Confidence(entry["confidence"])
    if "kind" in entry:
        entry["kind"] = Kind(entry["kind"])
    if "model" in entry and record is not Fact:
        entry["model"] = InvocationModel(entry["model"])
    if "dimensions" in entry:
        entry["dimensions"] = tuple(entry["dimensions"])
