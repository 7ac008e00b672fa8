"""Further endpoints of a proxy, and the default one told beside them.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-endpoints.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.rds.lifecycle import STATE_SECONDS
from lambda_lab.aws.rds.proxies import ProxyOperations, proxy_record
from lambda_lab.aws.rds.proxy_checks import check_name, invalid, missing
from lambda_lab.errors import AwsError, NotModelledError

__all__ = ["ProxyEndpoints"]


class ProxyEndpoints:
    """CreateDBProxyEndpoint and its kin.

    Parameters
    ----------
    operations
        The proxies.
    """

    def __init__(self, operations: ProxyOperations) -> None:
        self._proxies = operations

    def create(self, backend: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
        """CreateDBProxyEndpoint."""
        name = str(asked.get("DBProxyEndpointName") or "")
        check_name(name, "DBProxyEndpointName")
        with self._proxies.lock:
            proxy = self._proxies.find(backend, asked.get("DBProxyName"), usable=True)
            record = proxy_record(proxy)
            if record is None:
                raise NotModelledError(f"An endpoint of a proxy for {proxy.engine_family}")
            self._check(backend, record, name, asked)
            dns = f"{name}.endpoint.{proxy.endpoint.partition('.')[2]}"
            running = self._proxies.poolers.open_endpoint(proxy.db_proxy_name, name, dns)
            told: dict[str, Any] = {
                "DBProxyEndpointName": name,
                "DBProxyEndpointArn": _arn(proxy, name),
                "DBProxyName": proxy.db_proxy_name,
                "Status": "creating",
                "VpcId": proxy.vpc_id,
                "VpcSecurityGroupIds": asked.get("VpcSecurityGroupIds")
                or list(proxy.vpc_security_group_ids),
                "VpcSubnetIds": list(asked["VpcSubnetIds"]),
                "Endpoint": running.address,
                "CreatedDate": self._proxies.clock.now().replace(tzinfo=None),
                "TargetRole": "READ_WRITE",
                "IsDefault": False,
            }
            record.endpoints[name] = told

            def made() -> None:
                if record.endpoints.get(name) is told:
                    told["Status"] = "available"
                    self._proxies.tell(proxy, "proxy-endpoint-created", endpoint=name)

            self._proxies.clock.call_later(STATE_SECONDS, made)
            return dict(told)

    def _check(self, backend: Any, record: Any, name: str, asked: Mapping[str, Any]) -> None:
        if any(name in found.endpoints for found in _records(backend)):
            raise AwsError(
                "DBProxyEndpointAlreadyExistsFault",
                f"The DB proxy endpoint {name} already exists.",
            )
        if len(record.endpoints) >= facts.value("rds.proxy.endpoints.maximum"):
            raise AwsError(
                "DBProxyEndpointQuotaExceededFault",
                "The DB proxy already has the maximum number of endpoints.",
            )
        if len(asked.get("VpcSubnetIds") or ()) < 2:
            raise AwsError("InvalidSubnet", "An endpoint needs at least two subnets in two zones.")
        role = asked.get("TargetRole") or "READ_WRITE"
        if role == "READ_ONLY":
            # "Read-only needs a Multi-AZ DB cluster or Aurora" (facts part 2, 6.2): confidence M.
            raise invalid("A READ_ONLY endpoint needs a target that is a cluster with readers.")
        if role != "READ_WRITE":
            raise invalid(f"Invalid TargetRole: {role}. Valid values: READ_WRITE, READ_ONLY.")

    def describe(self, backend: Any, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        """DescribeDBProxyEndpoints."""
        proxy_name, name = asked.get("DBProxyName"), asked.get("DBProxyEndpointName")
        if proxy_name is not None:
            proxies = [self._proxies.find(backend, proxy_name)]
        else:
            proxies = list(backend.db_proxies.values())
        found: list[dict[str, Any]] = []
        for proxy in proxies:
            record = proxy_record(proxy)
            found.append(_default(proxy))
            found += [] if record is None else [dict(one) for one in record.endpoints.values()]
        if name is not None:
            found = [one for one in found if one["DBProxyEndpointName"] == name]
            if not found:
                raise _unknown(name)
        return found

    def modify(self, backend: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
        """ModifyDBProxyEndpoint: its security groups."""
        with self._proxies.lock:
            proxy, told = self._find(backend, asked.get("DBProxyEndpointName"))
            if asked.get("NewDBProxyEndpointName"):
                raise NotModelledError("Renaming an endpoint of an RDS proxy")
            told["VpcSecurityGroupIds"] = list(
                asked.get("VpcSecurityGroupIds") or told["VpcSecurityGroupIds"]
            )
            name = told["DBProxyEndpointName"]
            self._proxies.tell(proxy, "proxy-endpoint-modified", endpoint=name)
            return dict(told)

    def delete(self, backend: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
        """DeleteDBProxyEndpoint: its clients are cut."""
        with self._proxies.lock:
            proxy, told = self._find(backend, asked.get("DBProxyEndpointName"))
            name = told["DBProxyEndpointName"]
            record = proxy_record(proxy)
            assert record is not None
            del record.endpoints[name]
            self._proxies.poolers.close_endpoint(proxy.db_proxy_name, name)
            self._proxies.tell(proxy, "proxy-endpoint-deleted", endpoint=name)
            return told | {"Status": "deleting"}

    def _find(self, backend: Any, name: Any) -> tuple[Any, dict[str, Any]]:
        for proxy in backend.db_proxies.values():
            record = proxy_record(proxy)
            if record is not None and name in record.endpoints:
                told = record.endpoints[name]
                status = "deleting" if proxy.status == "deleting" else told["Status"]
                if status != "available":
                    raise AwsError(
                        "InvalidDBProxyEndpointStateFault",
                        f"The DB proxy endpoint {name} is in the state {status}.",
                    )
                return proxy, told
        raise _unknown(name)


def _records(backend: Any) -> list[Any]:
    found = (proxy_record(proxy) for proxy in backend.db_proxies.values())
    return [record for record in found if record is not None]


def _unknown(name: Any) -> AwsError:
    return missing("DBProxyEndpointNotFoundFault", f"The DB proxy endpoint {name} doesn't exist.")


def _arn(proxy: Any, name: str) -> str:
    where = f"arn:{proxy.partition}:rds:{proxy.region}:{proxy.account_id}"
    return f"{where}:db-proxy-endpoint:{name}"


def _default(proxy: Any) -> dict[str, Any]:
    record = proxy_record(proxy)
    return {
        "DBProxyEndpointName": proxy.db_proxy_name,
        "DBProxyEndpointArn": _arn(proxy, proxy.db_proxy_name),
        "DBProxyName": proxy.db_proxy_name,
        "Status": proxy.status,
        "VpcId": proxy.vpc_id,
        "VpcSecurityGroupIds": list(proxy.vpc_security_group_ids),
        "VpcSubnetIds": list(proxy.vpc_subnet_ids),
        "Endpoint": proxy.endpoint if record is None else record.running.address,
        "CreatedDate": proxy.created_date,
        "TargetRole": "READ_WRITE",
        "IsDefault": True,
    }
