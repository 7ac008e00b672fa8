"""Floors without HTTP: a bare process start, and one byte there and back through a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.servers import environment

__all__ = ["bare_start", "pipe_echo"]

ECHO = """
import os
while data := os.read(0, 65536):
    os.write(1, data)
"""


def bare_start(code: str = "pass") -> Callable[[], object]:
    """Return a call that runs ``python -I -c CODE`` to its end."""
    command = [sys.executable, "-I", "-c", code]
    variables = environment()

    def start() -> None:
        subprocess.run(command, env=variables, stdin=subprocess.DEVNULL, check=True)

    return start


@contextmanager
def pipe_echo(message: bytes) -> Iterator[Callable[[], object]]:
    """Yield a call that sends *message* to another process and reads it back."""
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", ECHO], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    write_fd, read_fd = child.stdin.fileno(), child.stdout.fileno()

    def round_trip() -> None:
        os.write(write_fd, message)
        left = len(message)
        while left:
            left -= len(os.read(read_fd, left))

    try:
        yield round_trip
    finally:
        child.stdin.close()  # the child reads an end of file and leaves
        child.wait()
        child.stdout.close()
