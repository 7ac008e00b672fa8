"""The AWS SDK for JavaScript against a region: the first calls of a user of it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from api_region import open_api_region, package

HERE = Path(__file__).parent
SOURCE = """
def handler(event, context):
    if event.get("fail"):
        raise KeyError("action")
    return event
"""


@pytest.mark.fidelity("handler-code", "real-clients")
def test_the_first_calls_of_a_user() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node.js on this machine")
    if not (HERE / "node_modules" / "@aws-sdk" / "client-lambda").is_dir():
        pytest.skip("the AWS SDK for JavaScript is not installed: run 'make setup-js'")
    code = base64.b64encode(package(SOURCE)).decode()
    with open_api_region() as api:
        done = subprocess.run(
            [node, "calls.mjs", api.url, api.role, code],
            cwd=HERE,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["created"] == "Pending"
    log = seen["echo"].pop("log")
    assert "START RequestId: " in log
    assert "\nREPORT RequestId: " in log
    expected = {"status": 200, "version": "$LATEST", "result": {"number": 1, "text": "é"}}
    assert seen["echo"] == expected
    assert seen["raised"]["error"] == "Unhandled"
    assert seen["raised"]["result"]["errorType"] == "KeyError"
    assert seen["event"] == {"status": 202, "result": ""}
    assert seen["dryRun"] == {"status": 204, "result": ""}
    missing = seen["missing"]
    assert (missing["name"], missing["status"]) == ("ResourceNotFoundException", 404)
    assert missing["message"] == f"Function not found: {api.arn('nobody')}"
    refused = seen["notModelled"]
    assert (refused["name"], refused["status"]) == ("NotModelledException", 501)
    assert refused["attempts"] == 1
    assert seen["listed"] == ["from-js"]
    assert seen["deleted"] == "ResourceNotFoundException"
