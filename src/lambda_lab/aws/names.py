"""How a caller may name a function: name, partial ARN or ARN, each with or without qualifier."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from lambda_lab.aws.errors import aws_error

__all__ = [
    "FunctionName",
    "LayerName",
    "function_arn",
    "parse_function_name",
    "parse_layer_arn",
    "parse_layer_name",
]

# As the service model's own pattern has it: every part but the name may be missing.
_NAME = re.compile(
    r"^(?:arn:aws[a-zA-Z-]*:lambda:)?"
    r"(?:(?P<region>(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?"
    r"(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_.]+)(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$"
)


_LAYER = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):layer:"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<version>\d+))?"
)


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A function as a caller named it."""

    name: str
    qualifier: str | None
    account: str | None


def function_arn(region: str, account: str, name: str, qualifier: str | None = None) -> str:
    """Return a function's ARN.

    Examples
    --------
    >>> function_arn("us-east-1", "123456789012", "f", "PROD")
    'arn:aws:lambda:us-east-1:123456789012:function:f:PROD'
    """
    arn = f"arn:aws:lambda:{region}:{account}:function:{name}"
    return f"{arn}:{qualifier}" if qualifier else arn


@functools.lru_cache(maxsize=4096)
def parse_function_name(text: str, qualifier: str | None, region: str) -> FunctionName:
    """Read a ``FunctionName`` together with a ``Qualifier`` parameter.

    Raises
    ------
    AwsError
        If both carry a qualifier and they differ, or the ARN names another region.

    Examples
    --------
    >>> parse_function_name("123456789012:function:f:1", None, "us-east-1")
    FunctionName(name='f', qualifier='1', account='123456789012')
    >>> parse_function_name("us-east-1:function:f", "1", "us-east-1")
    FunctionName(name='f', qualifier='1', account=None)
    """
    found = _NAME.match(text)
    if found is None:
        return FunctionName(text, qualifier, None)
    if found["region"] and found["region"] != region:
        raise aws_error(
            "ResourceNotFoundException",
            f"Functions from '{found['region']}' are not reachable in this region ('{region}')",
        )
    own = found["qualifier"]
    if own and qualifier and own != qualifier:
        raise aws_error(
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        )
    return FunctionName(found["name"], own or qualifier, found["account"])


@dataclass(frozen=True, slots=True)
class LayerName:
    """A layer, or one version of it, as a caller named it."""

    region: str
    account: str
    name: str
    version: str | None


def parse_layer_arn(arn: str) -> LayerName | None:
    """Read a layer's ARN; ``None`` if it is none.

    Examples
    --------
    >>> parse_layer_arn("arn:aws:lambda:us-east-1:123456789012:layer:tools:3").version
    '3'
    """
    found = _LAYER.fullmatch(arn)
    if found is None:
        return None
    return LayerName(found["region"], found["account"], found["name"], found["version"])


def parse_layer_name(text: str, region: str, account: str) -> LayerName:
    """Read a ``LayerName``, which may be an ARN.

    Examples
    --------
    >>> parse_layer_name("tools", "us-east-1", "123456789012").name
    'tools'
    """
    return parse_layer_arn(text) or LayerName(region, account, text, None)
