"""The paths under ``/_lab``: clock, timeline, environments, reset - and what they refuse."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest

from lambda_lab.deploy import role_arn
from live_region import LiveRegion, alive, private_root, until

GOOD = "import os\ndef handler(event, context):\n    return os.getpid()\n"


@pytest.fixture
def http_to(lab: LiveRegion) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", lab.region.port, timeout=10)
    yield connection
    connection.close()


def ask(
    http_to: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
) -> tuple[int, dict[str, object]]:
    http_to.request(method, path, body)
    answer = http_to.getresponse()
    assert answer.headers["Content-Type"].startswith("application/json")
    return answer.status, json.loads(answer.read())


@private_root
@pytest.mark.fidelity("clock")
def test_control_paths(lab: LiveRegion, http_to: http.client.HTTPConnection) -> None:
    name = lab.deploy(GOOD)
    lab.call(name)
    status, health = ask(http_to, "GET", "/_lab/health")
    assert (status, health["status"]) == (200, "ok")
    _, before = ask(http_to, "GET", "/_lab/clock")
    status, after = ask(http_to, "POST", "/_lab/clock", b'{"advance_seconds": 60.5}')
    assert status == 200
    moved = float(str(after["advanced_seconds"])) - float(str(before["advanced_seconds"]))
    # Less by the real time that passed while it was moved.
    assert 50 <= moved <= 60.5
    _, timeline = ask(http_to, "GET", f"/_lab/timeline?function={name}")
    events = timeline["events"]
    assert isinstance(events, list)
    assert [event["event"] for event in events][:6] == [
        "received", "starting", "init", "init-done", "invoke", "invoke-done",
    ]  # fmt: skip
    assert ask(http_to, "GET", "/_lab/timeline?function=nobody") == (200, {"events": []})
    _, found = ask(http_to, "GET", f"/_lab/environments?function={name}")
    environments = found["environments"]
    assert isinstance(environments, list)
    assert [one["invocations"] for one in environments] == [1]
    assert ask(http_to, "POST", "/_lab/settle") == (200, {"settled": True})


@private_root
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nope", b"[]", b"null", b"1", b"{}", b'{"advance": 1}', b"\xff\xfe",
     b'{"advance_seconds": "60"}', b'{"advance_seconds": null}', b'{"advance_seconds": true}',
     b'{"advance_seconds": []}', b'{"advance_seconds": -1}', b'{"advance_seconds": NaN}',
     b'{"advance_seconds": Infinity}', b'{"advance_seconds": -Infinity}',
     b'{"advance_seconds": 1e400}', b'{"advance_seconds": 1e12}', b'{"advance_seconds": 1e30}',
     b'{"advance_seconds": 1e300}',
     b'{"advance_seconds": 1' + b"0" * 400 + b"}", b"[" * 100_000],
)  # fmt: skip
def test_a_clock_that_cannot_be_set_so(
    lab: LiveRegion, http_to: http.client.HTTPConnection, body: bytes
) -> None:
    before = lab.region.clock.advanced_seconds
    status, answer = ask(http_to, "POST", "/_lab/clock", body)
    assert status == 400, answer
    assert answer["error"]
    assert lab.region.clock.advanced_seconds == before
    assert ask(http_to, "GET", "/_lab/clock")[0] == 200


@private_root
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/_lab"), ("GET", "/_lab/nope"), ("DELETE", "/_lab/clock"), ("PUT", "/_lab/reset"),
     ("GET", "/_lab/reset"), ("GET", "/_lab/../_lab/x"), ("GET", "/_lab/packages/../../etc")],
)  # fmt: skip
def test_an_unknown_control_path(
    lab: LiveRegion, http_to: http.client.HTTPConnection, method: str, path: str
) -> None:
    status, answer = ask(http_to, method, path)
    assert status == 404
    assert "GET /_lab/health" in str(answer["known"])


def test_reset_makes_the_region_empty(lab: LiveRegion, http_to: http.client.HTTPConnection) -> None:
    name = lab.deploy(GOOD)
    pid = lab.call(name).value
    lab.client("s3").create_bucket(Bucket="to-be-gone")
    assert ask(http_to, "POST", "/_lab/reset") == (200, {"reset": True})
    assert lab.lam.list_functions()["Functions"] == []
    assert lab.client("s3").list_buckets()["Buckets"] == []
    assert lab.client("logs").describe_log_groups()["logGroups"] == []
    assert lab.environments(name) == []
    assert len(lab.region.timeline) == 0
    until(lambda: not alive(pid))
    lab.role = role_arn(lab.client("iam"))
    assert lab.run(GOOD).error is None
