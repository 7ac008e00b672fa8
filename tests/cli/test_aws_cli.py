"""The real AWS CLI against ``lambda-lab serve``: the first commands of a user of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_region import TRUST, package
from repository import ROOT

SOURCE = "def handler(event, context):\n    print('seen')\n    return event\n"


def find_cli() -> str:
    """Return the AWS CLI of ``make setup-cli``, or the one a developer names."""
    for path in (ROOT / ".venv-cli/bin/aws", Path(os.environ.get("LAB_TEST_AWS_CLI", ""))):
        if path.is_file():
            return str(path)
    pytest.skip("the AWS CLI is not installed: run 'make setup-cli'")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve a region as a user does."""
    find_cli()
    server = subprocess.Popen(
        [sys.executable, "-m", "lambda_lab.cli", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        word, _, address = server.stdout.readline().strip().partition(" ")
        assert word == "Ready."
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
        assert server.stdout is not None
        server.stdout.close()


class Cli:
    """The AWS CLI, with nothing of this machine's settings."""

    def __init__(self, url: str, folder: Path) -> None:
        self._command = [find_cli(), "--endpoint-url", url, "--region", "us-east-1"]
        self.folder = folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_MAX_ATTEMPTS": "3",
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        return subprocess.run(
            [*self._command, *words],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """Run a command that must go well, and return what it printed."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def fails(self, *words: str) -> str:
        """Run a command that must fail, and return what it said."""
        done = self.run(*words)
        assert done.returncode in (254, 255), done.stdout
        return done.stderr.strip()


@pytest.fixture
def cli(url: str, tmp_path: Path) -> Cli:
    """Return the AWS CLI at the region, in an empty folder."""
    return Cli(url, tmp_path)


@pytest.mark.aws_cli
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.fidelity("real-clients")
def test_the_first_commands_of_a_user(cli: Cli) -> None:
    (cli.folder / "function.zip").write_bytes(package(SOURCE))
    made = cli.json(
        *("iam", "create-role", "--role-name", "cli-role"),
        *("--assume-role-policy-document", json.dumps(TRUST)),
    )
    name = ("--function-name", "from-cli")
    created = cli.json(
        *("lambda", "create-function", *name, "--runtime", "python3.14"),
        *("--role", made["Role"]["Arn"], "--handler", "index.handler"),
        *("--zip-file", "fileb://function.zip"),
    )
    assert created["State"] == "Pending"
    cli.json("lambda", "wait", "function-active-v2", *name)
    done = cli.json("lambda", "invoke", *name, "--payload", '{"a": 1}', "--log-type", "Tail", "out")
    assert done["StatusCode"] == 200
    assert done["ExecutedVersion"] == "$LATEST"
    assert json.loads((cli.folder / "out").read_text(encoding="utf-8")) == {"a": 1}
    cli.json("lambda", "update-function-configuration", *name, "--timeout", "9")
    cli.json("lambda", "wait", "function-updated-v2", *name)
    assert cli.json("lambda", "get-function-configuration", *name)["Timeout"] == 9
    messages = cli.json(
        *("logs", "filter-log-events", "--log-group-name", "/aws/lambda/from-cli"),
        *("--query", "events[].message"),
    )
    assert any(message.strip() == "seen" for message in messages)
    refused = cli.fails("lambda", "update-function-configuration", *name, "--timeout", "901")
    assert "(ValidationException)" in refused
    assert "Value '901' at 'timeout' failed to satisfy constraint" in refused
    assert cli.run("lambda", "delete-function", *name).returncode == 0


@pytest.mark.aws_cli
def test_what_the_cli_says_when_it_fails(cli: Cli) -> None:
    assert cli.fails("lambda", "get-function", "--function-name", "nobody").endswith(
        "An error occurred (ResourceNotFoundException) when calling the GetFunction operation: "
        "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody"
    )
    url = ("create-function-url-config", "--function-name", "nobody", "--auth-type", "NONE")
    refused = cli.fails("lambda", *url)
    assert "An error occurred (NotModelledException)" in refused
    assert "retries" not in refused
