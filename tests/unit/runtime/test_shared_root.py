"""What keeps the reader's files where there is no private root, each protection by itself.

Everything is tried in a process of its own, on files that the test made, by name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_lab.runtime import landlock
from lambda_lab.runtime.guard import WORDS

SOURCE = Path(__file__).resolve().parents[3] / "src"
TRIES = """
import json, os, pathlib, shutil, sqlite3, subprocess, sys, tempfile
sys.path.insert(0, {source!r})
from lambda_lab.runtime import guard, landlock, own_tmp
own, out = {own!r}, {out!r}
told = {{}}

def tries(name, do):
    try:
        do()
        told[name] = "done"
    except (OSError, shutil.Error, sqlite3.Error) as error:
        told[name] = f"{{type(error).__name__}}: {{error}}"

{protect}
{tried}
print(json.dumps(told))
"""
CHANGES = """
file, folder = f"{out}/file", f"{out}/folder"
pathlib.Path(own, "mine").write_text("mine")
held = os.open(out, os.O_RDONLY)
reading = os.open(file, os.O_RDONLY)
os.symlink(file, f"{own}/leads-out")
tries("remove", lambda: os.remove(file))
tries("remove beside a descriptor", lambda: os.unlink("file", dir_fd=held))
tries("a tree", lambda: shutil.rmtree(folder))
tries("rmdir", lambda: os.rmdir(f"{out}/empty"))
tries("write", lambda: open(file, "w").close())
tries("append", lambda: os.open(file, os.O_WRONLY | os.O_APPEND))
tries("write through a link", lambda: open(f"{own}/leads-out", "w").close())
tries("replace", lambda: os.replace(f"{own}/mine", file))
tries("take away", lambda: os.rename(file, f"{own}/taken"))
tries("hard link", lambda: os.link(file, f"{own}/linked"))
tries("make", lambda: open(f"{out}/new", "x").close())
tries("make a folder", lambda: os.mkdir(f"{out}/new"))
tries("make a link", lambda: os.symlink(file, f"{out}/new"))
tries("truncate", lambda: os.truncate(file, 0))
tries("database", lambda: sqlite3.connect(file).execute("create table t (x)"))
"""
MODES = """
tries("mode", lambda: os.chmod(file, 0))
tries("mode of what is open", lambda: os.chmod(reading, 0))
tries("times", lambda: os.utime(file, (1, 1)))
"""
CHILD = """
child = subprocess.run(["sh", "-c", f"rm -f {file}; echo x > {file}; rmdir {out}/empty"])
"""
OWN = """
mine = pathlib.Path(own, "mine")
def all_of_it():
    mine.write_text("again")
    mine.chmod(0o600)
    mine.rename(f"{own}/other")
    os.makedirs(f"{own}/a/b/c")
    os.symlink("a", f"{own}/link")
    os.remove(f"{own}/other")
    os.unlink(f"{own}/link")
    shutil.rmtree(f"{own}/a")
    sqlite3.connect(f"{own}/data").execute("create table t (x)").connection.close()
    os.remove(f"{own}/data")
    sqlite3.connect(":memory:").close()
    for place in ("/dev/null", "/dev/stderr", "/dev/fd/2"):
        open(place, "w").close()
    assert sorted(os.listdir(own)) == ["leads-out"], os.listdir(own)
    assert open(file).read() == "kept"
    with open("/dev/null", "w") as null:
        subprocess.run([sys.executable, "-c", ""], stdout=null, check=True)
tries("own", all_of_it)
"""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder of the reader's."""
    folder = tmp_path / "of-the-reader"
    (folder / "folder" / "inner").mkdir(parents=True)
    (folder / "empty").mkdir()
    for name in ("file", "folder/file", "folder/inner/file"):
        (folder / name).write_text("kept")
    return folder


def run(out: Path, protect: str, *tried: str) -> dict[str, str]:
    own = out.parent / "own"
    own.mkdir()
    code = TRIES.format(
        source=str(SOURCE), own=str(own), out=str(out), protect=protect, tried="".join(tried)
    )
    before = state(out)
    ran = subprocess.run(
        [sys.executable, "-I", "-c", code],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told: dict[str, str] = json.loads(ran.stdout)
    assert told.pop("own") == "done"
    assert state(out) == before, "nothing of the reader's has changed"
    return told


def state(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path): (path.stat().st_mode, path.read_text() if path.is_file() else "")
        for path in folder.rglob("*")
    }


@pytest.mark.fidelity("files-kept")
def test_python_refuses_to_change_what_lies_outside(out: Path) -> None:
    told = run(out, "guard.install(own, ['/dev/null'])", CHANGES, MODES, OWN)
    assert {what for what, said in told.items() if WORDS not in said} == set()
    assert told["remove"].startswith("PermissionError: [Errno 13]")
    assert told["remove"].endswith(f"'{out}/file'")


@pytest.mark.skipif(landlock.version() < 3, reason="this kernel has no such Landlock")
@pytest.mark.fidelity("files-kept")
def test_the_kernel_refuses_for_every_program(out: Path) -> None:
    told = run(out, "landlock.restrict([own], ['/dev/null'])", CHANGES, CHILD, OWN)
    assert "done" not in told.values()
    assert all("Error" in said for said in told.values())


LED = """
import glob, inspect, pickle
class Keeps:
    opener = open
def led_files():
    assert os.listdir("/tmp") == []
    with Keeps().opener("/tmp/led-note", "w") as note:
        note.write("here")
    assert pathlib.Path(own, "led-note").read_text() == "here"
    assert pathlib.Path("/tmp/led-note").read_text() == open(b"/tmp/led-note").read() == "here"
    assert open(file="/tmp/led-note").read() == "here"
    assert sorted(glob.glob("/tmp/*")) == ["/tmp/led-note"]
    os.rename("/tmp/led-note", "/tmp/../tmp//led-other")
    pathlib.Path("/tmp/led-lib").mkdir()
    pathlib.Path("/tmp/led-lib/of_the_function.py").write_text("answer = 42")
    sys.path.insert(0, "/tmp/led-lib")
    import of_the_function
    assert of_the_function.answer == 42
    said = subprocess.run(["cat", "/tmp/led-other"], cwd="/tmp", capture_output=True).stdout
    assert said == b"here"
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.dup2(writing, 1)
        os.execvp("cat", ["cat", "/tmp/led-other"])
    os.wait()
    assert os.read(reading, 9) == b"here"
    database = sqlite3.connect("/tmp/led-data")
    database.execute("create table t (x)")
    database.close()
    with tempfile.TemporaryDirectory() as place:
        assert place.startswith("/tmp/")
        assert len(os.listdir(own)) == 4
    shutil.copy("/tmp/led-other", "/tmp/led-lib/copy")
    shutil.rmtree("/tmp/led-lib")
    os.chdir("/tmp")
    assert sorted(os.listdir()) == ["led-data", "led-other"]
    for call in (open, os.stat):
        assert pickle.loads(pickle.dumps(call)) is call
    assert "dir_fd" in inspect.signature(os.stat).parameters
    os.remove("/tmp/led-data"); os.remove("led-other")
    assert os.listdir(own) == []
tries("own", led_files)
tries("missing", lambda: open("/tmp/led-missing"))
tries("no link", lambda: os.rename("/tmp/led-missing", "/tmp/led-other"))
tries("elsewhere", lambda: open("/nowhere"))
"""


def test_paths_in_tmp_lead_to_the_folder_of_the_environment(out: Path) -> None:
    told = run(out, "own_tmp.install(); own_tmp.lead_to(own)", LED)
    assert told == {
        "missing": "FileNotFoundError: [Errno 2] No such file or directory: '/tmp/led-missing'",
        "no link": "FileNotFoundError: [Errno 2] No such file or directory: "
        "'/tmp/led-missing' -> '/tmp/led-other'",
        "elsewhere": "FileNotFoundError: [Errno 2] No such file or directory: '/nowhere'",
    }
