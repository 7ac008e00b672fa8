"""Cold starts: the first call of a new function, against the start of a bare Python."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from benchmarks.floors import bare_start
from benchmarks.functions import TRIVIAL, WITH_BOTO3, call, deploy, reported
from benchmarks.samples import Samples, Timer, alternate, seconds, timed
from benchmarks.servers import client
from benchmarks.table import Goal, Row

__all__ = ["cold"]

GROUP = "cold start"
GOAL = Goal(ratio=2)
BARE = "python -I"
ROUNDS = 16


class _FirstCalls:
    """Deploys a new function for each first call. Only the call itself is timed."""

    def __init__(self, url: str, source: str, prefix: str) -> None:
        self._client: Any = client(url)
        self._source = source
        self._names: Iterator[str] = (f"{prefix}-{n}" for n in itertools.count())
        self._used: list[str] = []

    def _new(self) -> str:
        name = next(self._names)
        deploy(self._client, name, self._source)
        self._used.append(name)
        return name

    def through_boto3(self) -> float:
        """Return the seconds that a caller waits."""
        name = self._new()
        return seconds(lambda: call(self._client, name))

    def by_report(self) -> float:
        """Return init plus duration in seconds, as the REPORT line has them."""
        found = reported(self._client, self._new())
        return found.init + found.duration

    def delete(self) -> None:
        """Delete what was deployed, and with it the environments."""
        for name in self._used:
            self._client.delete_function(FunctionName=name)


def cold(region_url: str, ministack_url: str | None) -> list[Row]:
    """Measure cold starts of both handlers."""
    return [
        *_measured(region_url, ministack_url, TRIVIAL, "trivial handler", "pass"),
        *_measured(region_url, ministack_url, WITH_BOTO3, "handler imports boto3", "import boto3"),
    ]


def _measured(
    region_url: str, ministack_url: str | None, source: str, what: str, bare: str
) -> list[Row]:
    prefix = "bench-cold" + ("-boto3" if source is WITH_BOTO3 else "")
    ours = _FirstCalls(region_url, source, prefix)
    theirs = _FirstCalls(ministack_url, source, prefix) if ministack_url else None
    timers: dict[str, Timer] = {
        "boto3": ours.through_boto3,
        "floor": timed(bare_start(bare)),
        "report": ours.by_report,
        "bare": timed(bare_start()),
    }
    if theirs:
        timers["ministack"] = theirs.through_boto3
    measured = alternate(timers, rounds=ROUNDS, warm_up=1, at_most_seconds=20)
    ours.delete()
    return _rows(measured, what, bare)


def _rows(measured: dict[str, Samples], what: str, bare: str) -> list[Row]:
    def row(name: str, key: str, floor: str, floor_name: str, goal: Goal | None = None) -> Row:
        found = measured[key]
        return Row(
            GROUP,
            f"{what}, {name}",
            found.p50,
            p99=found.p99,
            floor=measured[floor].p50,
            floor_name=floor_name,
            goal=goal,
            other=measured["ministack"].p50
            if name == "first Invoke" and "ministack" in measured
            else None,
        )

    same = BARE if bare == "pass" else f"{BARE} -c '{bare}'"
    rows = [row("first Invoke", "boto3", "floor", same, GOAL)]
    rows.append(row("init + duration by REPORT", "report", "floor", same, GOAL))
    if bare != "pass":
        rows.append(row("first Invoke against a bare start", "boto3", "bare", BARE, GOAL))
    return rows
