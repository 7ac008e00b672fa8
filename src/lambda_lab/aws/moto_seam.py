"""Every private name of moto's that this package uses, in one place.

moto looks its Docker-free Lambda backend up in ``moto.awslambda_simple.models``; ours goes there.
A contract test holds each name used here, and says what to do when an upgrade of moto breaks it.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import moto.awslambda_simple.models as moto_lambda
import moto.awslambda_simple.responses as moto_lambda_responses
import moto.core.utils as moto_utils
from moto.awslambda.models import LambdaAlias, LambdaBackend, LambdaFunction, LayerVersion
from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.exceptions import JsonRESTError
from moto.core.model_instances import reset_model_data
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import IAMBackend, iam_backends
from moto.logs.models import logs_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.exceptions import MissingBucket, MissingKey
from moto.s3.models import s3_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition, load_resource_as_str

from lambda_lab.aws.first_use import moto_may_have_loaded
from lambda_lab.aws.moto_instances import keep_no_instances
from lambda_lab.errors import AwsError, NotModelledError

__all__ = [
    "ACCOUNT",
    "JsonRESTError",
    "LambdaAlias",
    "LambdaBackend",
    "LambdaFunction",
    "LayerVersion",
    "aws_application",
    "credentials_for_role",
    "install_backend",
    "lambda_backend",
    "moto_reads",
    "present",
    "put_log_events",
    "read_object",
    "reset_moto",
    "role_trusts",
    "role_trusts_lambda",
    "template_response_module",
    "translate",
]

ACCOUNT: str = DEFAULT_ACCOUNT_ID
"""The account every region here belongs to."""


def install_backend(backend: type[LambdaBackend]) -> None:
    """Make *backend* the one that every moto service calls for Lambda."""
    default_user_config["lambda"] = {"use_docker": False}
    # Roles may have AWS's own policies attached. Read at the first use of IAM: a tenth of a second.
    default_user_config["iam"] = {"load_aws_managed_policies": True}
    iam: Any = IAMBackend
    iam._init_aws_policies = _policies_of_aws
    backends: Any = BackendDict(backend, "lambda")
    for module in (moto_lambda, moto_lambda_responses):
        vars(module)["lambda_simple_backends"] = backends
    function: Any = LambdaFunction
    function.create_from_cloudformation_json = staticmethod(_create_from_template)
    function.update_from_cloudformation_json = staticmethod(_update_from_template)
    # werkzeug, under moto's own server, logs each request to stderr.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


_read_policies_of_aws = IAMBackend._init_aws_policies


def _policies_of_aws(backend: IAMBackend) -> Any:
    """Read AWS's own policies; for the partition ``aws`` alone, as moto makes a backend for each.

    Six times a tenth of a second would be most of the time to a first function.
    """
    return _read_policies_of_aws(backend) if backend.region_name == "aws" else []


def _create_from_template(
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> Any:
    del account_id, kwargs
    properties = cloudformation_json["Properties"]
    return lambda_backend(region_name).create_from_template(resource_name, properties)


def _update_from_template(
    original_resource: LambdaFunction,
    new_resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> Any:
    del new_resource_name, account_id
    properties = cloudformation_json["Properties"]
    return lambda_backend(region_name).update_from_template(original_resource, properties)


def template_response_module() -> str:
    """Return the source of ``cfnresponse``, which AWS puts beside code written in a template."""
    source: str = load_resource_as_str("awslambda/resources/cfnresponse.py.txt")
    return source


def lambda_backend(region: str) -> Any:
    """Return our backend of *region*."""
    backends: Any = moto_lambda.lambda_simple_backends
    return present(backends, region) or backends[ACCOUNT][region]


def present(backends: Any, region: str) -> Any:
    """Return a service's backend of *region*, or ``None`` where nobody has asked for it yet.

    moto's own look-up makes what is missing, and sees to its register of services each time.
    """
    regions = backends.get(ACCOUNT)
    return None if regions is None else regions.get(region)


def aws_application(refusal: Callable[[Exception], Any]) -> Callable[..., Any]:
    """Return moto's WSGI application for all services.

    Parameters
    ----------
    refusal
        Turns an error that no service of moto's answers into an HTTP response.
    """

    def create(service: Any) -> Any:
        if service is None:
            application = _absent_service()
        else:
            get_backend(service)  # loads it; nothing of it is made before what is mended about it
            moto_may_have_loaded()
            application = create_backend_app(service)
            moto_may_have_loaded()  # what answers requests comes last
            keep_no_instances()
        application.register_error_handler(Exception, refusal)
        return application

    application: Callable[..., Any] = DomainDispatcherApplication(create)
    return application


def _absent_service() -> Any:
    """Return an application for a service that moto does not have."""
    from flask import Flask

    application = Flask("absent-service")

    @application.before_request
    def refuse() -> None:
        raise NotModelledError("This AWS service")

    return application


def reset_moto() -> None:
    """Empty every backend of every service."""
    BackendDict.reset()
    reset_model_data()
    keep_no_instances()


def translate(error: JsonRESTError) -> AwsError:
    """Turn moto's error into ours, with its code, text and status."""
    from lambda_lab.aws.errors import aws_error

    code = str(error.error_type)
    try:
        made = aws_error(code, str(error.message))
    except ValueError:
        made = AwsError(code, str(error.message), status=int(error.code))
    return made


def read_object(region: str, bucket: str, key: str, version: str | None) -> bytes:
    """Read an object from S3.

    Raises
    ------
    AwsError
        In Lambda's words about S3's error.
    """
    s3 = s3_backends[ACCOUNT][get_partition(region)]
    try:
        home = s3.head_bucket(bucket).region_name
        if home != region:
            # As users of AWS report it: confidence M.
            raise _s3_refusal(
                "PermanentRedirect",
                f"The bucket is in this region: {home}. "
                "Please use this region to retry the request",
            )
        found = s3.get_object(bucket, key, version)
        if found is None and version is not None and s3.get_object(bucket, key) is not None:
            raise _s3_refusal("NoSuchVersion", "The specified version does not exist.")
    except MissingBucket:
        raise _s3_refusal("NoSuchBucket", "The specified bucket does not exist") from None
    except MissingKey:
        found = None
    if found is None:
        raise _s3_refusal("NoSuchKey", "The specified key does not exist.")
    value: bytes = found.value
    return value


def _s3_refusal(code: str, text: str) -> AwsError:
    from lambda_lab.aws.errors import aws_error

    return aws_error(
        "InvalidParameterValueException",
        f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {text}",
    )


def role_trusts_lambda(region: str, arn: str) -> bool:
    """Whether the role exists and lets ``lambda.amazonaws.com`` assume it."""
    return role_trusts(region, arn, "lambda.amazonaws.com")


def role_trusts(region: str, arn: str, service: str) -> bool:
    """Whether the role exists and lets *service*, ``scheduler.amazonaws.com`` say, assume it."""
    from moto.iam.exceptions import NotFoundException

    try:
        role = iam_backends[ACCOUNT][get_partition(region)].get_role_by_arn(arn)
    except NotFoundException:
        return False
    try:
        statements = json.loads(role.assume_role_policy_document)["Statement"]
    except (TypeError, ValueError, KeyError):
        return False
    return any(
        _lets_in(statement, service)
        for statement in (statements if isinstance(statements, list) else [statements])
    )


def _lets_in(statement: Any, service: str) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
        return False
    if not {"sts:AssumeRole", "sts:*", "*"} & set(_several(statement.get("Action"))):
        return False
    principal = statement.get("Principal")
    if principal == "*":
        return True
    services = principal.get("Service") if isinstance(principal, dict) else None
    return bool({service, "*"} & set(_several(services)))


def _several(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    return [] if value is None else [str(value)]


def credentials_for_role(region: str, role_arn: str, session: str) -> dict[str, str]:
    """Assume *role_arn* and return the environment variables that carry the credentials."""
    assumed = sts_backends[ACCOUNT][get_partition(region)].assume_role(
        region_name=region,
        role_session_name=session,
        role_arn=role_arn,
        policy="",
        duration=3600 * 12,
        external_id="",
    )
    return {
        "AWS_ACCESS_KEY_ID": assumed.access_key_id,
        "AWS_SECRET_ACCESS_KEY": assumed.secret_access_key,
        "AWS_SESSION_TOKEN": assumed.session_token,
    }


def put_log_events(
    region: str, group: str, stream: str, events: list[dict[str, Any]], tags: dict[str, str]
) -> None:
    """Write events (``timestamp`` in ms, ``message``), making group and stream as needed."""
    backend = logs_backends[ACCOUNT][region]
    if group not in backend.groups:
        backend.create_log_group(group, tags)
    if stream not in backend.groups[group].streams:
        backend.create_log_stream(group, stream)
    backend.put_log_events(group, stream, events)


@contextmanager
def moto_reads(now: Callable[[], datetime]) -> Iterator[None]:
    """Let moto's backends read the region's clock while the block runs.

    moto's services ask ``moto.core.utils.utcnow``; most import the name, so it is replaced in
    every module of moto's that has it.
    """

    def utcnow() -> datetime:
        return now().replace(tzinfo=None)

    original = moto_utils.utcnow

    def replace(old: Any, new: Any) -> None:
        for name, module in list(sys.modules.items()):
            if name.startswith("moto.") and getattr(module, "utcnow", None) is old:
                module.utcnow = new  # type: ignore[attr-defined]

    replace(original, utcnow)
    try:
        yield
    finally:
        replace(utcnow, original)
