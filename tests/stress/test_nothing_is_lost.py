"""Events and messages through a function that fails at random: every one of them ends somewhere."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from chaos import Storm
from check import check

from live_region import open_region


@pytest.mark.timeout(3600)
@pytest.mark.fidelity("nothing-lost")
def test_nothing_is_lost(
    capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    size = request.config.getoption("--storm", default=150)
    with open_region(isolate=False) as lab:

        def deploy(name: str, source: str, handler: str) -> None:
            lab.deploy(source, name, Handler=handler, Timeout=1, MemorySize=128)

        def client(service: str) -> Any:
            return boto3.client(service)

        storm = Storm(lab.region.url, client, deploy)
        ending = storm.run(size, size)
    with capsys.disabled():
        print(
            f"\n{size} events: {len(ending.succeeded)} succeeded, {len(ending.failed)} failed; "
            f"{size} messages: {len(ending.done)} worked on, {len(ending.dead_messages)} dead; "
            f"{ending.killed} environments killed"
        )
    check(ending, size, size)
