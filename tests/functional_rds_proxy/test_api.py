"""RDS Proxy through its API: boto3 on one side, psycopg on the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import boto3
import psycopg
import pytest
from botocore.exceptions import ClientError

from lambda_lab.aws.rds import proxies
from lambda_lab.region import Region

PASSWORD = "s3cret-pass"
ACCOUNT = "123456789012"


def _policy(action: str, resource: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class World:
    """An instance with twenty connections, and what a proxy needs."""

    def __init__(self, region: Region) -> None:
        self.region, self.rds, self.iam = region, boto3.client("rds"), boto3.client("iam")
        service = {"Service": "rds.amazonaws.com"}
        trust = {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = self.iam.create_role(RoleName="proxy", AssumeRolePolicyDocument=document)
        self.role = made["Role"]["Arn"]
        text = json.dumps({"username": "app", "password": PASSWORD})
        self.secret = boto3.client("secretsmanager").create_secret(Name="app", SecretString=text)[
            "ARN"
        ]
        self.allow_secret()
        subnets = boto3.client("ec2").describe_subnets()["Subnets"]
        self.subnets = [one["SubnetId"] for one in subnets][:2]
        self.rds.create_db_parameter_group(
            DBParameterGroupName="small", DBParameterGroupFamily="postgres18", Description="small"
        )
        limit = {"ParameterName": "max_connections", "ParameterValue": "20"}
        self.rds.modify_db_parameter_group(
            DBParameterGroupName="small", Parameters=[limit | {"ApplyMethod": "pending-reboot"}]
        )
        self.rds.create_db_instance(
            DBInstanceIdentifier="shop",
            Engine="postgres",
            DBInstanceClass="db.t3.micro",
            AllocatedStorage=20,
            MasterUsername="app",
            MasterUserPassword=PASSWORD,
            DBName="shop",
            DBParameterGroupName="small",
        )
        region.clock.advance(seconds=2)

    def allow_secret(self) -> None:
        policy = _policy("secretsmanager:GetSecretValue", self.secret)
        self.iam.put_role_policy(RoleName="proxy", PolicyName="read", PolicyDocument=policy)

    def make(self, name: str = "front", **more: Any) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            "EngineFamily": "POSTGRESQL",
            "Auth": [{"AuthScheme": "SECRETS", "SecretArn": self.secret}],
            "RoleArn": self.role,
            "VpcSubnetIds": self.subnets,
        }
        return self.rds.create_db_proxy(DBProxyName=name, **(wanted | more))["DBProxy"]

    def front(self) -> dict[str, Any]:
        proxy = self.make()
        self.rds.register_db_proxy_targets(DBProxyName="front", DBInstanceIdentifiers=["shop"])
        self.region.clock.advance(seconds=1)
        return proxy

    def health(self) -> dict[str, Any]:
        return self.rds.describe_db_proxy_targets(DBProxyName="front")["Targets"][0]["TargetHealth"]

    def ask(self, host: str, sql: str = "SELECT current_user", **more: Any) -> Any:
        wanted = {"password": PASSWORD, "sslmode": "prefer"} | more
        with psycopg.connect(host=host, port=5432, user="app", dbname="shop", **wanted) as found:
            row = found.execute(sql).fetchone()
            assert row is not None
            return row[0]


@pytest.fixture
def world() -> Iterator[World]:
    with Region() as region:
        yield World(region)


def _code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.mark.fidelity("proxy")
def test_sixty_clients_on_few_connections(world: World) -> None:
    host = world.front()["Endpoint"]
    world.rds.modify_db_proxy_target_group(
        DBProxyName="front",
        TargetGroupName="default",
        ConnectionPoolConfig={"MaxConnectionsPercent": 50, "ConnectionBorrowTimeout": 30},
    )
    with ThreadPoolExecutor(60) as threads:
        asked = [threads.submit(world.ask, host, f"SELECT {n}") for n in range(60)]
        assert [one.result() for one in asked] == list(range(60))
    server = world.region.databases.get("shop")
    assert server is not None
    rows = server.server.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'")
    assert 1 <= int(rows[0][0]) <= 10


def test_the_health_of_a_target_follows_role_and_server(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxies, "STATE_SECONDS", 60)  # no machine is so slow
    world.make()
    world.rds.register_db_proxy_targets(DBProxyName="front", DBInstanceIdentifiers=["shop"])
    assert world.health() == {"State": "REGISTERING"}
    world.region.clock.advance(seconds=60)
    assert world.health() == {"State": "AVAILABLE"}
    world.iam.delete_role_policy(RoleName="proxy", PolicyName="read")
    assert world.health()["Reason"] == "AUTH_FAILURE"
    world.allow_secret()
    world.rds.stop_db_instance(DBInstanceIdentifier="shop")
    world.region.clock.advance(seconds=1)
    assert world.health()["State"] == "UNAVAILABLE"


def test_without_its_user_a_proxy_is_broken(world: World) -> None:
    host = world.front()["Endpoint"]
    roles = "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'rdsproxyadmin'"
    wanted = {"host": host, "user": "app", "password": PASSWORD, "dbname": "shop"}
    with psycopg.connect(**wanted, autocommit=True) as client:
        assert client.execute(roles).fetchall() == [(True,)]
        assert world.health() == {"State": "AVAILABLE"}
        client.execute("DROP ROLE rdsproxyadmin")
        assert world.health()["Reason"] == "CONNECTION_FAILED"
        world.rds.modify_db_proxy_target_group(
            DBProxyName="front",
            TargetGroupName="default",
            ConnectionPoolConfig={"ConnectionBorrowTimeout": 1},
        )
        with pytest.raises(psycopg.Error, match="Timed-out waiting to acquire database"):
            client.execute("SELECT 1")
    group = {"DBProxyName": "front", "DBInstanceIdentifiers": ["shop"]}
    world.rds.deregister_db_proxy_targets(**group)
    world.rds.register_db_proxy_targets(**group)
    world.region.clock.advance(seconds=1)
    assert world.health() == {"State": "AVAILABLE"}
    assert world.ask(host, roles) is True


def test_states_and_events_pass_on_the_clock(world: World) -> None:
    assert world.make()["Status"] == "creating"
    world.region.clock.advance(seconds=1)
    assert world.rds.describe_db_proxies(DBProxyName="front")["DBProxies"][0]["Status"] == (
        "available"
    )
    assert world.rds.delete_db_proxy(DBProxyName="front")["DBProxy"]["Status"] == "deleting"
    world.region.clock.advance(seconds=1)
    with pytest.raises(world.rds.exceptions.DBProxyNotFoundFault):
        world.rds.describe_db_proxies(DBProxyName="front")
    told = world.rds.describe_events(SourceType="db-proxy", Duration=60)["Events"]
    assert [one["Message"].rstrip(".") for one in told] == [
        "RDS created DB proxy front",
        "RDS deleted DB proxy front",
    ]


@pytest.mark.fidelity("proxy-tokens")
def test_a_token_needs_a_signature_and_a_permission(world: World) -> None:
    auth = [{"AuthScheme": "SECRETS", "SecretArn": world.secret, "IAMAuth": "REQUIRED"}]
    host = world.front()["Endpoint"]
    world.rds.modify_db_proxy(DBProxyName="front", Auth=auth, RequireTLS=True)
    world.region.clock.advance(seconds=1)
    world.iam.create_user(UserName="dev")
    key = world.iam.create_access_key(UserName="dev")["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")

    def token() -> str:
        made: str = session.client("rds").generate_db_auth_token(
            DBHostname=host, Port=5432, DBUsername="app"
        )
        return made

    with pytest.raises(psycopg.OperationalError, match="IAM authentication failed"):
        world.ask(host, password=token(), sslmode="require")
    resource = f"arn:aws:rds-db:us-east-1:{ACCOUNT}:dbuser:*/app"
    policy = _policy("rds-db:connect", resource)
    world.iam.put_user_policy(UserName="dev", PolicyName="db", PolicyDocument=policy)
    assert world.ask(host, password=token(), sslmode="require") == "app"
    with pytest.raises(psycopg.OperationalError, match="requires TLS"):
        world.ask(host, password=token(), sslmode="disable")
    with pytest.raises(psycopg.OperationalError, match="IAM authentication failed"):
        world.ask(host, password=PASSWORD, sslmode="require")


def test_metrics_and_the_log_name_what_happened(world: World) -> None:
    host = world.front()["Endpoint"]
    world.ask(host)
    with psycopg.connect(
        host=host, port=5432, user="app", dbname="shop", password=PASSWORD
    ) as found:
        found.execute("SET work_mem = '8MB'")
    world.region.clock.advance(minutes=1)
    now = world.region.clock.now()
    points = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName="ClientConnectionsReceived",
        Dimensions=[{"Name": "ProxyName", "Value": "front"}],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    assert sum(point["Sum"] for point in points) == 2
    logs = boto3.client("logs")
    lines = logs.filter_log_events(logGroupName="/aws/rds/proxy/front")["events"]
    assert [("pinned" in one["message"]) for one in lines] == [True]


def test_one_more_endpoint(world: World) -> None:
    world.front()
    made = world.rds.create_db_proxy_endpoint(
        DBProxyName="front", DBProxyEndpointName="second", VpcSubnetIds=world.subnets
    )["DBProxyEndpoint"]
    world.region.clock.advance(seconds=1)
    assert world.ask(made["Endpoint"]) == "app"
    told = world.rds.describe_db_proxy_endpoints(DBProxyName="front")["DBProxyEndpoints"]
    assert [(one["DBProxyEndpointName"], one["IsDefault"]) for one in told] == [
        ("front", True),
        ("second", False),
    ]
    world.rds.delete_db_proxy_endpoint(DBProxyEndpointName="second")
    with pytest.raises(psycopg.OperationalError):
        world.ask(made["Endpoint"])


def test_an_endpoint_goes_with_its_proxy(world: World) -> None:
    world.front()
    world.rds.create_db_proxy_endpoint(
        DBProxyName="front", DBProxyEndpointName="second", VpcSubnetIds=world.subnets
    )
    world.region.clock.advance(seconds=1)
    world.rds.delete_db_proxy(DBProxyName="front")
    with pytest.raises(ClientError) as error:  # the proxy is being deleted, and so is this
        world.rds.delete_db_proxy_endpoint(DBProxyEndpointName="second")
    assert _code(error) == "InvalidDBProxyEndpointStateFault"
    world.region.clock.advance(seconds=1)
    assert world.rds.describe_db_proxy_endpoints()["DBProxyEndpoints"] == []


def test_a_reboot_is_survived_and_a_deleted_target_is_let_go(world: World) -> None:
    host = world.front()["Endpoint"]
    idle = psycopg.connect(
        host=host, port=5432, user="app", dbname="shop", password=PASSWORD, autocommit=True
    )
    with idle:
        assert idle.execute("SELECT 1").fetchone() == (1,)
        world.rds.reboot_db_instance(DBInstanceIdentifier="shop")
        assert idle.execute("SELECT 2").fetchone() == (2,)
    world.region.clock.advance(seconds=1)
    world.rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True)
    world.region.clock.advance(seconds=2)
    assert world.rds.describe_db_proxy_targets(DBProxyName="front")["Targets"] == []


def test_what_create_refuses(world: World) -> None:
    refused: list[tuple[dict[str, Any], str]] = [
        ({"DBProxyName": "2fast"}, "InvalidParameterValue"),
        ({"DBProxyName": "ends-"}, "InvalidParameterValue"),
        ({"IdleClientTimeout": 28801}, "InvalidParameterValue"),
        ({"Auth": []}, "InvalidParameterValue"),
        ({"Auth": [{"AuthScheme": "SECRETS"}]}, "InvalidParameterValue"),
        ({"VpcSubnetIds": ["subnet-1"]}, "InvalidSubnet"),
        ({"EngineFamily": "ORACLE"}, "InvalidParameterValue"),
    ]
    for change, code in refused:
        more = dict(change)
        with pytest.raises(ClientError) as error:
            world.make(more.pop("DBProxyName", "front"), **more)
        assert _code(error) == code, change
        assert world.rds.describe_db_proxies()["DBProxies"] == [], change


def test_what_the_others_refuse(world: World) -> None:
    world.front()
    rds = world.rds
    refused = [
        ("DBProxyAlreadyExistsFault", world.make),
        (
            "DBProxyTargetAlreadyRegisteredFault",
            lambda: rds.register_db_proxy_targets(
                DBProxyName="front", DBInstanceIdentifiers=["shop"]
            ),
        ),
        (
            "DBProxyTargetNotFoundFault",
            lambda: rds.deregister_db_proxy_targets(
                DBProxyName="front", DBInstanceIdentifiers=["other"]
            ),
        ),
        (
            "DBProxyTargetGroupNotFoundFault",
            lambda: rds.describe_db_proxy_targets(DBProxyName="front", TargetGroupName="mine"),
        ),
        ("DBProxyNotFoundFault", lambda: rds.describe_db_proxy_targets(DBProxyName="none")),
        ("DBProxyNotFoundFault", lambda: rds.delete_db_proxy(DBProxyName="none")),
        (
            "DBProxyEndpointNotFoundFault",
            lambda: rds.delete_db_proxy_endpoint(DBProxyEndpointName="none"),
        ),
        (
            "InvalidParameterValue",
            lambda: rds.create_db_proxy_endpoint(
                DBProxyName="front",
                DBProxyEndpointName="reads",
                VpcSubnetIds=world.subnets,
                TargetRole="READ_ONLY",
            ),
        ),
        *(
            (
                "InvalidParameterValue",
                lambda config=config: rds.modify_db_proxy_target_group(
                    DBProxyName="front", TargetGroupName="default", ConnectionPoolConfig=config
                ),
            )
            for config in (
                {"MaxConnectionsPercent": 101},
                {"MaxConnectionsPercent": 10, "MaxIdleConnectionsPercent": 11},
                {"ConnectionBorrowTimeout": 301},
                {"SessionPinningFilters": ["EXCLUDE_VARIABLE_SETS"]},
            )
        ),
    ]
    for code, call in refused:
        with pytest.raises(ClientError) as error:
            call()
        assert _code(error) == code
    with pytest.raises(ClientError) as error:
        rds.modify_db_proxy(DBProxyName="front", NewDBProxyName="other")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_reset_ends_every_proxy(world: World) -> None:
    host = world.front()["Endpoint"]
    world.region.reset()
    assert boto3.client("rds").describe_db_proxies()["DBProxies"] == []
    with pytest.raises(psycopg.OperationalError):
        world.ask(host)
