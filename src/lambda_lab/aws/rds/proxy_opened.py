"""Putting poolers behind moto's proxies, for as long as a region is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

from moto.core.responses import ActionResult, EmptyResult
from moto.rds.models import DBProxyTarget, DBProxyTargetGroup, rds_backends
from moto.rds.responses import RDSResponse

from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.pushes.patches import added, replaced
from lambda_lab.aws.rds.pages import page
from lambda_lab.aws.rds.proxies import ProxyOperations, proxy_record
from lambda_lab.aws.rds.proxy_endpoints import ProxyEndpoints
from lambda_lab.aws.rds.proxy_metrics import PERIOD_SECONDS, publish
from lambda_lab.aws.rds.proxy_records import Poolers
from lambda_lab.aws.rds.records import LifecycleEvent, Listener
from lambda_lab.clock import Clock
from lambda_lab.invoke.workers import Workers

__all__ = ["rds_proxies"]

Answer = Callable[[Any], Any]
Operation = Callable[[Any, Mapping[str, Any]], Any]


class _Lives(Protocol):
    """Tells what happens to instances and hands on what happens to proxies."""

    def listen(self, listener: Listener) -> None: ...

    def tell(self, event: LifecycleEvent) -> None: ...


@contextmanager
def rds_proxies(poolers: Poolers, lives: _Lives, clock: Clock, workers: Workers) -> Iterator[None]:
    """Let RDS make real poolers while the block runs; afterwards none is left.

    Parameters
    ----------
    poolers
        What runs them.
    lives
        Tells what happens to instances, and is told what happens to proxies.
    clock, workers
        The region's.
    """
    operations = ProxyOperations(poolers, lives.tell, clock, workers)

    def heard(event: LifecycleEvent) -> None:
        if not event.what.startswith("proxy-"):
            operations.instance_changed(event, rds_backends[ACCOUNT][event.region])

    lives.listen(heard)
    measuring = _Measuring(poolers, clock, workers)
    with ExitStack() as stack:
        stack.callback(poolers.clear)
        stack.callback(measuring.stop)
        stack.enter_context(replaced(RDSResponse, **_of_moto(operations, measuring.begin)))
        stack.enter_context(added(RDSResponse, **_new(operations, ProxyEndpoints(operations))))
        stack.enter_context(_told(operations))
        yield


class _Measuring:
    """Publishes what proxies count, once a minute, while there are any."""

    def __init__(self, poolers: Poolers, clock: Clock, workers: Workers) -> None:
        self._poolers, self._clock, self._workers = poolers, clock, workers
        self._on = False

    def begin(self) -> None:
        """Go on, if it does not already."""
        if not self._on:
            self._on = True
            self._clock.call_later(PERIOD_SECONDS, self._due)

    def stop(self) -> None:
        """Publish no more."""
        self._on = False

    def _due(self) -> None:
        if self._on:
            self._workers.submit(self._measure)

    def _measure(self) -> None:
        at = self._clock.now().replace(tzinfo=None)
        found = False
        for backend in list(rds_backends[ACCOUNT].values()):
            for proxy in list(backend.db_proxies.values()):
                if proxy_record(proxy) is None:
                    continue
                found = True
                reading = self._poolers.read(proxy.db_proxy_name)
                if reading is not None:
                    publish(proxy, reading, at)
        self._on = self._on and found
        if self._on:
            self._clock.call_later(PERIOD_SECONDS, self._due)


def _new(operations: ProxyOperations, endpoints: ProxyEndpoints) -> dict[str, Answer]:
    """Return the operations that moto does not have."""

    def all_endpoints(response: Any) -> ActionResult:
        found = endpoints.describe(response.backend, response.params)
        return page(response.params, "DBProxyEndpoints", found)

    return {
        "modify_db_proxy": _of_proxy(operations.modify),
        "create_db_proxy_endpoint": _one(endpoints.create, "DBProxyEndpoint"),
        "modify_db_proxy_endpoint": _one(endpoints.modify, "DBProxyEndpoint"),
        "delete_db_proxy_endpoint": _one(endpoints.delete, "DBProxyEndpoint"),
        "describe_db_proxy_endpoints": all_endpoints,
    }


def _of_moto(operations: ProxyOperations, begin: Callable[[], None]) -> dict[str, Answer]:
    """Return what takes the place of moto's operations."""

    def create(response: Any) -> ActionResult:
        proxy = operations.create(response.backend, response.params)
        begin()
        return ActionResult({"DBProxy": _proxy(proxy)})

    def describe(response: Any) -> ActionResult:
        backend, name = response.backend, response.params.get("DBProxyName")
        found = [operations.find(backend, name)] if name else list(backend.db_proxies.values())
        return page(response.params, "DBProxies", [_proxy(one) for one in found])

    def deregister(response: Any) -> EmptyResult:
        operations.deregister(response.backend, response.params)
        return EmptyResult()

    def group_of(response: Any) -> Any:
        asked = response.params
        name, group = asked.get("DBProxyName"), asked.get("TargetGroupName")
        return operations.group(response.backend, name, group)[1]

    def targets(response: Any) -> ActionResult:
        return page(response.params, "Targets", list(group_of(response).targets))

    def groups(response: Any) -> ActionResult:
        return ActionResult({"TargetGroups": [group_of(response)]})

    return {
        "create_db_proxy": create,
        "describe_db_proxies": describe,
        "delete_db_proxy": _of_proxy(
            lambda backend, asked: operations.delete(backend, asked.get("DBProxyName"))
        ),
        "modify_db_proxy_target_group": _one(operations.modify_group, "DBProxyTargetGroup"),
        "register_db_proxy_targets": _one(operations.register, "DBProxyTargets"),
        "deregister_db_proxy_targets": deregister,
        "describe_db_proxy_targets": targets,
        "describe_db_proxy_target_groups": groups,
    }


def _one(operation: Operation, member: str) -> Answer:
    def answer(response: Any) -> ActionResult:
        return ActionResult({member: operation(response.backend, response.params)})

    return answer


def _of_proxy(operation: Operation) -> Answer:
    def answer(response: Any) -> ActionResult:
        return ActionResult({"DBProxy": _proxy(operation(response.backend, response.params))})

    return answer


def _proxy(proxy: Any) -> dict[str, Any]:
    """Return a proxy as ``DescribeDBProxies`` tells it; the endpoint is a real address."""
    record = proxy_record(proxy)
    return {
        "DBProxyName": proxy.db_proxy_name,
        "DBProxyArn": proxy.arn,
        "Status": proxy.status,
        "EngineFamily": proxy.engine_family,
        "VpcId": proxy.vpc_id,
        "VpcSecurityGroupIds": list(proxy.vpc_security_group_ids),
        "VpcSubnetIds": list(proxy.vpc_subnet_ids),
        "Auth": [{"AuthScheme": "SECRETS", "IAMAuth": "DISABLED", **one} for one in proxy.auth],
        "RoleArn": proxy.role_arn,
        "Endpoint": proxy.endpoint if record is None else record.running.address,
        "RequireTLS": bool(proxy.require_tls),
        "IdleClientTimeout": int(proxy.idle_client_timeout),
        "DebugLogging": bool(proxy.debug_logging),
        "CreatedDate": proxy.created_date,
        "UpdatedDate": proxy.updated_date,
        "EndpointNetworkType": "IPV4",
        "TargetConnectionNetworkType": "IPV4",
    }


@contextmanager
def _told(operations: ProxyOperations) -> Iterator[None]:
    """Let moto's targets and target groups tell what is so."""

    def find(target: Any) -> Any:
        for proxy in target.backend.db_proxies.values():
            if any(target in group.targets for group in proxy.proxy_target_groups.values()):
                return proxy
        return None

    original = DBProxyTarget.target_health.fget  # type: ignore[attr-defined]

    def health(target: Any) -> Any:
        proxy = find(target)
        if proxy is None or proxy_record(proxy) is None:
            return original(target)
        return operations.health(proxy, target)

    config = DBProxyTargetGroup.connection_pool_config.fget  # type: ignore[attr-defined]

    def pool(group: Any) -> dict[str, Any]:
        query = getattr(group, "init_query", "")
        told: dict[str, Any] = config(group)
        return told | ({"InitQuery": query} if query else {})

    with (
        replaced(DBProxyTarget, target_health=property(health)),  # type: ignore[arg-type]
        replaced(DBProxyTargetGroup, connection_pool_config=property(pool)),  # type: ignore[arg-type]
    ):
        yield
