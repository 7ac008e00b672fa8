"""Opening a region loads what every region needs; the rest comes with its first use, mended."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import json, sys
import boto3
from lambda_lab.region import Region

LATE = ("moto.ec2.models", "moto.rds.models", "moto.codedeploy.models", "lambda_lab.show")
with Region() as region:
    told = {"at first": [one for one in LATE if one in sys.modules]}
    ec2 = boto3.client("ec2")
    told["gateways"] = len(ec2.describe_internet_gateways()["InternetGateways"])
    rds = boto3.client("rds")
    told["engine"] = rds.describe_db_instances()["DBInstances"]
with Region() as region:
    again = boto3.client("ec2").describe_internet_gateways()
    told["again"] = len(again["InternetGateways"])
print(json.dumps(told))
"""


def test_services_with_much_to_load_are_loaded_and_mended_when_they_are_used() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=120
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["at first"] == []
    # moto's default VPC has no internet gateway; AWS's has, and so has a mended one.
    assert told["gateways"] == told["again"] == 1
    assert told["engine"] == []
