"""Requests to moto's services against the services' own models, before moto looks at them.

moto checks few of the bounds, patterns and enums that AWS checks, and what it does not expect ends
in a 500. While :func:`checked_requests` is in force, the services that Lambda's users meet refuse
in the words of AWS's framework, as Lambda does (:mod:`lambda_lab.aws.constraints`)::

    1 validation error detected: Value 'a b' at 'streamName' failed to satisfy constraint: ...

The words were recorded from Lambda, and are quoted for each of these services by many of their
users: confidence M. What a service checks beyond its model stands in the module of that service.

Every other service that speaks JSON or forms gets as much: text, of an operation that is there.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model

from lambda_lab.aws.constraints import violations_text
from lambda_lab.aws.pushes.events_requests import check_targets
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.rds.needed import what_rds_says
from lambda_lab.aws.refused import Refused
from lambda_lab.aws.sources.dynamodb_requests import check_keys, what_dynamodb_says
from lambda_lab.aws.sources.stream_requests import check_kinesis
from lambda_lab.aws.wire import decode, read_json_object
from lambda_lab.errors import AwsError

__all__ = ["CHECKED", "checked_requests"]


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a service words its refusals."""

    code: str
    """Of a parameter that breaks the model."""
    words: Callable[[Any, Mapping[str, Any]], str | None] = violations_text
    """Takes the shape and the parameters; may raise a refusal with a code of its own."""


_STACK_NAME = r"[a-zA-Z][-a-zA-Z0-9]*"
_IAM_NAME = r"[\w+=,.@-]+"
_ONE_NAME = re.compile(
    r"1 validation error detected: Value '[^']*' at '(\w+)' failed to satisfy constraint: "
    r"Member must satisfy regular expression pattern: " + re.escape(_IAM_NAME)
)


_HIDDEN = re.compile(r"Value '.*?' at '(logGroupIdentifiers?)'", re.DOTALL)


_CONSUMER = re.compile(r"arn:[^/]+:stream/[^/]+/consumer/[^/:]+")


def _words_of_iam(shape: Any, params: Mapping[str, Any]) -> str | None:
    text = violations_text(shape, params)
    marker = params.get("Marker")
    if text is None and marker and not marker.isdigit():
        return f"Invalid Marker: {marker}"  # ours are numbers; confidence L
    name = _ONE_NAME.fullmatch(text or "")
    if name is None:
        return text
    # IAM says it in its own words, which many users quote: confidence M.
    return (
        f"The specified value for {name[1]} is invalid. It must contain only alphanumeric "
        "characters and/or the following: +=,.@_-"
    )


def _words_of_cloudformation(shape: Any, params: Mapping[str, Any]) -> str | None:
    text = violations_text(shape, params)
    sources = ("TemplateBody", "TemplateURL", "UsePreviousTemplate")
    if text is not None or "TemplateBody" not in shape.members:
        return text
    stack = str(params.get("StackName", "a"))
    if not stack.startswith("arn:") and not re.fullmatch(_STACK_NAME, stack):
        # The model has no pattern for a new stack; users quote the text: confidence M.
        return (
            f"1 validation error detected: Value '{stack}' at 'stackName' failed to satisfy "
            f"constraint: Member must satisfy regular expression pattern: {_STACK_NAME}"
        )
    if "StackSetName" not in shape.members and not any(params.get(name) for name in sources):
        return "Either Template URL or Template Body must be specified."
    return None


def _words_of_logs(shape: Any, params: Mapping[str, Any]) -> str | None:
    # CloudWatch Logs does not repeat what names a group, though its model calls it no secret: seen
    # on AWS by moto's test_arn_formats_log_group_and_stream.
    text = violations_text(shape, params)
    return text and _HIDDEN.sub(r"Value at '\1'", text)


def _words_of_dynamodb(shape: Any, params: Mapping[str, Any]) -> str | None:
    return violations_text(shape, params) or what_dynamodb_says(shape, params)


def _words_of_kinesis(shape: Any, params: Mapping[str, Any]) -> str | None:
    consumer = params.get("ConsumerARN")
    if consumer and _CONSUMER.fullmatch(consumer):
        # moto leaves out the moment of the registration, which the pattern asks for.
        params = {**params, "ConsumerARN": f"{consumer}:0"}
    text = violations_text(shape, params)
    if text is None:
        check_kinesis(shape, params)
    return text


def _words_of_events(shape: Any, params: Mapping[str, Any]) -> str | None:
    text = violations_text(shape, params)
    if text is None:
        check_targets(shape, params)
    return text


def _first_absent(shape: Any, params: Mapping[str, Any]) -> str | None:
    return next((name for name in shape.required_members if params.get(name) is None), None)


def _words_of_sns(shape: Any, params: Mapping[str, Any]) -> str | None:
    # SNS's model has no bounds. Users quote the text for a topic: confidence M.
    name = _first_absent(shape, params)
    token = params.get("NextToken")
    if name is None and token and not token.isdigit():
        return "Invalid parameter: NextToken"  # ours are numbers; confidence L
    return name and f"Invalid parameter: {name} Reason: no value for required parameter"


def _words_of_sqs(shape: Any, params: Mapping[str, Any]) -> str | None:
    # Nor has that of SQS. Its API reference has code and text.
    name = _first_absent(shape, params)
    entry = shape.members.get("Entries")
    if name is None and entry is not None:
        # The position in a batch, as the query protocol counts it: confidence L.
        absent = (
            (number, _first_absent(entry.member, one))
            for number, one in enumerate(params["Entries"], start=1)
        )
        name = next((f"{entry.member.name}.{n}.{member}" for n, member in absent if member), None)
    return name and f"The request must contain the parameter {name}."


CHECKED: Mapping[str, _Manner] = MappingProxyType(
    {
        "cloudformation": _Manner("ValidationError", words=_words_of_cloudformation),
        "dynamodb": _Manner("ValidationException", words=_words_of_dynamodb),
        "dynamodbstreams": _Manner("ValidationException"),
        "events": _Manner("ValidationException", words=_words_of_events),
        "iam": _Manner("ValidationError", words=_words_of_iam),
        "kinesis": _Manner("ValidationException", words=_words_of_kinesis),
        "kms": _Manner("ValidationException"),
        "logs": _Manner("InvalidParameterException", words=_words_of_logs),
        "rds": _Manner("InvalidParameterValue", words=what_rds_says),
        "secretsmanager": _Manner("ValidationException"),
        "sns": _Manner("InvalidParameter", words=_words_of_sns),
        "sqs": _Manner("MissingParameter", words=_words_of_sqs),
        "sts": _Manner("ValidationError"),
    }
)
"""By moto's name of the service."""


@contextmanager
def checked_requests() -> Iterator[None]:
    """Refuse, while the block runs, what breaks a service's model."""
    parse, act = BaseResponse.parse_parameters, BaseResponse.call_action
    dispatch = vars(BaseResponse)["_dispatch"]

    def dispatch_text(self: Any, request: Any, *more: Any, **named: Any) -> Any:
        if _is_text(self, request):
            try:
                request.data.decode()
            except UnicodeDecodeError as error:
                raise AwsError(
                    "SerializationException", f"The request is no text: {error}"
                ) from None
        return dispatch(self, request, *more, **named)

    def parse_parameters(self: Any, request: Any) -> None:
        if not _is_text(self, request):
            parse(self, request)
            return
        _read(self, request.data)
        try:
            parse(self, request)
        except (AttributeError, TypeError, ValueError) as error:
            # A number that is none, in a form. The code is of IAM's common errors; the text ours.
            raise AwsError("MalformedInput", f"The request cannot be read: {error}") from None

    def call_action(self: Any) -> Any:
        try:
            _check(self)
        except ServiceException as refusal:
            return self.serialized(ActionResult(refusal))
        if _is_json(self) and self.body == "":
            self.body = "{}"  # moto's KMS and others would read nothing at all
        return act(self)

    with replaced(
        BaseResponse,
        _dispatch=dispatch_text,
        parse_parameters=parse_parameters,
        call_action=call_action,
    ):
        yield


def _is_text(response: Any, request: Any) -> bool:
    """Whether the request is one of JSON or of forms, and so can be read here."""
    if response.service_name in CHECKED:
        return True
    # boto3 compresses long requests to some services, and speaks CBOR to others.
    kind = f"{request.content_type} {request.headers.get('Smithy-Protocol')}"
    plain = "cbor" not in kind and not request.content_encoding
    return plain and _speaks_text(response.boto3_service_name)


@functools.cache
def _speaks_text(service: str) -> bool:
    try:
        protocols = get_service_model(service).metadata.get("protocols", ())
    except UnknownServiceError:
        return False  # one of moto's own
    return not {"ec2", "json", "query"}.isdisjoint(protocols)


def _read(response: Any, body: bytes) -> None:
    """Refuse a request for no operation, or whose JSON is none."""
    shape = _input_shape(response)
    if _is_json(response):
        if response.service_name in CHECKED:
            _decoded(shape, body)
        else:
            read_json_object(body)


def _check(response: Any) -> None:
    manner = CHECKED.get(response.service_name)
    if manner is None:
        if _is_text(response, response.normalized_request):
            _read(response, response.raw_body)
        return
    shape = _input_shape(response)
    if shape is None:
        return
    asked = _parameters(response, shape)
    text = manner.words(shape, asked)
    if text is not None:
        raise Refused(manner.code, text)
    if response.service_name == "dynamodb":
        check_keys(response.dynamodb_backend.tables, asked)


def _is_json(response: Any) -> bool:
    return "X-Amz-Target" in response.headers


def _input_shape(response: Any) -> Any:
    """Return what the operation that was asked for takes; ``None``: nothing.

    Raises
    ------
    AwsError
        If the service has no such operation.
    """
    name = str(response._get_action() or "")
    try:
        model = get_service_model(response.boto3_service_name).operation_model(name)
    except OperationNotFoundError:
        if _is_json(response):
            raise AwsError("UnknownOperationException", "", status=400) from None
        raise AwsError(
            "InvalidAction", f"The action {name} is not valid for this endpoint.", status=400
        ) from None
    return model.input_shape


def _parameters(response: Any, shape: Any) -> Mapping[str, Any]:
    if response.automated_parameter_parsing:
        parsed: Mapping[str, Any] = response.params
        if response.service_name == "sqs" and not _is_json(response):
            # The query protocol of SQS may name the queue by the path alone.
            return {"QueueUrl": response.path, **parsed}
        return parsed
    return _decoded(shape, response.raw_body)


def _decoded(shape: Any, body: bytes) -> Mapping[str, Any]:
    decoded: Mapping[str, Any] = decode(shape, read_json_object(body)) if shape else {}
    return decoded
