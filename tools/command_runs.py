"""Run the commands of a page: one shell, one region, the real AWS CLI.

A page is run as a reader pastes it, block by block into one shell, in an empty folder, with the
variables that the chapter *Set-up* has the reader set. What was printed is made steady - ids and
times of a run become an ellipsis - and handed back.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from command_pages import ROOT, Block
from lambda_lab.steady import mask

__all__ = ["Printed", "Served", "find_cli", "run_blocks", "served", "steady"]

ADDRESS = "http://127.0.0.1:4566"
"""The address on the pages; the region that the tool starts has another port."""
PAUSE_SECONDS = 5
"""Of the region's clock, from block to block: a reader does not paste faster."""
PATIENCE_SECONDS = 120
WAITED = '{\\"advance_seconds\\": 60}'
HEX = "[0-9a-f]"
UNSTEADY = (
    (rf"\b{HEX}{{8}}-(?:{HEX}{{4}}-){{3}}{HEX}{{12}}\b", "…"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)", "…"),
    (r"\b1[789]\d{8}(?:\d{3}|\.\d+)?\b", "…"),  # seconds or milliseconds since 1970
    (r"\b\d{4}/\d\d/\d\d/", "…/"),
    (r"[A-Za-z0-9+/]{43}=", "…"),  # SHA-256 of a zip, in which the times of its files stand
    (r'("(?:CodeSize|TotalCodeSize)": )\d+', r"\1…"),
    (rf"\b((?:vpc|subnet|sg|eni|rtb|nat|igw|vpce|eipalloc|nip|nia)-){HEX}{{8,17}}\b", r"\1…"),
    (r"\bd-[A-Z0-9]{9}\b", "d-…"),  # a deployment
    (r"\b49\d{54}\b", "…"),  # a sequence number of Kinesis
    (rf"\b{HEX}{{32,64}}\b", "…"),
)


def steady(text: str) -> str:
    r"""Put an ellipsis where each run has something else.

    Examples
    --------
    >>> steady("subnet-0a1b2c3d4e5f60718 Duration: 1.52 ms 2026-11-21T10:00:00.000+0000")
    'subnet-… Duration: … ms …\n'
    """
    text = mask(text)
    for pattern, instead in UNSTEADY:
        text = re.sub(pattern, instead, text)
    lines = text.strip("\n").split("\n") if text.strip() else []
    return "".join(f"{line.rstrip()}\n" for line in lines)


def find_cli() -> Path | None:
    """Return the AWS CLI of ``make setup-cli``, or the one a developer names, or ``None``."""
    for path in (ROOT / ".venv-cli/bin/aws", Path(os.environ.get("LAB_TEST_AWS_CLI", ""))):
        if path.is_file():
            return path
    return None


@dataclass(frozen=True)
class Printed:
    """What a block printed, made steady, and the exit status of each command that failed."""

    output: str
    failed: tuple[int, ...]


@dataclass(frozen=True)
class Served:
    """A region that ``lambda-lab serve`` holds, and the folder of the ``aws`` that pages call."""

    url: str
    programs: Path

    def post(self, path: str, document: Mapping[str, object] | None = None) -> None:
        """Ask something of the region itself."""
        body = json.dumps(document or {}).encode()
        with urllib.request.urlopen(self.url + path, body, timeout=PATIENCE_SECONDS):
            pass

    def pass_time(self) -> None:
        """Let the region do what is due by the time a reader pastes the next block."""
        self.post("/_lab/clock", {"advance_seconds": PAUSE_SECONDS})
        self.post("/_lab/settle")


def _environment(**more: str) -> dict[str, str]:
    """Return a plain environment: nothing of a developer's own settings."""
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, **more}


@contextmanager
def _started(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Start a program that says ``Ready.``; yields what else stands on that line."""
    program = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    with program:
        try:
            assert program.stdout is not None
            word, _, rest = program.stdout.readline().strip().partition(" ")
            if word != "Ready.":
                raise RuntimeError(f"{command[:3]} did not start.")
            yield rest
        finally:
            program.send_signal(signal.SIGTERM)
            program.wait(30)


@contextmanager
def served(cli: Path) -> Iterator[Served]:
    """Serve a region and have an ``aws`` for it: forks of the CLI where it is Python's."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cmd-")))
        region = [sys.executable, "-m", "lambda_lab.cli", "serve", "--port", "0"]
        url = stack.enter_context(_started(region, _environment()))
        programs = folder / "bin"
        programs.mkdir()
        python = cli.parent / "python"
        if cli.parent == ROOT / ".venv-cli/bin" and python.is_file():
            forks, socket = str(ROOT / "tools/aws_forks.py"), str(folder / "s")
            command = [str(python), "-E", forks, "serve", socket]
            stack.enter_context(_started(command, _environment()))
            words = [str(python), "-I", "-S", forks, "ask", socket]
        else:
            words = [str(cli)]
        _write_program(programs / "aws", words)
        yield Served(url, programs)


def _write_program(path: Path, words: Sequence[str]) -> None:
    """Write the ``aws`` that pages call.

    Before it waits for something, time passes for the region: its first look then finds it done,
    where a waiter of the CLI would otherwise sleep for a second or for thirty.
    """
    pass_time = (
        "import os, urllib.request as u; "
        f"u.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/_lab/clock', b'{WAITED}')"
    )
    quoted = " ".join(f'"{word}"' for word in words)
    path.write_text(
        f"""#!/bin/sh
case " $* " in *" wait "*) "{sys.executable}" -I -S -c "{pass_time}" ;; esac
exec {quoted} "$@"
""",
        encoding="utf-8",
    )
    path.chmod(0o755)


LOOP = """\
exec 3>&1
trap 'printf "failed %s\\n" "$?" >&3' ERR
while read -r block; do
  . "$block" >>"$LAB_PRINTED" 2>&1 </dev/null
  printf 'done\\n' >&3
done
"""
"""What the shell does: each block is read into it, so that variables live on as in a terminal."""


def run_blocks(served: Served, blocks: Sequence[Block], shell: str = "bash") -> list[Printed]:
    """Run blocks one after the other in a shell of their own, in an empty region and folder."""
    served.post("/_lab/reset")
    with tempfile.TemporaryDirectory(prefix="cmd-") as name:
        return _run(served, blocks, shell, Path(name))


def _run(served: Served, blocks: Sequence[Block], shell: str, scratch: Path) -> list[Printed]:
    folder, printed = scratch / "folder", scratch / "printed"
    folder.mkdir()
    printed.touch()
    environment = _environment(
        PATH=f"{served.programs}{os.pathsep}{os.environ['PATH']}",
        HOME=str(scratch),
        LAB_PRINTED=str(printed),
        AWS_ENDPOINT_URL=served.url,
        AWS_REGION="us-east-1",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        NO_PROXY="127.0.0.1",
        PYTHONIOENCODING="utf-8",
    )
    loop = scratch / "loop.sh"
    loop.write_text(LOOP, encoding="utf-8")
    done = []
    program = subprocess.Popen(
        [shutil.which(shell) or shell, str(loop)],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with program:
        try:
            for number, block in enumerate(blocks):
                script = scratch / f"{number}.sh"
                text = block.script.replace(ADDRESS, served.url)
                script.write_text(f"{text}\n:\n", encoding="utf-8")
                start = printed.stat().st_size
                done.append(Printed("", _hear(program, script)))
                output = printed.read_bytes()[start:].decode().replace(served.url, ADDRESS)
                done[-1] = Printed(steady(output), done[-1].failed)
                served.pass_time()
        finally:
            assert program.stdin is not None
            program.stdin.close()
    return done


def _hear(shell: subprocess.Popen[str], script: Path) -> tuple[int, ...]:
    """Have the shell run a script; return the statuses of what failed."""
    assert shell.stdin is not None
    assert shell.stdout is not None
    failed: list[int] = []
    # A command that waits for ever ends with the shell it runs in.
    watch = threading.Timer(PATIENCE_SECONDS, os.killpg, (shell.pid, signal.SIGKILL))
    watch.start()
    try:
        shell.stdin.write(f"{script}\n")
        shell.stdin.flush()
        for line in shell.stdout:
            word, _, status = line.strip().partition(" ")
            if word == "done":
                return tuple(failed)
            failed.append(int(status))
    finally:
        watch.cancel()
    raise RuntimeError("The shell ended, or did not within its time, while it ran a block.")
