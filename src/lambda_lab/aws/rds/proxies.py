"""RDS's operations on proxies, target groups and targets, with a pooler behind each proxy.

moto keeps the record; what its answers lack is told here. A proxy runs when it is made, and its
states pass on the clock, as those of instances do.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from moto.rds.exceptions import DBProxyNotFoundFault
from moto.rds.models import RDSBackend

from lambda_lab import facts
from lambda_lab.aws.moto_seam import put_log_events
from lambda_lab.aws.rds.lifecycle import STATE_SECONDS, record_of
from lambda_lab.aws.rds.proxy_auth import find_login, has_credentials, may_connect, secret_of
from lambda_lab.aws.rds.proxy_checks import (
    FAMILY,
    check_auth,
    check_idle,
    check_name,
    check_pool,
    invalid,
    missing,
)
from lambda_lab.aws.rds.proxy_records import Poolers, ProxyPlan, ProxyRules
from lambda_lab.aws.rds.records import LifecycleEvent, Listener, Running
from lambda_lab.clock import Clock
from lambda_lab.errors import AwsError, NotModelledError, SandboxError
from lambda_lab.invoke.workers import Workers

__all__ = ["ProxyOperations", "ProxyRecord", "proxy_record"]

GROUP = "default"
"""The one target group a proxy has."""


@dataclass(slots=True, eq=False)
class ProxyRecord:
    """What is kept with moto's record of a proxy that runs."""

    running: Running
    rules: ProxyRules
    targets_since_ns: int = 0
    """When the target was registered."""
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Further endpoints, by name, as ``DescribeDBProxyEndpoints`` tells them."""


def proxy_record(proxy: Any) -> ProxyRecord | None:
    """Return what is kept with moto's *proxy*; ``None`` where no pooler is behind it."""
    record: ProxyRecord | None = vars(proxy).get("lab_record")
    return record


class ProxyOperations:
    """CreateDBProxy and its kin.

    Parameters
    ----------
    poolers
        What runs proxies.
    tell
        Takes what happens to proxies, for RDS's events.
    clock, workers
        The region's.
    """

    def __init__(self, poolers: Poolers, tell: Listener, clock: Clock, workers: Workers) -> None:
        self.poolers, self.clock = poolers, clock
        self._tell, self._workers = tell, workers
        self.lock = threading.RLock()

    # -- proxies -------------------------------------------------------------------------------

    def create(self, backend: Any, asked: Mapping[str, Any]) -> Any:
        """CreateDBProxy."""
        name = str(asked.get("DBProxyName") or "")
        check_name(name)
        family = asked.get("EngineFamily")
        idle = int(asked.get("IdleClientTimeout") or facts.value("rds.proxy.idle-client.default"))
        check_idle(idle)
        auth = [_plain(one) for one in asked.get("Auth") or ()]
        if family == FAMILY:
            check_auth(auth)
        if len(asked.get("VpcSubnetIds") or ()) < 2:
            raise AwsError("InvalidSubnet", "A proxy needs at least two subnets in two zones.")
        with self.lock:
            if len(backend.db_proxies) >= facts.value("rds.proxy.maximum"):
                raise AwsError(
                    "DBProxyQuotaExceededFault",
                    "The request cannot be processed because it would exceed the maximum number "
                    "of DBProxies.",
                )
            make = RDSBackend.create_db_proxy
            wanted = (auth, asked.get("RoleArn"), asked["VpcSubnetIds"])
            more = (asked.get("VpcSecurityGroupIds"), bool(asked.get("RequireTLS")), idle)
            last = (bool(asked.get("DebugLogging")), asked.get("Tags") or [])
            proxy = make(backend, name, str(family), *wanted, *more, *last)  # type: ignore[arg-type]
            if family == FAMILY:
                try:
                    self._bring_up(proxy)
                except BaseException:
                    del backend.db_proxies[name]
                    raise
        return proxy

    def _bring_up(self, proxy: Any) -> None:
        rules = ProxyRules(proxy.require_tls, proxy.idle_client_timeout)
        plan = ProxyPlan(
            proxy.db_proxy_name,
            proxy.endpoint,
            lambda user: find_login(proxy.region, proxy.role_arn, proxy.auth, user),
            proxy.region,
            partial(secret_of, proxy.region),
            lambda user, key, session: may_connect(
                proxy.region, _user_arn(proxy, user), key, session
            ),
            lambda line: self._workers.submit(partial(self._log, proxy, line)),
            rules,
        )
        try:
            running = self.poolers.create(plan)
        except SandboxError as error:
            raise AwsError("SandboxException", str(error), status=501) from error
        proxy.lab_record = ProxyRecord(running, rules)
        proxy.status = "creating"
        self._later(proxy, "available", "proxy-created")

    def _log(self, proxy: Any, line: str) -> None:
        at_ms = self.clock.now_ns() // 1_000_000
        events = [{"timestamp": at_ms, "message": f"[WARN] [proxyEndpoint=default] {line}"}]
        group = f"/aws/rds/proxy/{proxy.db_proxy_name}"
        put_log_events(proxy.region, group, proxy.unique_id, events, {})

    def _later(self, proxy: Any, state: str, what: str) -> None:
        """Put a proxy in *state* in a while, and say what happened to it."""

        def reached() -> None:
            if proxy.backend.db_proxies.get(proxy.db_proxy_name) is proxy:
                proxy.status = state
                self.tell(proxy, what)

        self.clock.call_later(STATE_SECONDS, reached)

    def tell(self, proxy: Any, what: str, **details: Any) -> None:
        """Say what happened to a proxy."""
        at = self.clock.now_ns()
        known = {"arn": proxy.arn, **details}
        self._tell(LifecycleEvent(proxy.region, proxy.db_proxy_name, what, at, known))

    def find(self, backend: Any, name: Any, *, usable: bool = False) -> Any:
        """Return moto's record of a proxy.

        Parameters
        ----------
        usable
            Refuse one that is being made or deleted.
        """
        proxy = backend.db_proxies.get(name)
        if proxy is None:
            raise DBProxyNotFoundFault(str(name))
        if usable and proxy.status != "available":
            raise AwsError(
                "InvalidDBProxyStateFault",
                f"The DB proxy {name} is in the state {proxy.status}; it must be available.",
            )
        return proxy

    def modify(self, backend: Any, asked: Mapping[str, Any]) -> Any:
        """ModifyDBProxy."""
        with self.lock:
            proxy = self.find(backend, asked.get("DBProxyName"), usable=True)
            if asked.get("NewDBProxyName"):
                raise NotModelledError("Renaming an RDS proxy")
            if "Auth" in asked:
                auth = [_plain(one) for one in asked["Auth"]]
                check_auth(auth)
                proxy.auth = auth
            if "IdleClientTimeout" in asked:
                check_idle(int(asked["IdleClientTimeout"]))
                proxy.idle_client_timeout = int(asked["IdleClientTimeout"])
            proxy.require_tls = bool(asked.get("RequireTLS", proxy.require_tls))
            proxy.debug_logging = bool(asked.get("DebugLogging", proxy.debug_logging))
            proxy.role_arn = asked.get("RoleArn", proxy.role_arn)
            proxy.vpc_security_group_ids = asked.get("SecurityGroups", proxy.vpc_security_group_ids)
            proxy.updated_date = self.clock.now().replace(tzinfo=None)
            self._change(
                proxy, require_tls=proxy.require_tls, idle_client_timeout=proxy.idle_client_timeout
            )
            proxy.status = "modifying"
            self._later(proxy, "available", "proxy-modified")
            return proxy

    def _change(self, proxy: Any, **rules: Any) -> None:
        record = proxy_record(proxy)
        if record is not None:
            record.rules = replace(record.rules, **rules)
            self.poolers.change(proxy.db_proxy_name, record.rules)

    def delete(self, backend: Any, name: Any) -> Any:
        """DeleteDBProxy: its clients are cut at once, the record goes when the state has passed."""
        with self.lock:
            proxy = self.find(backend, name)
            if proxy_record(proxy) is None:
                return RDSBackend.delete_db_proxy(backend, proxy.db_proxy_name)
            if proxy.status == "deleting":
                raise AwsError("InvalidDBProxyStateFault", f"The DB proxy {name} is being deleted.")
            self.poolers.delete(proxy.db_proxy_name)
            proxy.status = "deleting"

            def gone() -> None:
                if backend.db_proxies.get(proxy.db_proxy_name) is proxy:
                    del backend.db_proxies[proxy.db_proxy_name]
                    self.tell(proxy, "proxy-deleted")

            self.clock.call_later(STATE_SECONDS, gone)
            return proxy

    # -- target group and targets ----------------------------------------------------------------

    def group(self, backend: Any, name: Any, group: Any, *, usable: bool = False) -> Any:
        """Return a proxy and its target group."""
        proxy = self.find(backend, name, usable=usable)
        if group not in (None, GROUP):
            raise missing(
                "DBProxyTargetGroupNotFoundFault",
                f"The specified target group {group} is not available for the DB proxy {name}.",
            )
        return proxy, proxy.proxy_target_groups[GROUP]

    def modify_group(self, backend: Any, asked: Mapping[str, Any]) -> Any:
        """ModifyDBProxyTargetGroup."""
        wanted = _plain(asked.get("ConnectionPoolConfig") or {})
        with self.lock:
            name = asked.get("DBProxyName")
            proxy, group = self.group(backend, name, asked.get("TargetGroupName"), usable=True)
            percent = int(wanted.get("MaxConnectionsPercent", group.max_connections))
            if proxy_record(proxy) is not None:
                check_pool(wanted, percent)
            RDSBackend.modify_db_proxy_target_group(backend, proxy.db_proxy_name, wanted)
            group.init_query = str(wanted.get("InitQuery", getattr(group, "init_query", "")))
            self._change(
                proxy,
                max_connections_percent=percent,
                max_idle_connections_percent=int(group.max_idle_connections),
                connection_borrow_timeout=int(group.borrow_timeout),
                init_query=group.init_query,
            )
            return group

    def register(self, backend: Any, asked: Mapping[str, Any]) -> list[Any]:
        """RegisterDBProxyTargets: one instance, and only one."""
        with self.lock:
            name = asked.get("DBProxyName")
            proxy, group = self.group(backend, name, asked.get("TargetGroupName"))
            record = proxy_record(proxy)
            instances = list(asked.get("DBInstanceIdentifiers") or ())
            clusters = list(asked.get("DBClusterIdentifiers") or ())
            if record is not None:
                self._check_target(backend, proxy, group, instances, clusters)
            targets: list[Any] = RDSBackend.register_db_proxy_targets(
                backend, proxy.db_proxy_name, GROUP, clusters, instances
            )
            if record is not None:
                for target in targets:
                    target.role = "READ_WRITE"
                    target.endpoint = backend.databases[target.rds_resource_id].address
                record.targets_since_ns = self.clock.now_ns()
                self.poolers.aim(proxy.db_proxy_name, instances[0])
            return targets

    def _check_target(
        self, backend: Any, proxy: Any, group: Any, instances: list[str], clusters: list[str]
    ) -> None:
        if clusters:
            raise NotModelledError("A cluster behind an RDS proxy")
        if len(instances) != 1:
            raise invalid("Exactly one DB instance must be specified as the target of a DB proxy.")
        database = backend.databases.get(instances[0])
        if database is None:
            raise missing("DBInstanceNotFound", f"DBInstance {instances[0]} not found.")
        if group.targets:
            raise AwsError(
                "DBProxyTargetAlreadyRegisteredFault",
                f"The DB proxy {proxy.db_proxy_name} already has the target "
                f"{group.targets[0].rds_resource_id}.",
            )
        if record_of(database) is None:
            raise invalid(
                f"The engine {database.engine} is not compatible with the engine family "
                f"{proxy.engine_family}."
            )
        if database.status != "available":
            raise AwsError(
                "InvalidDBInstanceState",
                f"Database instance {instances[0]} is not in available state.",
            )

    def deregister(self, backend: Any, asked: Mapping[str, Any]) -> None:
        """DeregisterDBProxyTargets."""
        with self.lock:
            name = asked.get("DBProxyName")
            proxy, group = self.group(backend, name, asked.get("TargetGroupName"))
            wanted = [
                *(asked.get("DBInstanceIdentifiers") or ()),
                *(asked.get("DBClusterIdentifiers") or ()),
            ]
            known = {one.rds_resource_id for one in group.targets}
            for one in wanted:
                if one not in known:
                    raise missing(
                        "DBProxyTargetNotFoundFault",
                        f"The target {one} is not registered with the DB proxy {name}.",
                    )
            group.targets = [one for one in group.targets if one.rds_resource_id not in wanted]
            if proxy_record(proxy) is not None and not group.targets:
                self.poolers.aim(proxy.db_proxy_name, None)

    def instance_changed(self, event: LifecycleEvent, backend: Any) -> None:
        """Follow an instance: look for its writer again, or let go of one that is deleted."""
        self.poolers.look_again(event.identifier)
        if event.what != "deleted":
            return
        for proxy in list(backend.db_proxies.values()):
            group = proxy.proxy_target_groups[GROUP]
            if any(one.rds_resource_id == event.identifier for one in group.targets):
                group.targets = []
                if proxy_record(proxy) is not None:
                    self.poolers.aim(proxy.db_proxy_name, None)
                self.tell(proxy, "proxy-target-removed", instance=event.identifier)

    def health(self, proxy: Any, target: Any) -> dict[str, str]:
        """Return ``TargetHealth``."""
        record = proxy_record(proxy)
        assert record is not None
        if self.clock.now_ns() - record.targets_since_ns < STATE_SECONDS * 1e9:
            return {"State": "REGISTERING"}
        if not has_credentials(proxy.region, proxy.role_arn, proxy.auth):
            return {
                "State": "UNAVAILABLE",
                "Reason": "AUTH_FAILURE",
                "Description": "Proxy does not have any registered credentials",
            }
        if not self.poolers.reaches(proxy.db_proxy_name):
            return {
                "State": "UNAVAILABLE",
                "Reason": "CONNECTION_FAILED",
                "Description": f"The DB instance {target.rds_resource_id} cannot be reached",
            }
        return {"State": "AVAILABLE"}


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a structure of moto's parsed request under the names that the API has."""
    original = getattr(given, "original_dict", None)
    return dict(given if original is None else original())


def _user_arn(proxy: Any, user: str) -> str:
    """Return what ``rds-db:connect`` is asked for: a user of this proxy."""
    where = f"arn:{proxy.partition}:rds-db:{proxy.region}:{proxy.account_id}"
    return f"{where}:dbuser:{proxy.unique_id}/{user}"
