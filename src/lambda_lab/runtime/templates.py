"""The fork server's end of snapshots: who can be copied, and which copies are awaited.

A snapshot (:mod:`.snapshot`) is a process of its own, so the fork server cannot make its copies; it
hands the order on, and adopts what comes: the copy is its child from then on, like all others.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lambda_lab.runtime.snapshot import GO, MESSAGE_BYTES

__all__ = ["Templates"]


class Templates:
    """The snapshots of a region, by the ids of their environments.

    Parameters
    ----------
    adopt
        Called with the id and the process id of a copy that is there.
    fail
        Called with the id of a copy that could not be made, and why.
    """

    def __init__(self, adopt: Callable[[str, int], None], fail: Callable[[str, str], None]) -> None:
        self._adopt, self._fail = adopt, fail
        self._sockets: dict[str, socket.socket] = {}
        self._awaited: dict[str, tuple[str, int]] = {}

    def open(self, identity: str) -> socket.socket:
        """Return the end of a new control socket that the process of *identity* will serve."""
        self.close(identity)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._sockets[identity] = ours
        return theirs

    def close(self, identity: str) -> None:
        """Forget a snapshot that is gone; copies of it that are awaited will not come."""
        sock = self._sockets.pop(identity, None)
        if sock is not None:
            sock.close()
        for copy in [copy for copy, (of, _) in self._awaited.items() if of == identity]:
            self._give_up(copy, "the snapshot's process ended")

    @property
    def sockets(self) -> dict[int, str]:
        """Descriptors to listen on, with the ids of their snapshots."""
        return {sock.fileno(): identity for identity, sock in self._sockets.items()}

    def order(self, message: dict[str, Any], log_fd: int) -> None:
        """Ask a snapshot for a copy."""
        identity, template = message["id"], message["template"]
        sock = self._sockets.get(template)
        if sock is None:
            self._fail(identity, "there is no such snapshot")
            return
        waits, go = os.pipe()
        self._awaited[identity] = (template, go)
        try:
            socket.send_fds(sock, [json.dumps(message).encode()], [log_fd, waits])
        except OSError as error:
            self._give_up(identity, str(error))
        finally:
            os.close(waits)

    def hear(self, template: str) -> None:
        """Read what a snapshot or one of its copies says.

        It is the function's process that speaks: nothing is believed but the id of a copy that is
        awaited of it, and a process id that is the fork server's child.
        """
        sock = self._sockets[template]
        try:
            data = sock.recv(MESSAGE_BYTES)
            message = json.loads(data) if data else None
        except BlockingIOError:
            return
        except (OSError, ValueError):
            message = None
        if not isinstance(message, dict):
            self.close(template)
            return
        identity = message.get("copied") or message.get("failed")
        if self._awaited.get(str(identity), ("", 0))[0] != template:
            return
        pid = message.get("pid")
        if isinstance(pid, int) and _parent(pid) == os.getpid():
            _, go = self._awaited.pop(str(identity))
            self._adopt(str(identity), pid)
            try:
                os.write(go, GO)
            except OSError:
                pass  # it has ended already; its end is heard as any other
            os.close(go)
        else:
            self._give_up(str(identity), str(message.get("error", "no copy came")))

    def _give_up(self, identity: str, why: str) -> None:
        _, go = self._awaited.pop(identity)
        os.close(go)  # a copy that comes all the same ends at once
        self._fail(identity, why)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0
