"""The filter's program, run by a small machine of our own."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from lambda_lab.runtime.egress_filter import (
    ALLOW,
    ASK_OWNER,
    FAIL,
    JUMP_IF_AT_LEAST,
    JUMP_IF_EQUAL,
    LOAD,
    NUMBERS,
    RETURN,
    Numbers,
    program,
    rules,
)

X86 = Numbers(0xC000003E, 317, 42, 41, 54)


def verdict(code: bytes, number: int, *arguments: int, architecture: int = X86.architecture) -> int:
    """Run a filter program as the kernel does."""
    padded = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("=iIQ6Q", number, architecture, 0, *padded)
    held, place = 0, 0
    while True:
        kind, if_true, if_false, value = struct.unpack_from("=HBBI", code, place * 8)
        place += 1
        if kind == LOAD:
            (held,) = struct.unpack_from("=I", data, value)
        elif kind == JUMP_IF_EQUAL:
            place += if_true if held == value else if_false
        elif kind == JUMP_IF_AT_LEAST:
            place += if_true if held >= value else if_false
        else:
            assert kind == RETURN
            return int(value)


@pytest.mark.parametrize(
    ("confined", "call", "expected"),
    [
        (True, (42,), ASK_OWNER),
        (True, (0,), ALLOW),
        (True, (44,), ALLOW),
        (True, (425,), FAIL | errno.ENOSYS),
        (True, (41, 1), ALLOW),
        (True, (41, 2), ALLOW),
        (True, (41, 10), ALLOW),
        (True, (41, 16), ALLOW),
        (True, (41, 17), FAIL | errno.EAFNOSUPPORT),
        (True, (41, 40), FAIL | errno.EAFNOSUPPORT),
        (True, (54, 3, 1, 25), ALLOW),
        (False, (41, 1), ALLOW),
        (False, (41, 2), ASK_OWNER),
        (False, (41, 10), ASK_OWNER),
        (False, (41, 17), FAIL | errno.EAFNOSUPPORT),
        (False, (54, 3, 1, 25), FAIL | errno.EPERM),
        (False, (54, 3, 1, 62), FAIL | errno.EPERM),
        (False, (54, 3, 1, 9), ALLOW),
        (True, (0x40000000 + 42,), FAIL | errno.EPERM),
    ],
)
def test_a_call_gets_its_verdict(confined: bool, call: tuple[int, ...], expected: int) -> None:
    code = program(X86, rules(X86, confined=confined))
    assert verdict(code, *call) == expected


def test_another_architecture_may_nothing() -> None:
    code = program(X86, rules(X86, confined=True))
    assert verdict(code, 0, architecture=0x40000003) == FAIL | errno.EPERM


HEADERS = Path("/usr/include")


def stated(header: str, name: str) -> str:
    """Return what a header of the kernel defines *name* as."""
    found = re.search(rf"^#define\s+{name}\s+(\S+)", (HEADERS / header).read_text(), re.MULTILINE)
    assert found, name
    return found[1]


@pytest.mark.skipif(
    not (HEADERS / "asm-generic/unistd.h").exists(), reason="the kernel's headers are not there"
)
def test_the_numbers_of_aarch64_are_the_kernels() -> None:
    known = NUMBERS["aarch64"]
    for name in ("seccomp", "connect", "socket", "setsockopt", "io_uring_setup"):
        assert int(stated("asm-generic/unistd.h", f"__NR_{name}")) == getattr(known, name)
    bits = [stated("linux/audit.h", f"__AUDIT_ARCH_{one}") for one in ("64BIT", "LE")]
    machine = int(stated("linux/elf-em.h", "EM_AARCH64"))
    assert known.architecture == machine | int(bits[0], 16) | int(bits[1], 16)
