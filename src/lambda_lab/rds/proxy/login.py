"""A client at the door: TLS, who it is, and the proof.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import ssl
import struct
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from lambda_lab.rds.proxy.connection import Key
from lambda_lab.rds.proxy.conversation import Conversation
from lambda_lab.rds.proxy.desk import Desk
from lambda_lab.rds.proxy.first_look import look_once
from lambda_lab.rds.proxy.metrics import ClientMetrics
from lambda_lab.rds.proxy.opening import md5_answer
from lambda_lab.rds.proxy.refusals import (
    IAM_NEEDS_TLS,
    REPLICATION,
    TLS_REQUIRED,
    UNKNOWN,
    Refusal,
    no_credentials,
    too_many_clients,
    unsupported_option,
    wrong_password,
    wrong_token,
)
from lambda_lab.rds.proxy.scram import MECHANISM, ScramError, ScramServer, Verifier
from lambda_lab.rds.proxy.session import Session
from lambda_lab.rds.proxy.settings import Login
from lambda_lab.rds.proxy.wire import (
    CANCEL_REQUEST,
    GSS_REQUEST,
    PROTOCOL_3,
    TLS_REQUEST,
    ProtocolError,
    authentication,
    cstring,
    message,
    parameters_of,
)

__all__ = ["Entrance"]

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")
_TRACKED = {"client_encoding", "datestyle", "timezone", "intervalstyle", "extra_float_digits"}
"""Start-up settings that change what answers look like: clients share connections only where these
are equal, as AWS says of the settings it tracks. Which ones AWS's proxy takes is confidence L."""
_OWN = {"user", "database", "application_name", "replication"}
_NO = {"", "0", "off", "false", "no"}
_PASSWORD = b"p"


class Entrance:
    """Lets clients of one endpoint in.

    Parameters
    ----------
    desk
        What the proxy's clients share.
    metrics
        The endpoint's.
    tls
        With the proxy's certificate.
    executor
        Where the callables of the settings run: they may take their time.
    """

    def __init__(
        self, desk: Desk, metrics: ClientMetrics, tls: ssl.SSLContext, executor: Executor
    ) -> None:
        self._desk, self._metrics, self._tls, self._executor = desk, metrics, tls, executor
        self._salt = secrets.token_bytes(16)

    async def receive(self, talk: Conversation) -> None:
        """Take a client from its first byte to a session, or say why not."""
        desk, counts = self._desk, self._metrics.counts
        counts["ClientConnectionsReceived"] += 1
        self._metrics.in_setup += 1
        desk.newcomers += 1
        try:
            session = await self._admit(talk)
        except Refusal as refusal:
            counts["ClientConnectionsSetupFailedAuth"] += refusal.authentication
            self._dismiss(talk, refusal)
        except ProtocolError as mistake:
            self._dismiss(talk, Refusal("08P01", str(mistake)))
        except TimeoutError:
            self._dismiss(talk, Refusal("08006", "canceling authentication due to timeout"))
        except (ConnectionError, ssl.SSLError):
            talk.transport.abort()
        except Exception:
            log.exception("RDS Proxy: a login failed for a reason of ours")
            self._dismiss(talk, UNKNOWN)
        else:
            if session is not None:
                desk.entered(session)
                session.start(talk.transport, talk.hand_over(session))
        finally:
            self._metrics.in_setup -= 1
            desk.newcomers -= 1

    def _dismiss(self, talk: Conversation, refusal: Refusal) -> None:
        talk.write(refusal.as_message())
        talk.transport.close()
        if talk.transport.get_write_buffer_size():
            self._desk.loop.call_later(1, talk.transport.abort)

    async def _admit(self, talk: Conversation) -> Session | None:
        async with asyncio.timeout(self._desk.settings.login_timeout):
            parameters = await self._start_up(talk)
            if parameters is None:
                talk.transport.close()
                return None
            self._check(parameters, talk.tls)
            login = await self._credentials(parameters["user"])
            await self._prove(talk, login)
        pool = self._desk.pool
        line = pool.line(_key(parameters))
        if line.parameters is None:
            await look_once(talk, pool, line)
        reported = dict(line.parameters or {})
        reported[b"application_name"] = parameters.get("application_name", "").encode()
        talk.write(
            authentication(0)
            + b"".join(message(b"S", cstring(k) + cstring(v)) for k, v in reported.items())
            + message(b"K", struct.pack("!ii", secrets.randbits(31), secrets.randbits(31)))
            + message(b"Z", b"I")
        )
        return Session(self._desk, line, self._metrics, tls=talk.tls)

    # -- the first packets ---------------------------------------------------------------------

    async def _start_up(self, talk: Conversation) -> dict[str, str] | None:
        """Return the start-up parameters; ``None`` for a client that only wants to cancel."""
        asked: set[int] = set()
        while True:
            code, body = await talk.first_packet()
            if code == CANCEL_REQUEST:
                # AWS's proxy does not support it: nothing is cancelled and, as always with this
                # request, nothing is answered.
                return None
            if code in {TLS_REQUEST, GSS_REQUEST} and code not in asked:
                asked.add(code)
                if code == TLS_REQUEST:
                    await talk.start_tls(self._tls)
                else:
                    talk.write(b"N")
                continue
            if code >> 16 != PROTOCOL_3 >> 16:
                version = f"{code >> 16}.{code & 0xFFFF}"
                raise Refusal(
                    "0A000", f"unsupported frontend protocol {version}: server supports 3.0 to 3.0"
                )
            parameters = parameters_of(body)
            _negotiate(talk, code, parameters)
            return parameters

    def _check(self, parameters: dict[str, str], tls: bool) -> None:
        if self._desk.full:
            raise too_many_clients(self._desk.settings.max_clients)
        if self._desk.settings.require_tls and not tls:
            raise TLS_REQUIRED
        if parameters.get("replication", "").lower() not in _NO:
            raise REPLICATION
        for name in parameters:
            if name.lower() not in _TRACKED | _OWN and not name.startswith("_pq_."):
                raise unsupported_option(name)
        if not parameters.get("user"):
            raise Refusal("28000", "no PostgreSQL user name specified in startup packet")

    # -- the proof -----------------------------------------------------------------------------

    async def _credentials(self, user: str) -> Login:
        try:
            login = await self._aside(lambda: self._desk.settings.find_login(user))
        except Exception:
            log.exception("RDS Proxy: the credentials of %s cannot be read", user)
            login = None
        if login is None:
            raise no_credentials(user)
        return login

    async def _aside(self, question: Callable[[], _Result]) -> _Result:
        return await self._desk.loop.run_in_executor(self._executor, question)

    async def _prove(self, talk: Conversation, login: Login) -> None:
        if login.iam:
            if not talk.tls:
                raise IAM_NEEDS_TLS
            talk.write(authentication(3))
            token = (await self._answer(talk)).removesuffix(b"\0").decode("utf-8", "replace")
            try:
                await self._aside(lambda: self._desk.settings.check_token(login.user, token))
            except PermissionError as reason:
                raise wrong_token(login.user) from reason
        elif login.md5:
            salt = secrets.token_bytes(4)
            talk.write(authentication(5, salt))
            given = (await self._answer(talk)).removesuffix(b"\0")
            if not hmac.compare_digest(given, md5_answer(login, salt).encode()):
                raise wrong_password(login.user)
        else:
            await self._scram(talk, login)

    async def _answer(self, talk: Conversation) -> bytes:
        letter, body = await talk.message()
        if letter != _PASSWORD:
            raise ProtocolError(f"expected password response, got message type {letter[0]}")
        return body

    async def _scram(self, talk: Conversation, login: Login) -> None:
        talk.write(authentication(10, cstring(MECHANISM) + b"\0"))
        mechanism, _, rest = (await self._answer(talk)).partition(b"\0")
        if mechanism != MECHANISM.encode() or len(rest) < 4:
            raise ProtocolError("client selected an invalid SASL authentication mechanism")
        server = ScramServer(Verifier.of(login.password, self._salt))
        try:
            talk.write(authentication(11, server.first(rest[4:])))
            talk.write(authentication(12, server.final(await self._answer(talk))))
        except ScramError as mistake:
            if "malformed" in str(mistake):
                raise ProtocolError(str(mistake)) from mistake
            raise wrong_password(login.user) from mistake


def _key(parameters: dict[str, str]) -> Key:
    """Return what must be equal for connections to be shared.

    Every connection is told its encoding, so a client that asks for the usual one, as some drivers
    always do, shares with clients that do not ask.
    """
    asked = {name.lower(): value for name, value in parameters.items()}
    tracked = {name: value for name, value in asked.items() if name in _TRACKED}
    encoding = tracked.get("client_encoding", "UTF8").strip("'\"").replace("-", "").upper()
    tracked["client_encoding"] = "UTF8" if encoding in {"UTF8", "UNICODE"} else encoding
    user = parameters["user"]
    return Key(user, parameters.get("database") or user, tuple(sorted(tracked.items())))


def _negotiate(talk: Conversation, code: int, parameters: dict[str, str]) -> None:
    """Tell a client that wants a newer protocol what there is: 3.0, without options."""
    options = [name for name in parameters if name.startswith("_pq_.")]
    if code != PROTOCOL_3 or options:
        body = struct.pack("!ii", PROTOCOL_3, len(options))
        talk.write(message(b"v", body + b"".join(cstring(name) for name in options)))
