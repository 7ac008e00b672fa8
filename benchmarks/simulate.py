"""The simulator: ten million requests, without numba and with it, and the memory they take."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

from benchmarks.servers import ROOT, environment
from benchmarks.table import Goal, Row

__all__ = ["simulated"]

REQUESTS = 10_000_000
PYTHON_GOAL = Goal(value=12.0)
NUMBA_GOAL = Goal(value=1.0)
MEMORY_GOAL = Goal(value=24.0 * REQUESTS)

# A process of its own, so that what it holds at most is the simulation's alone. The first, small
# run imports what the engine needs, and compiles.
SCRIPT = f"""
import resource, sys
import psutil
from lambda_lab.clock import SECOND, stopwatch_ns
from lambda_lab.simulate import exponential, poisson, simulate

def run(arrivals, durations):
    return simulate(arrivals, durations, SECOND // 4, keep_alive=600 * SECOND, engine=sys.argv[1])

run([0, 1], [1, 1])
before = psutil.Process().memory_info().rss
arrivals = poisson(rate=1000, seconds={REQUESTS} / 1000 + 30, seed=1)
del arrivals[{REQUESTS}:]
durations = exponential(0.05, len(arrivals), seed=2)
began = stopwatch_ns()
result = run(arrivals, durations)
took = stopwatch_ns() - began
if sys.platform == "linux":
    # Not ru_maxrss: on Linux a child's begins with what its parent held when it started it.
    with open("/proc/self/status") as status:
        (line,) = [line for line in status if line.startswith("VmHWM")]
    most = int(line.split()[1]) * 1024
else:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
assert len(result) == {REQUESTS}
print(took / SECOND, most - before)
"""


def _measure(engine: str) -> tuple[float, float]:
    """Return seconds and bytes of one run, the making of its requests not timed."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, engine],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    took, held = done.stdout.split()
    return float(took), float(held)


def simulated() -> list[Row]:
    """Measure each engine that is here, once: a run is long enough."""
    group = f"{REQUESTS:,} simulated requests"
    took, held = _measure("python")
    rows = [
        Row(group, "in plain Python", took, goal=PYTHON_GOAL),
        Row(group, "memory of requests and results", held, "B", goal=MEMORY_GOAL),
    ]
    if importlib.util.find_spec("numba") is not None:
        rows.append(Row(group, "with numba", _measure("numba")[0], goal=NUMBA_GOAL))
    return rows
