"""Checking IAM authentication tokens, as RDS does.

A token is a signed request that is never sent:
``GET https://host:port/?Action=connect&DBUser=user`` for the service ``rds-db``, signed with
Signature Version 4 in its query, without ``https://``. It is made offline
(``generate_db_auth_token``). Whoever knows the secret key can compute the signature again, and that
is what happens here.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

from lambda_lab import facts
from lambda_lab.clock import SECOND

__all__ = ["AgeOf", "SecretOf", "TokenRefused", "verify_token"]

SecretOf = Callable[[str, str | None], str | None]
"""Given an access key id, and the session token of temporary credentials: the secret access key."""

_SERVICE = "rds-db"
_LIFE_SECONDS: int = facts.value("rds.proxy.token.life")
_AHEAD_SECONDS = 300
"""How far the clock of who signed may be ahead, as elsewhere in AWS (confidence M)."""
AgeOf = Callable[[int], float]
"""Given when a token was signed, by its own date in nanoseconds: its age in seconds."""
_LONGEST = 65_536
_NEEDED = {
    "Action", "DBUser", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
    "X-Amz-SignedHeaders", "X-Amz-Signature",
}  # fmt: skip
_SESSION = "X-Amz-Security-Token"
_DATE = re.compile(r"\d{8}T\d{6}Z")
_NUMBER = re.compile(r"\d{1,6}")


class TokenRefused(PermissionError):
    """The token is not good. RDS does not tell the client why; the text is for the reader."""


def verify_token(
    token: str,
    *,
    user: str,
    hosts: Collection[str],
    port: int,
    region: str,
    age_of: AgeOf,
    secret_of: SecretOf,
) -> str:
    """Return the access key id that signed *token*, if everything about it is right.

    What that identity may do is another question: ask IAM for ``rds-db:connect``.

    Parameters
    ----------
    token
        What the client sent as its password.
    user
        The database user it logs in as.
    hosts, port
        The names and addresses of the endpoint it came to, and its port.
    region
        The endpoint's Region.
    age_of
        How old it is. A date is of the machine's clock, an age of the region's:
        :mod:`~lambda_lab.rds.token_age`.
    secret_of
        Finds secret keys.

    Raises
    ------
    TokenRefused
        If anything is wrong; the text says what.

    Examples
    --------
    >>> verify_token("guess", user="app", hosts=["h"], port=1, region="us-east-1",
    ...              age_of=lambda signed_ns: 0, secret_of=lambda key, session: None)
    Traceback (most recent call last):
    lambda_lab.rds.iam_token.TokenRefused: the token is not a signed request
    """
    url, query = _parts(token)
    _check_place(url, query, user, hosts, port)
    key_id, scope = _check_scope(query, region)
    _check_time(query, scope, age_of)
    secret = secret_of(key_id, query.get(_SESSION))
    if not secret:
        raise TokenRefused(f"the access key {key_id} is not known or its session has ended")
    expected = _signature(url, query, key_id, secret, region)
    if not hmac.compare_digest(expected.encode(), query["X-Amz-Signature"].encode()):
        raise TokenRefused("the signature does not match the access key's secret")
    return key_id


def _parts(token: str) -> tuple[SplitResult, dict[str, str]]:
    refused = TokenRefused("the token is not a signed request")
    if len(token) > _LONGEST or not token.isprintable():
        raise refused
    try:
        url = urlsplit(f"https://{token}")
        _ = url.port  # a port that is none raises
        pairs = parse_qsl(url.query, keep_blank_values=True, strict_parsing=True)
    except ValueError as mistake:
        raise refused from mistake
    query = dict(pairs)
    if len(query) != len(pairs) or not _NEEDED <= query.keys() <= _NEEDED | {_SESSION}:
        raise refused
    if url.path not in {"", "/"} or url.fragment or "@" in url.netloc:
        raise refused
    return url, query


def _check_place(
    url: SplitResult, query: dict[str, str], user: str, hosts: Collection[str], port: int
) -> None:
    if query["Action"] != "connect":
        raise TokenRefused(f"the token is for the action {query['Action']}, not connect")
    if query["DBUser"] != user:
        raise TokenRefused(f"the token is for the user {query['DBUser']}, not {user}")
    known = {host.lower() for host in hosts}
    if (url.hostname or "").lower() not in known or url.port != port:
        raise TokenRefused(f"the token is for {url.netloc}, which is not this endpoint")


def _check_scope(query: dict[str, str], region: str) -> tuple[str, str]:
    key_id, *scope = query["X-Amz-Credential"].split("/")
    if len(scope) != 4 or scope[1:] != [region, _SERVICE, "aws4_request"]:
        raise TokenRefused(f"the token's scope is {'/'.join(scope)}, not {region}'s {_SERVICE}")
    if query["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256" or query["X-Amz-SignedHeaders"] != "host":
        raise TokenRefused("the token was not signed as a token is")
    return key_id, scope[0]


def _check_time(query: dict[str, str], day: str, age_of: AgeOf) -> None:
    signed_at, life = query["X-Amz-Date"], query["X-Amz-Expires"]
    if not _DATE.fullmatch(signed_at) or not _NUMBER.fullmatch(life):
        raise TokenRefused("the token's date or life is not one")
    if day != signed_at[:8]:
        raise TokenRefused("the token's scope and its date are different days")
    try:
        made = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as mistake:
        raise TokenRefused("the token's date or life is not one") from mistake
    age = age_of(int(made.timestamp()) * SECOND)
    if age > min(_LIFE_SECONDS, int(life)):
        raise TokenRefused(f"the token is {age:.0f} seconds old, and was good for {life}")
    if age < -_AHEAD_SECONDS:
        raise TokenRefused("the token was signed in the future")


def _signature(
    url: SplitResult, query: dict[str, str], key_id: str, secret: str, region: str
) -> str:
    """Compute the signature again, with botocore's own steps."""
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    signer = SigV4QueryAuth(Credentials(key_id, secret), _SERVICE, region)
    text = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='-_.~')}"
        for name, value in query.items()
        if name != "X-Amz-Signature"
    )
    request = AWSRequest("GET", f"https://{url.netloc}/?{text}")
    request.context["timestamp"] = query["X-Amz-Date"]
    to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    signature: str = signer.signature(to_sign, request)
    return signature
