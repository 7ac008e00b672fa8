"""The policies of VPC endpoints, before the region's services: a call they refuse is answered 403.

https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from lambda_lab.aws.egress_seam import caller_arn
from lambda_lab.network.egress_policy import Passage
from lambda_lab.network.policies import policy_allows
from lambda_lab.region.endpoint_calls import CREDENTIAL, action_and_resource

__all__ = ["EndpointPolicies"]

Application = Callable[..., Iterable[bytes]]
Answer = tuple[str, dict[str, str], bytes]


@dataclass(frozen=True)
class EndpointPolicies:
    """A WSGI application that stands before another and asks the endpoints' policies.

    Parameters
    ----------
    application
        Who answers what they let through.
    passage
        Returns how the connection from a local port came.
    """

    application: Application
    passage: Callable[[int], Passage | None]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one HTTP request."""
        passage = self.passage(int(environ["REMOTE_PORT"]))
        refused = _stopped(environ, passage) if passage else None
        if refused is None:
            return self.application(environ, start_response)
        status, headers, body = refused
        start_response(status, [*headers.items(), ("Content-Length", str(len(body)))])
        return [body]


def _stopped(environ: dict[str, Any], passage: Passage) -> Answer | None:
    """Return the answer to a call that does not come through; ``None`` for one that does."""
    if passage.only is not None:
        stated = _signature(environ)
        service = stated[2] if stated else "no service"
        if service != passage.only:
            text = (
                f"By this URL the function reaches {passage.only} and nothing else, through an "
                f"endpoint of its VPC, and the request is for {service}. On AWS the connection "
                "would have timed out."
            )
            return _answer("501 Not Implemented", "NotModelledException", text, environ, service)
    policies = [one for one in passage.policies if not _lets_all(one)]
    return _refused(environ, policies) if policies else None


def _lets_all(policy: str) -> bool:
    return not policy or (policy_allows(policy, "*", "*") is True and "Deny" not in policy)


def _signature(environ: dict[str, Any]) -> tuple[str, str, str] | None:
    """Return the access key, the region and the service that a request names."""
    stated = f"{environ.get('HTTP_AUTHORIZATION', '')}&{environ['REQUEST_URI']}"
    found = CREDENTIAL.search(stated)
    return (found[1], found[2], found[3]) if found else None


def _refused(environ: dict[str, Any], policies: list[str]) -> Answer | None:
    """Return the answer to a call that a policy does not let through; ``None`` for another."""
    signed = _signature(environ)
    if signed is None:
        return None  # without a signature there is no caller whose call it is
    key, region, service = signed
    stream = environ["wsgi.input"]
    body = stream.read()
    stream.seek(0)
    action, resource = action_and_resource(environ, service, region, body)
    for policy in policies:
        allowed = _allows(policy, action, resource)
        if allowed is None:
            text = (
                f"The policy of a VPC endpoint decides on this call to {service}, by a condition, "
                "by a principal, or by an action or a resource that is not known here. That is "
                "not modelled. Use the endpoint's default policy, or actions and resources only."
            )
            return _answer("501 Not Implemented", "NotModelledException", text, environ, service)
        if not allowed:
            # The form of the sentence is that of IAM's page on access-denied messages.
            text = (
                f"User: {caller_arn(region, key)} is not authorized to perform: {action} on "
                f"resource: {resource or '*'} because no VPC endpoint policy allows the {action} "
                "action"
            )
            return _denied(text, environ, service)
    return None


def _allows(policy: str, action: str | None, resource: str | None) -> bool | None:
    if action is None:
        return None
    if resource is not None:
        return policy_allows(policy, action, resource)
    some, every = policy_allows(policy, action, None), policy_allows(policy, action, "*")
    return some if some == every else None


def _denied(text: str, environ: dict[str, Any], service: str) -> Answer:
    speaks_json = "HTTP_X_AMZ_TARGET" in environ
    if service == "sqs" and speaks_json:
        # SQS keeps the code and the status of its older protocol (confidence M).
        status, headers, body = _answer(
            "403 Forbidden", "AccessDeniedException", text, environ, service
        )
        return status, {**headers, "x-amzn-query-error": "AccessDenied;Sender"}, body
    if speaks_json:
        return _answer("400 Bad Request", "AccessDeniedException", text, environ, service)
    code = "AccessDeniedException" if service == "lambda" else "AccessDenied"
    return _answer("403 Forbidden", code, text, environ, service)


def _answer(status: str, code: str, text: str, environ: dict[str, Any], service: str) -> Answer:
    if service == "lambda" or "HTTP_X_AMZ_TARGET" in environ:
        body = json.dumps({"__type": code, "Message": text, "message": text})
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
        return status, headers, body.encode()
    error = f"<Code>{escape(code)}</Code><Message>{escape(text)}</Message>"
    if service == "s3":
        xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{error}</Error>'
    else:
        xml = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"
    return status, {"Content-Type": "application/xml"}, xml.encode()
