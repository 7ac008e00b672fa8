"""How a function's bytes become log messages."""

from __future__ import annotations

import os
import random

import pytest

from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.log_pipe import FRAME_HEADER, MAX_EVENT, LogPipe, LogSplitter


def frame(message: bytes) -> bytes:
    return FRAME_HEADER.pack(0xA55A0003, len(message), 0) + message


def split(*pieces: bytes, flush: bool = True) -> list[str]:
    messages: list[str] = []
    splitter = LogSplitter(messages.append)
    for piece in pieces:
        splitter.feed(piece)
    if flush:
        splitter.flush()
    return messages


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"\n\n", []),
        (b"a\nb\n", ["a", "b"]),
        (b"a\r\nb", ["a", "b"]),
        (frame(b"a\nb\n"), ["a\nb"]),
        (b"x" + frame(b"f") + b"y\n" + frame(b"g"), ["x", "f", "y", "g"]),
        (frame(b""), []),
        (b"\xff\xfe\n", ["\ufffd\ufffd"]),
        (b"\xa5 no frame\n", ["\ufffd no frame"]),
        (b"\xa5", ["\ufffd"]),
        (b"\xa5\x5a\x00\x03\x00\x00", ["\ufffdZ\x00\x03\x00\x00"]),
    ],
)
def test_messages(data: bytes, expected: list[str]) -> None:
    assert split(data) == expected


def test_the_way_it_is_cut_makes_no_difference() -> None:
    data = b"one\n" + frame("zwei ü\n".encode()) + b"three\xa5\n" + frame(b"x" * 500) + b"end"
    whole = split(data)
    assert whole == ["one", "zwei ü", "three\ufffd", "x" * 500, "end"]
    assert split(*(data[place : place + 1] for place in range(len(data)))) == whole
    source = random.Random(7)
    for _ in range(50):
        cuts = sorted(source.randrange(len(data)) for _ in range(5))
        places = zip([0, *cuts], [*cuts, len(data)], strict=True)
        assert split(*(data[start:end] for start, end in places)) == whole


def test_a_line_without_an_end_waits_for_it() -> None:
    assert split(b"wait", flush=False) == []


def test_long_messages_become_several() -> None:
    for data in (b"x" * (MAX_EVENT + 10) + b"\n", frame(b"x" * (MAX_EVENT + 10))):
        messages = split(data)
        assert [len(message) for message in messages] == [MAX_EVENT, 10]


@pytest.mark.parametrize("character", ["\u00fc", "\u20ac", "\U0001f389"])
def test_a_long_message_is_cut_between_characters(character: str) -> None:
    # The limit is one of bytes: none of the pieces is larger, and none begins within a character.
    text = "x" + character * MAX_EVENT
    for data in (text.encode() + b"\n", frame(text.encode())):
        messages = split(data)
        assert "".join(messages) == text
        assert all(len(message.encode()) <= MAX_EVENT for message in messages)
    binary = split(b"\xff" * (2 * MAX_EVENT))
    assert "".join(binary) == "\ufffd" * (2 * MAX_EVENT)
    assert all(len(message.encode()) <= MAX_EVENT for message in binary)


def test_an_endless_line_is_not_kept_for_ever() -> None:
    messages = split(*[b"x" * 65_536] * 32, flush=False)
    assert messages
    assert all(len(message) <= MAX_EVENT for message in messages)


def test_who_writes_without_end_keeps_nobody() -> None:
    """Each line that is read makes the function write another one."""
    lines: list[str] = []

    def emit(line: str) -> None:
        lines.append(line)
        if len(lines) < 200_000:
            os.write(pipe.write_fd, b"more\n")

    with IoLoop() as loop:
        pipe = LogPipe(loop, emit)
        loop.remove(pipe)
        os.write(pipe.write_fd, b"first\n")
        pipe.flush()
        assert lines[0] == "first"
        assert len(lines) < 100_000, "there is always something to read"
        pipe.close()
