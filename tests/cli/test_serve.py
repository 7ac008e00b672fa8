"""``lambda-lab serve`` as a program: what it says, how it ends, what it refuses."""

from __future__ import annotations

import base64
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config

from lambda_lab import cli, doctor
from lambda_lab.deploy import make_zip, role_arn
from live_region import alive, plain_environment, until

COMMAND = [sys.executable, "-m", "lambda_lab.cli"]
CODE = "import os\ndef handler(event, context):\n    return os.getpid()\n"


@contextmanager
def serving(
    scratch: Path, *options: str, by: Sequence[str] = ()
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a server, by another program if wanted; yields it and its URL."""
    server = subprocess.Popen(
        [*by, *COMMAND, "serve", "--port", "0", *options],
        env={**plain_environment(), "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with server:
        try:
            assert server.stdout
            ready, url = server.stdout.readline().split()
            assert ready == "Ready."
            yield server, url
        finally:
            server.kill()


def client(url: str, service: str = "lambda", region: str = "us-east-1") -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 0}),
    )


def refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.skipif(sys.platform != "linux", reason="the system call is Linux's")
def test_a_signal_that_another_thread_gets_ends_the_server_too(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, _):
        threads = [int(one.name) for one in Path(f"/proc/{server.pid}/task").iterdir()]
        other = max(threads)
        assert other != server.pid
        tgkill = {"x86_64": 234, "aarch64": 131}[os.uname().machine]
        assert ctypes.CDLL(None).syscall(tgkill, server.pid, other, int(signal.SIGTERM)) == 0
        assert server.wait(20) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_server_and_its_end(number: signal.Signals, tmp_path: Path) -> None:
    with serving(tmp_path) as (server, url):
        port = int(url.rpartition(":")[2])
        lam = client(url)
        lam.create_function(
            FunctionName="f",
            Runtime="python3.14",
            Handler="m.handler",
            Role=role_arn(client(url, "iam")),
            Code={"ZipFile": make_zip({"m.py": CODE})},
        )
        body = json.dumps({"advance_seconds": 1}).encode()
        urllib.request.urlopen(f"{url}/_lab/clock", body).close()
        answer = lam.invoke(FunctionName="f")
        pid = json.loads(answer["Payload"].read())
        children = [child.pid for child in psutil.Process(server.pid).children(recursive=True)]
        assert pid in children
        server.send_signal(number)
        assert server.wait(20) == (-number if number == signal.SIGKILL else 0)
        until(lambda: not [one for one in children if alive(one)])
        assert server.stderr
        assert server.stderr.read() == ""
    until(lambda: refuses(port))
    until(lambda: list(tmp_path.iterdir()) == [])


def test_another_region(tmp_path: Path) -> None:
    with serving(tmp_path, "--region", "eu-central-1") as (_, url):
        settings = client(url, region="eu-central-1").get_account_settings()
        assert settings["AccountUsage"]["FunctionCount"] == 0


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "serve", "--port", port],
            env={**plain_environment(), "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("lambda-lab: ")
    assert port in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [[], ["nope"], ["serve", "--port", "-1"], ["serve", "--port", "65536"],
     ["serve", "--port", "http"], ["serve", "--port", "\u0663"], ["serve", "--port", ""]],
)  # fmt: skip
def test_a_command_line_that_makes_no_sense(arguments: list[str]) -> None:
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("module", ["lambda_lab", "lambda_lab.cli"])
def test_the_version(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("lambda-lab ")


def test_output_that_nobody_reads(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "wb") as nobody:
        done = subprocess.run(
            [*COMMAND, "doctor"],
            env={**plain_environment(), "TMPDIR": str(tmp_path)},
            stdout=nobody,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "")
    assert list(tmp_path.iterdir()) == []


def test_output_that_has_no_room(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only Linux has a file that is always full")
    with full.open("wb") as out:
        done = subprocess.run(
            [*COMMAND, "doctor"], stdout=out, stderr=subprocess.PIPE, text=True, timeout=60,
            check=False,
        )  # fmt: skip
    assert done.returncode != 0
    assert done.stderr.startswith("lambda-lab: ")
    assert "No space left" in done.stderr


def without(streams: str) -> list[str]:
    """Return what starts a program without some of its standard streams, in the shell's words."""
    return ["/bin/sh", "-c", f'exec "$@" {streams}', "sh"]


def test_functions_have_streams_where_the_server_has_none(tmp_path: Path) -> None:
    says = "import sys\ndef handler(event, context):\n    return sys.stderr.write('said')\n"
    with serving(tmp_path, by=without("<&- 2>&-")) as (_, url):
        client(url).create_function(
            FunctionName="f",
            Runtime="python3.14",
            Handler="m.handler",
            Role=role_arn(client(url, "iam")),
            Code={"ZipFile": make_zip({"m.py": says})},
        )
        urllib.request.urlopen(f"{url}/_lab/clock", b'{"advance_seconds": 1}').close()
        answer = client(url).invoke(FunctionName="f", LogType="Tail")
    assert "FunctionError" not in answer
    assert b"said" in base64.b64decode(answer["LogResult"])


def test_a_doctor_who_cannot_speak(tmp_path: Path) -> None:
    done = subprocess.run(
        [*without(">&-"), *COMMAND, "doctor"],
        env={**plain_environment(), "TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("lambda-lab: Standard output is closed.")


def test_a_doctor_who_is_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "examine", interrupted)
    assert cli.main(["doctor"]) == 128 + signal.SIGINT
    assert capsys.readouterr().err == "lambda-lab: stopped. Nothing is left behind.\n"
