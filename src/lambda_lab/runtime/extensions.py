"""The extensions of one execution environment: who registered, who is busy, and how they end.

An *external* extension is an executable in ``/opt/extensions``, started before the runtime. An
*internal* one registers from inside the runtime's process. Both ask for their next event, get
``INVOKE`` with each invocation that they subscribed to, and an environment is done with an
invocation when its runtime and all of them have asked again:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from lambda_lab import facts
from lambda_lab.clock import stopwatch_ns, wall_time_ns
from lambda_lab.ids import Ids
from lambda_lab.runtime import faults
from lambda_lab.runtime.connection import Connection
from lambda_lab.runtime.process import Process

__all__ = [
    "EXIT_ERROR",
    "INIT_ERROR",
    "INVOKE",
    "LAUNCH_ERROR",
    "SHUTDOWN",
    "Extension",
    "ExtensionFailure",
    "Extensions",
    "ExtensionsOwner",
    "grace_seconds",
]

INVOKE, SHUTDOWN = "INVOKE", "SHUTDOWN"
CRASH, INIT_ERROR = "Extension.Crash", "Extension.InitError"
EXIT_ERROR, LAUNCH_ERROR = "Extension.ExitError", "Extension.LaunchError"
GONE_SECONDS = 5.0
"""Bound on waiting for the kernel to end killed processes."""
_ids = Ids()


@dataclass(frozen=True, slots=True)
class ExtensionFailure:
    """An extension that ended, or said that it cannot go on."""

    name: str
    error_type: str
    sentence: str


@dataclass(slots=True, eq=False)
class Extension:
    """One extension. ``process`` is ``None`` for an internal one."""

    name: str
    process: Process | None = None
    identifier: str = ""
    events: tuple[str, ...] = ()
    state: str = "Started"
    """As the log shows it: Started, Registered, Ready, InitError, ExitError, Exited, ..."""
    error: str = ""
    parked: Connection | None = None
    """Its connection, while it waits for an event."""
    asked: bool = False
    """Whether it has asked for an event and got none yet."""
    pending: bytes | None = None
    """An event that it has not asked for yet."""
    ended: bool = False

    @property
    def external(self) -> bool:
        """Whether it has a process of its own."""
        return self.process is not None


class ExtensionsOwner(Protocol):
    """What an environment wants to hear. Called on the I/O loop's thread."""

    def on_extension_news(self) -> None:
        """An extension registered, asked for its next event, or ended as it should."""

    def on_extension_failure(self, failure: ExtensionFailure) -> None:
        """An extension failed: the environment cannot go on."""


@dataclass(slots=True)
class Extensions:
    """The extensions of one environment, external ones first.

    Parameters
    ----------
    owner
        The environment.
    """

    owner: ExtensionsOwner
    all: list[Extension] = field(default_factory=list)
    open: bool = True
    """Whether further ones may register: until init is over."""
    ending: bool = False
    """Whether they are being shut down: an end is no failure then."""
    _failure: ExtensionFailure | None = None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    # -- what there is -------------------------------------------------------------------------

    @property
    def there(self) -> bool:
        """Whether the environment has any."""
        return bool(self.all)

    @property
    def external(self) -> list[Extension]:
        """Those with a process that has not ended."""
        return [one for one in self.all if one.external and not one.ended]

    @property
    def pids(self) -> list[int]:
        """Processes of the external ones."""
        return [one.process.pid for one in self.external if one.process is not None]

    @property
    def registered(self) -> bool:
        """Whether every external extension has registered."""
        return all(one.identifier for one in self.all)

    @property
    def ready(self) -> bool:
        """Whether every extension waits for its next event."""
        return all(one.asked for one in self.all)

    @property
    def failure(self) -> ExtensionFailure | None:
        """The first failure there was, if any."""
        return self._failure

    def named(self, name: str) -> Extension | None:
        """Return the extension called *name*."""
        return next((one for one in self.all if one.name == name), None)

    def identified(self, identifier: str) -> Extension | None:
        """Return the extension that was given *identifier*."""
        return next((one for one in self.all if one.identifier == identifier), None)

    # -- starting ------------------------------------------------------------------------------

    def reset(self) -> None:
        """Begin anew: no extension, registration open."""
        with self._changed:
            self.all.clear()
            self.open, self.ending, self._failure = True, False, None

    def add(self, extension: Extension) -> None:
        """Take one more; external ones before they register, internal ones as they do."""
        with self._changed:
            self.all.append(extension)

    def register(self, extension: Extension, events: Sequence[str]) -> None:
        """Give *extension* its identifier."""
        extension.identifier = _ids.uuid()
        extension.events, extension.state = tuple(events), "Registered"
        self.owner.on_extension_news()

    # -- events --------------------------------------------------------------------------------

    def ask(self, extension: Extension, connection: Connection) -> None:
        """*extension* asks for its next event on *connection*."""
        with self._changed:
            extension.state = "Ready"
            event, extension.pending = extension.pending, None
            if event is None:
                extension.parked, extension.asked = connection, True
            self._changed.notify_all()
        if event is not None:
            _send(connection, event)
        else:
            self.owner.on_extension_news()

    def invoke(self, request_id: str, headers: Mapping[str, str]) -> None:
        """Tell those who subscribed about an invocation."""
        event = {
            "eventType": INVOKE,
            "deadlineMs": int(headers["Lambda-Runtime-Deadline-Ms"]),
            "requestId": request_id,
            "invokedFunctionArn": headers["Lambda-Runtime-Invoked-Function-Arn"],
            "tracing": {"type": "X-Amzn-Trace-Id", "value": headers["Lambda-Runtime-Trace-Id"]},
        }
        self._tell([one for one in self.all if INVOKE in one.events], event)

    def _tell(self, extensions: Sequence[Extension], event: Mapping[str, Any]) -> None:
        body = json.dumps(event, separators=(",", ":")).encode()
        waiting: list[Connection] = []
        with self._changed:
            for one in extensions:
                one.asked = False
                if one.parked is None:
                    one.pending = body
                else:
                    waiting.append(one.parked)
                    one.parked = None
        for connection in waiting:
            _send(connection, body)

    def wait_ready(self, seconds: float) -> bool:
        """Wait until all have asked for their next event, or are ended; false if time is up."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self.ready or self.ending or self._failure is not None, seconds
            )

    # -- ends ----------------------------------------------------------------------------------

    def begin_ending(self) -> None:
        """Take note that they are being shut down: nobody need wait for them any more."""
        with self._changed:
            self.ending = True
            self._changed.notify_all()

    def failed(self, extension: Extension, state: str, error: str, kind: str) -> None:
        """*extension* says that it failed in its init or at its end."""
        extension.state, extension.error = state, error
        self._tell_failure(ExtensionFailure(extension.name, kind, error))

    def _tell_failure(self, failure: ExtensionFailure) -> None:
        if self.ending:
            return
        with self._changed:
            self._failure = self._failure or failure
            self._changed.notify_all()
        self.owner.on_extension_failure(failure)

    def exited(self, extension: Extension, status: int) -> None:
        """The process of *extension* has ended."""
        with self._changed:
            extension.ended, extension.parked = True, None
            extension.asked = False
            spoke = bool(extension.error)
            self._changed.notify_all()
        if self.ending or spoke:
            self.owner.on_extension_news()
            return
        extension.state, extension.error = "Exited", CRASH
        # The words of AWS's supervisor, which say the same of a runtime (confidence M).
        sentence = faults.exit_reason(status).removeprefix("Runtime exited with error: ")
        if sentence.startswith("Runtime"):
            sentence = "exit status 0"
        self._tell_failure(ExtensionFailure(extension.name, CRASH, sentence))

    def lost(self, connection: Connection) -> None:
        """*connection* is closed: who waited there waits no more."""
        with self._changed:
            for one in self.all:
                if one.parked is connection:
                    one.parked = None

    def shut_down(self, reason: str, seconds: float) -> None:
        """End the external ones: an event for those who want it, then the end for all.

        Parameters
        ----------
        reason
            ``spindown``, ``timeout`` or ``failure``.
        seconds
            How long they may take together.
        """
        self.begin_ending()
        deadline = stopwatch_ns() + round(seconds * 1e9)
        told = [one for one in self.external if SHUTDOWN in one.events]
        for one in self.external:
            if one not in told and one.process is not None:
                one.process.kill()
        event = {
            "eventType": SHUTDOWN,
            "shutdownReason": reason,
            "deadlineMs": wall_time_ns() // 1_000_000 + round(seconds * 1000),
        }
        self._tell(told, event)
        with self._changed:
            self._changed.wait_for(
                lambda: not self.external, max(0.0, (deadline - stopwatch_ns()) / 1e9)
            )
        self.kill()

    def kill(self) -> None:
        """End the external ones at once, and wait until the kernel says that they are gone."""
        self.begin_ending()
        for one in self.external:
            if one.process is not None:
                one.process.kill()
        with self._changed:
            self._changed.wait_for(lambda: not self.external, GONE_SECONDS)


def grace_seconds(kind: str) -> float:
    """Return how long a shutdown may take: ``none``, ``internal`` or ``external`` extensions."""
    return float(facts.value(f"shutdown.{kind}")) / 1000


def _send(connection: Connection, body: bytes) -> None:
    headers = {
        "Content-Type": "application/json",
        "Lambda-Extension-Event-Identifier": _ids.uuid(),
    }
    try:
        connection.answer(HTTPStatus.OK, body, headers)
    except ConnectionError:
        pass  # it went away; its end is told by its process
