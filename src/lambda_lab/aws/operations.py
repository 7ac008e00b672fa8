"""Which Lambda operation a request is, and what its parameters are.

:func:`match` finds the operation by method, path and query; :func:`parse` turns the request into
the parameters that boto3 was given. Both follow botocore's service model, so they hold for every
operation AWS has published. What comes next: :func:`lambda_lab.aws.constraints.validate`, the
backend, and :mod:`lambda_lab.aws.serialise`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from lambda_lab.aws.model import operation_model, service_model
from lambda_lab.aws.wire import decode, decode_text, read_json_object

__all__ = ["Match", "match", "parse"]

Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Match:
    """An operation, and the labels its path carried."""

    operation: str
    """AWS's name, for example ``Invoke``."""
    labels: Mapping[str, str]
    """Label name to text, percent-decoded once: ``{"FunctionName": "hello"}``."""


@dataclass(frozen=True, slots=True)
class _Route:
    operation: str
    labels: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    """Query parameters that are part of the address: ``?find=LayerVersion``."""


@dataclass(slots=True)
class _Node:
    """One path segment of the table of all operations."""

    literals: dict[str, _Node] = field(default_factory=dict)
    label: _Node | None = None
    greedy: _Node | None = None
    routes: dict[str, list[_Route]] = field(default_factory=dict)
    """By HTTP method; routes with query parameters first."""


_LABEL = re.compile(r"\{([^}+]+)(\+?)\}")


@functools.cache
def _table() -> _Node:
    root = _Node()
    for operation in service_model().operation_names:
        http = operation_model(operation).http
        _add(root, operation, http["method"], http["requestUri"])
    return root


def _add(root: _Node, operation: str, method: str, uri: str) -> None:
    path, _, query = uri.partition("?")
    node = root
    labels: list[str] = []
    for segment in _segments(path):
        label = _LABEL.fullmatch(segment)
        if label is None:
            node = node.literals.setdefault(segment, _Node())
            continue
        labels.append(label[1])
        if label[2]:
            node.greedy = node.greedy or _Node()
            node = node.greedy
        else:
            node.label = node.label or _Node()
            node = node.label
    required = tuple(parse_qsl(query, keep_blank_values=True))
    routes = node.routes.setdefault(method, [])
    routes.append(_Route(operation, tuple(labels), required))
    routes.sort(key=lambda route: -len(route.query))


def _segments(path: str) -> list[str]:
    segments = path.split("/")[1:]
    # Older SDKs send `/2015-03-31/functions/`, newer ones leave the last slash out.
    if len(segments) > 1 and not segments[-1]:
        segments.pop()
    return segments


def match(method: str, raw_path: str, query: Query) -> Match | None:
    """Find the Lambda operation a request addresses.

    Parameters
    ----------
    method
        HTTP method in capitals.
    raw_path
        The path as it stood in the request line, still percent-encoded, without the query. (A
        decoded path cannot tell ``%2F`` inside a label from a slash between segments.)
    query
        Decoded query parameters, each with all its values.

    Returns
    -------
    Match or None
        ``None`` if Lambda has no operation there.

    Examples
    --------
    >>> match("POST", "/2015-03-31/functions/hello/invocations", {})
    Match(operation='Invoke', labels={'FunctionName': 'hello'})
    >>> match("GET", "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1", {}).labels
    {'Resource': 'arn:aws:lambda:us-east-1'}
    >>> match("GET", "/2018-10-31/layers", {"find": ["LayerVersion"]}).operation
    'GetLayerVersionByArn'
    >>> match("PATCH", "/2015-03-31/functions", {}) is None
    True
    """
    if not query:
        return _match_plain(method, raw_path)
    return _match(method, raw_path, query)


@functools.lru_cache(maxsize=4096)
def _match_plain(method: str, raw_path: str) -> Match | None:
    # Callers of a function ask for one path again and again.
    return _match(method, raw_path, {})


def _match(method: str, raw_path: str, query: Query) -> Match | None:
    if not raw_path.startswith("/"):
        return None
    request = _Request(method, _segments(raw_path), query)
    found = _find(_table(), request, 0)
    if found is None:
        return None
    route, texts = found
    # Texts were gathered on the way back, from the last label to the first.
    labels = zip(route.labels, map(_unquote, reversed(texts)), strict=True)
    return Match(route.operation, dict(labels))


def _unquote(text: str) -> str:
    return unquote(text) if "%" in text else text


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    segments: Sequence[str]
    query: Query


_Found = tuple[_Route, list[str]]
"""A route and the texts of its labels, last label first."""


def _find(node: _Node, request: _Request, index: int) -> _Found | None:
    """Walk the table; a literal wins over a label, a label over a greedy label."""
    if index == len(request.segments):
        for route in node.routes.get(request.method, ()):
            if all(value in request.query.get(name, ()) for name, value in route.query):
                return route, []
        return None
    segment = request.segments[index]
    literal = node.literals.get(segment)
    found = None if literal is None else _find(literal, request, index + 1)
    if found is None and node.label is not None and segment:
        found = _find(node.label, request, index + 1)
        if found is not None:
            found[1].append(segment)
    if found is None and node.greedy is not None:
        found = _find_greedy(node.greedy, request, index)
    return found


def _find_greedy(node: _Node, request: _Request, index: int) -> _Found | None:
    """Let a greedy label take as many segments as still leave the rest of the path a match."""
    for end in range(len(request.segments), index, -1):
        found = _find(node, request, end)
        if found is not None:
            found[1].append("/".join(request.segments[index:end]))
            return found
    return None


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the members of one operation's input travel: (member, name on the wire, shape)."""

    labels: tuple[tuple[str, str, Any], ...]
    query: tuple[tuple[str, str, Any], ...]
    headers: tuple[tuple[str, str, Any], ...]
    payload: tuple[str, Any] | None
    """The member that is the whole body, and its shape."""
    body: Any
    """The input shape if members travel in a JSON body, else ``None``."""
    outside: frozenset[str]
    """Members that do not travel in the body."""


@functools.cache
def _plan(operation: str) -> _Plan:
    shape = operation_model(operation).input_shape
    members = {} if shape is None else shape.members
    located: dict[str, list[tuple[str, str, Any]]] = {"uri": [], "querystring": [], "header": []}
    for member, child in members.items():
        location = child.serialization.get("location")
        if location is not None:
            name = child.serialization.get("name", member)
            wire_name = name.lower() if location == "header" else name
            located[location].append((member, wire_name, child))
    outside = frozenset(row[0] for rows in located.values() for row in rows)
    payload = None if shape is None else shape.serialization.get("payload")
    return _Plan(
        labels=tuple(located["uri"]),
        query=tuple(located["querystring"]),
        headers=tuple(located["header"]),
        payload=None if payload is None else (payload, members[payload]),
        body=shape if payload is None and members.keys() - outside else None,
        outside=outside,
    )


def parse(match: Match, headers: Mapping[str, str], query: Query, body: bytes) -> dict[str, Any]:
    """Read a request's parameters, named and typed as boto3 takes them.

    Nothing is checked but types: an absent required member, a bound or a pattern is
    :func:`~lambda_lab.aws.constraints.validate`'s business.

    Parameters
    ----------
    match
        The operation, from :func:`match`.
    headers
        Request headers, their names in small letters.
    query
        Decoded query parameters. Of a single-valued one that comes twice the first counts.
    body
        Request body. It is read as JSON only if the operation has members there; the payload of
        `Invoke` comes back as these very bytes, and an empty one as no member at all.

    Raises
    ------
    AwsError
        `SerializationException`: the body is not a JSON object, or a value is of the wrong type.

    Examples
    --------
    >>> invoke = match("POST", "/2015-03-31/functions/hello/invocations", {})
    >>> parse(invoke, {"x-amz-invocation-type": "Event"}, {"Qualifier": ["PROD"]}, b"[1]")
    {'FunctionName': 'hello', 'Qualifier': 'PROD', 'InvocationType': 'Event', 'Payload': b'[1]'}
    """
    plan = _plan(match.operation)
    params = {member: decode_text(shape, match.labels[name]) for member, name, shape in plan.labels}
    for member, name, shape in plan.query if query else ():
        if values := query.get(name):
            params[member] = (
                [decode_text(shape.member, value) for value in values]
                if shape.type_name == "list"
                else decode_text(shape, values[0])
            )
    for member, name, shape in plan.headers:
        if (text := headers.get(name)) is not None:
            params[member] = decode_text(shape, text)
    return params | _body(plan, body)


def _body(plan: _Plan, body: bytes) -> dict[str, Any]:
    if plan.payload is not None:
        member, shape = plan.payload
        if not body:
            return {}
        if shape.type_name == "structure":
            return {member: decode(shape, read_json_object(body))}
        return {member: body}
    if plan.body is None:
        return {}
    members: dict[str, Any] = decode(plan.body, read_json_object(body))
    return {name: value for name, value in members.items() if name not in plan.outside}
