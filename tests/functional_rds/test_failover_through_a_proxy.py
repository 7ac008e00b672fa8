"""A failover behind RDS Proxy: who is cut, who waits, and how long."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from live_region import LiveRegion
from proxy_tools import wait_until
from rds_tools import PASSWORD, Rds

IDLE, BUSY = 30, 4
_SLEEPERS = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"


def front_of(rds: Rds, lab: LiveRegion, identifier: str) -> str:
    """Make a proxy in front of an instance; returns its address."""
    service = {"Service": "rds.amazonaws.com"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": service}
    may = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    iam, version = lab.client("iam"), "2012-10-17"
    role = iam.create_role(
        RoleName="proxy",
        AssumeRolePolicyDocument=json.dumps({"Version": version, "Statement": [trust]}),
    )["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="proxy",
        PolicyName="read",
        PolicyDocument=json.dumps({"Version": version, "Statement": [may]}),
    )
    secret = lab.client("secretsmanager").create_secret(
        Name="boss", SecretString=json.dumps({"username": "boss", "password": PASSWORD})
    )["ARN"]
    subnets = lab.client("ec2").describe_subnets()["Subnets"]
    proxy = rds.api.create_db_proxy(
        DBProxyName="front",
        EngineFamily="POSTGRESQL",
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": secret}],
        RoleArn=role,
        VpcSubnetIds=[one["SubnetId"] for one in subnets][:2],
    )["DBProxy"]
    rds.api.register_db_proxy_targets(DBProxyName="front", DBInstanceIdentifiers=[identifier])
    rds.settle()
    return str(proxy["Endpoint"])


def connect(host: str, port: int = 5432) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=host, port=port, user="boss", password=PASSWORD, dbname="shop",
        sslmode="disable", autocommit=True,
    )  # fmt: skip


def survives(client: psycopg.Connection[Any]) -> bool:
    try:
        return client.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def connects_again(host: str, port: int) -> bool:
    """Wait until a new client of the database itself is served."""
    client: list[psycopg.Connection[Any]] = []

    def again() -> bool:
        with suppress(psycopg.Error):
            client.append(connect(host, port))
        return bool(client)

    wait_until(again)
    with client[0] as found:
        return survives(found)


@pytest.mark.fidelity("proxy-failover")
def test_idle_clients_survive_and_busy_ones_are_cut(rds: Rds, lab: LiveRegion) -> None:
    shop = rds.make(MultiAZ=True)
    host = front_of(rds, lab, shop)
    endpoint = rds.describe(shop)["Endpoint"]
    direct = [connect(endpoint["Address"], endpoint["Port"]) for _ in range(12)]
    clients = [connect(host) for _ in range(IDLE + BUSY)]
    assert all(survives(one) for one in (*direct, *clients))
    idle, busy = clients[:IDLE], clients[IDLE:]
    with ThreadPoolExecutor(BUSY + 2) as threads:
        asleep = [threads.submit(one.execute, "SELECT pg_sleep(600)") for one in busy]
        wait_until(lambda: rds.ask(shop, _SLEEPERS, database="postgres") >= BUSY)
        failing = threads.submit(
            rds.api.reboot_db_instance, DBInstanceIdentifier=shop, ForceFailover=True
        )
        wait_until(lambda: not survives(direct[0]))
        anew = threads.submit(connects_again, endpoint["Address"], endpoint["Port"])
        assert survives(idle[0])
        assert anew.result(60)
        failing.result(60)
        assert all(isinstance(one.exception(60), psycopg.OperationalError) for one in asleep)
    assert all(survives(one) for one in idle)
    assert not any(survives(one) for one in direct)
    for one in (*direct, *clients):
        one.close()
    rds.api.delete_db_proxy(DBProxyName="front")
    rds.api.delete_db_instance(DBInstanceIdentifier=shop, SkipFinalSnapshot=True)
    rds.settle()
