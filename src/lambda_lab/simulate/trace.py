"""A workload of one's own, read from a CSV file."""

from __future__ import annotations

import csv
from array import array
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from lambda_lab.errors import shown

from .checks import LONGEST
from .errors import SimulationError

__all__ = ["Trace", "read_trace"]

UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
QUANTITIES = ("arrival", "duration", "init")


@dataclass(frozen=True, slots=True)
class Trace:
    """Requests in order of arrival; all in nanoseconds."""

    arrivals: array[int]
    durations: array[int]
    inits: array[int] | None
    """One for each request, or ``None`` where the file has no such column."""


def read_trace(path: str | Path) -> Trace:
    r"""Read requests from a CSV file with a head line.

    The head names the columns with their units: ``arrival_s`` and ``duration_ms``, and
    ``init_ms`` if there is one. Units are ns, us, ms and s; other columns are passed over, and
    lines may be in any order.

    Parameters
    ----------
    path
        The file, UTF-8.

    Raises
    ------
    SimulationError
        If the file cannot be read, has no such columns, or a line is not as it must be; the
        message names the line.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "trace.csv"
    ...     _ = file.write_text("arrival_s,duration_ms\n0.5,20\n0,10\n")
    ...     trace = read_trace(file)
    >>> trace.arrivals.tolist(), trace.durations.tolist()
    ([0, 500000000], [10000000, 20000000])
    """
    try:
        path = Path(path)
    except TypeError:
        raise SimulationError(f"path is {shown(path)}; give the name of a file.") from None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            requests = _requests(csv.DictReader(file, strict=True))
    except SimulationError:
        raise
    except (OSError, ValueError, csv.Error) as error:  # a name or a text that cannot be
        raise SimulationError(f"The trace cannot be read: {error}.") from error
    if not requests:
        raise SimulationError(f"{path.name} holds no request below its head line.")
    requests.sort(key=lambda request: request[0])
    arrivals, durations, *inits = zip(*requests, strict=True)
    return Trace(
        array("q", arrivals), array("q", durations), array("q", inits[0]) if inits else None
    )


def _requests(lines: csv.DictReader[str]) -> list[tuple[int, ...]]:
    columns = _columns(list(lines.fieldnames or ()))
    found = []
    for line in lines:
        place = f"line {lines.line_num}"
        found.append(tuple(_time(place, name, line[name], unit) for name, unit in columns))
    return found


def _columns(head: list[str]) -> list[tuple[str, int]]:
    """Return the columns to read, with the nanoseconds of their units."""
    found = []
    for quantity in QUANTITIES:
        names = [
            (name, unit)
            for name in head
            for short, unit in UNITS.items()
            if name.strip() == f"{quantity}_{short}"
        ]
        if len(names) > 1 or (not names and quantity != "init"):
            raise SimulationError(
                f"The trace has {len(names)} columns of {quantity}s; its head line must name one, "
                f"with its unit: {', '.join(f'{quantity}_{short}' for short in UNITS)}."
            )
        found += names
    return found


def _time(place: str, column: str, text: str | None, unit: int) -> int:
    try:
        value = Decimal((text or "").strip()) * unit
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value <= LONGEST:
        raise SimulationError(
            f"{place} of the trace has {text!r} as {column.strip()}; give a number from 0 on, "
            "of at most 36 years."
        )
    return round(value)
