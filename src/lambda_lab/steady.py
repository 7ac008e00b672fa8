"""Steady output: what was measured is masked, so that two builds of the book agree.

A published page shows one run. Its order, its words and its numbers of calls are the same in
every run; its milliseconds are not. With ``LAMBDA_LAB_STEADY=1`` - the build sets it - measured
numbers in log lines become an ellipsis, the clock starts at a fixed time, and ids come from a seed.
"""

from __future__ import annotations

import os
import re
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from lambda_lab.clock import SECOND, stopwatch_ns, wall_time_ns
from lambda_lab.timeline import Event, Kind

__all__ = ["is_steady", "mask", "real_time", "seed_for", "whole_output", "without_idle"]

_LONGER_THAN_A_CELL = 3600.0
START = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
_MEASURED = (
    (re.compile(r"((?:Init |Billed |Restore )?Duration: )[\d.]+( ms)"), r"\1…\2"),
    (re.compile(r"(Max Memory Used: )\d+( MB)"), r"\1…\2"),
    (re.compile(r'("(?:\w*[dD]urationMs|maxMemoryUsedMB)": ?)[\d.]+'), r"\1…"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"), "…"),
)


def is_steady() -> bool:
    """Whether output must be the same from run to run."""
    return os.environ.get("LAMBDA_LAB_STEADY") == "1"


def mask(text: str) -> str:
    r"""Replace measured numbers and times in a log message.

    Examples
    --------
    >>> mask("Duration: 1.23 ms\tMemory Size: 128 MB\tMax Memory Used: 31 MB")
    'Duration: … ms\tMemory Size: 128 MB\tMax Memory Used: … MB'
    """
    for pattern, replacement in _MEASURED:
        text = pattern.sub(replacement, text)
    return text


def without_idle(events: Sequence[Event], jumps: Sequence[tuple[int, int]]) -> list[Event]:
    """Take out the real time that passed while nothing ran, so that figures do not show it.

    Between two cells of a notebook passes as much time as the machine needs, or the reader. What
    was waited for by moving the clock stays, and so does all of the wait before a retry: that is
    as long as Lambda makes it, whatever part of it passed by itself.

    Parameters
    ----------
    events
        Oldest first.
    jumps
        Moves of the clock by hand (:attr:`lambda_lab.clock.Clock.jumps`).

    Examples
    --------
    >>> call = Event(5 * SECOND, Kind.RECEIVED, "f", request="1")
    >>> done = Event(6 * SECOND, Kind.RESPONDED, "f", request="1")
    >>> later = Event(96 * SECOND, Kind.RECEIVED, "f", request="2")
    >>> moved = without_idle([call, done, later], [(6 * SECOND, 66 * SECOND)])
    >>> [event.time_ns // SECOND for event in moved]
    [5, 6, 66]

    >>> failed = Event(6 * SECOND, Kind.RETRY, "f", request="1")
    >>> again = Event(66 * SECOND, Kind.RECEIVED, "f", request="1")
    >>> moved = without_idle([call, done, failed, again], [(20 * SECOND, 80 * SECOND)])
    >>> [event.time_ns // SECOND for event in moved]
    [5, 6, 6, 66]
    """
    moved: list[Event] = []
    waiting, removed, last_ns = 0, 0, events[0].time_ns if events else 0
    removed_before: dict[str | None, int] = {}
    """By request: what was taken out before its wait for a retry began."""
    for event in events:
        if not waiting:
            by_hand = sum(
                max(0, min(end, event.time_ns) - max(start, last_ns)) for start, end in jumps
            )
            removed += max(0, event.time_ns - last_ns - by_hand)
        removed = min(removed, removed_before.pop(event.request, removed))
        if event.kind is Kind.RETRY:
            removed_before[event.request] = removed
        moved.append(replace(event, time_ns=event.time_ns - removed))
        last_ns = event.time_ns
        if event.kind is Kind.RECEIVED:
            waiting += 1
        elif event.kind in (Kind.RESPONDED, Kind.THROTTLED):
            waiting = max(0, waiting - 1)
    return moved


def real_time() -> Callable[[], int]:
    """Return where a region's clock takes real time from: fixed start when steady."""
    if not is_steady():
        return wall_time_ns
    base, opened = int(START.timestamp()) * SECOND, stopwatch_ns()
    return lambda: base + stopwatch_ns() - opened


def seed_for(name: str) -> int | None:
    """Return the seed of a lab's ids, or ``None`` to draw them at random."""
    return zlib.crc32(name.encode()) if is_steady() else None


def whole_output() -> None:
    """Let what a cell prints leave the kernel in one piece, at the cell's end, when steady.

    By itself ipykernel sends it in pieces, five times a second, and MyST-NB drops the blank lines
    at the end of each piece: which ones a page showed would follow the machine's speed.
    """
    if is_steady():
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "flush_interval"):  # seconds; only ipykernel's streams have it
                stream.flush_interval = _LONGER_THAN_A_CELL
