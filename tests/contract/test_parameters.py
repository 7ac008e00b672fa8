"""Each parameter of each operation that the region answers: none is taken in silence.

``parameters.toml`` says what becomes of it. A newer botocore that has a parameter more turns the
first test red; the others send one request for each parameter that is kept or refused.
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from api_region import TRUST, ApiRegion, open_api_region, package
from lambda_lab.aws.lambda_api import INVOKES, OPERATIONS
from lambda_lab.aws.model import operation_model
from repository import ROOT

TABLE = tomllib.loads((ROOT / "tests/contract/parameters.toml").read_text(encoding="utf-8"))
ANSWERED = sorted({*OPERATIONS, *INVOKES})
OF_QUEUES = ("ProvisionedPollerConfig", "ScalingConfig")
"""Settings that a mapping of a queue has; the others are tried on one of a stream."""


def members(operation: str) -> Mapping[str, Any]:
    shape = operation_model(operation).input_shape
    return {} if shape is None else shape.members


def listed(operation: str, *classes: str) -> list[str]:
    row = TABLE["operations"].get(operation, {})
    return [path for name in classes or row for path in row.get(name, [])]


def paths(operation: str) -> Iterator[str]:
    """Name the parameters: a structure by its members, unless the table refuses all of it."""
    whole = {*listed(operation, "refused", "not-modelled")}
    stack = [(name, shape) for name, shape in members(operation).items()]
    while stack:
        path, shape = stack.pop()
        while shape.type_name == "list":
            shape = shape.member
        if path in whole or shape.type_name != "structure":
            yield path
        else:
            stack += [(f"{path}.{name}", child) for name, child in shape.members.items()]


@pytest.mark.parametrize("operation", ANSWERED)
def test_the_table_knows_every_parameter(operation: str) -> None:
    assert sorted(listed(operation)) == sorted(paths(operation)), (
        "look at what the region does with it, and put it into tests/contract/parameters.toml"
    )


def test_the_table_knows_nothing_else() -> None:
    assert sorted(TABLE["operations"]) == ANSWERED
    sent = {path for operation in ANSWERED for path in listed(operation, *PROBED)}
    assert sorted(sent) == sorted(TABLE["samples"])


# -- what is sent ----------------------------------------------------------------------------------

PROBED = ("kept", "refused", "not-modelled")


class Field:
    """A region with what the samples name, and a valid request for each operation."""

    def __init__(self, api: ApiRegion) -> None:
        self.api = api
        iam, sqs, ec2 = (api.service(name) for name in ("iam", "sqs", "ec2"))
        other = iam.create_role(RoleName="other", AssumeRolePolicyDocument=json.dumps(TRUST))
        for role in ("lambda-role", "other"):
            iam.attach_role_policy(
                RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
            )
        sqs.create_queue(QueueName="queue")
        stream = api.service("kinesis")
        stream.create_stream(StreamName="stream", ShardCount=1)
        s3 = api.service("s3")
        s3.create_bucket(Bucket="packages")
        s3.put_object(Bucket="packages", Key="code.zip", Body=package("# from the bucket\n"))
        subnet = self._subnet(ec2)
        network = subnet["VpcId"]
        group = ec2.create_security_group(GroupName="g", Description="g", VpcId=network)
        layer = api.client.publish_layer_version(
            LayerName="layer", Content={"ZipFile": package({"python/tool.py": ""})}
        )
        key = api.service("kms").create_key()["KeyMetadata"]["Arn"]
        api.region.clock.advance(10)
        self.names = {
            "role": api.role,
            "other_role": other["Role"]["Arn"],
            "queue": "arn:aws:sqs:us-east-1:123456789012:queue",
            "stream": "arn:aws:kinesis:us-east-1:123456789012:stream/stream",
            "subnet": subnet["SubnetId"],
            "group": group["GroupId"],
            "layer": layer["LayerVersionArn"],
            "key": key,
            "runtime": "arn:aws:lambda:us-east-1:123456789012:runtime/mine",
        }

    @staticmethod
    def _subnet(ec2: Any) -> dict[str, Any]:
        made = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
        (found,) = ec2.describe_vpcs(VpcIds=[made["VpcId"]])["Vpcs"]
        block = found["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
        subnet: dict[str, Any] = ec2.create_subnet(
            VpcId=made["VpcId"], CidrBlock="10.0.0.0/24", Ipv6CidrBlock=block
        )["Subnet"]
        return subnet

    def filled(self, value: Any) -> Any:
        """Put what was made in the place of its name."""
        if isinstance(value, dict):
            return {key: self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, str) and value[1:-1] in self.names:
            return self.names[value[1:-1]]
        return value

    def request(self, operation: str, path: str) -> dict[str, Any]:
        """Return a request that is valid without the parameter *path*."""
        names = members(operation)
        request: dict[str, Any] = {}
        if operation == "CreateFunction":
            request = {"FunctionName": self.api.name(), "Role": "{role}", "Runtime": "python3.12",
                       "Handler": "index.handler", "Code": {"ZipFile": package()}}  # fmt: skip
        elif "FunctionName" in names and operation != "UpdateEventSourceMapping":
            request = {"FunctionName": self._function()}
        if operation.endswith("LayerVersionPermission"):
            number = self.api.client.publish_layer_version(
                LayerName="shared", Content={"ZipFile": package()}
            )["Version"]
            request = {"LayerName": "shared", "VersionNumber": number}
        more = copy.deepcopy(LEAST.get(operation, {}))
        if "EventSourceMapping" in operation:
            queue = path.startswith(OF_QUEUES)
            source = {"EventSourceArn": "{queue}" if queue else "{stream}"}
            more = source if queue else source | {"StartingPosition": "LATEST"}
            if operation == "UpdateEventSourceMapping":
                more = {"UUID": self._mapping(self.filled(more))}
        if operation.startswith(("Update", "PublishVersion")):
            self._prepare(operation, request)
        together = TABLE["together"].get(path, {})
        made: dict[str, Any] = self.filled(request | more | together)
        return made

    def _function(self) -> str:
        name = self.api.active(Publish=True)
        self.api.client.update_function_code(FunctionName=name, ZipFile=package("# 2\n"))
        self.api.later()
        self.api.client.publish_version(FunctionName=name)
        return name

    def _mapping(self, source: Mapping[str, Any]) -> str:
        made = self.api.client.create_event_source_mapping(
            FunctionName=self.api.active(), Enabled=False, **source
        )
        self.api.region.clock.advance(120)
        uuid: str = made["UUID"]
        return uuid

    def _prepare(self, operation: str, request: Mapping[str, Any]) -> None:
        if operation == "UpdateAlias":
            self.api.client.create_alias(Name="live", FunctionVersion="1", **request)
        if operation == "UpdateFunctionEventInvokeConfig":
            self.api.client.put_function_event_invoke_config(MaximumRetryAttempts=0, **request)
        if operation == "PublishVersion":  # of nothing new there would be none
            self.api.client.update_function_code(**request, **PACKAGE)
            self.api.later()

    def send(self, operation: str, path: str) -> tuple[int, dict[str, Any]]:
        """Send the least request with the sample of *path*; return status and answer."""
        request = self.request(operation, path)
        self._place(operation, request, path, self.filled(TABLE["samples"][path]))
        try:
            answer = getattr(self.api.client, xform_name(operation))(**request)
        except ClientError as error:
            answer = error.response
        return answer["ResponseMetadata"]["HTTPStatusCode"], answer

    def _place(self, operation: str, request: dict[str, Any], path: str, value: Any) -> None:
        *outer, last = path.split(".")
        known: Mapping[str, Any] = members(operation)
        for name in outer:
            shape = known[name]
            many = shape.type_name == "list"
            known = (shape.member if many else shape).members
            held = request.setdefault(name, [{}] if many else {})
            request = held[0] if many else held
        request[last] = value


PACKAGE = {"S3Bucket": "packages", "S3Key": "code.zip"}
LEAST: Mapping[str, dict[str, Any]] = {
    "AddLayerVersionPermission": {
        "StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*",
    },
    "AddPermission": {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"},
    "CreateAlias": {"Name": "live", "FunctionVersion": "1"},
    "PublishLayerVersion": {
        "LayerName": "published", "Content": PACKAGE,
    },
    "PutProvisionedConcurrencyConfig": {"Qualifier": "1"},
    "PutRuntimeManagementConfig": {"UpdateRuntimeOn": "Auto"},
    "UpdateAlias": {"Name": "live"},
    "UpdateFunctionCode": PACKAGE,
}  # fmt: skip
"""What a request needs beside the name of a function."""


@pytest.fixture(scope="module")
def field() -> Iterator[Field]:
    """Return the module's region."""
    with open_api_region() as api:
        yield Field(api)


def rows(name: str) -> list[tuple[str, str]]:
    return [(operation, path) for operation in ANSWERED for path in listed(operation, name)]


# -- what comes back -------------------------------------------------------------------------------


def look_up(answer: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(answer, list):
            answer = answer[0]
        answer = answer.get(name, {})
    return answer


@pytest.mark.parametrize(("operation", "path"), rows("kept"))
def test_what_is_kept_is_shown(field: Field, operation: str, path: str) -> None:
    status, answer = field.send(operation, path)
    assert status in (200, 201, 202), answer
    wanted = field.filled(TABLE["samples"][path])
    if look_up(answer, path) != wanted:
        # Not under its own name: in the text of a policy, or with more about it.
        answer.pop("ResponseMetadata")
        (text,) = wanted if isinstance(wanted, list) else [str(wanted).lower()]
        assert text.lower() in json.dumps(answer, default=str).lower()


@pytest.mark.parametrize(("operation", "path"), rows("not-modelled"))
def test_what_is_not_modelled_says_so(field: Field, operation: str, path: str) -> None:
    status, answer = field.send(operation, path)
    assert (status, answer["Error"]["Code"]) == (501, "NotModelledException"), answer


@pytest.mark.parametrize(("operation", "path"), rows("refused"))
def test_what_cannot_be_here_is_refused(field: Field, operation: str, path: str) -> None:
    status, answer = field.send(operation, path)
    assert (status, answer["Error"]["Code"]) == (400, "InvalidParameterValueException"), answer
    text = answer["Error"]["Message"]
    assert path.split(".", maxsplit=1)[0] in text or path.rsplit(".", maxsplit=1)[-1] in text
