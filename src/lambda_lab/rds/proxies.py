"""The proxies of a region: one pooler each, in front of one of its databases."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit

from lambda_lab.aws.rds.proxy_records import ProxyLogin, ProxyPlan, ProxyReading, ProxyRules
from lambda_lab.aws.rds.records import Running
from lambda_lab.clock import Clock
from lambda_lab.rds.databases import Databases
from lambda_lab.rds.endpoints import Endpoint
from lambda_lab.rds.iam_token import AgeOf, TokenRefused, verify_token
from lambda_lab.rds.instance import Instance
from lambda_lab.rds.proxy import (
    DEFAULT_ENDPOINT,
    Address,
    Login,
    Pinned,
    ProxyServer,
    ProxySettings,
    Snapshot,
    Target,
)
from lambda_lab.rds.proxy_user import has_proxy_user, make_proxy_user

__all__ = ["PORT", "Proxies"]

log = logging.getLogger(__name__)
PORT = 5432
"""A proxy for PostgreSQL always listens here, whatever the database's port:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html (facts part 2, 6.2)."""
_SHOW = "SHOW max_connections"
_SESSION = "X-Amz-Security-Token"


@dataclass(slots=True, eq=False)
class _Proxy:
    """A proxy that runs, the addresses it has, and what was read of it last."""

    plan: ProxyPlan
    server: ProxyServer
    endpoints: dict[str, Endpoint]
    before: Snapshot
    instance: str | None = None
    max_connections: int = 0
    user_made: bool = False
    """Whether the proxy has made its user in the target's database."""
    broken: bool = False
    """Whether somebody has deleted that user since."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Proxies:
    """Runs RDS's proxies. :meth:`clear` ends them all.

    Parameters
    ----------
    databases
        The region's, for targets and addresses.
    clock
        The region's.
    age_of
        How old IAM tokens are.
    """

    def __init__(self, databases: Databases, clock: Clock, age_of: AgeOf) -> None:
        self._databases, self._clock, self._age_of = databases, clock, age_of
        self._lock = threading.Lock()
        self._proxies: dict[str, _Proxy] = {}
        databases.on_switched.append(lambda instance: self.look_again(instance.identifier))

    # -- life ----------------------------------------------------------------------------------

    def create(self, plan: ProxyPlan) -> Running:
        """Start a proxy; until it has a target, clients wait and are told in vain."""
        endpoint = self._databases.endpoints.claim("proxy", plan.identifier, plan.name, PORT)
        hosts = frozenset({plan.name, endpoint.address})

        def on_pinned(pinned: Pinned) -> None:
            plan.on_pinned(pinned.log_line)

        server = ProxyServer(
            Target(
                plan.identifier,
                lambda: self._members(plan.identifier),
                lambda: self._limit(plan.identifier),
            ),
            self._settings(plan, hosts, endpoint.port),
            self._clock,
            host=endpoint.address,
            port=endpoint.port,
            names=[plan.name],
            on_pinned=on_pinned,
        )
        try:
            server.start()
        except BaseException:
            self._databases.endpoints.remove(endpoint)
            raise
        proxy = _Proxy(plan, server, {DEFAULT_ENDPOINT: endpoint}, server.snapshot())
        with self._lock:
            self._proxies[plan.identifier] = proxy
        return Running(endpoint.address, endpoint.port)

    def change(self, identifier: str, rules: ProxyRules) -> None:
        """Give a proxy other settings."""
        proxy = self._proxies[identifier]
        with proxy.lock:
            endpoint = proxy.endpoints[DEFAULT_ENDPOINT]
            hosts = frozenset(
                text for one in proxy.endpoints.values() for text in (one.name, one.address)
            )
            proxy.plan = replace(proxy.plan, rules=rules)
            proxy.server.change(self._settings(proxy.plan, hosts, endpoint.port))

    def delete(self, identifier: str) -> None:
        """End a proxy: its clients are told, its connections closed."""
        with self._lock:
            proxy = self._proxies.pop(identifier, None)
        if proxy is not None:
            proxy.server.close()
            for endpoint in proxy.endpoints.values():
                self._databases.endpoints.remove(endpoint)

    def clear(self) -> None:
        """End every proxy."""
        for identifier in list(self._proxies):
            self.delete(identifier)

    def get(self, identifier: str) -> ProxyServer | None:
        """Return the pooler of a proxy: its sessions, pins and counters."""
        proxy = self._proxies.get(identifier)
        return proxy.server if proxy else None

    # -- targets -------------------------------------------------------------------------------

    def aim(self, identifier: str, instance: str | None) -> None:
        """Put a database instance behind a proxy, or none."""
        proxy = self._proxies[identifier]
        proxy.instance, proxy.user_made, proxy.broken = instance, False, False
        self._ask(proxy)
        proxy.server.look_again(drop=True)

    def look_again(self, instance: str) -> None:
        """Let every proxy of an instance look for its writer now."""
        with self._lock:
            found = [one for one in self._proxies.values() if one.instance == instance]
        for proxy in found:
            self._ask(proxy)
            proxy.server.look_again()

    def _limit(self, identifier: str) -> int:
        proxy = self._proxies.get(identifier)
        return 0 if proxy is None or proxy.instance is None else proxy.max_connections

    def reaches(self, identifier: str) -> bool:
        """Whether the target's server runs, and has the proxy's user."""
        instance = self._instance(identifier)
        if instance is None or not instance.server.alive:
            return False
        proxy = self._proxies[identifier]
        self._watch_user(proxy)
        return not proxy.broken

    def _instance(self, identifier: str) -> Instance | None:
        proxy = self._proxies.get(identifier)
        if proxy is None or proxy.instance is None:
            return None
        return self._databases.get(proxy.instance)

    def _members(self, identifier: str) -> list[Address]:
        instance, proxy = self._instance(identifier), self._proxies.get(identifier)
        if instance is None or proxy is None or proxy.broken:
            return []
        return [(instance.server.host, instance.server.port)]

    def _watch_user(self, proxy: _Proxy) -> None:
        """Notice that the proxy's user was deleted: its connections end, and no new one is made."""
        was_broken = proxy.broken
        self._ask(proxy)
        if proxy.broken and not was_broken:
            proxy.server.look_again(drop=True)

    def _ask(self, proxy: _Proxy) -> None:
        """Ask the target for its ``max_connections``: parameter changes count from a reboot on.

        Make the proxy's user there, or see that it was deleted. Not in the proxy's own thread,
        which must never wait for the database.
        """
        instance = self._instance(proxy.plan.identifier)
        if instance is None or not instance.server.alive:
            return
        try:
            proxy.max_connections = int(instance.server.sql(_SHOW)[0][0])
            if not proxy.user_made:
                make_proxy_user(instance.server, instance.master_username)
                proxy.user_made = True
            proxy.broken = not has_proxy_user(instance.server)
        except Exception:  # noqa: BLE001 - the driver's: the server is about to end, or to begin
            log.debug("%s does not tell its max_connections now", instance.identifier)

    # -- endpoints -----------------------------------------------------------------------------

    def open_endpoint(self, identifier: str, endpoint: str, name: str) -> Running:
        """Let a proxy listen at one more address."""
        proxy = self._proxies[identifier]
        with proxy.lock:
            found = self._databases.endpoints.claim("proxy", identifier, name, PORT)
            try:
                proxy.server.open_endpoint(endpoint, found.address, found.port)
            except BaseException:
                self._databases.endpoints.remove(found)
                raise
            proxy.endpoints[endpoint] = found
        self.change(identifier, proxy.plan.rules)  # tokens may be signed for it too
        return Running(found.address, found.port)

    def close_endpoint(self, identifier: str, endpoint: str) -> None:
        """Let it listen there no more."""
        proxy = self._proxies[identifier]
        with proxy.lock:
            proxy.server.close_endpoint(endpoint)
            self._databases.endpoints.remove(proxy.endpoints.pop(endpoint))

    # -- metrics -------------------------------------------------------------------------------

    def read(self, identifier: str) -> ProxyReading | None:
        """Return the values since the last reading."""
        proxy = self._proxies.get(identifier)
        if proxy is None:
            return None
        if proxy.user_made:
            self._watch_user(proxy)
        with proxy.lock:
            now, before = proxy.server.snapshot(), proxy.before
            proxy.before = now
        clients = {
            name: readings.since(before.clients.get(name, type(readings)()))
            for name, readings in now.clients.items()
        }
        return ProxyReading(clients, now.database.since(before.database), now.availability(before))

    # -- settings ------------------------------------------------------------------------------

    def _settings(self, plan: ProxyPlan, hosts: frozenset[str], port: int) -> ProxySettings:
        def find_login(user: str) -> Login | None:
            found: ProxyLogin | None = plan.find_login(user)
            if found is None:
                return None
            return Login(found.user, found.password, found.iam, found.md5)

        def check_token(user: str, token: str) -> None:
            key = verify_token(
                token,
                user=user,
                hosts=hosts,
                port=port,
                region=plan.region,
                age_of=self._age_of,
                secret_of=plan.secret_of,
            )
            session = dict(parse_qsl(urlsplit(f"https://{token}").query)).get(_SESSION)
            if not plan.may_connect(user, key, session):
                raise TokenRefused(f"the access key {key} may not rds-db:connect as {user}")

        rules = plan.rules
        return ProxySettings(
            find_login,
            check_token,
            require_tls=rules.require_tls,
            idle_client_timeout=rules.idle_client_timeout,
            max_connections_percent=rules.max_connections_percent,
            max_idle_connections_percent=rules.max_idle_connections_percent,
            connection_borrow_timeout=rules.connection_borrow_timeout,
            init_query=rules.init_query,
        )
