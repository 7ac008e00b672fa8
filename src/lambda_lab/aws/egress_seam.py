"""What the way out of functions must know of EC2's and RDS's records."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from lambda_lab.aws.moto_seam import ACCOUNT

__all__ = ["DatabasePlace", "caller_arn", "database_place", "networks_exist"]


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """Subnets and security groups of a database or a proxy, and whether it is public."""

    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    public: bool = False


def caller_arn(region: str, access_key: str) -> str:
    """Return who signs with an access key: a role's session, or the account itself."""
    backend = sts_backends[ACCOUNT][get_partition(region)]
    session = backend.get_assumed_role_from_access_key(access_key)
    return str(session.arn) if session else f"arn:aws:iam::{ACCOUNT}:root"


def networks_exist(region: str) -> bool:
    """Whether anybody has used EC2 in a region. Making its default VPC takes a second."""
    if "moto.ec2.models" not in sys.modules:
        return False
    from moto.ec2.models import ec2_backends

    return dict.__contains__(ec2_backends[ACCOUNT], region)


def database_place(region: str, kind: str, identifier: str) -> DatabasePlace | None:
    """Return where a database stands; ``None`` if RDS does not know it any more.

    Parameters
    ----------
    kind
        ``instance`` or ``proxy``.
    """
    from moto.rds.models import rds_backends

    backend = rds_backends[ACCOUNT][region]
    if kind == "proxy":
        proxy: Any = backend.db_proxies.get(identifier)
        if proxy is None:
            return None
        return DatabasePlace(tuple(proxy.vpc_subnet_ids), tuple(proxy.vpc_security_group_ids))
    database: Any = backend.databases.get(identifier)
    if database is None:
        return None
    group = getattr(database, "db_subnet_group", None)
    subnets = (
        tuple(one["SubnetIdentifier"] for one in group.subnets)
        if group
        else _default_subnets(region)
    )
    groups = tuple(database.vpc_security_group_ids)
    return DatabasePlace(subnets, groups, bool(database.publicly_accessible))


def _default_subnets(region: str) -> tuple[str, ...]:
    from lambda_lab.aws.ec2_seam import ec2_backend

    found = (one for by_id in ec2_backend(region).subnets.values() for one in by_id.values())
    return tuple(one.id for one in found if str(one.default_for_az).lower() == "true")
