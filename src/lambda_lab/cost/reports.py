"""The bill of runs that really happened, read from the REPORT lines of their log."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, localcontext

from lambda_lab.errors import shown

from .charges import MILLION, PER_GB_S
from .errors import WorkloadError
from .lines import Bill, Line
from .money import EXACT
from .workload import ARCHITECTURES

__all__ = ["from_reports"]

# "Memory Size" is what was configured, and what counts; "Max Memory Used" costs nothing extra.
_BILLED = re.compile(r"\tBilled Duration: (\d+) ms\tMemory Size: (\d+) MB\t")
# The same in LogFormat JSON; what a function logs itself has its quotes escaped within a message.
_PLATFORM_REPORT = '"type":"platform.report"'
_OF_JSON = tuple(
    re.compile(rf'"{name}"\s*:\s*(\d+)\s*[,}}]') for name in ("billedDurationMs", "memorySizeMB")
)


def from_reports(messages: Iterable[str], *, architecture: str = "x86_64") -> Bill:
    r"""Return what the runs in a log cost, before the free tier.

    The cache and the restores of SnapStart are not in it.

    Parameters
    ----------
    messages
        Log messages in either log format; those that are no REPORT are passed over.
    architecture
        Of the function: the log does not say it.

    Raises
    ------
    WorkloadError
        If there is no such architecture, or a REPORT line has no numbers, as on a published page
        of this book, where measured numbers are masked.

    Examples
    --------
    >>> from_reports(["REPORT RequestId: a\tDuration: 133.61 ms\tBilled Duration: 214 ms\t"
    ...               "Memory Size: 128 MB\tMax Memory Used: 31 MB\tInit Duration: 80.00 ms"])
    what              quantity    unit price              amount
    Requests          1           $0.20 per million       $0.0000002
    Duration, x86_64  0.027 GB-s  $0.0000166667 per GB-s  $0.000000446
    Total                                                 $0.000000646
    """
    if str(architecture) not in ARCHITECTURES:
        raise WorkloadError(
            f"Architecture is {shown(architecture)}. Give {' or '.join(ARCHITECTURES)}.",
            "architecture",
        )
    if isinstance(messages, str | bytes) or not isinstance(messages, Iterable):
        raise WorkloadError(f"messages is a {type(messages).__name__}; give a list of messages.")
    runs = [_read(message) for message in messages if _is_report(message)]
    with localcontext(EXACT):
        seconds = sum((ms * mb for ms, mb in runs), Decimal(0)) / 1000 / 1024
    key = f"price.duration.{ARCHITECTURES[architecture]}"
    lines = (
        Line("Requests", Decimal(len(runs)), "", "price.requests", MILLION, "per million"),
        Line(f"Duration, {architecture}", seconds, "GB-s", key, each=PER_GB_S),
    )
    return Bill(tuple(line for line in lines if line.quantity))


def _is_report(message: object) -> bool:
    if not isinstance(message, str):
        raise WorkloadError(f"{shown(message)} is no message of a log; give texts.")
    return message.startswith("REPORT ") or _PLATFORM_REPORT in message.replace(" ", "")


def _read(message: str) -> tuple[Decimal, Decimal]:
    """Return the billed milliseconds and the memory of a run, from a line of either log format."""
    if message.startswith("REPORT "):
        found = _BILLED.search(message)
        numbers = found.groups() if found else ()
    else:
        numbers = tuple(one[1] for one in (name.search(message) for name in _OF_JSON) if one)
    if len(numbers) != len(_OF_JSON):
        raise WorkloadError(
            f"This REPORT line has no billed duration to read: {message[:120]!r}. "
            "Give the line as Lambda wrote it: on a published page numbers are masked."
        )
    milliseconds, megabytes = map(Decimal, numbers)
    return milliseconds, megabytes
