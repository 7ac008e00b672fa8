"""A region never reaches a real AWS host, and bad input of every kind leaves it running."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import boto3
import psutil
import pytest
from botocore.config import Config

from lambda_lab.errors import LabError, SandboxError
from lambda_lab.region import Region
from live_region import LiveRegion, alive, private_root, until

GOOD = "import os\ndef handler(event, context):\n    return os.getpid()\n"


def test_a_real_host_is_refused_by_name(lab: LiveRegion) -> None:
    client = boto3.client(
        "lambda",
        endpoint_url="https://lambda.us-east-1.amazonaws.com",
        config=Config(retries={"max_attempts": 0}),
    )
    with pytest.raises(LabError, match=r"lambda\.us-east-1\.amazonaws\.com was refused"):
        client.list_functions()


@pytest.mark.fidelity("other-services")
def test_every_service_and_every_region_name_stays_here(lab: LiveRegion) -> None:
    for service in ("s3", "sqs", "dynamodb", "sts", "logs", "secretsmanager"):
        for region in ("us-east-1", "eu-central-1"):
            client = boto3.client(service, region_name=region)
            assert client.meta.endpoint_url == lab.region.url


def test_no_socket_of_this_process_leaves_the_machine(lab: LiveRegion) -> None:
    seen: list[object] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: object) -> None:
        seen.append(address)
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", watched)
        lab.call(lab.deploy(GOOD))
        boto3.client("s3").list_buckets()
        boto3.client("sts").get_caller_identity()
    hosts = {address[0] for address in seen if isinstance(address, tuple)}
    assert hosts <= {"127.0.0.1"}
    assert seen


def test_it_listens_on_loopback_only(lab: LiveRegion) -> None:
    lab.call(lab.deploy(GOOD))
    listening = [
        one.laddr.ip
        for one in psutil.Process().net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert all(ipaddress.ip_address(one).is_loopback for one in listening)


def test_a_second_region_is_refused(lab: LiveRegion) -> None:
    with pytest.raises(SandboxError, match="A region is open in this process already"):
        Region()
    assert lab.run(GOOD).error is None


# -- rough handling --------------------------------------------------------------------------------


@private_root
@pytest.mark.parametrize(
    "raw",
    [b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"POST / HTTP/1.1\r\n",
     b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
     b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
     b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_what_is_not_http_does_no_harm(lab: LiveRegion, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", lab.region.port), timeout=5) as rough:
        rough.sendall(raw)
        rough.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):  # the other end may hang up as it likes
            rough.recv(1000)
    assert lab.client("sts").get_caller_identity()["Account"] == "123456789012"


@pytest.mark.fidelity("runtime-api")
def test_a_function_that_plays_with_its_runtime_api(lab: LiveRegion) -> None:
    code = """
import os, socket
def handler(event, context):
    host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
    base = "/2018-06-01/runtime"
    said = []
    for head in (f"POST {base}/invocation/nobody/response", f"POST {base}/nope",
                 f"GET {base}/invocation/next/more", "BREW /coffee"):
        with socket.create_connection((host, int(port)), timeout=5) as one:
            one.sendall(f"{head} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 0\\r\\n\\r\\n".encode())
            said.append(one.recv(1000).decode().split(" ", 2)[1:2])
    return said
"""
    name = lab.deploy(code)
    first = lab.call(name)
    assert first.error is None, first.raw
    assert first.value[:3] == [["400"], ["404"], ["404"]]
    assert lab.call(name).error is None
    assert len(lab.idle(name)) == 1


def test_a_function_that_answers_its_own_call(lab: LiveRegion) -> None:
    code = """
import os, urllib.request
def handler(event, context):
    if event == "early":
        url = (f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
               f"{context.aws_request_id}/response")
        urllib.request.urlopen(urllib.request.Request(url, b'"early"', method="POST")).close()
    return "late"
"""
    name = lab.deploy(code)
    assert lab.call(name, "early").value == "early"
    for _ in range(3):  # the second answer is refused; whatever that does, the region goes on
        answer = lab.call(name, "on time")
    assert answer.value == "late"


def test_many_callers_of_functions_that_end_badly(lab: LiveRegion) -> None:
    name = lab.deploy(
        "import os\ndef handler(event, context):\n"
        "    if event % 3 == 0: os._exit(1)\n    if event % 3 == 1: raise ValueError(event)\n"
        "    return event\n"
    )
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: lab.call(name, number), range(60)))
    for number, answer in enumerate(answers):
        match number % 3:
            case 0:
                answer.fails("Runtime.ExitError")
            case 1:
                assert answer.fails("ValueError")["errorMessage"] == str(number)
            case _:
                assert answer.value == number
    assert len(lab.idle(name)) <= 8


def test_a_fork_server_that_somebody_kills(lab: LiveRegion) -> None:
    name = lab.deploy(GOOD)
    first = lab.call(name).value
    lab.idle(name)
    server = lab.region.launcher._server.pid
    os.kill(server, signal.SIGKILL)
    until(lambda: not alive(server) and not alive(first))
    until(lambda: lab.environments(name)[0]["pid"] is None)
    again = lab.call(name)
    assert again.error is None, again.raw
    assert again.value != first
    assert lab.run(GOOD).error is None
    assert lab.region.launcher._server.pid != server


def test_a_fork_server_that_is_killed_during_a_call(lab: LiveRegion) -> None:
    name = lab.deploy(
        "import time\ndef handler(event, context):\n    time.sleep(event)\n    return 1\n"
    )
    assert lab.call(name, 0).value == 1
    lab.idle(name)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lab.call, name, 30)
        until(lambda: lab.environments(name)[0]["state"] == "busy")
        os.kill(lab.region.launcher._server.pid, signal.SIGKILL)
        answer = running.result()
    assert answer.fails("Runtime.ExitError")["errorMessage"].endswith("signal: killed")
    assert lab.call(name, 0).value == 1
