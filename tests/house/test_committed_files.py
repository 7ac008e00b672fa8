"""What may stand in a committed file: no address of a package index, no path of a machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from repository import ROOT, files, text_files

# Put together here, so that this file does not name what it forbids.
HOSTS = ["pypi" + ".org", "python" + "hosted.org", "npmjs" + ".org", "npmjs" + ".com",
         "yarnpkg" + ".com", "conda" + ".anaconda.org", "proxy" + ".golang.org"]  # fmt: skip
INDEX = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links", '"resol' + 'ved":',
         "registry" + " = \"http", "registry" + "=http"]  # fmt: skip
MACHINE = [
    r"(?<![\w./>*-])/" + r"work/(?:main|shared)\b",
    r"(?<![\w.])/" + r"tmp/w/",
    r"(?<![\w./$}])/" + r"root/\w",
    r"(?<![\w./])/" + r"home/(?!sbx_)[a-z]\w*/",
    r"(?<![\w./])/" + r"Users/\w+/",
]
OWN_HOME = str(Path.home())


def forbidden(text: str) -> list[str]:
    """Return what *text* says that no committed file may say."""
    found = [word for word in [*HOSTS, *INDEX] if word in text]
    found += [match.group() for pattern in MACHINE for match in re.finditer(pattern, text)]
    if len(ROOT.parts) > 2 and f"{ROOT}/" in text:
        found.append(str(ROOT))
    return found


def test_no_index_and_no_machine_path() -> None:
    found = {
        str(path.relative_to(ROOT)): words
        for path, text in text_files()
        if (words := forbidden(text))
    }
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "https://" + "pypi" + ".org/simple",
        "--index" + "-url x",
        "see /" + "work/main/src",
        "/" + "root/x",
    ],
)
def test_the_rule_itself(text: str) -> None:
    assert forbidden(text)


def test_an_ordinary_path_may_stand() -> None:
    assert (
        forbidden("/var/task /opt/python /tmp /tmp/work /dev/null https://example.com/work/x") == []
    )


def test_no_large_file() -> None:
    large = [str(path.relative_to(ROOT)) for path in files() if path.stat().st_size > 1_000_000]
    assert large == []


def notebooks() -> list[Path]:
    return [path for path in files() if path.suffix == ".ipynb"]


def test_notebooks_carry_no_outputs() -> None:
    dirty = []
    for path in notebooks():
        content = json.loads(path.read_text(encoding="utf-8"))
        if "widgets" in content["metadata"]:
            dirty.append(f"{path.name}: state of widgets")
        for number, cell in enumerate(content["cells"], start=1):
            if cell.get("outputs") or cell.get("execution_count"):
                dirty.append(f"{path.name}, cell {number}: run 'make fix'")
    assert dirty == []


def test_notebooks_name_the_plain_kernel() -> None:
    for path in notebooks():
        metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
        assert metadata["kernelspec"]["name"] == "python3", path.name


def test_notebooks_speak_commonmark_only() -> None:
    """JupyterLab shows MyST's directives and roles as they are typed."""
    myst = re.compile(r"^\s*(?:```|:::+)\{|\{[\w:-]+\}`|\{\{ ?\w", re.MULTILINE)
    found = []
    for path in notebooks():
        for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"], 1):
            if cell["cell_type"] == "markdown" and myst.search("".join(cell["source"])):
                found.append(f"{path.name}, cell {number}")
    assert found == []
