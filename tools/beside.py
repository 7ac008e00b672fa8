"""Run commands at once: ``beside.py make pages -- make solved``.

What the first prints is seen as it comes. What another prints is kept until it has ended, and then
shown in one piece, so that no line of one stands inside the other's. All run to their end: the
status is that of the first command, in the order given, that failed.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

__all__ = ["Together", "main", "run", "split"]

BETWEEN = "--"


def split(arguments: Sequence[str]) -> list[list[str]]:
    """Return the commands that stand in *arguments*.

    Examples
    --------
    >>> split(["make", "pages", "--", "make", "solved"])
    [['make', 'pages'], ['make', 'solved']]
    """
    commands: list[list[str]] = [[]]
    for word in arguments:
        if word == BETWEEN:
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


def _show(program: subprocess.Popen[bytes], kept: BinaryIO) -> None:
    """Print what *program* printed, once it has ended."""
    program.wait()
    kept.seek(0)
    sys.stdout.buffer.write(kept.read())
    sys.stdout.buffer.flush()


def _status(program: subprocess.Popen[bytes]) -> int:
    """Return how it ended, as a shell would say it: 128 and the number for a signal."""
    code = program.wait()
    return 128 - code if code < 0 else code


class Together:
    """Commands that run at once, and end together when they are told to."""

    def __init__(self) -> None:
        self._programs: list[subprocess.Popen[bytes]] = []
        self._stopped = False

    def stop(self, *_: object) -> None:
        """End all of them: a handler of a signal, which nothing that it interrupts must mind."""
        self._stopped = True
        for program in self._programs:
            program.terminate()

    def _start(
        self, command: Sequence[str], folder: Path | None, kept: BinaryIO | None
    ) -> subprocess.Popen[bytes]:
        also = None if kept is None else subprocess.STDOUT
        program = subprocess.Popen(command, cwd=folder, stdout=kept, stderr=also)
        self._programs.append(program)
        if self._stopped:  # while it started, and was not known yet
            program.terminate()
        return program

    def run(self, commands: Sequence[Sequence[str]], folder: Path | None = None) -> list[int]:
        """Run every command in *folder*, and return their statuses in the order given."""
        first, *others = commands
        with ExitStack() as stack:
            try:
                self._start(first, folder, None)
                for command in others:
                    kept = stack.enter_context(tempfile.TemporaryFile())
                    program = self._start(command, folder, kept)
                    showing = threading.Thread(target=_show, args=(program, kept))
                    stack.callback(showing.join)
                    showing.start()
            except OSError:  # one cannot be started, so the others are of no use
                self.stop()
                for program in self._programs:
                    program.wait()
                raise
            return [_status(program) for program in self._programs]


def run(commands: Sequence[Sequence[str]], folder: Path | None = None) -> list[int]:
    """Run commands at once.

    Parameters
    ----------
    commands
        The commands, each with its arguments.
    folder
        Where they run, if not here.

    Returns
    -------
    list[int]
        The status of each, in the order given.
    """
    return Together().run(commands, folder)


def main(arguments: Sequence[str], together: Together) -> int:
    """Run the commands that stand in *arguments*."""
    commands = split(arguments)
    if not commands:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return next((status for status in together.run(commands) if status), 0)
    except OSError as error:
        print(f"beside.py: a command could not be started: {error}", file=sys.stderr)
        return 127


if __name__ == "__main__":
    everything = Together()
    # A terminal tells every program of Ctrl-C, a system that ends this one tells no other.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, everything.stop)
    sys.exit(main(sys.argv[1:], everything))
