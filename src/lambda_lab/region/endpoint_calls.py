"""What an HTTP request to a service is in the words of a policy: its action and its resource."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from lambda_lab.aws.operations import match

__all__ = ["CREDENTIAL", "action_and_resource"]

CREDENTIAL = re.compile(r"([^/=]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
"""Access key, region and service in a signature's credential."""
NAMESPACES = {"monitoring": "cloudwatch"}
"""Services whose actions have another name before the colon than their signatures."""
S3_ACTIONS = {
    ("service", "GET"): "ListAllMyBuckets",
    ("bucket", "GET"): "ListBucket",
    ("bucket", "HEAD"): "ListBucket",
    ("bucket", "PUT"): "CreateBucket",
    ("bucket", "DELETE"): "DeleteBucket",
    ("object", "GET"): "GetObject",
    ("object", "HEAD"): "GetObject",
    ("object", "PUT"): "PutObject",
    ("object", "DELETE"): "DeleteObject",
}
"""Of the actions of S3, those of requests without a sub-resource."""
PLAIN_QUERY = (
    "list-type",
    "prefix",
    "delimiter",
    "max-keys",
    "encoding-type",
    "start-after",
    "x-id",
)
NAMED = {
    "TableName": "dynamodb:{region}:{account}:table/{name}",
    "QueueUrl": "sqs:{region}:{account}:{name}",
    "QueueName": "sqs:{region}:{account}:{name}",
    "StreamName": "kinesis:{region}:{account}:stream/{name}",
    "FunctionName": "lambda:{region}:{account}:function:{name}",
}
ARNS = (
    "TopicArn",
    "TargetArn",
    "StreamARN",
    "SecretId",
    "KeyId",
    "stateMachineArn",
    "FunctionName",
)
ACCOUNT = "123456789012"


def action_and_resource(
    environ: Mapping[str, Any], service: str, region: str, body: bytes
) -> tuple[str | None, str | None]:
    """Return the action and the resource's ARN; ``None`` for what cannot be told.

    Parameters
    ----------
    environ
        The request, in WSGI's words.
    service, region
        What its signature names.
    body
        Of the request.

    Examples
    --------
    >>> asked = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/b/k"}
    >>> action_and_resource(asked, "s3", "us-east-1", b"")
    ('s3:GetObject', 'arn:aws:s3:::b/k')
    """
    if service == "s3":
        return _s3(environ)
    namespace = NAMESPACES.get(service, service)
    path, _, query = str(environ["REQUEST_URI"]).partition("?")
    if service == "lambda":
        found = match(str(environ["REQUEST_METHOD"]), path, parse_qs(query))
        if found is None:
            return None, None
        operation = {"Invoke": "InvokeFunction"}.get(found.operation, found.operation)
        return f"lambda:{operation}", _resource(found.labels, region)
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        return f"{namespace}:{target.rpartition('.')[2]}", _resource(_object(body), region)
    asked = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
    operation = asked.get("Action", "")
    return (f"{namespace}:{operation}" if operation else None), _resource(asked, region)


def _s3(environ: Mapping[str, Any]) -> tuple[str | None, str | None]:
    path, _, query = str(environ["REQUEST_URI"]).partition("?")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    kind = "object" if key else "bucket" if bucket else "service"
    resource = f"arn:aws:s3:::{bucket}{'/' + key if key else ''}" if bucket else "*"
    special = [
        name
        for name in parse_qs(query, keep_blank_values=True)
        if name not in PLAIN_QUERY and not name.lower().startswith(("x-amz-", "awsaccesskeyid"))
    ]
    action = None if special else S3_ACTIONS.get((kind, str(environ["REQUEST_METHOD"])))
    return (f"s3:{action}" if action else None), resource


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _resource(asked: Mapping[str, Any], region: str) -> str | None:
    for name in ARNS:
        if str(asked.get(name, "")).startswith("arn:"):
            return str(asked[name])
    for name, form in NAMED.items():
        if asked.get(name):
            last = str(asked[name]).rpartition("/")[2]
            return "arn:aws:" + form.format(region=region, account=ACCOUNT, name=last)
    return None
