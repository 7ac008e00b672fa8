"""Runs a Node.js function the way an execution environment does."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fake_runtime_api import FakeRuntimeApi, Ran
from lambda_lab.runtime.runtimes import NODE_BOOTSTRAP, node_flags

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no `node` on PATH")
Run = Callable[..., Ran]
OLD, NEW = "nodejs22.x", "nodejs24.x"
GONE = 1
"""Exit code of a runtime whose environment went away: here, the end of the events."""
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that writes files, serves events to them and says what came of it."""

    def run(
        files: str | Mapping[str, str],
        *,
        runtime: str = NEW,
        handler: str = "index.handler",
        events: Sequence[Any] = ({},),
        headers: Sequence[Mapping[str, str]] = (),
        env: Mapping[str, str] | None = None,
        framed: bool = True,
        hold: bool = False,
    ) -> Ran:
        for name, text in ({"index.mjs": files} if isinstance(files, str) else files).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        bodies = [event if isinstance(event, bytes) else json.dumps(event).encode()
                  for event in events]  # fmt: skip
        api = FakeRuntimeApi(bodies, headers, hold=hold)
        variables = {
            "_HANDLER": handler,
            "LAMBDA_TASK_ROOT": str(tmp_path),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "7",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/21/[7]abc",
            **(env or {}),
        }
        flags = node_flags(str(NODE), runtime, variables)
        argv = [str(NODE), *flags, str(NODE_BOOTSTRAP / "index.mjs")]
        return api.run(argv, variables, tmp_path, framed=framed)

    return run


def answers(ran: Ran) -> list[Any]:
    """Return what the function answered; every call must have been a success."""
    assert all(path.endswith("/response") for path in ran.paths), ran.posts
    return [post.body for post in ran.posts]


def failure(ran: Ran, path: str = "invocation/r1/error") -> dict[str, Any]:
    """Return the one error that was posted, to *path*."""
    assert ran.paths == [path]
    body = ran.posts[0].body
    assert set(body) == {"errorType", "errorMessage", "trace"}
    assert isinstance(body["trace"], list)
    return dict(body)


def matching(pattern: str, logs: Sequence[str]) -> list[str]:
    """Return the log messages that *pattern* is found in."""
    return [line for line in logs if re.search(pattern, line)]
