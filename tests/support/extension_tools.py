"""Extensions for tests: a layer with executables, and what they report about their events."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from collections.abc import Mapping

from live_region import LiveRegion

PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
TOOLS = f"""#!{PYTHON} -I
import json, os, sys, time, urllib.error, urllib.request

BASE = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension"
NAME = os.path.basename(sys.argv[0])

def ask(method, path, document=None, **headers):
    data = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(BASE + path, data, method=method)
    for key, value in headers.items():
        request.add_header("Lambda-Extension-" + key.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), json.loads(error.read())

def say(*words):
    print(NAME, *words, flush=True)

def register(events, **headers):
    status, found, body = ask("POST", "/register", {{"events": events}}, Name=NAME, **headers)
    return status, found.get("Lambda-Extension-Identifier"), body

def following(identifier):
    return ask("GET", "/event/next", Identifier=identifier)[2]

"""
WATCHER = (
    TOOLS
    + """
status, me, body = register(["INVOKE", "SHUTDOWN"], Accept_Feature="accountId")
say("registered", json.dumps(body, sort_keys=True))
while True:
    event = following(me)
    say(json.dumps(event, sort_keys=True))
    if event["eventType"] == "SHUTDOWN":
        break
"""
)


def layer(lab: LiveRegion, files: Mapping[str, str], *, mode: int = 0o755) -> str:
    """Publish a layer with *files* in ``extensions/``; returns its ARN."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(f"extensions/{name}")
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, text)
    published = lab.lam.publish_layer_version(
        LayerName="extensions", Content={"ZipFile": sink.getvalue()}
    )
    arn: str = published["LayerVersionArn"]
    return arn
