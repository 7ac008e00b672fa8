"""The filter's program, run by a small machine of our own."""

from __future__ import annotations

import errno
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_lab.runtime import notifications
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

ALL = 0xFFFFFFFF_FFFFFFFF
"""-1, as it lies in a register; a program may also leave the upper half empty."""
X86 = Numbers(0xC000003E, 317, 42, 41, 54, 62)


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
        (True, (62, ALL, 9), ALLOW),
    ],
)
def test_a_call_gets_its_verdict(confined: bool, call: tuple[int, ...], expected: int) -> None:
    code = program(X86, rules(X86, confined=confined, kept_in=True))
    assert verdict(code, *call) == expected


@pytest.mark.parametrize(
    ("pid", "expected"), [(ALL, FAIL | errno.EPERM), (ALL >> 32, FAIL | errno.EPERM), (7, ALLOW)]
)
def test_nobody_signals_every_process_where_signals_are_not_kept_in(
    pid: int, expected: int
) -> None:
    code = program(X86, rules(X86, confined=True, kept_in=False))
    assert verdict(code, 62, pid, 9) == expected


def test_another_architecture_may_nothing() -> None:
    code = program(X86, rules(X86, confined=True, kept_in=True))
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
    for name in ("seccomp", "connect", "socket", "setsockopt", "kill", "io_uring_setup"):
        assert int(stated("asm-generic/unistd.h", f"__NR_{name}")) == getattr(known, name)
    bits = [stated("linux/audit.h", f"__AUDIT_ARCH_{one}") for one in ("64BIT", "LE")]
    machine = int(stated("linux/elf-em.h", "EM_AARCH64"))
    assert known.architecture == machine | int(bits[0], 16) | int(bits[1], 16)


SOURCE = Path(__file__).resolve().parents[3] / "src"
IN_A_CONTAINER = """
import ctypes, errno, struct, sys
sys.path.insert(0, {source!r})
from lambda_lab.runtime import egress_filter as filters
before = filters.works()
known, libc = filters.numbers(), ctypes.CDLL(None)
refused = filters.FilterRule({number}, filters.FAIL | errno.EPERM)
code = filters.program(known, [refused])
kept = ctypes.create_string_buffer(code, len(code))
libc.prctl(filters.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(kept))
assert libc.syscall(known.seccomp, filters.SET_MODE_FILTER, 0, header) == 0
print(before, filters.works())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a filter of Linux")
def test_a_filter_whose_owner_would_be_blind_does_not_work() -> None:
    """Docker, as it comes, allows the filter but not ``pidfd_getfd``."""
    code = IN_A_CONTAINER.format(source=str(SOURCE), number=notifications.PIDFD_GETFD)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    if ran.stdout == "False False\n":
        pytest.skip("this machine has no such filter")
    assert ran.stdout == "True False\n"
