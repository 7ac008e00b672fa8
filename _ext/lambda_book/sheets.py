"""The reference tables: each row is a record of ``lambda_lab.facts``.

``{quotas-sheet}``, ``{runtimes-sheet}``, ``{metrics-sheet}`` and ``{errors-sheet}`` take no
argument and no content.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from .sheet import Cell, Filter, Row, link, prose, sheet
from .written import errors_in_tests, errors_on_page, written_metrics

if TYPE_CHECKING:
    from lambda_lab.facts import ErrorShape, Fact, Metric, RuntimeIdentifier

__all__ = ["BOUNDS", "errors_html", "metrics_html", "quotas_html", "runtimes_html", "setup"]

BOUNDS = {
    "timeout.maximum": "timeout.api-maximum",
    "timeout.maximum.managed-instances": "timeout.api-maximum",
    "memory.maximum": "memory.api-maximum",
    "ephemeral.maximum": "ephemeral.api-maximum",
    "function.name.maximum": "function.arn.maximum",
    "esm.batch.fifo.maximum": "esm.batch.maximum",
}
"""A documented quota, and the bound on the same member in the SDK's model of the API.

``tests/contract/test_facts.py`` holds each pair against botocore.
"""

TOPICS = {
    "account": "Account",
    "alias": "Versions and aliases",
    "api": "Account",
    "async": "Asynchronous invocation",
    "autoscaling": "Scaling by schedule or target",
    "caller": "Callers and SDKs",
    "concurrency": "Concurrency",
    "durable": "Function",
    "esm": "Event source mappings",
    "init": "Execution environments",
    "invoke": "Invocation",
    "kinesis": "Event source mappings",
    "logs": "Logs",
    "managed-instances": "Execution environments",
    "network": "Network",
    "payload": "Invocation",
    "rds": "Databases",
    "runtime": "Runtimes",
    "shutdown": "Execution environments",
    "sqs": "Queues",
    "storage": "Account",
    "tenant": "Execution environments",
    "vpc": "Network",
}
"""What a reader looks under, by the first word of a key; every other word is about a function."""

# Factors to one base for each family of units, so that "15 minutes" sorts after "60 seconds".
_TIMES = {"ms": 0.001, "s": 1, "seconds": 1, "min": 60, "h": 3600, "days": 86400}
_SIZES = {"bytes": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "GiB": 1024**3}


def _facts() -> Any:
    """Return the room of facts; ``facts`` of this extension says it if the package is missing."""
    from lambda_lab import facts

    return facts


def _source(record: ErrorShape | Fact | Metric | RuntimeIdentifier) -> Cell:
    """Return where a record was read, when, and how sure we are."""
    read = f"{link(record.source, record.url)}<p>{record.checked.isoformat()}"
    return Cell(f"{read}, confidence {record.confidence.value}</p>")


def _value_order(fact: Fact) -> str:
    """Return a text that sorts: the family of the unit, then the size in its base unit."""
    if isinstance(fact.value, str | tuple):
        return f"~ {fact.text}"
    for family, factors in (("size", _SIZES), ("time", _TIMES)):
        if fact.unit in factors:
            return f"{family} {float(fact.value) * factors[fact.unit]:020.4f}"
    return f"number {float(fact.value):020.4f}"


def _quota(fact: Fact) -> Row:
    topic = TOPICS.get(fact.key.split(".")[0], "Function")
    name = escape(fact.key).replace(".", ".<wbr>")
    about = f"<p>{prose(fact.note)}</p>" if fact.note else ""
    value = prose(fact.text)
    if bound := BOUNDS.get(fact.key):
        other = _facts().get(bound)
        if other.value != fact.value:
            value += f"<p>API bound: {prose(other.text)}</p>"
    kind = fact.kind.value.capitalize() if fact.kind.value != "API bound" else "API bound"
    return Row(
        [
            Cell(f"<code>{name}</code>{about}", fact.key),
            Cell(value, _value_order(fact)),
            Cell(f"{kind}<p>{escape(fact.scope)}</p>"),
            Cell("yes" if fact.adjustable else "no"),
            _source(fact),
        ],
        f"fact-{fact.key.replace('.', '-')}",
        {"topic": topic, "kind": kind, "adjustable": "yes" if fact.adjustable else "no"},
    )


def shown_facts() -> list[Fact]:
    """Return the facts of the sheet: all that may be printed, but for prices."""
    return [
        fact
        for fact in _facts().all().values()
        if fact.printable and fact.kind.value != "price" and not fact.key.startswith("price.")
    ]


def quotas_html() -> str:
    """Return the table of quotas, bounds, defaults and behaviour."""
    rows = sorted((_quota(fact) for fact in shown_facts()), key=lambda row: row.chosen["topic"])
    filters = [
        Filter("topic", "Topic", "Every topic"),
        Filter("kind", "Kind", "Every kind"),
        Filter("adjustable", "Adjustable", "Either"),
    ]
    columns = ["Fact", "Value", "Kind, scope", "Adjustable", "Source"]
    return sheet(columns, rows, noun="facts", filters=filters, group="topic")


def _runtime(runtime: RuntimeIdentifier, status: str) -> Row:
    days = (runtime.deprecated, runtime.block_create, runtime.block_update)
    note = f"<p>{prose(runtime.note)}</p>" if runtime.note else ""
    return Row(
        [
            Cell(f"<code>{escape(runtime.name)}</code>{note}", runtime.name),
            Cell(escape(runtime.operating_system)),
            Cell(status),
            *(Cell(day.isoformat() if day else "none named") for day in days),
            _source(runtime),
        ],
        f"runtime-{runtime.name.replace('.', '-')}",
        {"family": runtime.family, "status": status},
    )


def runtimes_html() -> str:
    """Return the table of runtimes, with their standing on the day the dates were read."""
    every = _facts().runtimes()
    rows = [_runtime(one, one.status(one.checked)) for one in every]
    standing = ("supported", "preview", "deprecated", "create blocked", "blocked")
    rows.sort(key=lambda row: standing.index(row.chosen["status"]))
    filters = [
        Filter("status", "Status", "Every status"),
        Filter("family", "Language", "Every language"),
    ]
    columns = [
        *("Identifier", "System", "Status", "Deprecated", "Create blocked", "Update blocked"),
        "Source",
    ]
    return sheet(columns, rows, noun="runtimes", filters=filters)


def _metric(metric: Metric, made: bool) -> Row:
    dimensions = [f"<code>{escape(name)}</code>" for name in metric.dimensions]
    in_book = "yes" if made else "no"
    return Row(
        [
            Cell(f"<code>{escape(metric.name)}</code><p>{prose(metric.meaning)}</p>", metric.name),
            Cell(escape(metric.unit)),
            Cell(escape(metric.statistic)),
            Cell(", ".join(dimensions) or "none: the whole Region"),
            Cell(in_book),
            _source(metric),
        ],
        f"metric-{metric.name.lower()}",
        {"group": metric.group.capitalize(), "made": in_book},
    )


def metrics_html() -> str:
    """Return the table of metrics, and which of them the package writes itself."""
    rows = [_metric(one, one.name in written_metrics()) for one in _facts().metrics()]
    filters = [
        Filter("group", "Group", "Every group"),
        Filter("made", "Made here", "Either"),
    ]
    columns = ["Metric", "Unit", "Statistic", "Dimensions", "Made here", "Source"]
    return sheet(columns, rows, noun="metrics", filters=filters)


_FAMILIES = {
    "api": "the call",
    "common": "the call",
    "function": "the function",
    "throttle": "reason of a 429",
}


def _made_where(error: ErrorShape) -> str:
    """Return where an error is made: on the page, or by a test; or why nothing here makes it."""
    if error.not_made:
        return prose(error.not_made)
    if error.name in errors_on_page():
        # MyST's anchor of a heading.
        anchor = error.name.lower().replace(".", "-")
        return f'<a href="#{anchor}">on this page</a>'
    tests = ", ".join(f"<code>{escape(name)}</code>" for name in errors_in_tests()[error.name])
    return f"in a test<p>{tests.replace('_', '_<wbr>')}</p>"


def _error(error: ErrorShape) -> Row:
    said = f"<p><code>{escape(error.message)}</code></p>" if error.message else ""
    return Row(
        [
            Cell(
                f"<code>{escape(error.name)}</code><p>Status {error.status}</p>{said}", error.name
            ),
            Cell(prose(error.when)),
            Cell(f"{prose(error.cure)}<p>Tries again: {prose(error.who_retries)}</p>"),
            Cell(_made_where(error)),
            _source(error),
        ],
        f"error-{error.name.lower().replace('.', '-')}",
        {"family": _FAMILIES[error.family]},
    )


def errors_html() -> str:
    """Return the table of errors that a call or a function can end with, each made by a run."""
    return _errors("Made", [one for one in _facts().errors() if not one.not_made])


def other_errors_html() -> str:
    """Return the table of errors that nothing here can make, each with the reason."""
    return _errors("Why nothing makes it here", [one for one in _facts().errors() if one.not_made])


def _errors(head: str, errors: Sequence[ErrorShape]) -> str:
    columns = ["Error", "Why", "What to do", head, "Source"]
    filters = [Filter("family", "What fails", "Any")]
    title = f"Table of errors: {head.lower()}"
    return sheet(
        columns, [_error(one) for one in errors], noun="errors", filters=filters, title=title
    )


def _directive(make: Callable[[], str]) -> type[SphinxDirective]:
    class Sheet(SphinxDirective):
        has_content = False

        def run(self) -> list[nodes.Node]:
            return [nodes.raw("", make(), format="html")]

    return Sheet


def _count(app: Sphinx, config: Config) -> None:
    """Offer the pages their own figures as substitutions."""
    facts = _facts()
    checked = max(fact.checked for fact in shown_facts())
    config.myst_substitutions = {
        **(config.myst_substitutions or {}),
        "sheet_checked": f"{checked.day} {checked:%B %Y}",
        "sheet_errors_made": str(sum(not one.not_made for one in facts.errors())),
        "sheet_errors_not_made": str(sum(bool(one.not_made) for one in facts.errors())),
        "sheet_facts": str(len(shown_facts())),
        "sheet_runtimes": str(len(facts.runtimes())),
        "sheet_metrics": str(len(facts.metrics())),
        "sheet_metrics_made": str(len(written_metrics())),
    }


def setup(app: Sphinx) -> None:
    """Add the directives."""
    app.connect("config-inited", _count, priority=900)
    for name, make in (
        ("quotas-sheet", quotas_html),
        ("runtimes-sheet", runtimes_html),
        ("metrics-sheet", metrics_html),
        ("errors-sheet", errors_html),
        ("other-errors-sheet", other_errors_html),
    ):
        app.add_directive(name, _directive(make))
