"""Whether what stands as a name of AWS's, on pages and in the package, is one.

A name is known when it stands in botocore's models, in the facts, in Python, in the code of its own
page, or in the list of ``tests/house/typed-numbers.toml`` with a reason.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from lambda_lab import errors, facts
from passages import Page

__all__ = ["api_names", "emitted_metrics", "wrong_names"]

SERVICES = (
    *("lambda", "sqs", "sns", "s3", "dynamodb", "dynamodbstreams", "kinesis", "events"),
    *("scheduler", "rds", "ec2", "iam", "sts", "logs", "cloudwatch", "codedeploy", "elbv2"),
    *("application-autoscaling", "secretsmanager", "apigateway", "xray", "lambda-core"),
)
_CAMEL = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
_DOTTED = re.compile(r"(?:Runtime|Function|Sandbox|Extension)\.[A-Z]\w+")
_ERROR = re.compile(r"(?<![\w.])(?:[A-Z]\w+\.)?[A-Z]\w+(?:Exception|Error)\b")
_HUMPS = re.compile(r"(?<![\w.])(?:[A-Z][a-z]+){2,}\b")
_RUNTIME = re.compile(
    r"(?<![\w./-])(?:python\d\.\d+|nodejs\d[\d.]*(?:\.x)?|java\d+(?:\.al\d+)?|ruby\d\.\d+"
    r"|dotnet(?:core)?\d[\d.]*|provided(?:\.al\d*)|go\d\.x)(?![\w-])"
)


@cache
def api_names() -> frozenset[str]:
    """Return every operation, shape, member and value of the APIs that the book calls."""
    from botocore import loaders

    found = set[str]()
    for service in SERVICES:
        model = loaders.create_loader().load_service_model(service, "service-2")
        found |= set(model["operations"])
        for name, shape in model["shapes"].items():
            found |= {name, *shape.get("members", ()), *shape.get("enum", ())}
            found.add(shape.get("error", {}).get("code", name))
    return frozenset(found)


def _ours() -> set[str]:
    """Return the names of Python, of the package's errors, and those that facts have as values."""
    named = set(dir(builtins)) | set(errors.__all__)
    for fact in facts.all().values():
        if isinstance(fact.value, str | tuple):
            named |= {fact.value} if isinstance(fact.value, str) else set(fact.value)
    return named | {one.name for one in facts.environment_variables()}


def wrong_names(pages: list[Page], root: Path, listed: Mapping[str, str]) -> Iterator[str]:
    """Yield every name on a page or in the package that is none of AWS's, and no one else's.

    Parameters
    ----------
    pages
        The book.
    root
        Where the package is, for the metrics it takes.
    listed
        Further names, each with the reason why it may stand in the prose.
    """
    metrics = {one.name for one in facts.metrics()}
    watched = metrics | {one.name for one in facts.errors()}
    known = api_names() | _ours() | watched
    needed = set[str]()
    for page in pages:
        code = "\n".join(page.code)
        own = known | set(re.findall(r"\w+", code))
        for line, name, sure in _named(page):
            # A plural is a word of the prose; between back ticks stands the name itself.
            singular = name if sure and not _ERROR.fullmatch(name) else name.removesuffix("s")
            if name in listed:
                needed.add(name)
            elif name not in own and singular not in watched:
                yield from _complaint(f"{page.name}:{line}: {name}", name, sure, watched)
        for text in sorted(_strings(code) - known):
            if near := _near(text, metrics):
                yield f"{page.name}: {text!r} in the code is no metric; is it {near}?"
    yield from _wrong_runtimes(pages)
    for path, name in emitted_metrics(root / "src" / "lambda_lab" / "invoke"):
        if name not in metrics:
            yield f"{path.name} takes the metric {name}, which facts/data/metrics.toml has not."
    for name in sorted(listed.keys() - needed):
        yield f"The name {name} is listed and stands on no page: take it out."


def _named(page: Page) -> Iterator[tuple[str, str, bool]]:
    """Yield line and name of what looks like one, and whether it can be nothing else."""
    for passage in page.passages:
        code = {one for one in passage.code if _CAMEL.fullmatch(one) or _DOTTED.fullmatch(one)}
        sure = code | set(_ERROR.findall(passage.text))
        for name in sorted(sure | set(_HUMPS.findall(passage.text))):
            yield str(passage.line or passage.section), name, name in sure


def _complaint(where: str, name: str, sure: bool, watched: set[str]) -> Iterator[str]:
    if near := _near(name, watched):
        yield f"{where} is no name of AWS's; is it {near}?"
    elif sure:
        yield f"{where} is in no model, in no fact and not in the page's code."


def _near(name: str, watched: set[str]) -> str:
    """Return the metric or error that a name nearly is."""
    return next(iter(get_close_matches(name, watched, n=1, cutoff=0.9)), "")


def _wrong_runtimes(pages: list[Page]) -> Iterator[str]:
    runtimes = {one.name for one in facts.runtimes()}
    for page in pages:
        prose = [word for one in page.passages for word in (one.text, *one.code)]
        for runtime in sorted({*_RUNTIME.findall("\n".join([*page.code, *prose]))} - runtimes):
            yield f"{page.name}: {runtime} is no runtime of the facts."


def _strings(code: str) -> set[str]:
    return set(re.findall(r"""["']([A-Z][a-zA-Z]{5,})["']""", code))


def emitted_metrics(room: Path) -> Iterator[tuple[Path, str]]:
    """Yield each metric that the modules of a folder take, with its module.

    A data point is an entry of a dict in a call of ``metrics``, in a function that makes one, or in
    a function that returns numbers by name.
    """
    for path in sorted(room.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and _takes(node):
                yield from ((path, name) for name in sorted(_keys(node)))


def _takes(function: ast.FunctionDef) -> bool:
    if function.returns and ast.unparse(function.returns) == "dict[str, float]":
        return True
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "metrics"
        for node in ast.walk(function)
    )


def _keys(function: ast.FunctionDef) -> set[str]:
    named = {
        target.id: node.value.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    keys = [
        named.get(key.id, "") if isinstance(key, ast.Name) else getattr(key, "value", "")
        for node in ast.walk(function)
        if isinstance(node, ast.Dict)
        for key in node.keys
    ]
    return {key for key in keys if isinstance(key, str) and _CAMEL.fullmatch(key)}
