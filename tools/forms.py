"""Whether names with a form of their own are AWS's: principals, actions, headers and the like.

``s3.amazonaws.com``, ``lambda:InvokeFunction``, ``X-Amz-Function-Error``, ``AWS_REGION``,
``put-function-concurrency`` and ``us-east-1`` are no words in CamelCase; botocore knows them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache

from botocore import loaders, xform_name

from lambda_lab import facts
from names import SERVICES, api_names
from passages import Page

__all__ = ["wrong_forms"]

_VERBS = "add|create|delete|describe|disable|enable|get|invoke|list|publish|put|remove|update"
_FORMS: Mapping[str, re.Pattern[str]] = {
    "principal": re.compile(r"(?<![\w./-])[\w-]+(?=\.amazonaws\.com(?![\w./]))"),
    "action": re.compile(r"(?<![\w:])[a-z][a-z0-9-]*:[A-Z][A-Za-z]+\*?(?![\w:-])"),
    "header": re.compile(r"(?<![\w-])(?:X-Amz-|Lambda-Runtime-)[A-Za-z-]+"),
    "variable": re.compile(r"(?<![\w-])AWS_[A-Z_]+(?!\w)"),
    "command": re.compile(rf"^(?:aws [a-z0-9-]+ )?((?:{_VERBS})-[a-z0-9-]+)(?= |$)"),
    "region": re.compile(
        r"(?<![\w-])(?:af|ap|ca|eu|il|me|mx|sa|us)-(?:gov-)?"
        r"(?:north|south|east|west|central)(?:east|west)?-\d+(?!\w)"
    ),
}


@cache
def _endpoints() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of AWS's services in addresses, and its Regions."""
    content = loaders.create_loader().load_data("endpoints")
    services = {name for partition in content["partitions"] for name in partition["services"]}
    regions = {name for partition in content["partitions"] for name in partition["regions"]}
    return frozenset(name.split(".")[-1] for name in services), frozenset(regions)


@cache
def _headers() -> frozenset[str]:
    """Return the headers of Lambda's API, in lower case."""
    model = loaders.create_loader().load_service_model("lambda", "service-2")
    members = [
        one for shape in model["shapes"].values() for one in shape.get("members", {}).values()
    ]
    return frozenset(
        one["locationName"].lower() for one in members if one.get("location") == "header"
    )


@cache
def _commands() -> frozenset[str]:
    loader = loaders.create_loader()
    found = set[str]()
    for service in SERVICES:
        operations = loader.load_service_model(service, "service-2")["operations"]
        found |= {xform_name(name, "-") for name in operations}
    return frozenset(found)


def _known(kind: str, name: str) -> bool:
    services, regions = _endpoints()
    match kind:
        case "principal":
            return name in services
        case "action":
            service, _, action = name.partition(":")
            actions = api_names()
            return service not in services or (
                any(fnmatchcase(one, action) for one in actions) if "*" in action
                else action in actions
            )  # fmt: skip
        case "header":
            return name.lower() in _headers()
        case "variable":
            return name in {one.name for one in facts.environment_variables()} | api_names()
        case "command":
            return name in _commands()
        case _:
            return name in regions


def wrong_forms(pages: list[Page], listed: Mapping[str, str]) -> Iterator[str]:
    """Yield every name of such a form, in prose or between back ticks, that nobody knows.

    Parameters
    ----------
    pages
        The book.
    listed
        The names that are no API's, each with its reason.
    """
    needed = set[str]()
    for page in pages:
        code = "\n".join(page.code)
        for region in sorted({*_FORMS["region"].findall(code)} - _endpoints()[1]):
            yield f"{page.name}: {region}, in its code, is no region that AWS has."
        for passage in page.passages:
            for kind, name in _named(passage.text, passage.code):
                if _known(kind, name):
                    continue
                if name in listed:
                    needed.add(name)
                elif not (kind in {"header", "variable"} and name.lower() in code.lower()):
                    where = f"{page.name}:{passage.line or passage.section}"
                    yield f"{where}: {name} is no {kind} that AWS has."
    for name in sorted(listed.keys() - needed):
        yield f"The name {name} is listed among the forms and stands on no page: take it out."


@cache
def _named(text: str, code: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return kind and name of all that looks like one; a command stands between back ticks only."""
    return tuple(
        (kind, found[found.lastindex or 0])
        for kind, pattern in _FORMS.items()
        for words in (*code, *([] if kind == "command" else [text]))
        for found in pattern.finditer(words)
    )
