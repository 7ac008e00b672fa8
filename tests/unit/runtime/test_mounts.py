"""Mounts are made read-only with all that lies below them, by new kernels' call and by old ones'.

Each case runs in a process with a mount namespace of its own, on folders that the test made.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts of Linux")
SOURCE = Path(__file__).resolve().parents[3] / "src"
UNKNOWN_CALL = 100_000
TRIES = """
import json, os, sys
sys.path.insert(0, {source!r})
from lambda_lab.runtime import linux_sandbox, mounts
place = {place!r}
user = linux_sandbox.SandboxUser()
try:
    linux_sandbox.enter_user_namespace(user)
    mounts.mount("outer", f"{{place}}/from", "tmpfs", mounts.MS_NOEXEC | mounts.MS_NOSUID)
    os.mkdir(f"{{place}}/from/with space")
    mounts.mount("inner", f"{{place}}/from/with space", "tmpfs", mounts.MS_NODEV)
    # What was mounted outside a namespace keeps its flags inside.
    linux_sandbox.enter_user_namespace(user)
except OSError as error:
    print(json.dumps(str(error)))
    sys.exit()
mounts.MOUNT_SETATTR = {call}
mounts.bind(f"{{place}}/from", f"{{place}}/to")
told = []
for name in ("from/x", "from/with space/x", "to/y", "to/with space/y"):
    try:
        open(f"{{place}}/{{name}}", "w").close()
        told.append("written")
    except OSError as error:
        told.append(os.strerror(error.errno))
flags = os.statvfs(f"{{place}}/to").f_flag
print(json.dumps([told, bool(flags & os.ST_NOEXEC), bool(flags & os.ST_NOSUID)]))
"""


@pytest.mark.parametrize("call", [442, UNKNOWN_CALL], ids=["at once", "one by one"])
def test_what_is_mounted_below_is_read_only_too(tmp_path: Path, call: int) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "to").mkdir()
    code = TRIES.format(source=str(SOURCE), place=str(tmp_path), call=call)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    if isinstance(found, str):
        pytest.skip(f"no private root on this system: {found}")
    told, noexec, nosuid = found
    assert told == ["written", "written", "Read-only file system", "Read-only file system"]
    assert (noexec, nosuid) == (True, True)


KEYS = """
import ctypes, sys
sys.path.insert(0, {source!r})
from lambda_lab.runtime import linux_sandbox
libc = ctypes.CDLL(None, use_errno=True)
ADD_KEY, SESSION, READ = {{"x86_64": 248, "aarch64": 217}}, -3, 11
import platform
machine = platform.machine()
keyctl = linux_sandbox.KEYCTL[machine]
linux_sandbox.leave_session_keyring()  # so that no key of this test lands among the reader's
if libc.syscall(ADD_KEY[machine], b"user", b"lambda-lab-decoy", b"x", 1, SESSION) < 0:
    print("no keys")
    sys.exit()
buffer = ctypes.create_string_buffer(64)
before = libc.syscall(keyctl, READ, SESSION, buffer, 64)
linux_sandbox.leave_session_keyring()
print(before, libc.syscall(keyctl, READ, SESSION, buffer, 64))
"""


def test_the_session_keyring_stays_behind() -> None:
    code = KEYS.format(source=str(SOURCE))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    if ran.stdout == "no keys\n":
        pytest.skip("this kernel or container has no keys")
    assert ran.stdout == "4 0\n"
