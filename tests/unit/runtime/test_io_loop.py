"""The thread that reads for all environments."""

from __future__ import annotations

import os
import select

from lambda_lab.runtime.io_loop import IoLoop


def test_a_closed_loop_writes_to_nobody() -> None:
    """Its descriptor's number belongs to another by then: a connection, a file of the reader's."""
    loop = IoLoop()
    number = loop._wake_write
    loop.close()
    reading, writing = os.pipe()
    os.dup2(writing, number)
    loop.call_soon(lambda: None)
    assert select.select([reading], [], [], 0)[0] == []
    for fd in {reading, writing, number}:
        os.close(fd)
