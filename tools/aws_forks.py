"""The AWS CLI, started by forking a process that has it loaded already.

A start of the CLI is half a second of importing, and the pages hold some hundreds of commands. So
the CLI's own interpreter runs this file once as a server; each ``aws`` of a page then asks it, over
a Unix socket, for a fork that takes over the asker's arguments, folder, environment and standard
streams, and calls the CLI's own ``main``. Nothing of the CLI is changed.

    PYTHON-OF-THE-CLI tools/aws_forks.py serve SOCKET
    PYTHON-OF-THE-CLI tools/aws_forks.py ask SOCKET lambda list-functions

It runs on the CLI's Python, so it uses the standard library only.
"""

from __future__ import annotations

import array
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from types import ModuleType

__all__ = ["ask", "main", "serve"]

ENDED_BADLY = 70
"""The status of a command whose process died; the one that BSD keeps for software errors."""


def ask(path: str, words: list[str]) -> int:
    """Have a command of the CLI run as if it were this process; return its exit status."""
    asked = {"words": words, "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
    body = json.dumps(asked).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        # sendmsg, not send_fds: the latter pulls in more than a short-lived process should load.
        streams = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]).tobytes())]
        connection.sendmsg([b"%12d" % len(body)], streams)
        connection.sendall(body)
        answer = connection.recv(16)
    return int(answer) if answer else ENDED_BADLY


def serve(path: str) -> None:
    """Load the CLI and answer until the process is ended."""
    import importlib

    # Importing the CLI tells itself by AWS_DATA_PATH where its data is.
    before = set(os.environ)
    driver = importlib.import_module("awscli.clidriver")
    own = {name: os.environ[name] for name in os.environ.keys() - before}
    # Making one driver loads the customizations too: what each fork is spared. A fork makes its
    # own, from its own environment.
    driver.create_clidriver()
    gc.freeze()  # what is loaded stays: the forks' collector need not walk it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        print("Ready.", flush=True)
        while True:
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                _be_the_command(driver, own, connection)
            connection.close()


def _be_the_command(driver: ModuleType, own: Mapping[str, str], connection: socket.socket) -> None:
    """Take over what the asker has, run its command, send the status, end."""
    status = ENDED_BADLY
    try:
        length, streams, _, _ = socket.recv_fds(connection, 12, 3)
        with connection.makefile("rb") as reader:
            asked = json.loads(reader.read(int(length)))
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update({**own, **asked["environment"]})
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sys.argv = ["aws", *asked["words"]]
        status = _run(driver)
    except Exception:  # noqa: BLE001 - a fork must not come back into the server's loop
        sys.excepthook(*sys.exc_info())
    finally:
        connection.sendall(b"%d" % status)
        os._exit(status)


def _run(driver: ModuleType) -> int:
    try:
        status = driver.main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    return int(status or 0)


def main(arguments: list[str]) -> int:
    """Serve, or ask."""
    match arguments:
        case ["serve", path]:
            serve(path)
        case ["ask", path, *words]:
            return ask(path, words)
    print("Usage: aws_forks.py serve SOCKET | ask SOCKET WORDS", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
