"""Before and between calls: how soon a region is ready, and what an idle environment holds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks.functions import TRIVIAL, WITH_BOTO3, call, deploy
from benchmarks.samples import Samples
from benchmarks.servers import ROOT, client, environment
from benchmarks.table import Goal, Row

__all__ = ["idle_memory", "proportional", "proportional_bytes", "ready"]

STARTS = 5
ENVIRONMENTS = 20
READY_GOAL = Goal(value=1.0)
MEMORY_GOAL = Goal(value=25 * 2.0**20)

SCRIPT = f"""
import sys
import lambda_lab
from lambda_lab.clock import stopwatch_ns
began = stopwatch_ns()
lab = lambda_lab.Lab("bench")
opened = stopwatch_ns()
lab.function("first", {TRIVIAL!r})
active = stopwatch_ns()
import boto3
boto3.client("lambda").invoke(FunctionName="first", Payload=b"{{}}")["Payload"].read()
called = stopwatch_ns()
lab._end()
print((opened - began) / 1e9, (active - began) / 1e9, (called - began) / 1e9)
"""


def ready() -> list[Row]:
    """Measure a fresh process, from after ``import lambda_lab`` to its first function."""
    columns: list[list[float]] = [[], [], []]
    for _ in range(STARTS):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        for column, text in zip(columns, done.stdout.split(), strict=True):
            column.append(float(text))
    opened, active, called = (Samples(tuple(column)) for column in columns)
    group = "from `import lambda_lab` to"
    return [
        Row(group, "an open region", opened.p50, p99=opened.p99, goal=READY_GOAL),
        Row(group, "its first function Active", active.p50, p99=active.p99),
        Row(group, "the answer of its first call", called.p50, p99=called.p99),
    ]


def proportional_bytes(rollup: str) -> int:
    r"""Return the proportional set size that a ``smaps_rollup`` tells, in bytes.

    Pages shared with others count by their share, so sizes of processes may be added up:
    https://docs.kernel.org/filesystems/proc.html

    Examples
    --------
    >>> proportional_bytes("Rss:  900 kB\nPss:  100 kB\nPss_Dirty:  50 kB\n")
    102400
    """
    found = re.search(r"^Pss:\s+(\d+) kB$", rollup, re.MULTILINE)
    if found is None:
        raise ValueError("there is no line `Pss:` in this smaps_rollup")
    return int(found[1]) * 1024


def proportional(pid: int) -> int:
    """Return what the process *pid* holds, its share of shared memory included, in bytes."""
    return proportional_bytes(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))


def _per_environment(source: str) -> tuple[float, float]:
    """Return bytes per environment: their own, and with the process they were forked from."""
    from lambda_lab.region import Region

    with Region() as region:
        ours = client(region.url)
        for number in range(ENVIRONMENTS):
            name = f"bench-idle-{number}"
            deploy(ours, name, source)
            call(ours, name)
        pids = [int(each["pid"]) for each in region.plane.environments()]
        own = sum(proportional(pid) for pid in pids)
        parents = {parent for pid in pids if (parent := _parent(pid)) is not None}
        return own / len(pids), (own + sum(map(proportional, parents))) / len(pids)


def idle_memory() -> list[Row]:
    """Measure what idle environments hold; only Linux tells proportional sizes."""
    if not Path("/proc/self/smaps_rollup").exists():
        return []
    rows = []
    for what, source in (("trivial handler", TRIVIAL), ("handler imports boto3", WITH_BOTO3)):
        own, shared = _per_environment(source)
        group = f"memory of one idle environment, mean of {ENVIRONMENTS} (PSS)"
        rows.append(Row(group, what, own, "B", goal=MEMORY_GOAL))
        rows.append(Row(group, f"{what}, with its share of the fork server", shared, "B"))
    return rows


def _parent(pid: int) -> int | None:
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^PPid:\s+(\d+)$", text, re.MULTILINE)
    return int(found[1]) if found else None
