"""After a region there is no port, no thread and no file of what let its databases call."""

from __future__ import annotations

import socket
import threading

import psycopg
import pytest

from lambda_caller import Caller
from live_region import open_region, until
from rds_tools import Rds


def test_a_region_that_closes_in_the_middle_of_a_call() -> None:
    with open_region(isolate=False) as lab:
        lab.deploy(
            "import time\ndef handler(event, context):\n    time.sleep(30)\n",
            name="sleeps",
            Timeout=60,
        )
        caller = Caller(Rds(lab))
        instance = lab.region.databases.get(caller.identifier)
        assert instance is not None
        (conninfo,) = instance.server.sql(
            "SELECT conninfo FROM aws_lambda_bridge.key", database="shop"
        )[0]
        folder = instance.server.folder
        failures: list[BaseException] = []

        def call() -> None:
            sql = "SET aws_lambda.request_timeout_ms = '60s'; "
            try:
                caller.run(sql + "SELECT aws_lambda.invoke('sleeps', '1'::json)")
            except psycopg.Error as failure:
                failures.append(failure)

        thread = threading.Thread(target=call)
        thread.start()
        until(lambda: any(one["state"] == "busy" for one in lab.environments("sleeps")))
    thread.join(10)
    assert len(failures) == 1  # nobody waited for the function, which would have answered
    assert not folder.exists()
    assert [one.name for one in threading.enumerate() if "aws-lambda" in one.name] == []
    port = int(dict(part.split("=") for part in conninfo.split())["port"])
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1)
