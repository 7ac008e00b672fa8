"""Clients that do not speak the protocol: they are told, and nobody else notices."""

from __future__ import annotations

import random
import struct
import threading

import psutil
import pytest

from lambda_lab.rds.server import PostgresServer
from proxy_tools import Bench, bench, packet

PASSIVE = b"\0\0\0\x08"


def alive(shop: Bench) -> None:
    """The proxy serves others as if nothing had happened."""
    with shop.psycopg() as connection:
        assert connection.execute("SELECT %s::int", (7,)).fetchone() == (7,)


@pytest.mark.parametrize(
    "start",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40,  # TLS without asking
        struct.pack("!i", 7),
        struct.pack("!i", -1),
        struct.pack("!i", 10_001),
        struct.pack("!ii", 8, 99),
        struct.pack("!ii", 8, 3 << 16),
        struct.pack("!ii", 13, 3 << 16) + b"user\0",
        struct.pack("!ii", 16, 3 << 16) + b"user\0\xff\0\0",
        struct.pack("!ii", 19, 3 << 16) + b"user\0app\0db",
    ],
)
def test_a_start_that_is_none(shop: Bench, start: bytes) -> None:
    with shop.raw() as raw:
        raw.send(start)
        assert raw.refusal()["S"] == "FATAL"
    alive(shop)


@pytest.mark.parametrize(
    "messages",
    [
        b"\0\0\0\0\0",
        b"Q" + struct.pack("!i", 3),
        b"Q" + struct.pack("!i", -5),
        b"Q" + struct.pack("!i", 0x7FFFFFFF),
        b"S" + struct.pack("!i", 1 << 20),
        packet(b"z"),
        packet(b"p", b"password\0"),
        packet(b"P", b"no end"),
        packet(b"P", b"name\0no end"),
        packet(b"B", b"no end"),
        packet(b"B", b"portal\0no end"),
        packet(b"D", b"Sno end"),
        packet(b"C", b"Sno end"),
    ],
)
def test_messages_that_are_none(shop: Bench, messages: bytes) -> None:
    with shop.raw() as raw:
        raw.log_in()
        raw.send(messages)
        fields = raw.refusal()
        assert (fields["S"], fields["C"]) == ("FATAL", "08P01")
    alive(shop)


@pytest.mark.parametrize(
    "messages",
    [
        packet(b"B", b"\0\0"),  # the database itself objects to these, and goes on
        packet(b"D"),
        packet(b"C", b"X\0"),
        packet(b"E", b""),
        packet(b"F", b"\0\0\0\1"),
    ],
)
def test_messages_that_the_database_refuses(shop: Bench, messages: bytes) -> None:
    with shop.raw() as raw:
        raw.log_in()
        raw.send(messages + packet(b"S"))
        assert raw.until(b"E")[-1][0] == b"E"
    alive(shop)


def test_wrong_answers_to_a_login(shop: Bench) -> None:
    answers = [
        b"SCRAM-SHA-1\0" + struct.pack("!i", 0),
        b"SCRAM-SHA-256\0",
        b"SCRAM-SHA-256\0" + struct.pack("!i", 3) + b"n,,",
        b"SCRAM-SHA-256\0" + struct.pack("!i", 8) + b"p=x,,n=,",
        b"",
        b"\0" * 50,
    ]
    for answer in answers:
        with shop.raw() as raw:
            raw.start()
            raw.message()
            raw.send(packet(b"p", answer))
            assert raw.refusal()["S"] == "FATAL", answer
    with shop.raw() as raw:
        raw.start()
        raw.message()
        raw.send(b"p" + struct.pack("!i", 1 << 30))
        assert raw.refusal()["C"] == "08P01"
    alive(shop)


@pytest.mark.parametrize("seed", range(6))
def test_random_bytes(shop: Bench, seed: int) -> None:
    chance = random.Random(seed)
    letters = b"QPBDCESHFdcfXpz\0\xff"
    for _ in range(25):
        with shop.raw() as raw:
            if chance.random() < 0.8:
                raw.log_in()
            for _ in range(chance.randrange(1, 12)):
                body = chance.randbytes(chance.choice([0, 1, 4, 9, 40, 300]))
                length = chance.choice([len(body) + 4] * 6 + [0, 2**31, chance.getrandbits(32)])
                letter = bytes([chance.choice(letters)])
                raw.send(letter + struct.pack("!I", length & 0xFFFFFFFF) + body)
            raw.send(packet(b"S") * 2 + packet(b"X"))
    alive(shop)
    shop.wait_for(lambda: shop.database()["DatabaseConnectionsCurrentlyBorrowed"] == 0)
    assert all(view.state == "idle" for view in shop.proxy.sessions())


def test_every_message_cut_at_every_place(shop: Bench) -> None:
    """What comes in pieces is the same as what comes at once."""
    whole = (
        packet(b"P", b"s\0SELECT $1::text\0\0\0")
        + packet(b"B", b"\0s\0\0\0\0\1\0\0\0\3abc\0\0")
        + packet(b"E", b"\0\0\0\0\0")
        + packet(b"C", b"Ss\0")
        + packet(b"S")
        + packet(b"Q", b"SELECT 'def'\0")
    )
    with shop.raw() as raw:
        raw.log_in()
        for cut in range(1, len(whole)):
            raw.send(whole[:cut])
            raw.send(whole[cut:])
            first = raw.until(b"Z")
            assert [letter for letter, _ in first] == [b"1", b"2", b"D", b"C", b"3", b"Z"]
            assert first[2][1].endswith(b"abc")
            assert raw.until(b"Z")[1][1].endswith(b"def")


def test_clients_that_never_finish(server: PostgresServer) -> None:
    with bench(server, connections=2, login_timeout=0.3, idle_client_timeout=60) as shop:
        silent = shop.raw()
        half = shop.raw()
        half.start()
        dribbling = [shop.raw() for _ in range(5)]
        for raw in dribbling:
            raw.log_in()
            raw.send(b"Q" + struct.pack("!i", 1000) + b"SELECT")
        alive(shop)  # they hold nothing
        assert shop.database()["DatabaseConnectionsCurrentlyBorrowed"] == 0
        assert silent.refusal()["S"] == "FATAL"
        assert half.refusal()["S"] == "FATAL"
        shop.clock.advance(70)
        for raw in dribbling:
            assert raw.refusal()["C"] == "57P05"
            raw.socket.close()
        silent.socket.close()
        half.socket.close()


def test_memory_stays_bounded(shop: Bench) -> None:
    """Neither a client that does not read nor one that sends for ever is kept in memory."""
    me = psutil.Process()
    before = me.memory_info().rss
    with shop.raw() as greedy, shop.raw() as flooding:
        greedy.log_in()
        greedy.send(packet(b"Q", b"SELECT repeat('x', 1000000) FROM generate_series(1, 400)\0"))
        flooding.log_in()
        length = 300 << 20
        flooding.send(b"Q" + struct.pack("!i", length + 4) + b"SELECT 1 -- ")
        thread = threading.Thread(
            target=lambda: [flooding.send(b"x" * (1 << 20)) for _ in range(60)]
        )
        thread.start()
        thread.join(60)
        alive(shop)
        assert me.memory_info().rss - before < 60 << 20
        got = sum(len(body) for letter, body in greedy.until(b"Z") if letter == b"D")
        assert got > 400_000_000
