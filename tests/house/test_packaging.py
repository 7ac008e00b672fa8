"""The locked sets fit the project, and the wheel carries everything the package needs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from repository import PACKAGE, ROOT, SRC

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ["requirements/dev.txt", "requirements/cli.txt"]


def blocks(lock: str) -> dict[str, str]:
    """Map each pinned line of a lock to its text with hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    found = re.findall(r"^([a-zA-Z0-9][^ ;\\]*==[^\n]*(?:\n    [^\n]*)*)", text, re.MULTILINE)
    return {block.split("\\")[0].split(";")[0].strip(): block for block in found}


def pins(lock: str) -> dict[str, set[str]]:
    """Map each project of a lock to the versions it is pinned to."""
    versions: dict[str, set[str]] = {}
    for pinned in blocks(lock):
        name, version = pinned.split("==")
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_locked_has_a_hash(lock: str) -> None:
    found = blocks(lock)
    assert len(found) > 5
    assert [name for name, block in found.items() if "--hash=sha256:" not in block] == []
    others = [
        line
        for line in (ROOT / lock).read_text(encoding="utf-8").splitlines()
        if line.startswith("-") or "://" in line or " @ " in line
    ]
    assert others == []


def test_what_the_project_asks_for_is_what_is_locked() -> None:
    asked = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    for extra in ("lab", "book", "rds", "simulate"):
        asked += PROJECT["project"]["optional-dependencies"][extra]
    locked = pins("requirements/dev.txt")
    for text in asked:
        requirement = Requirement(text)
        versions = locked.get(canonicalize_name(requirement.name))
        assert versions, f"{requirement.name} is not locked: run 'make lock'"
        assert all(version in requirement.specifier for version in versions), (
            f"{requirement} is locked to {versions}: run 'make lock'"
        )


def test_the_lock_of_the_javascript_tests_names_no_registry() -> None:
    lock = json.loads((ROOT / "tests/js/package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry.get("integrity")] == []


def test_one_version_everywhere() -> None:
    version = PROJECT["project"]["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\nversion: {version}\n" in citation
    assert re.search(rf"^## \[(?:Unreleased|{re.escape(version)})\]", changelog, re.MULTILINE)
    import lambda_lab

    assert lambda_lab.__version__ == version


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = Path(folder).glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_carries_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    expected = {
        str(path.relative_to(SRC))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "lambda_lab/py.typed" in expected
    assert expected - set(wheel.namelist()) == set()


def test_the_wheel_has_the_command_and_the_licence(wheel: zipfile.ZipFile) -> None:
    (entry,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "lambda-lab = lambda_lab.cli:main" in wheel.read(entry).decode()
    assert [name for name in wheel.namelist() if name.endswith("licenses/LICENSE")]
