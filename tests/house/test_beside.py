"""Commands that run at once: none waits for another, and nothing of them is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import beside
from repository import ROOT


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def test_none_waits_for_another(tmp_path: Path) -> None:
    """The first ends when the last has begun, and the last when the first has."""
    there, back = tmp_path / "there", tmp_path / "back"
    os.mkfifo(there)
    os.mkfifo(back)
    first = python(f"open({str(there)!r}).read(); open({str(back)!r}, 'w').close()")
    last = python(f"open({str(there)!r}, 'w').close(); open({str(back)!r}).read()")
    assert beside.run([first, python("pass"), last]) == [0, 0, 0]


def test_what_each_printed_stands_in_one_piece(capfd: pytest.CaptureFixture[str]) -> None:
    says = "import sys; print('out', flush=True); print('err', file=sys.stderr)"
    assert beside.run([python("print('first')"), python(says)]) == [0, 0]
    printed = capfd.readouterr()
    assert sorted(printed.out.splitlines()) == ["err", "first", "out"]
    assert "out\nerr\n" in printed.out
    assert printed.err == ""


def test_each_has_its_status() -> None:
    ended = f"import os; os.kill(os.getpid(), {signal.SIGKILL:d})"
    commands = [python("pass"), python("raise SystemExit(3)"), python(ended)]
    assert beside.run(commands) == [0, 3, 137]


@pytest.mark.parametrize(
    ("statuses", "whole"), [([0, 0], 0), ([0, 3], 3), ([2, 3], 2), ([2, 0], 2), ([4], 4)]
)
def test_one_that_fails_fails_the_whole(statuses: list[int], whole: int) -> None:
    words = [word for status in statuses for word in (*python(f"raise SystemExit({status})"), "--")]
    assert beside.main(words, beside.Together()) == whole


def test_commands_run_where_they_are_told_to(tmp_path: Path) -> None:
    leave = python("import os; open(str(os.getpid()), 'w').close()")
    assert beside.run([leave, leave], tmp_path) == [0, 0]
    assert len(list(tmp_path.iterdir())) == 2


def test_no_command_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert beside.main(["--"], beside.Together()) == 2
    assert "beside.py make pages -- make solved" in capsys.readouterr().err


def test_a_command_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    waits = python("import signal; signal.pause()")
    assert beside.main([*waits, "--", str(tmp_path / "nowhere")], beside.Together()) == 127
    assert "could not be started" in capsys.readouterr().err


def test_nothing_goes_on_alone(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    says_so = f"o = open({str(pipe)!r}, 'w', buffering=1); print('up', file=o)"
    commands = [
        *python("print('up', flush=True); import signal; signal.pause()"),
        "--",
        *python(f"{says_so}; import signal; signal.pause()"),
    ]
    program = [sys.executable, str(ROOT / "tools" / "beside.py"), *commands]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        with pipe.open(encoding="utf-8") as other:
            assert (started.stdout.readline(), other.readline()) == ("up\n", "up\n")
            started.terminate()
            # Both pipes end when nobody holds them any more.
            assert (started.stdout.read(), other.read()) == ("", "")
    assert started.returncode == 128 + signal.SIGTERM
