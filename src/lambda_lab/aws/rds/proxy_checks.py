"""What RDS refuses of proxies. Codes are the service model's; texts close to AWS's: confidence M.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lambda_lab import facts
from lambda_lab.errors import AwsError

__all__ = ["FAMILY", "check_auth", "check_idle", "check_name", "check_pool", "invalid", "missing"]

FAMILY = "POSTGRESQL"
"""The engine family that has a pooler here."""
_NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9]|-(?!-)){0,61}[A-Za-z0-9]|[A-Za-z]")
_SCRAM, _MD5 = "POSTGRES_SCRAM_SHA_256", "POSTGRES_MD5"


def invalid(text: str) -> AwsError:
    """Return RDS's answer for a parameter that cannot be."""
    return AwsError("InvalidParameterValue", text)


def missing(code: str, text: str) -> AwsError:
    """Return RDS's answer for something that is not there."""
    return AwsError(code, text, status=404)


def check_name(name: str, what: str = "DBProxyName") -> None:
    """Refuse a name that is none.

    Examples
    --------
    >>> check_name("shop-proxy")
    >>> check_name("2fast")
    Traceback (most recent call last):
    lambda_lab.errors.AwsError: InvalidParameterValue: The parameter DBProxyName is not a valid \
identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and \
hyphens; and must not end with a hyphen or contain two consecutive hyphens.
    """
    if _NAME.fullmatch(name) is None:
        raise invalid(
            f"The parameter {what} is not a valid identifier. Identifiers must begin with a "
            "letter; must contain only ASCII letters, digits, and hyphens; and must not end with a "
            "hyphen or contain two consecutive hyphens."
        )


def check_auth(auth: Sequence[Mapping[str, Any]]) -> None:
    """Refuse entries of ``Auth`` that no PostgreSQL proxy can use."""
    if not auth:
        raise invalid("At least one authentication configuration (Auth) must be specified.")
    if len(auth) > facts.value("rds.proxy.secrets.maximum"):
        raise invalid("The number of secrets in Auth exceeds the maximum.")
    for entry in auth:
        scheme = entry.get("AuthScheme", "SECRETS")
        if scheme != "SECRETS":
            raise invalid(f"Invalid AuthScheme: {scheme}. The only valid value is SECRETS.")
        if not entry.get("SecretArn"):
            raise invalid("SecretArn must be specified when AuthScheme is SECRETS.")
        if entry.get("IAMAuth", "DISABLED") not in ("DISABLED", "REQUIRED"):
            raise invalid("IAMAuth must be DISABLED or REQUIRED for this engine family.")
        if entry.get("ClientPasswordAuthType", _SCRAM) not in (_SCRAM, _MD5):
            raise invalid(
                f"ClientPasswordAuthType must be {_SCRAM} or {_MD5} for the engine family {FAMILY}."
            )


def check_idle(seconds: int) -> None:
    """Refuse an ``IdleClientTimeout`` outside its bounds."""
    least, most = (facts.value(f"rds.proxy.idle-client.{end}") for end in ("minimum", "maximum"))
    if not least <= seconds <= most:
        raise invalid(f"IdleClientTimeout must be between {least} and {most} seconds.")


def check_pool(wanted: Mapping[str, Any], percent: int) -> None:
    """Refuse a ``ConnectionPoolConfig`` outside its bounds.

    Parameters
    ----------
    wanted
        What was asked for.
    percent
        ``MaxConnectionsPercent`` as it will be.
    """
    if not 1 <= percent <= 100:
        raise invalid("MaxConnectionsPercent must be between 1 and 100.")
    idle = int(wanted.get("MaxIdleConnectionsPercent", 0))
    if not 0 <= idle <= percent:
        raise invalid("MaxIdleConnectionsPercent must be between 0 and MaxConnectionsPercent.")
    least, most = (facts.value(f"rds.proxy.borrow.{end}") for end in ("minimum", "maximum"))
    if not least <= int(wanted.get("ConnectionBorrowTimeout", least)) <= most:
        raise invalid(f"ConnectionBorrowTimeout must be between {least} and {most} seconds.")
    if wanted.get("SessionPinningFilters"):
        # SessionPinningFilters exist for the MySQL family only (facts part 2, 6.2).
        raise invalid(f"SessionPinningFilters is not supported for the engine family {FAMILY}.")
