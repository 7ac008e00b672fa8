"""The Extensions API, version 2020-01-01: what an extension may ask over HTTP.

It is served by the same socket as the Runtime API of the environment. Paths, headers and bodies:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
Error types and texts are those of AWS's runtime emulator (confidence M).
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from lambda_lab import facts
from lambda_lab.errors import NotModelledError
from lambda_lab.records import FunctionSpec
from lambda_lab.runtime.connection import Connection, Request
from lambda_lab.runtime.extensions import (
    EXIT_ERROR,
    INIT_ERROR,
    INVOKE,
    SHUTDOWN,
    Extension,
    Extensions,
)

__all__ = ["ExtensionsApi"]

API = "/2020-01-01/extension/"
TELEMETRY = ("/2022-07-01/telemetry", "/2020-08-15/logs")
"""The Telemetry API and the Logs API before it, which an extension subscribes to."""
IDENTIFIER = "lambda-extension-identifier"
ERROR_TYPE = "lambda-extension-function-error-type"


class _RefusedError(Exception):
    """A request that is answered with 403 and an error document."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type, self.message = error_type, message


class ExtensionsApi:
    """Answers the extensions of one environment.

    Parameters
    ----------
    extensions
        Their state.
    spec
        The function, which a registered extension is told about.
    """

    def __init__(self, extensions: Extensions, spec: FunctionSpec) -> None:
        self._extensions = extensions
        self._spec = spec

    def serves(self, path: str) -> bool:
        """Whether *path* is one of an extension's."""
        return path.startswith((API, *TELEMETRY))

    def route(self, connection: Connection, request: Request) -> None:
        """Answer *request*, or park its connection until there is an event."""
        if request.path.startswith(TELEMETRY):
            error = NotModelledError(
                "The Telemetry API (and the Logs API before it)",
                "An extension's own output goes to the function's log group.",
            )
            connection.refused(HTTPStatus.NOT_IMPLEMENTED, "NotModelledException", str(error))
            return
        try:
            match request.method, request.path.removeprefix(API):
                case "POST", "register":
                    self._register(connection, request)
                case "GET", "event/next":
                    self._extensions.ask(self._caller(request), connection)
                case "POST", "init/error":
                    self._failed(connection, request, "InitError", INIT_ERROR)
                case "POST", "exit/error":
                    self._failed(connection, request, "ExitError", EXIT_ERROR)
                case _:
                    connection.refused(HTTPStatus.NOT_FOUND, "InvalidPath", request.path)
        except _RefusedError as error:
            connection.refused(HTTPStatus.FORBIDDEN, error.error_type, error.message)

    def lost(self, connection: Connection) -> None:
        """Hear that *connection* is closed."""
        self._extensions.lost(connection)

    # -- registering ---------------------------------------------------------------------------

    def _register(self, connection: Connection, request: Request) -> None:
        name = request.headers.get("lambda-extension-name", "")
        if not name:
            raise _RefusedError("Extension.InvalidExtensionName", "Empty extension name")
        events = _events(request.body)
        extension = self._new(name, events)
        connection.answer(
            HTTPStatus.OK,
            json.dumps(self._about(request)).encode(),
            {
                "Content-Type": "application/json",
                "Lambda-Extension-Identifier": extension.identifier,
            },
        )

    def _new(self, name: str, events: tuple[str, ...]) -> Extension:
        extensions = self._extensions
        extension = extensions.named(name)
        if extension is not None and extension.identifier:
            state = extension.state
            raise _RefusedError(
                "Extension.InvalidExtensionState",
                f"State transition from {state} to Registered failed for extension {name}. "
                "Error: InvalidStateTransition",
            )
        allowed = (INVOKE, SHUTDOWN) if extension is not None else (INVOKE,)
        for event in events:
            if event not in allowed:
                # Internal extensions cannot ask for SHUTDOWN.
                raise _RefusedError(
                    "Extension.InvalidEventType", f"{event}: ShutdownEventNotSupportedForInternal"
                    if event == SHUTDOWN
                    else f"{event}: InvalidEventType",
                )  # fmt: skip
        if not extensions.open:
            raise _RefusedError(
                "Extension.RegistrationClosed", "Extension registration closed already"
            )
        if extension is None:
            limit = int(facts.value("extensions.maximum"))
            if len(extensions.all) >= limit:
                raise _RefusedError(
                    "Extension.TooManyExtensions", f"Extension limit ({limit}) reached"
                )
            extension = Extension(name)
            extensions.add(extension)
        extensions.register(extension, events)
        return extension

    def _about(self, request: Request) -> dict[str, Any]:
        spec = self._spec
        about = {
            "functionName": spec.name,
            "functionVersion": spec.version,
            "handler": spec.handler,
        }
        features = request.headers.get("lambda-extension-accept-feature", "")
        if "accountId" in [feature.strip() for feature in features.split(",")]:
            about["accountId"] = spec.account
        return about

    # -- afterwards ----------------------------------------------------------------------------

    def _caller(self, request: Request) -> Extension:
        identifier = request.headers.get(IDENTIFIER, "")
        if not identifier:
            raise _RefusedError(
                "Extension.MissingExtensionIdentifier",
                "Missing Lambda-Extension-Identifier header",
            )
        extension = self._extensions.identified(identifier)
        if extension is None:
            raise _RefusedError(
                "Extension.UnknownExtensionIdentifier", f"Unknown extension {identifier}"
            )
        return extension

    def _failed(self, connection: Connection, request: Request, state: str, kind: str) -> None:
        extension = self._caller(request)
        error_type = request.headers.get(ERROR_TYPE)
        if not error_type:
            raise _RefusedError(
                "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found"
            )
        connection.accepted()
        self._extensions.failed(extension, state, error_type, kind)


def _events(body: bytes) -> tuple[str, ...]:
    """Return the events of a registration; an empty list is allowed."""
    try:
        document = json.loads(body)
        events = document.get("events", [])
        if not isinstance(events, list) or not all(isinstance(one, str) for one in events):
            raise ValueError("events is no list of names")
    except (ValueError, AttributeError, RecursionError) as error:
        raise _RefusedError("InvalidRequestFormat", str(error)) from error
    return tuple(events)
