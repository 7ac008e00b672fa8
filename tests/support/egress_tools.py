"""A VPC to try connections in, and a function that tries them in several ways."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from live_region import LiveRegion

_numbers = itertools.count(30)

PROBE = """
import asyncio, http.client, json, os, select, socket, subprocess, sys, time, urllib.error
import urllib.request
from botocore.config import Config
import boto3

def get(url):
    with urllib.request.urlopen(url, timeout=2) as answer:
        return answer.read().decode()

def tcp(host, port, timeout=0.6):
    with socket.create_connection((host, port), timeout=timeout):
        return "connected"

def nonblocking(host, port):
    s = socket.socket()
    s.setblocking(False)
    first = s.connect_ex((host, port))
    _, ready, _ = select.select([], [s], [], 0.6)
    return [first, bool(ready)]

def aio(host, port):
    async def go():
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 0.6)
        writer.close()
        return "connected"
    return asyncio.run(go())

def aws(service, call):
    config = Config(connect_timeout=0.6, read_timeout=5, retries={"max_attempts": 0})
    answer = getattr(boto3.client(service, config=config), call)()
    return answer["ResponseMetadata"]["HTTPStatusCode"]

def look_up(name):
    return sorted({one[4][0] for one in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)})

def child(host, port):
    code = f"import socket; socket.create_connection(({host!r}, {port}), 0.6); print('connected')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]

def hang(host, port):
    socket.create_connection((host, port))

def own_server():
    with socket.create_server(("127.0.0.1", 8080)) as server:
        with socket.create_connection(("127.0.0.1", 8080)) as line:
            line.sendall(b"hello")
            with server.accept()[0] as other:
                return other.recv(9).decode()

def made(family, kind, protocol=0):
    socket.socket(family, kind, protocol).close()
    return "made"

def udp(host, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        return s.sendto(b"x", (host, port))

def handler(event, context):
    started = time.perf_counter()
    try:
        found = globals()[event["do"]](*event.get("with", ()))
    except (OSError, TimeoutError, Exception) as error:
        found = f"{type(error).__name__}: {error}"
    return {"found": found, "seconds": time.perf_counter() - started}
"""


@dataclass
class Net:
    """A VPC with an internet gateway, a public subnet and two private ones."""

    ec2: Any
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, lab: LiveRegion) -> Net:
        ec2, number = lab.client("ec2"), next(_numbers)
        ids = {"vpc": ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]}
        for flag in ("EnableDnsHostnames", "EnableDnsSupport"):
            ec2.modify_vpc_attribute(VpcId=ids["vpc"], **{flag: {"Value": True}})
        for place, name in enumerate(("public", "private", "data")):
            ids[name] = ec2.create_subnet(
                VpcId=ids["vpc"],
                CidrBlock=f"10.{number}.{place}.0/24",
                AvailabilityZone=f"us-east-1{'abc'[place]}",
            )["Subnet"]["SubnetId"]
            table = ec2.create_route_table(VpcId=ids["vpc"])["RouteTable"]["RouteTableId"]
            ec2.associate_route_table(RouteTableId=table, SubnetId=ids[name])
            ids[f"rtb-{name}"] = table
        ids["igw"] = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=ids["igw"], VpcId=ids["vpc"])
        net = cls(ec2, ids)
        net.route("public", GatewayId=ids["igw"])
        ids["sg"] = net.group("function")
        return net

    def group(self, name: str) -> str:
        made = self.ec2.create_security_group(
            GroupName=name, Description=name, VpcId=self.ids["vpc"]
        )
        group: str = made["GroupId"]
        return group

    def route(self, table: str, **target: str) -> None:
        self.ec2.create_route(
            RouteTableId=self.ids[f"rtb-{table}"], DestinationCidrBlock="0.0.0.0/0", **target
        )

    def unroute(self, table: str) -> None:
        self.ec2.delete_route(
            RouteTableId=self.ids[f"rtb-{table}"], DestinationCidrBlock="0.0.0.0/0"
        )

    def add_nat(self) -> str:
        """Put a NAT gateway in the public subnet; returns its public address."""
        allocated = self.ec2.allocate_address(Domain="vpc")
        made = self.ec2.create_nat_gateway(
            SubnetId=self.ids["public"], AllocationId=allocated["AllocationId"]
        )
        self.ids["nat"] = made["NatGateway"]["NatGatewayId"]
        public: str = allocated["PublicIp"]
        return public

    def config(self, subnet: str = "private", group: str | None = None) -> dict[str, list[str]]:
        return {
            "SubnetIds": [self.ids[subnet]],
            "SecurityGroupIds": [group or self.ids["sg"]],
        }


class Probe:
    """A function that tries connections."""

    def __init__(self, lab: LiveRegion, **settings: Any) -> None:
        self.lab = lab
        self.name = lab.create(PROBE, **{"Timeout": 20, "MemorySize": 512, **settings})
        lab.region.clock.advance(minutes=2)

    def tries(self, do: str, *given: Any) -> Any:
        """Return what the function found."""
        answer = self.lab.call(self.name, {"do": do, "with": given})
        assert answer.error is None, answer.raw
        return answer.value["found"]
