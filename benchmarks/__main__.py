"""``python -m benchmarks``: measure everything, print the table, write ``_build/bench.json``."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from benchmarks import (
    cold,
    crowd,
    databases,
    flow,
    proxy,
    resting,
    simulate,
    thousand,
    warm,
)
from benchmarks.ministack import VERSION, ministack
from benchmarks.servers import ROOT, StartError, compile_package, region
from benchmarks.table import Row, render
from lambda_lab import __version__
from lambda_lab.clock import SECOND, stopwatch_ns

TARGET = ROOT / "_build" / "bench.json"


def machine() -> dict[str, Any]:
    """Return what the figures depend on, without a name or a path of this machine."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "lambda_lab": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_before": load,
    }


def say(text: str, stream: Any = None) -> None:
    """Print a line at once."""
    (stream or sys.stdout).write(f"{text}\n")
    (stream or sys.stdout).flush()


def measure(notes: list[str]) -> list[Row]:
    """Run every part; what cannot run here leaves a note instead of its rows."""
    rows: list[Row] = []

    def part(name: str, run: Callable[[], list[Row]]) -> None:
        began = stopwatch_ns()
        try:
            rows.extend(run())
        except Exception as error:  # noqa: BLE001 - one broken part must not hide the others
            notes.append(f"NOT MEASURED: {name}: {type(error).__name__}: {error}")
        say(f"  {name}: {(stopwatch_ns() - began) / SECOND:.0f} s", sys.stderr)

    with ExitStack() as stack:
        url = stack.enter_context(region())
        other: str | None = None
        try:
            other = stack.enter_context(ministack())
        except StartError as error:
            notes.append(f"MiniStack: skipped: {error}.")
        part("warm calls", lambda: warm.served(url, other))
        part("warm calls in this process", warm.in_this_process)
        part("an environment alone", warm.data_plane)
        part("cold starts", lambda: cold.cold(url, other))
        part("callers at once", lambda: crowd.crowd(url, other))
        part("events and messages", lambda: flow.flow(url))
        part("a thousand at once", lambda: thousand.thousand(url))
    part("a region's start", resting.ready)
    part("memory", resting.idle_memory)
    part("the simulator", simulate.simulated)
    part("databases", databases.databases)
    part("a proxy for databases", lambda: proxy.proxied(notes))
    return rows


def main() -> None:
    """Measure, print and write; always ends with success."""
    about = machine()
    # boto3 in this process must not look at the reader's settings.
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    say("Measuring; this takes about seven minutes.", sys.stderr)
    compile_package()
    notes: list[str] = []
    rows = measure(notes)
    say(render(rows, f"MiniStack {VERSION}"))
    load = about["load_before"]
    if load is not None and load > (about["cores"] or 1) / 2:
        notes.append(f"The machine was busy (load {load:.1f}): trust ratios, not milliseconds.")
    missed = [row for row in rows if row.met is False]
    judged = sum(row.met is not None for row in rows)
    notes.append(f"Goals met: {judged - len(missed)} of the {judged} that were measured.")
    for note in notes:
        say(note)
    TARGET.parent.mkdir(exist_ok=True)
    document = {**about, "ministack": VERSION, "notes": notes, "rows": [r.as_json() for r in rows]}
    TARGET.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    say(f"Figures: {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
