"""The snapshot of SnapStart: an initialised process that is never invoked, but copied.

AWS stops a small virtual machine after its init, keeps its memory, and starts every environment
from that. Here the process that went through init - module code and before-snapshot hooks - stays
at ``GET /runtime/restore/next``, and each environment is a ``fork`` of it: memory is shared page
by page until one writes, as from AWS's cached snapshot, so nothing of init runs again.

What a fork changes and a restored machine would not is put right in the copy:

- Python reseeds :mod:`random` in a forked child. A copy gets the snapshot's state back: all copies
  draw the same numbers, as on AWS. What comes from the kernel (``os.urandom``, ``uuid4``,
  ``secrets``, TLS) differs, as on AWS.
- Open files and connections would be shared: see :mod:`.snapshot_files` and :mod:`.snapshot_tmp`.

What cannot be put right is said in the log: other threads, and children, do not live on in a copy.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import threading
import warnings
from collections.abc import Callable
from typing import Any

from lambda_lab.runtime import linux_sandbox
from lambda_lab.runtime.process_tree import children_of
from lambda_lab.runtime.snapshot_files import take_own_files
from lambda_lab.runtime.snapshot_tmp import take_own_folder, take_own_tmp

__all__ = ["GO", "MESSAGE_BYTES", "hold"]

MESSAGE_BYTES = 1 << 18
GO = b"g"
"""What a copy waits for: from then on the fork server knows that it is there."""
LOG_FD = 2


def hold(client: Any, speaker: Callable[[], Any], control_fd: int) -> None:
    """Let *client*, AWS's runtime client, become a snapshot at its ``restore_next``.

    *speaker* loads the module that speaks HTTP for it, in a copy.

    That call returns in copies only. The process itself serves orders on *control_fd*: JSON with
    ``id``, ``env`` (what is different in the copy), ``tmp_mb`` or ``tmp`` (its size or its folder),
    and two descriptors: the copy's log, and the pipe it waits on for :data:`GO`. Copies answer
    ``{"copied": id, "pid": ..}`` or ``{"failed": id, "error": ..}``.
    """
    control = socket.socket(fileno=control_fd)
    announce = client.restore_next

    def restore_next() -> None:
        _tell_what_is_lost()
        announce()
        _serve(control, client, speaker)

    client.restore_next = restore_next


def _tell_what_is_lost() -> None:
    threads = [one.name for one in threading.enumerate() if one is not threading.main_thread()]
    lost = [f"{len(threads)} thread(s) ({', '.join(threads)})"] if threads else []
    if children := children_of(os.getpid()):
        lost.append(f"{len(children)} child process(es)")
    if lost:
        text = (
            f"LAMBDA_LAB_WARNING: init left {' and '.join(lost)} running. On AWS they go on after "
            "every restore. Here a restored environment is a fork of this process, and has none of "
            "them: start them in an after-restore hook, or in the handler.\n"
        )
        os.write(LOG_FD, text.encode())


def _serve(control: socket.socket, client: Any, speaker: Callable[[], Any]) -> None:
    """Make copies; returns in each of them."""
    server = os.getppid()
    while True:
        data, fds, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 2)
        if not data:
            os._exit(0)
        order = json.loads(data)
        if _fork(control, order, list(fds), server):
            _go_on(client, speaker, order["env"], *fds)
            return
        for fd in fds:
            os.close(fd)


def _fork(control: socket.socket, order: dict[str, Any], fds: list[int], server: int) -> bool:
    """Make one copy, a child of the fork server; true in the copy, once it may go on.

    The copy must not be a child of this process, whose children stop, count and end with it. So
    there is one in between that ends at once, and this process adopts no orphans meanwhile.
    """
    former, state = os.getpid(), random.getstate()
    linux_sandbox.become_subreaper(wanted=False)
    try:
        between = _quiet_fork()
        if between == 0:
            between = os.getpid()
            try:
                if _quiet_fork() != 0:
                    os._exit(0)
                _wait_adopted(between, server)
                random.setstate(state)
                _settle(control, order, fds, former)
            except Exception as error:  # noqa: BLE001 - whoever ordered it must hear of it
                _send(control, {"failed": order["id"], "error": str(error)})
                os._exit(1)
            return True
        with contextlib.suppress(ChildProcessError):
            os.waitpid(between, 0)
    except OSError as error:
        _send(control, {"failed": order["id"], "error": str(error)})
    linux_sandbox.become_subreaper()
    return False


def _quiet_fork() -> int:
    with warnings.catch_warnings():
        # Python warns of threads; the log has said so already, in plainer words.
        warnings.simplefilter("ignore")
        return os.fork()


def _send(control: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        control.send(json.dumps(message).encode())


def _wait_adopted(between: int, server: int) -> None:
    """Wait until the process in between is gone, and be the fork server's child."""
    while os.getppid() == between:
        os.sched_yield()
    linux_sandbox.die_with_parent(signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)
    linux_sandbox.become_subreaper()
    os.setsid()


def _settle(control: socket.socket, order: dict[str, Any], fds: list[int], former: int) -> None:
    """Part from the snapshot: own files, own ``/tmp``; then say so."""
    if "tmp" in order:
        take_own_folder(order["tmp"])
    else:
        take_own_tmp(order["tmp_mb"])
        linux_sandbox.die_with_parent(signal.SIGKILL)
    take_own_files(former, {0, 1, 2, 3, control.fileno(), *fds})
    control.send(json.dumps({"copied": order["id"], "pid": os.getpid()}).encode())
    control.close()


def _go_on(
    client: Any, speaker: Callable[[], Any], env: dict[str, str], log_fd: int, go_fd: int
) -> None:
    """Take on the log and the Runtime API of this environment, and wait for the word."""
    for fd in (1, 2, 3):
        os.dup2(log_fd, fd, inheritable=True)
    os.close(log_fd)
    os.environ.update(env)
    from awslambdaric import lambda_runtime_client

    client.lambda_runtime_address = env["AWS_LAMBDA_RUNTIME_API"]
    lambda_runtime_client.runtime_client = speaker()
    agent = lambda_runtime_client._user_agent()  # noqa: SLF001 - as the client itself does
    lambda_runtime_client.runtime_client.initialize_client(agent)
    if os.read(go_fd, 1) != GO:
        os._exit(1)
    os.close(go_fd)
