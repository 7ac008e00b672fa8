"""The command line: ``lambda-lab serve`` and ``lambda-lab doctor``."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from lambda_lab._version import __version__
from lambda_lab.errors import LabError

__all__ = ["main"]

INTERRUPTED = 128 + signal.SIGINT
"""What a shell reports of a program that SIGINT ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="lambda-lab", description="A private AWS region with a Lambda that really runs."
    )
    parser.add_argument("--version", action="version", version=f"lambda-lab {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve one AWS endpoint on 127.0.0.1")
    serve.add_argument("--port", type=_port, default=4566, help="loopback port (default 4566)")
    serve.add_argument("--region", default="us-east-1", help="AWS region (default us-east-1)")
    commands.add_parser("doctor", help="say what works on this machine")
    options = parser.parse_args(arguments)
    _hold_standard_streams()
    try:
        if options.command == "doctor":
            if sys.stdout is None:
                raise OSError("Standard output is closed. Give the doctor somewhere to write to.")
            from lambda_lab.doctor import examine

            return examine(sys.stdout)
        return _serve(options.port, options.region)
    except BrokenPipeError:
        # Who read the output has gone; without this Python would complain once more at its end.
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (LabError, OSError) as error:
        print(f"lambda-lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lambda-lab: stopped. Nothing is left behind.", file=sys.stderr)
        return INTERRUPTED


def _hold_standard_streams() -> None:
    """Lead nowhere the standard streams that this process was started without.

    The next socket would take the free number, and Python gives a child without standard output
    no ``sys.stdout``: every function that prints would fail.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free is taken, so this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 65_535:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no port: give 1 to 65535, or 0 for a free one"
        )
    return int(text)


def _serve(port: int, region_name: str) -> int:
    with _end_asked() as end_asked:
        from lambda_lab.region import Region

        with Region(region_name, port) as region:
            region.launcher.wait_ready()
            # What is loaded by now stays; without it the collector has less to walk at every turn.
            gc.freeze()
            print(f"Ready. {region.url}", flush=True)
            end_asked()
    return 0


@contextmanager
def _end_asked() -> Iterator[Callable[[], object]]:
    """Return what waits until this process is asked to end, by SIGINT or SIGTERM.

    The kernel may hand a signal to any thread, and a main thread that waits for a lock then sleeps
    on. A byte on a socket wakes it whichever thread it was:
    https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
    """
    asked, asks = socket.socketpair()
    with asked, asks:
        asks.setblocking(False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        before = signal.set_wakeup_fd(asks.fileno(), warn_on_full_buffer=False)
        try:
            yield lambda: asked.recv(1)
        finally:
            signal.set_wakeup_fd(before)


if __name__ == "__main__":
    sys.exit(main())
