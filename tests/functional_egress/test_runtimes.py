"""The way out is the same for Node.js, for runtimes of one's own, and for copies of a snapshot."""

from __future__ import annotations

import shutil

import pytest

from egress_tools import PROBE, Net
from live_region import LiveRegion

NODE_PROBE = """
import net from "node:net";
export const handler = (event) => new Promise((done) => {
  const line = net.connect({ host: event.host, port: event.port });
  line.setTimeout(700, () => { line.destroy(); done("timed out"); });
  line.on("connect", () => { line.destroy(); done("connected"); });
  line.on("error", (error) => done(error.code));
});
"""
BASH_PROBE = """#!/bin/bash
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  head=$(mktemp)
  host=$(curl -sS -D "$head" "$api/next" | tr -d '"')
  id=$(tr -d '\\r' < "$head" | sed -n 's/^lambda-runtime-aws-request-id: //Ip')
  curl -s -o /dev/null --connect-timeout 1 "http://$host/"
  curl -s "$api/$id/response" -d "$?"
done
"""
HANGS = 28
"""What curl ends with when it loses patience."""
NODE = pytest.mark.skipif(shutil.which("node") is None, reason="there is no `node` on PATH")
CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no `curl` on PATH")


@NODE
def test_node(lab: LiveRegion, net: Net) -> None:
    settings = {"Runtime": "nodejs24.x", "MemorySize": 512}
    outside = lab.deploy({"index.mjs": NODE_PROBE}, Handler="index.handler", **settings)
    inside = lab.create(
        {"index.mjs": NODE_PROBE}, Handler="index.handler", VpcConfig=net.config(), **settings
    )
    lab.region.clock.advance(minutes=2)
    web = {"host": "www.example.com", "port": 80}
    assert lab.call(outside, web).value == "connected"
    assert lab.call(outside, {"host": "8.8.8.8", "port": 80}).value == "timed out"
    assert lab.call(outside, {"host": "nowhere.invalid", "port": 80}).value == "ENOTFOUND"
    assert lab.call(inside, web).value == "timed out"


@CURL
def test_a_runtime_of_ones_own(lab: LiveRegion, net: Net) -> None:
    settings = {"Runtime": "provided.al2023", "Handler": "x", "MemorySize": 512}
    outside = lab.deploy({"bootstrap": BASH_PROBE}, **settings)
    inside = lab.create({"bootstrap": BASH_PROBE}, VpcConfig=net.config(), **settings)
    lab.region.clock.advance(minutes=2)
    assert lab.call(outside, "www.example.com").value == 0
    assert lab.call(outside, "8.8.8.8").value == HANGS
    assert lab.call(inside, "www.example.com").value == HANGS


def test_copies_of_a_snapshot(lab: LiveRegion) -> None:
    net = Net.make(lab)
    name = lab.create(
        PROBE,
        Timeout=20,
        MemorySize=512,
        VpcConfig=net.config(),
        SnapStart={"ApplyOn": "PublishedVersions"},
    )
    lab.region.clock.advance(minutes=2)
    lab.lam.publish_version(FunctionName=name)
    lab.region.clock.advance(minutes=5)
    web = {"do": "tcp", "with": ["www.example.com", 80]}

    def found() -> str:
        answer = lab.call(name, web, Qualifier="1")
        assert answer.error is None, answer.raw
        text: str = answer.value["found"]
        return text

    assert found() == "TimeoutError: timed out"
    net.add_nat()
    net.route("private", NatGatewayId=net.ids["nat"])
    assert found() == "connected"
