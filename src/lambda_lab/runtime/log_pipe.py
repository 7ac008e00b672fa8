"""What a function writes: one pipe per environment for stdout, stderr and framed log records.

AWS's runtime client frames each record of Python's ``logging`` with its length, so that a
message of several lines stays one log event; ``print`` writes plain lines. Both come through one
pipe here, so their order is the order in which the function wrote them.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import threading
from collections.abc import Callable

from lambda_lab import facts
from lambda_lab.runtime.io_loop import IoLoop

__all__ = ["LogPipe", "LogSplitter"]

# awslambdaric, FramedTelemetryLogSink: a 4-byte type, a 4-byte length, an 8-byte timestamp in
# microseconds, big-endian. The two high bytes of the type mark a frame.
FRAME_MAGIC = b"\xa5\x5a"
FRAME_HEADER = struct.Struct(">IIQ")
MAX_EVENT = int(facts.value("logs.event.maximum")) - int(facts.value("logs.event.overhead"))
"""Largest message of a log event, in bytes of UTF-8."""
PIPE_BYTES = 65_536
"""What a pipe holds where the system does not say."""
F_GETPIPE_SZ: int = getattr(fcntl, "F_GETPIPE_SZ", 0)
LONGEST_CHARACTER = 4
"""Bytes of one character in UTF-8, at most; all but the first begin with the bits 10."""


class LogSplitter:
    r"""Cuts the byte stream of a function into log messages.

    Examples
    --------
    >>> messages = []
    >>> splitter = LogSplitter(messages.append)
    >>> splitter.feed(b"one\ntw")
    >>> splitter.feed(b"o\n")
    >>> splitter.feed(FRAME_HEADER.pack(0xa55a0003, 8, 0) + b"a\nframe\n")
    >>> messages
    ['one', 'two', 'a\nframe']
    """

    def __init__(self, emit: Callable[[str], None]) -> None:
        self._emit_text = emit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes as they come; complete messages are emitted."""
        self._buffer += data
        while self._buffer:
            if self._buffer[0] == FRAME_MAGIC[0] and not self._take_frame():
                return
            if self._buffer and self._buffer[0] != FRAME_MAGIC[0] and not self._take_line():
                return

    def flush(self) -> None:
        """Emit what is left without a line end: the writer is done for now."""
        if self._buffer:
            self._emit(bytes(self._buffer))
            self._buffer.clear()

    def _take_frame(self) -> bool:
        if len(self._buffer) < 2:
            return False
        if self._buffer[:2] != FRAME_MAGIC:
            return self._take_line()
        if len(self._buffer) < FRAME_HEADER.size:
            return False
        _, length, _ = FRAME_HEADER.unpack_from(self._buffer)
        end = FRAME_HEADER.size + length
        if len(self._buffer) < end:
            return False
        self._emit(bytes(self._buffer[FRAME_HEADER.size : end]))
        del self._buffer[:end]
        return True

    def _take_line(self) -> bool:
        end = self._buffer.find(b"\n")
        frame = self._buffer.find(FRAME_MAGIC, 1)
        if frame >= 0 and (end < 0 or frame < end):
            end, skip = frame, 0
        elif end >= 0:
            skip = 1
        elif len(self._buffer) > MAX_EVENT:
            end, skip = _whole(self._buffer, MAX_EVENT), 0
        else:
            return False
        self._emit(bytes(self._buffer[:end]))
        del self._buffer[: end + skip]
        return True

    def _emit(self, message: bytes) -> None:
        # An empty line carries nothing: CloudWatch Logs refuses events of zero length.
        text = message.decode("utf-8", "replace").rstrip("\r\n")
        if text and len(text) <= MAX_EVENT // LONGEST_CHARACTER:
            self._emit_text(text)
            return
        data = text.encode()
        while data:
            end = _whole(data, MAX_EVENT)
            self._emit_text(data[:end].decode())
            data = data[end:]


def _whole(data: bytes | bytearray, end: int) -> int:
    """Return where to cut *data*, at *end* or a little before, so that no character is split."""
    for place in range(end, end - LONGEST_CHARACTER, -1):
        if place >= len(data) or data[place] & 0xC0 != 0x80:
            return place
    return end  # no UTF-8 anyway


class LogPipe:
    """The reading end of an environment's log pipe; ``write_fd`` goes to the process."""

    def __init__(self, loop: IoLoop, emit: Callable[[str], None]) -> None:
        self._loop = loop
        self._splitter = LogSplitter(emit)
        self._read_fd, self.write_fd = os.pipe()
        self._size = fcntl.fcntl(self._read_fd, F_GETPIPE_SZ) if F_GETPIPE_SZ else PIPE_BYTES
        self._there = select.poll()
        self._there.register(self._read_fd, select.POLLIN)
        # The loop reads as lines come; the caller of a function reads what is left at its end.
        self._reading = threading.RLock()
        loop.add(self, self.drain)

    def fileno(self) -> int:
        """Return the reading end's file descriptor (-1 once closed)."""
        return self._read_fd

    def drain(self) -> None:
        """Read everything there is now: no more than the pipe holds.

        A function that writes without end would keep the loop, and all other environments with it.
        """
        with self._reading:
            left = self._size
            # Asked first: at the end of most calls there is nothing, and to be refused is slower.
            while left > 0 and self._read_fd >= 0 and self._there.poll(0):
                data = os.read(self._read_fd, PIPE_BYTES)
                left -= len(data)
                self._splitter.feed(data)

    def flush(self) -> None:
        """Read everything there is and emit an unfinished line too."""
        with self._reading:
            self.drain()
            self._splitter.flush()

    def close(self) -> None:
        """Close both ends."""
        self._loop.remove(self)
        with self._reading:
            for fd in (self._read_fd, self.write_fd):
                if fd >= 0:
                    os.close(fd)
            self._read_fd = self.write_fd = -1
