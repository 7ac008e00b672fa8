"""What AWS refuses beyond the bounds of its service model: packages, variables, runtimes, tags.

Each check raises AWS's own code and words. Sizes come from :mod:`lambda_lab.facts`. What a package
must be stands in :mod:`lambda_lab.aws.code_checks`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.code_checks import check_layout
from lambda_lab.aws.errors import aws_error, not_authorized
from lambda_lab.aws.names import FunctionName, function_arn
from lambda_lab.errors import AwsError, NotModelledError, PackagingError, SandboxError
from lambda_lab.records import LayerSpec
from lambda_lab.runtime.packages import check_zip
from lambda_lab.runtime.runtimes import served_by

__all__ = [
    "DIRECT_UPLOAD_BYTES",
    "NOT_MODELLED_CODE",
    "NOT_MODELLED_SETTINGS",
    "check_environment",
    "check_new_name",
    "check_runtime",
    "check_tags",
    "check_unzipped_with_layers",
    "check_vpc",
    "checked_zip",
    "refuse_not_modelled",
    "request_too_large",
]

DIRECT_UPLOAD_BYTES = 70_167_211
"""The request size AWS names when a package is too large to upload directly: base64 and all."""
TAGS_PER_FUNCTION = 50
"""AWS allows this many tags on a function (Developer Guide, Using tags on Lambda functions)."""
RESERVED_TAG_PREFIX = "aws:"
"""Tags that begin so, in capitals or not, are AWS's own (the same page)."""

NOT_MODELLED_SETTINGS = {
    "FileSystemConfigs": "Mounting a file system",
    "CodeSigningConfigArn": "Code signing",
    "DurableConfig": "A durable function",
    "CapacityProviderConfig": "A function on managed instances",
    "TenancyConfig": "Tenant isolation",
    "AcceleratorConfig": "An accelerator",
    "RuntimeConfig": "A customer-managed runtime",
    "RuntimeManagementConfig": "Choosing a runtime's version",
    "PublishTo": "The version $LATEST.PUBLISHED",
}
"""Members of a function's configuration that AWS acts on and this package does not."""
NOT_MODELLED_CODE = {
    "ImageUri": "A function from a container image",
    "SourceKMSKeyArn": "A package encrypted with a key of your own",
    "S3ObjectStorageMode": "A package that stays in a bucket of your own",
}
"""The same of a function's code; ``COPY``, the default of the last one, is what happens here."""


def refuse_not_modelled(params: Mapping[str, Any]) -> None:
    """Refuse settings that would have no effect here.

    Raises
    ------
    NotModelledError
        Naming the first such setting.
    """
    for member, what in NOT_MODELLED_SETTINGS.items():
        # An empty structure asks for the feature too, with AWS's defaults.
        if params.get(member) not in (None, "", []):
            raise NotModelledError(what)
    code = params.get("Code") or params  # UpdateFunctionCode has its members at the top
    for member, what in NOT_MODELLED_CODE.items():
        if code.get(member) not in (None, "", "COPY"):
            raise NotModelledError(what)
    if params.get("PackageType") == "Image":
        raise NotModelledError(NOT_MODELLED_CODE["ImageUri"])


def check_new_name(name: FunctionName, asked: str, region: str, account: str) -> None:
    """Check that a function may be created under a name that may have been given as an ARN.

    Parameters
    ----------
    name, asked
        The name as it was read, and as it was asked for.
    region, account
        Where it is to be created.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` for a qualifier, since what is made is ``$LATEST`` (its
        words: confidence L); ``AccessDeniedException`` for another account;
        ``ValidationException`` for a name that is too long, since the model bounds the whole ARN
        only (its words: confidence L).
    """
    if name.qualifier not in (None, "$LATEST"):
        raise aws_error(
            "InvalidParameterValueException",
            f"A function cannot be created as {asked}: versions and aliases are made of a "
            "function that is there. Please specify a function name or an unqualified function "
            "ARN.",
        )
    if name.account not in (None, account):
        arn = function_arn(region, str(name.account), name.name)
        raise not_authorized("lambda:CreateFunction", arn, account)
    limit = int(facts.value("function.name.maximum"))
    if len(name.name) > limit:
        raise aws_error(
            "ValidationException",
            f"1 validation error detected: Value '{asked}' at 'functionName' failed to satisfy "
            f"constraint: Member must have length less than or equal to {limit}",
        )


def request_too_large(operation: str) -> AwsError:
    """Return AWS's refusal of a request that is too large to upload code directly."""
    return AwsError(
        "RequestEntityTooLargeException",
        f"Request must be smaller than {DIRECT_UPLOAD_BYTES} bytes for the {operation} operation",
        status=413,
        members={},
    )


def checked_zip(archive: bytes) -> bytes:
    """Return *archive* if AWS would take it.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` in AWS's words.
    """
    if not archive:
        raise _empty()
    try:
        check_zip(archive)
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            if not opened.infolist():
                raise _empty()
            check_layout(opened.infolist())
    except PackagingError as error:
        raise aws_error("InvalidParameterValueException", str(error)) from None
    except (zipfile.BadZipFile, OSError, OverflowError, ValueError) as error:
        # zipfile meets some damage with errors of its own, beyond BadZipFile.
        raise aws_error(
            "InvalidParameterValueException",
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ) from error
    return archive


def _empty() -> AwsError:
    return aws_error("InvalidParameterValueException", "Uploaded file must be a non-empty zip")


def check_unzipped_with_layers(code: bytes, layers: tuple[LayerSpec, ...]) -> None:
    """Check the unzipped size of a function with its layers.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` in the words many users of AWS report (confidence M).
    """
    if not layers:
        return
    limit = int(facts.value("package.unzipped-maximum"))
    size = check_zip(code) + sum(check_zip(layer.code) for layer in layers)
    if size > limit:
        raise aws_error(
            "InvalidParameterValueException",
            "Function code combined with layers exceeds the maximum allowed size of "
            f"{limit} bytes. The actual size is {size} bytes.",
        )


def check_environment(environment: Mapping[str, Any] | None) -> None:
    """Check variables against AWS's size limit and its reserved names.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` in AWS's words.
    """
    variables = (environment or {}).get("Variables") or {}
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > int(facts.value("environment.maximum")):
        raise aws_error(
            "InvalidParameterValueException",
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided exceeded the 4KB limit. "
            f"String measured: {measured}",
        )
    reserved = {v.name for v in facts.environment_variables() if v.reserved} & set(variables)
    if reserved:
        raise aws_error(
            "InvalidParameterValueException",
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(sorted(reserved))}",
        )
    if "AWS_LAMBDA_EXEC_WRAPPER" in variables:
        raise NotModelledError("A wrapper script (AWS_LAMBDA_EXEC_WRAPPER)")


def check_runtime(runtime: str | None, today: date, *, creates: bool) -> None:
    """Check that AWS still takes *runtime* on that day, and that this machine can serve it.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``: in AWS's words for a retired runtime, in ours for one
        that no interpreter here can serve.
    """
    if runtime is None:
        return
    for known in facts.runtimes():
        blocked = known.block_create if creates else known.block_update
        if known.name == runtime and blocked is not None and blocked <= today:
            raise aws_error(
                "InvalidParameterValueException",
                f"The runtime parameter of {runtime} is no longer supported for creating or "
                "updating AWS Lambda functions. We recommend you use a supported runtime while "
                "creating or updating functions.",
            )
    try:
        served_by(runtime)
    except SandboxError as error:
        raise aws_error("InvalidParameterValueException", str(error)) from None


def check_tags(tags: Mapping[str, str]) -> None:
    """Check how many tags a function would have, and that none is named as AWS's own.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``: in AWS's words for the number; for the names in those
        of other AWS services (confidence L).
    """
    if len(tags) > TAGS_PER_FUNCTION:
        raise aws_error(
            "InvalidParameterValueException", "Number of tags exceeds resource tag limit."
        )
    if any(key.lower().startswith(RESERVED_TAG_PREFIX) for key in tags):
        raise aws_error(
            "InvalidParameterValueException",
            f"{RESERVED_TAG_PREFIX} prefixed tag key names are not allowed for external use.",
        )


def check_vpc(params: Mapping[str, Any]) -> None:
    """Check that ``VpcConfig`` has both its lists, or neither.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` in the words users of AWS report (confidence M).
    """
    config = params.get("VpcConfig") or {}
    if bool(config.get("SubnetIds")) is not bool(config.get("SecurityGroupIds")):
        raise aws_error(
            "InvalidParameterValueException",
            "SubnetIds and SecurityIds must coexist or be both empty list.",
        )
