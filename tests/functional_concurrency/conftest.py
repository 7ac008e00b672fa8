"""One region for each module of tests about concurrency, and a gate that handlers wait at.

What these tests look at is the same with and without a private root file system, so they run once,
in environments that share the machine's: those start faster.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live_region import LiveRegion, open_region, until

WAITS = """
import os
def handler(event, context):
    if event == "wait":
        with open(os.environ["GATE"], "rb") as gate:
            gate.read()
    if event == "die":
        os._exit(3)
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[LiveRegion]:
    """Return the module's region."""
    with open_region(isolate=False) as live:
        yield live


class Gate:
    """A named pipe: handlers that read it wait until it is opened, and all go on together."""

    def __init__(self, lab: LiveRegion, path: Path) -> None:
        self.lab, self.path = lab, path
        os.mkfifo(path)
        self._pool = ThreadPoolExecutor(64)

    def function(self, **settings: Any) -> str:
        """Deploy a function that waits at this gate, if its event is ``wait``."""
        variables = {"Variables": {"GATE": str(self.path)}}
        return self.lab.deploy(WAITS, Environment=variables, Timeout=60, **settings)

    def call(self, name: str, qualifier: str | None = None) -> Future[str]:
        """Call a function that waits here; the result is its answer or the 429's ``Reason``."""
        return self._pool.submit(self._call, name, {"Qualifier": qualifier} if qualifier else {})

    def _call(self, name: str, more: dict[str, str]) -> str:
        try:
            return str(self.lab.call(name, "wait", **more).value)
        except ClientError as error:
            return str(error.response.get("Reason", error))

    def full(self, running: int) -> None:
        """Return when so many invocations wait."""
        until(lambda: self.lab.region.plane.admission.running == running)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Let all go on that wait, and that come meanwhile."""
        done = threading.Event()
        opener = threading.Thread(target=self._let_go, args=(done,))
        opener.start()
        try:
            yield
        finally:
            done.set()
            opener.join()

    def _let_go(self, done: threading.Event) -> None:
        while not done.is_set():
            # Opening and closing the other end lets all readers of that moment go on.
            with contextlib.suppress(OSError):  # nobody reads
                os.close(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK))
            done.wait(0.01)

    def close(self) -> None:
        with self.opened():
            self._pool.shutdown()


@pytest.fixture
def gate(lab: LiveRegion) -> Iterator[Gate]:
    """Return a gate; what still waits at it goes on at the end of the test."""
    made = Gate(lab, lab.meeting_place())
    yield made
    made.close()


@pytest.fixture
def refused(lab: LiveRegion) -> Callable[..., tuple[str, str]]:
    """Return what AWS answers to a refused operation: its code and its text."""

    def ask(operation: str, **params: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as error:
            getattr(lab.lam, operation)(**params)
        answer = error.value.response["Error"]
        return answer["Code"], answer["Message"]

    return ask
