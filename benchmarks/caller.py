"""One caller in a process of its own: ``python -m benchmarks.caller URL FUNCTION CALLS WARM_UP``.

It says that it is ready, waits for a line, calls, and prints its times as JSON.
"""

from __future__ import annotations

import json
import sys

from benchmarks.functions import call
from benchmarks.samples import seconds
from benchmarks.servers import client


def main() -> None:
    """Run the caller."""
    url, name, calls, warm_up = sys.argv[1:]
    ours = client(url)
    for _ in range(int(warm_up)):
        call(ours, name)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    json.dump([seconds(lambda: call(ours, name)) for _ in range(int(calls))], sys.stdout)


if __name__ == "__main__":
    main()
