"""AWS's `ValidationException`: parameters against the bounds, patterns and enums of the model.

boto3 checks almost none of these before it sends, so a learner meets them as AWS's answer. The
form was recorded from AWS::

    1 validation error detected: Value 'x' at 'recursiveLoop' failed to satisfy constraint: ...

Every member that fails is listed, in the order of the model. AWS's own order of several errors is
not documented.

Forms that no recording shows follow what AWS's service framework prints elsewhere: elements of
lists and maps (confidence M), ``Value at`` without a value where the model marks it sensitive (M),
paths below a map, and structures inside a printed list (L).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.model import operation_model
from lambda_lab.aws.rules import Constraint, constraints_of, rules_of
from lambda_lab.errors import AwsError

__all__ = ["DOCUMENTED_BOUNDS", "DocumentedBound", "validate", "violations_text"]

_NOT_NULL = "Member must not be null"
_COMPLEX = ("structure", "list", "map")
_PARTS = ("member", "key", "value")


@dataclass(frozen=True, slots=True)
class DocumentedBound:
    """A documented quota that is lower than the API's own bound."""

    fact: str
    """Key of the quota in :mod:`lambda_lab.facts`."""
    waived_by: str
    """Request member that lifts the quota to the API's bound."""


DOCUMENTED_BOUNDS: Mapping[str, DocumentedBound] = MappingProxyType(
    {
        # API reference, CreateFunction: the larger bounds serve Lambda Managed Instances and,
        # for ephemeral storage, functions with an accelerator.
        "Timeout": DocumentedBound("timeout.maximum", "CapacityProviderConfig"),
        "MemorySize": DocumentedBound("memory.maximum", "CapacityProviderConfig"),
        "EphemeralStorageSize": DocumentedBound("ephemeral.maximum", "AcceleratorConfig"),
    }
)
"""By shape name. They hold wherever a function is configured."""

_CONFIGURING = frozenset({"CreateFunction", "UpdateFunctionConfiguration"})


def validate(operation: str, params: Mapping[str, Any]) -> None:
    """Check parameters as AWS does before it looks at anything else.

    Parameters
    ----------
    operation
        AWS's name of the operation.
    params
        Parameters as :func:`lambda_lab.aws.operations.parse` returns them.

    Raises
    ------
    AwsError
        `ValidationException` (400) that lists every member at fault; or
        `InvalidParameterValueException` (400) for a ``Runtime`` that does not exist, which AWS
        checks only when the rest is in order (confidence M).

    Examples
    --------
    >>> validate("Invoke", {"FunctionName": "hello", "Payload": b"{}"})
    >>> validate("PutFunctionConcurrency", {"FunctionName": "hello"})
    Traceback (most recent call last):
    ...
    lambda_lab.errors.AwsError: ValidationException: 1 validation error detected: Value null at \
'reservedConcurrentExecutions' failed to satisfy constraint: Member must not be null
    """
    if operation == "Invoke":
        # The payload has no bounds in the model, and the texts of one call come again in the next.
        texts = tuple((name, text) for name, text in params.items() if name != "Payload")
        _validate_texts(operation, texts)
    else:
        _validate(operation, params)


@functools.lru_cache(maxsize=4096)
def _validate_texts(operation: str, params: tuple[tuple[str, str], ...]) -> None:
    _validate(operation, dict(params))


def _validate(operation: str, params: Mapping[str, Any]) -> None:
    shape = operation_model(operation).input_shape
    if shape is None:
        return
    configures = operation in _CONFIGURING
    maxima = _maxima(operation, params) if configures else {}
    checked = {**params, "Runtime": None} if configures else params
    text = violations_text(shape, checked, maxima)
    if text is not None:
        raise aws_error("ValidationException", text)
    if configures:
        _check_runtime(params.get("Runtime"))


def violations_text(
    shape: Any, params: Mapping[str, Any], maxima: Mapping[str, int] | None = None
) -> str | None:
    """Return what AWS says about *params* that break the rules of *shape*, of any service.

    Parameters
    ----------
    shape
        The structure that an operation takes.
    params
        What came in.
    maxima
        Bounds that take the place of the model's, by shape name.

    Returns
    -------
    str or None
        ``None`` where every rule holds.
    """
    violations = list(_structure(shape, params, "", maxima or {}))
    if not violations:
        return None
    count = len(violations)
    errors = "error" if count == 1 else "errors"
    return f"{count} validation {errors} detected: {'; '.join(violations)}"


def _maxima(operation: str, params: Mapping[str, Any]) -> dict[str, int]:
    """Return the bounds that take the place of the model's, by shape name."""
    maxima: dict[str, int] = {
        shape_name: facts.value(bound.fact)
        for shape_name, bound in DOCUMENTED_BOUNDS.items()
        if params.get(bound.waived_by) is None
    }
    if operation == "CreateFunction" and ":" not in (params.get("FunctionName") or ""):
        # API reference, CreateFunction: the model's bound is for a full ARN; a name is shorter.
        maxima["FunctionName"] = facts.value("function.name.maximum")
    return maxima


def _check_runtime(runtime: str | None) -> None:
    if runtime is None:
        return
    (rule,) = constraints_of("Runtime")
    if not rule.holds(runtime):
        raise _unknown_runtime(runtime, rule)


def _unknown_runtime(runtime: str, rule: Constraint) -> AwsError:
    # AWS lists the runtimes it still creates, in no known order; here it is the model's list.
    return aws_error(
        "InvalidParameterValueException",
        f"Value {runtime} at 'runtime' failed to satisfy constraint: {rule.text} or be a valid ARN",
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A value under check, and where it stands."""

    shape: Any
    value: Any
    path: str

    def violation(self, text: str) -> str:
        return f"{self._shown()} at '{self.path}' failed to satisfy constraint: {text}"

    def _shown(self) -> str:
        """Return the value in quotes, or no value where AWS must not repeat it."""
        if self.value is None:
            return "Value null"
        parts = [self.shape, *(getattr(self.shape, part, None) for part in _PARTS)]
        if any(part is not None and part.metadata.get("sensitive") for part in parts):
            return "Value"
        return f"Value '{_java_text(self.value)}'"


def _structure(
    shape: Any, value: Mapping[str, Any], prefix: str, maxima: Mapping[str, int]
) -> Iterator[str]:
    required = shape.required_members
    for name, member in shape.members.items():
        item = value.get(name)
        if item is not None or name in required:
            yield from _check(_Place(member, item, prefix + _java_property(name)), maxima)


def _java_property(name: str) -> str:
    """Spell a member as AWS does: ``KMSKeyArn`` is ``kMSKeyArn``, one letter only."""
    return name[0].lower() + name[1:]


def _check(place: _Place, maxima: Mapping[str, int]) -> Iterator[str]:
    """List what is wrong with a member that must not be null, and with all it holds."""
    shape, value, path = place.shape, place.value, place.path
    if value is None:
        yield place.violation(_NOT_NULL)
        return
    for rule in rules_of(shape, maxima.get(shape.name)):
        if not rule.holds(value):
            yield place.violation(rule.text)
    if shape.type_name == "structure":
        yield from _structure(shape, value, f"{path}.", maxima)
    elif shape.type_name == "list":
        rows = [(f"{path}.{number}.member", item) for number, item in enumerate(value, start=1)]
        yield from _elements(place, shape.member, rows, "Member")
    elif shape.type_name == "map":
        yield from _elements(place, shape.key, [(path, key) for key in value], "Map keys")
        rows = [(f"{path}.{key}.member", item) for key, item in value.items()]
        yield from _elements(place, shape.value, rows, "Map value")


def _elements(
    whole: _Place, shape: Any, rows: Iterable[tuple[str, Any]], subject: str
) -> Iterator[str]:
    """Check what a list or map holds.

    Structures and lists inside it have paths of their own. A plain value has none: AWS shows the
    whole container and every rule its elements must keep, once, however many of them fail.
    """
    if shape.type_name in _COMPLEX:
        for path, item in rows:
            yield from _check(_Place(shape, item, path), {})
        return
    rules = rules_of(shape)
    if all(item is not None and all(rule.holds(item) for rule in rules) for _, item in rows):
        return
    texts = ", ".join([*(rule.text for rule in rules), _NOT_NULL])
    yield whole.violation(f"{subject} must satisfy constraint: [{texts}]")


def _java_text(value: Any) -> str:
    """Print a value as Java's ``toString`` does."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_java_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_java_text, value)) + "]"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value)
