"""From a request of a database to an invocation, and back.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL-Lambda-functions.html
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future, InvalidStateError
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.rds.lambda_calls import arn_of, call_function, role_works
from lambda_lab.aws.rds.roles import role_for
from lambda_lab.closing import Closing
from lambda_lab.errors import AwsError, LabError, NotModelledError
from lambda_lab.invoke.workers import Workers
from lambda_lab.rds.aws_lambda.bridge import Bridge
from lambda_lab.rds.aws_lambda.extension import give_extensions
from lambda_lab.rds.aws_lambda.requests import (
    INVALID_PARAMETER,
    Request,
    SqlError,
    WrongRequest,
    milliseconds,
    read,
    refused,
    told,
)
from lambda_lab.rds.aws_lambda.session import Row
from lambda_lab.rds.databases import Databases
from lambda_lab.rds.instance import Instance
from lambda_lab.records import InvocationType

__all__ = ["FEATURE", "LambdaCalls"]

FEATURE = "Lambda"
_TYPES = tuple(InvocationType)
_LOG_TYPES = ("None", "Tail")
_NO_CONNECTION = "Unable to connect to endpoint"


class LambdaCalls(Closing):
    """Lets the databases of a region call functions. A context manager.

    Parameters
    ----------
    databases
        Each of their instances gets the extensions.
    workers
        What runs the invocations: a session may stop waiting, and the function runs on.
    """

    def __init__(self, databases: Databases, workers: Workers) -> None:
        self._databases = databases
        self._workers = workers
        self._tokens: dict[str, str] = {}
        self._waiting: set[Future[dict[str, Any]]] = set()
        self._lock = threading.Lock()
        self._bridge: Bridge | None = None
        databases.on_created.append(self._prepare)
        for name in ("connect", "request"):
            value = str(facts.value(f"rds.lambda.{name}-timeout.default"))
            databases.defaults[f"aws_lambda.{name}_timeout_ms"] = value

    def _prepare(self, instance: Instance) -> None:
        with self._lock:
            if self._bridge is None:
                self._bridge = Bridge(self.answer)
            token = secrets.token_urlsafe(24)
            self._tokens[token] = instance.resource_id
        give_extensions(instance, self._bridge.address, token)

    # -- answering -----------------------------------------------------------------------------

    def answer(self, query: bytes | None) -> Row | None:
        """Answer one query of a database session; ``None`` is one that was too long."""
        try:
            if query is None:
                raise _too_large()
            request = read(query)
            return None if request is None else self._called(request)
        except SqlError as error:
            return refused(error)
        except WrongRequest as error:
            return refused(SqlError(str(error), code="08P01"))

    def _called(self, request: Request) -> Row:
        known = self._tokens.get(request.token)
        instance = self._databases.get(known) if known else None
        if instance is None:
            raise SqlError("this is no database of the region", code="28000")
        asked = _asked(request)
        milliseconds(request.parameters, "connect_timeout_ms")
        patience = milliseconds(request.parameters, "request_timeout_ms")
        region = str(request.parameters.get("region") or instance.region)
        role = _role(instance)
        if not self._databases.may_reach(instance):
            raise SqlError.of_client(_NO_CONNECTION)
        output = self._invoked(
            lambda: call_function(role, instance.resource_id, region, asked), patience
        )
        result = output.get("Payload")
        if output.get("FunctionError"):
            arn = arn_of(region, asked["FunctionName"], asked.get("Qualifier"))
            details = (result or b"").decode(errors="replace")
            raise SqlError(
                "lambda invocation failed",
                f'"{arn}" returned error "{output["FunctionError"]}", details: "{details}".',
            )
        names = {"status_code": "StatusCode", "executed_version": "ExecutedVersion"}
        names["log_result"] = "LogResult"
        return told({mine: output.get(name) for mine, name in names.items()}, result or None)

    def _invoked(self, call: Callable[[], dict[str, Any]], patience_ms: int) -> dict[str, Any]:
        """Run *call* and wait for it, but not longer than the session's patience, in real time."""
        future: Future[dict[str, Any]] = Future()

        def job() -> None:
            # Never marked as running, so that closing may cancel it; then nobody wants the answer.
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                with contextlib.suppress(InvalidStateError):
                    future.set_exception(error)
            else:
                with contextlib.suppress(InvalidStateError):
                    future.set_result(result)

        with self._lock:
            self._waiting.add(future)
        self._workers.submit(job)
        try:
            return future.result(patience_ms / 1000)
        except TimeoutError:
            # The words of the SDK's HTTP client; confidence L.
            raise SqlError.of_client("Timeout was reached") from None
        except CancelledError:
            raise SqlError.of_client(_NO_CONNECTION) from None
        except NotModelledError as error:
            raise SqlError.of_client(str(error), code="0A000") from error
        except AwsError as error:
            unknown = error.code == "InvalidSignatureException"  # there is no such region
            raise SqlError.of_client(_NO_CONNECTION if unknown else error.message) from error
        except LabError as error:
            raise SqlError.of_client(str(error)) from error
        finally:
            with self._lock:
                self._waiting.discard(future)

    # -- ending --------------------------------------------------------------------------------

    def close(self) -> None:
        """Answer whoever waits, and end every connection."""
        with self._lock:
            bridge, self._bridge = self._bridge, None
            waiting = list(self._waiting)
        for future in waiting:
            future.cancel()
        if bridge is not None:
            bridge.close()


def _too_large() -> SqlError:
    limit = facts.value("payload.sync.request")
    text = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
    return SqlError.of_client(text)


def _asked(request: Request) -> dict[str, Any]:
    """Return the parameters of ``Invoke``; the texts for wrong ones are ours: confidence L."""
    given: Mapping[str, Any] = request.parameters
    if not given.get("function_name"):
        raise SqlError("function_name cannot be null or empty", code="22004")
    kind, log = given.get("invocation_type"), given.get("log_type")
    if kind not in _TYPES:
        raise SqlError(f'invalid invocation type "{kind}"', _choice(_TYPES), INVALID_PARAMETER)
    if log not in _LOG_TYPES:
        raise SqlError(f'invalid log type "{log}"', _choice(_LOG_TYPES), INVALID_PARAMETER)
    return {
        "FunctionName": given["function_name"],
        "InvocationType": kind,
        "LogType": log,
        "ClientContext": given.get("context"),
        "Qualifier": given.get("qualifier"),
        "Payload": request.event,
    }


def _choice(names: tuple[str, ...]) -> str:
    return f"Valid values, in exactly these letters: {', '.join(names)}."


def _role(instance: Instance) -> str:
    role = role_for(instance.region, instance.resource_id, FEATURE)
    if role is None or not role_works(instance.region, role):
        # As AWS's page says it for S3, whose roles are attached in the same way: confidence M.
        raise SqlError(
            "credentials stored with the database cluster can't be accessed",
            hint="Has the IAM role Amazon Resource Name (ARN) been associated with the "
            f'feature-name "{FEATURE}"?',
        )
    return role
