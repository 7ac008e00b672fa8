"""The programs in tools/ that decide something."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest

import bootstrap
import labs
import serve


@pytest.fixture
def environment(tmp_path: Path) -> bootstrap.Environment:
    lock = tmp_path / "lock.txt"
    lock.write_text("uv==1 \\\n    --hash=sha256:0\n")
    folder = tmp_path / "environment"
    folder.mkdir()
    made = bootstrap.Environment(folder, lock, with_project=False)
    made.python.parent.mkdir()
    made.python.touch()
    (folder / bootstrap.STAMP).write_text(json.dumps(made.stamp()))
    return made


def test_a_finished_environment_is_current(environment: bootstrap.Environment) -> None:
    assert environment.is_current()


def test_another_lock_makes_it_stale(environment: bootstrap.Environment) -> None:
    environment.lock.write_text("uv==2 \\\n    --hash=sha256:1\n")
    assert not environment.is_current()


def test_a_moved_environment_is_stale(environment: bootstrap.Environment, tmp_path: Path) -> None:
    moved = environment.folder.rename(tmp_path / "elsewhere")
    assert not dataclasses.replace(environment, folder=moved).is_current()


@pytest.mark.parametrize("content", ["", "{}", "[]", "not JSON"])
def test_a_broken_stamp_makes_it_stale(environment: bootstrap.Environment, content: str) -> None:
    (environment.folder / bootstrap.STAMP).write_text(content)
    assert not environment.is_current()


def test_a_missing_interpreter_makes_it_stale(environment: bootstrap.Environment) -> None:
    environment.python.unlink()
    assert not environment.is_current()


def test_uv_is_taken_from_the_lock_with_its_hashes() -> None:
    lock = bootstrap.ENVIRONMENTS["main"].lock.read_text(encoding="utf-8")
    first, *rest = bootstrap.uv_requirement(lock).splitlines()
    assert first.startswith("uv==")
    assert rest
    assert all(line.strip().startswith("--hash=sha256:") for line in rest)


def test_a_lock_without_uv_falls_back_to_pip() -> None:
    assert bootstrap.uv_requirement("pip==1 \\\n    --hash=sha256:0\n") == ""


def test_a_failing_command_says_what_it_printed() -> None:
    with pytest.raises(bootstrap.SetupError, match="no_such_module"):
        bootstrap.run(bootstrap.sys.executable, "-m", "no_such_module")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[object]:
    (tmp_path / "index.html").write_text("the book")
    (tmp_path / "404.html").write_text("not here")
    with serve.open_server(0, tmp_path) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("path", "status", "body"), [("/", 200, b"the book"), ("/nowhere.html", 404, b"not here")]
)
def test_the_site_is_served_as_pages_serves_it(
    address: tuple[str, int], path: str, status: int, body: bytes
) -> None:
    assert address[0] == "127.0.0.1"
    connection = HTTPConnection(*address, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (status, body)
    connection.close()


class Answered:
    """Stands for the outcome of a check."""

    def __init__(self, right: bool) -> None:
        self.right = right


class FakeLab:
    """A lab whose only exercise wants 4."""

    def check(self, exercise: str, answer: object) -> Answered:
        return Answered(exercise == "L00.1" and answer == 4)


UNTOUCHED = 'answer = ...  # 2 + 2\nlab.check("L00.1", answer)'


def test_a_solution_goes_in_before_its_check() -> None:
    names: dict[str, object] = {"lab": FakeLab()}
    exec(labs.solved(UNTOUCHED, lambda exercise: "answer = 2 + 2"), names)
    assert names["answer"] == 4


def test_a_wrong_solution_fails_the_cell() -> None:
    cell = labs.solved(UNTOUCHED, lambda exercise: "answer = 5")
    with pytest.raises(AssertionError, match=r"L00\.1"):
        exec(cell, {"lab": FakeLab()})


@pytest.mark.parametrize(
    "cell", ["%%function hello\ndef handler(event, context): ...", "1 + 1", "", "!ls # lab.check"]
)
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert labs.solved(cell, lambda exercise: "answer = 5") == cell


def test_two_checks_in_one_cell_are_both_solved() -> None:
    cell = f"{UNTOUCHED}\nagain = 0\nlab.check(\n    'L00.1',\n    again,\n)"
    names: dict[str, object] = {"lab": FakeLab()}
    exec(labs.solved(cell, lambda exercise: "answer = again = 4"), names)
    assert names["again"] == 4
