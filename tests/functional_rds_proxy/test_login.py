"""Who is let in, who is not, and in whose words."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest

from lambda_lab.aws.rds.signing import moments_of_signing
from lambda_lab.clock import Clock
from lambda_lab.rds.iam_token import TokenRefused, verify_token
from lambda_lab.rds.proxy import Login
from lambda_lab.rds.server import PostgresServer
from lambda_lab.rds.token_age import TokenAge
from proxy_tools import PASSWORDS, Bench, bench, packet, run

REGION = "us-east-1"
NAME = "calm.proxy-c0.us-east-1.rds.amazonaws.com"


def refused(shop: Bench, user: str = "app", **more: Any) -> str:
    with pytest.raises(psycopg.OperationalError) as caught:
        shop.psycopg(user, **more)
    return str(caught.value).partition("FATAL:  ")[2].partition("\n")[0]


def test_refusals_in_awss_words(shop: Bench) -> None:
    assert refused(shop, "nobody") == (
        "This RDS proxy has no credentials for the role nobody. "
        "Check the credentials for this role and try again."
    )
    assert (
        refused(shop, password="guess")
        == "The password that was provided for the role app is wrong."
    )
    assert refused(shop, "old", password="guess") == (
        "The password that was provided for the role old is wrong."
    )
    assert refused(shop, "tokens") == "IAM authentication is allowed only with SSL connections."
    assert refused(shop, options="-c work_mem=1MB") == (
        "Feature not supported: RDS Proxy currently doesn't support the option options."
    )
    assert refused(shop, dbname="nowhere") == 'database "nowhere" does not exist'
    read = shop.proxy.snapshot().clients["default"]
    assert read.counters["ClientConnectionsSetupFailedAuth"] == 3
    assert read.gauges["ClientConnections"] == read.gauges["ClientConnectionsInSetup"] == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"replication": "true"}, "0A000"),
        ({"replication": "database"}, "0A000"),
        ({"search_path": "x"}, "0A000"),
        ({"user": ""}, "28000"),
    ],
)
def test_start_up_refusals(shop: Bench, more: dict[str, str], code: str) -> None:
    with shop.raw() as raw:
        raw.start(**more)
        fields = raw.refusal()
        assert (fields["S"], fields["C"]) == ("FATAL", code)


def test_what_is_not_asked_for_seriously(shop: Bench) -> None:
    with shop.psycopg(replication="false", application_name="till") as connection:
        assert connection.info.parameter_status("application_name") == "till"


def test_old_passwords_and_users_of_their_own(shop: Bench) -> None:
    for user in ("old", "other"):
        with shop.psycopg(user) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (user,)


def test_other_versions_of_the_protocol(shop: Bench) -> None:
    with shop.psycopg(max_protocol_version="latest") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with shop.raw() as raw:
        raw.start(code=2 << 16)
        assert raw.refusal()["C"] == "0A000"


def test_tls(server: PostgresServer, tmp_path: Path) -> None:
    with bench(server, require_tls=True) as shop:
        assert refused(shop) == "This RDS Proxy requires TLS connections."
        with shop.psycopg(sslmode="require") as connection:
            assert connection.pgconn.ssl_in_use
            large = "x" * 3_000_000
            assert connection.execute("SELECT %s", (large,)).fetchone() == (large,)
        root = tmp_path / "proxy.pem"
        root.write_text(shop.proxy.certificate)
        with shop.psycopg(sslmode="verify-full", sslrootcert=str(root)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        connection8 = shop.pg8000(ssl_context=None)
        assert connection8.run("SELECT 1") == [[1]]
        read = shop.proxy.snapshot().clients["default"]
        assert read.gauges["ClientConnectionsTLS"] == 1
        assert read.counters["QueryRequestsTLS"] == read.counters["QueryRequests"] > 0
        connection8.close()

        async def third() -> None:
            connection = await shop.asyncpg(ssl="require")
            assert await connection.fetchval("SELECT 1") == 1
            await connection.close()

        run(third())


def test_nothing_in_the_clear_counts_after_a_request_for_tls(shop: Bench) -> None:
    with shop.raw() as raw:
        raw.send(struct.pack("!ii", 8, 80877103) + b"Q")
        assert raw.refusal()["M"] == "received unencrypted data after SSL request"


def test_cancel_requests_do_nothing(shop: Bench) -> None:
    with shop.psycopg() as connection:
        connection.execute("SELECT 1")
        connection.cancel_safe()
        assert connection.execute("SELECT 2").fetchone() == (2,)
    with shop.raw() as raw:
        raw.send(struct.pack("!iiii", 16, 80877102, 1, 2))
        assert raw.exactly(1) == b""


def test_a_rotated_password(server: PostgresServer) -> None:
    server.sql("CREATE ROLE turning LOGIN PASSWORD 'first'")
    held = ["first"]
    with bench(server, find_login=lambda user: Login(user, held[0])) as shop:
        with shop.psycopg("turning", password="first") as connection:
            held[0] = "second"
            server.sql("ALTER ROLE turning PASSWORD 'second'")
            assert refused(shop, "turning", password="first").startswith("The password")
            shop.proxy.look_again(drop=True)
            # A session that was in goes on; the proxy logs in anew with the new secret.
            shop.wait_for(lambda: shop.database()["DatabaseConnections"] == 0)
            assert connection.execute("SELECT 1").fetchone() == (1,)
        shop.psycopg("turning", password="second").close()
        held[0] = "third"  # not what the database has
        shop.proxy.look_again(drop=True)
        with (
            shop.psycopg("turning", password="third") as connection,
            pytest.raises(psycopg.OperationalError, match="password authentication failed"),
        ):
            connection.execute("SELECT 1")


def test_a_secret_that_cannot_be_read(server: PostgresServer) -> None:
    def broken(user: str) -> Login:
        raise RuntimeError("no network")

    with bench(server, find_login=broken) as shop:
        assert refused(shop).startswith("This RDS proxy has no credentials for the role app.")


def test_too_many_clients(server: PostgresServer) -> None:
    with bench(server, max_clients=2) as shop:
        held = [shop.psycopg() for _ in range(2)]
        text = "The maximum number of client connections to the proxy exceeded 2."
        assert refused(shop) == text
        held.pop().close()
        shop.wait_for(lambda: len(shop.proxy.sessions()) == 1)
        shop.psycopg().close()
        held.pop().close()


# -- IAM ----------------------------------------------------------------------------------------


@pytest.fixture
def guarded(server: PostgresServer) -> Iterator[Bench]:
    clock = Clock()
    seen: dict[str, Any] = {}

    def check(user: str, token: str) -> None:
        key = verify_token(
            token,
            user=user,
            hosts=[NAME, "127.0.0.1"],
            port=seen["port"],
            region=REGION,
            age_of=age_of,
            secret_of=lambda key, session: {"AKIAGOOD": "good", "AKIAPOOR": "poor"}.get(key),
        )
        if key == "AKIAPOOR":
            raise TokenRefused("not allowed rds-db:connect")

    with (
        moments_of_signing() as moments,
        bench(server, clock=clock, check_token=check) as shop,
    ):
        age_of = TokenAge(clock, moments)
        seen["port"] = shop.address[1]
        yield shop


def token_of(shop: Bench, key: str = "AKIAGOOD", secret: str = "good", **more: Any) -> str:
    asked = {"DBHostname": NAME, "Port": shop.address[1], "DBUsername": "tokens", **more}
    region = asked.pop("region", REGION)
    client = boto3.client(
        "rds", region_name=region, aws_access_key_id=key, aws_secret_access_key=secret
    )
    return str(client.generate_db_auth_token(**asked))


def test_a_good_token(guarded: Bench) -> None:
    for host in (NAME, "127.0.0.1"):
        token = token_of(guarded, DBHostname=host)
        with guarded.psycopg("tokens", sslmode="require", password=token) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("tokens",)


def test_the_users_password_is_no_token(guarded: Bench) -> None:
    text = refused(guarded, "tokens", sslmode="require", password=PASSWORDS["tokens"])
    assert text == (
        "The IAM authentication failed for the role tokens. "
        "Check the IAM token for this role and try again."
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "guess"}, {"key": "AKIANOBODY"}, {"key": "AKIAPOOR", "secret": "poor"},
        {"DBUsername": "app"}, {"DBHostname": "elsewhere"}, {"Port": 5433}, {"region": "eu-west-1"},
    ],
)  # fmt: skip
@pytest.mark.fidelity("proxy-tokens")
def test_tokens_that_are_wrong(guarded: Bench, wrong: dict[str, Any]) -> None:
    token = token_of(guarded, **wrong)
    assert refused(guarded, "tokens", sslmode="require", password=token).startswith("The IAM")


@pytest.mark.fidelity("proxy-tokens")
def test_a_token_that_is_too_old(guarded: Bench) -> None:
    token = token_of(guarded)
    guarded.clock.advance(minutes=14)
    guarded.psycopg("tokens", sslmode="require", password=token).close()
    guarded.clock.advance(minutes=2)
    assert refused(guarded, "tokens", sslmode="require", password=token).startswith("The IAM")
    # The next one is signed in the same second, and is new all the same.
    guarded.psycopg("tokens", sslmode="require", password=token_of(guarded)).close()


@pytest.mark.parametrize(("late", "good"), [(-600, True), (-960, False), (240, True), (360, False)])
def test_tokens_of_another_time(
    guarded: Bench, late: float, good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too old, and from the future; a machine's clock may be wrong by five minutes."""
    then = datetime.now(UTC) + timedelta(seconds=late)
    monkeypatch.setattr(
        "botocore.auth.get_current_datetime", lambda remove_tzinfo=True: then.replace(tzinfo=None)
    )
    token = token_of(guarded)
    monkeypatch.undo()
    if good:
        guarded.psycopg("tokens", sslmode="require", password=token).close()
    else:
        assert refused(guarded, "tokens", sslmode="require", password=token).startswith("The IAM")


def test_the_password_message_must_be_one(shop: Bench) -> None:
    with shop.raw() as raw:
        raw.start()
        raw.message()
        raw.send(packet(b"Q", b"SELECT 1\0"))
        assert raw.refusal()["C"] == "08P01"
