"""The fork server, asked for what it cannot do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.launcher import Launcher, Program
from live_region import alive, until


def test_a_child_that_cannot_become_a_function_ends(tmp_path: Path) -> None:
    """It would go on as a fork server, and end what it takes for its own."""
    region = tmp_path / "region"
    region.mkdir()
    with IoLoop() as loop, Launcher(loop, region, "http://127.0.0.1:1", "us-east-1") as launcher:
        launcher.wait_ready()
        ends: list[int] = []

        def start(identity: str, script: str, **more: Any) -> int:
            program = Program(
                identity, "exec", ("/bin/sh", "-c", script), {}, str(tmp_path), None, 512,
                **{"directory": "/", **more},
            )  # fmt: skip
            with Path(tmp_path / "log").open("ab") as log:
                return launcher.start(program, log.fileno(), ends.append).pid

        other = start("other", "sleep 300")
        start("lost", "true", directory="/nowhere")
        until(lambda: ends)
        start("last", "exit 7")
        until(lambda: 7 << 8 in ends)
        assert ends == [1 << 8, 7 << 8]
        assert alive(other)
    assert "No such file" in (tmp_path / "log").read_text()
