"""A region in this process and the few things that tests of the API do with it."""

from __future__ import annotations

import base64
import http.client
import io
import itertools
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lambda_lab.region import Region

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ECHO = "def handler(event, context):\n    return event\n"
RUNTIME = "python3.12"


def package(files: Mapping[str, str | bytes] | str = ECHO) -> bytes:
    """Return a zip of *files*; a text is the module ``index``."""
    files = {"index.py": files} if isinstance(files, str) else files
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return archive.getvalue()


class ApiRegion:
    """An open region: clients, names, and functions made in one line."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.url = region.url
        self._numbers = itertools.count(1)
        self.client = self.service("lambda")
        iam = self.service("iam")
        self.role = iam.create_role(
            RoleName="lambda-role", AssumeRolePolicyDocument=json.dumps(TRUST)
        )["Role"]["Arn"]

    def service(self, name: str, region: str = "us-east-1") -> Any:
        """Return a boto3 client that never tries twice."""
        config = Config(
            retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=60
        )
        return boto3.client(name, region_name=region, endpoint_url=self.url, config=config)

    def name(self, stem: str = "fn") -> str:
        """Return a name that no test has used."""
        return f"{stem}-{next(self._numbers)}"

    def create(self, name: str | None = None, **more: Any) -> dict[str, Any]:
        """Create a function from the least there is to say."""
        asked = {
            "FunctionName": name or self.name(),
            "Role": self.role,
            "Runtime": RUNTIME,
            "Handler": "index.handler",
            "Code": {"ZipFile": package()},
        }
        answer: dict[str, Any] = self.client.create_function(**asked | more)
        return answer

    def active(self, name: str | None = None, **more: Any) -> str:
        """Create a function, let it become Active, and return its name."""
        made: str = self.create(name, **more)["FunctionName"]
        self.later()
        return made

    def later(self) -> None:
        """Move the clock past every creation and update that is under way."""
        self.region.clock.advance(1)

    def invoke(self, name: str, event: Any = None, **more: Any) -> Any:
        """Call a function and return its result, which must not be an error."""
        answer = self.client.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **more)
        text = answer["Payload"].read().decode()
        assert "FunctionError" not in answer, text
        return json.loads(text)

    def arn(self, name: str, region: str = "us-east-1") -> str:
        """Return the ARN of a function."""
        return f"arn:aws:lambda:{region}:123456789012:function:{name}"

    def refused(self, operation: str, client: Any = None, /, **params: Any) -> Refusal:
        """Call an operation that must fail, and return how it failed."""
        with pytest.raises(ClientError) as caught:
            getattr(client or self.client, operation)(**params)
        return Refusal(caught.value.response)

    def raw(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        region: str = "us-east-1",
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request as no SDK would; return status, headers (lower case) and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.region.port, timeout=60)
        scope = f"Credential=A/20261121/{region}/lambda/aws4_request"
        sent = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}
        try:
            connection.request(method, path, body=body, headers=sent | dict(headers or {}))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, named, answer.read()
        finally:
            connection.close()


class Refusal:
    """An error answer: code, message, status, and the body's own members."""

    def __init__(self, response: Mapping[str, Any]) -> None:
        self.code: str = response["Error"]["Code"]
        self.message: str = response["Error"]["Message"]
        self.status: int = response["ResponseMetadata"]["HTTPStatusCode"]
        self.members = set(response) - {"Error", "ResponseMetadata"}

    def __iter__(self) -> Iterator[Any]:
        return iter((self.status, self.code, self.message))


def tail_of(answer: Mapping[str, Any]) -> str:
    """Return the log that an answer with ``LogType=Tail`` carries."""
    return base64.b64decode(answer["LogResult"]).decode()


@contextmanager
def open_api_region() -> Iterator[ApiRegion]:
    """Open a region for API tests."""
    with Region() as region:
        yield ApiRegion(region)
