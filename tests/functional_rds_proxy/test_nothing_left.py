"""A proxy that has ended leaves no thread, no socket and no connection."""

from __future__ import annotations

import threading

import psutil
import psycopg
import pytest

from lambda_lab.rds.server import PostgresServer
from proxy_tools import bench, packet, wait_until


def test_nothing_is_left(server: PostgresServer) -> None:
    me = psutil.Process()
    threads, files = set(threading.enumerate()), me.num_fds()
    with bench(server) as shop:
        clients = [shop.psycopg(sslmode=mode) for mode in ("disable", "require")]
        for client in clients:
            client.execute("SELECT 1")
        pinned = shop.psycopg()
        pinned.execute("SET work_mem = '2MB'")
        busy = shop.raw()
        busy.log_in()
        busy.send(packet(b"Q", b"SELECT pg_sleep(30)\0"))
        shop.wait_for(lambda: shop.database()["DatabaseConnectionsCurrentlyBorrowed"] == 2)
        newcomer = shop.raw()
        newcomer.start()
        newcomer.message()
    assert busy.refusal()["C"] == "57P01"
    for client in (*clients, pinned):
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
        client.close()
    busy.socket.close()
    newcomer.socket.close()
    assert set(threading.enumerate()) == threads
    assert me.num_fds() == files
    # The statement of the client that was busy goes on until PostgreSQL notices.
    wait_until(lambda: shop.backends() <= 1)
    shop.proxy.close()  # once more does no harm


def test_it_can_be_started_again_at_the_same_place(server: PostgresServer) -> None:
    with bench(server) as first:
        address = first.address
        first.psycopg().close()
    with bench(server) as second:
        second.proxy.open_endpoint("again", *address)
        second.psycopg(port=address[1]).close()
