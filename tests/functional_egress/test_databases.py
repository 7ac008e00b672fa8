"""A function reaches a private database from its VPC, through the groups that allow it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

import pytest

from egress_tools import Net
from live_region import LiveRegion
from rds_tools import PASSWORD, Rds

ASK = f"""
import pg8000.native

def handler(event, context):
    try:
        with pg8000.native.Connection(
            "boss", host=event["host"], port=event["port"], password={PASSWORD!r},
            database="shop", timeout=2,
        ) as connection:
            return connection.run("SELECT 40 + 2")[0][0]
    except Exception as error:
        return repr(error.__cause__)
"""
DRIVER = ("pg8000", "scramp", "asn1crypto", "python-dateutil", "six")


def with_driver() -> Mapping[str, bytes | str]:
    """Return the function with pg8000 in its package."""
    files: dict[str, bytes | str] = {"lambda_function.py": ASK}
    for name in DRIVER:
        files |= {
            str(one): one.read_binary()
            for one in importlib.metadata.files(name) or ()
            if one.suffix == ".py" or one.name == "METADATA"
        }
    return files


@pytest.fixture(scope="module")
def database(lab: LiveRegion, net: Net) -> dict[str, Any]:
    """Return the endpoint of a private instance that takes the group ``client``."""
    rds = Rds(lab)
    net.ids["client"] = net.group("client")
    net.ids["db"] = net.group("db")
    rule: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    rule["UserIdGroupPairs"] = [{"GroupId": net.ids["client"]}]
    net.ec2.authorize_security_group_ingress(GroupId=net.ids["db"], IpPermissions=[rule])
    rds.api.create_db_subnet_group(
        DBSubnetGroupName="private",
        DBSubnetGroupDescription="private",
        SubnetIds=[net.ids["private"], net.ids["data"]],
    )
    made = rds.make(
        DBSubnetGroupName="private",
        VpcSecurityGroupIds=[net.ids["db"]],
        PubliclyAccessible=False,
    )
    endpoint = rds.describe(made)["Endpoint"]
    return {"host": endpoint["Address"], "port": endpoint["Port"]}


def asked(lab: LiveRegion, database: dict[str, Any], **settings: Any) -> Any:
    name = lab.create(with_driver(), Timeout=20, MemorySize=512, **settings)
    lab.region.clock.advance(minutes=2)
    answer = lab.call(name, database)
    assert answer.error is None, answer.raw
    return answer.value


def test_the_right_group(lab: LiveRegion, net: Net, database: dict[str, Any]) -> None:
    assert asked(lab, database, VpcConfig=net.config(group=net.ids["client"])) == 42


def test_the_wrong_group(lab: LiveRegion, net: Net, database: dict[str, Any]) -> None:
    assert "timed out" in asked(lab, database, VpcConfig=net.config())


def test_without_a_vpc(lab: LiveRegion, database: dict[str, Any]) -> None:
    assert "timed out" in asked(lab, database)
