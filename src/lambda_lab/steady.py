"""Steady output: what was measured is masked, so that two builds of the book agree.

A published page shows one run. Its order, its words and its numbers of calls are the same in
every run; its milliseconds are not. With ``LAMBDA_LAB_STEADY=1`` - the build sets it - measured
numbers in log lines become an ellipsis, the clock starts at a fixed time, and ids come from a seed.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

from lambda_lab.clock import SECOND, stopwatch_ns, wall_time_ns

__all__ = ["is_steady", "mask", "real_time", "seed_for"]

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


def real_time() -> Callable[[], int]:
    """Return where a region's clock takes real time from: fixed start when steady."""
    if not is_steady():
        return wall_time_ns
    base, opened = int(START.timestamp()) * SECOND, stopwatch_ns()
    return lambda: base + stopwatch_ns() - opened


def seed_for(name: str) -> int | None:
    """Return the seed of a lab's ids, or ``None`` to draw them at random."""
    return zlib.crc32(name.encode()) if is_steady() else None
