"""A VPC to try connections in, and a function that tries them in several ways."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from live_region import LiveRegion

_numbers = itertools.count(30)

PROBE = """
import asyncio, http.client, json, os, select, socket, subprocess, sys, threading, time
import urllib.error, urllib.request
from concurrent.futures import ThreadPoolExecutor
from botocore.config import Config
import boto3

PATIENCE = 0.6
ONE_AT_A_TIME = threading.Lock()

def get(url):
    with urllib.request.urlopen(url, timeout=2) as answer:
        return answer.read().decode()

def tcp(host, port):
    with socket.create_connection((host, port), timeout=PATIENCE):
        return "connected"

def nonblocking(host, port):
    s = socket.socket()
    s.setblocking(False)
    first = s.connect_ex((host, port))
    _, ready, _ = select.select([], [s], [], PATIENCE)
    return [first, bool(ready)]

def aio(host, port):
    async def go():
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), PATIENCE)
        writer.close()
        return "connected"
    return asyncio.run(go())

def aws(service, call):
    config = Config(connect_timeout=PATIENCE, read_timeout=9, retries={"max_attempts": 0})
    with ONE_AT_A_TIME:
        client = boto3.client(service, config=config)
    return getattr(client, call)()["ResponseMetadata"]["HTTPStatusCode"]

def look_up(name):
    return sorted({one[4][0] for one in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)})

def child(host, port):
    connect = f"socket.create_connection(({host!r}, {port}), {PATIENCE})"
    code = f"import socket; {connect}; print('connected')"
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

def tried(do, given):
    try:
        return globals()[do](*given)
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def many(tries, patience):
    global PATIENCE
    before, PATIENCE = PATIENCE, patience
    with ThreadPoolExecutor(len(tries)) as pool:
        found = list(pool.map(lambda one: tried(*one), tries))
    PATIENCE = before
    return found

def handler(event, context):
    return {"found": tried(event["do"], event.get("with", ()))}
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
