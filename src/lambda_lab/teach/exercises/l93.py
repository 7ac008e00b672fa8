"""Lab L93, instance events: reading an id, source types and categories, and which way to take."""

from __future__ import annotations

from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, run, shown

__all__ = ["EXERCISES"]

# -- L93.1: one handler for both doors -------------------------------------------------------------

_PAGE = "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html#"


def _from_bus(number: str) -> dict[str, Any]:
    return {"source": "aws.rds", "detail": {"EventID": number, "SourceIdentifier": "shop"}}


def _from_topic(number: str) -> dict[str, Any]:
    message = f'{{"Event ID": "{_PAGE}{number}", "Source ID": "shop"}}'
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message}}]}


_EVENTS = (
    (_from_bus("RDS-EVENT-0087"), "RDS-EVENT-0087"),
    (_from_topic("RDS-EVENT-0006"), "RDS-EVENT-0006"),
    (_from_topic("RDS-EVENT-0049"), "RDS-EVENT-0049"),
)


def _reads(answer: Any, lab: HasClient | None) -> Outcome:
    for event, wanted in _EVENTS:
        result = run(answer, event, lab)
        if result != wanted:
            door = "bus" if "detail" in event else "topic"
            return not_yet(
                f"For an event from the {door} the id is {wanted!r}; yours is {shown(result)}."
            )
    return right("One function, two doors: the id is the same, only its wrapping differs.")


def _whole_link(event: Any, context: Any) -> Any:
    import json

    if "detail" in event:
        return event["detail"]["EventID"]
    return json.loads(event["Records"][0]["Sns"]["Message"])["Event ID"]


_SOLUTION = """\
import json

def answer(event, context):
    if "detail" in event:
        return event["detail"]["EventID"]
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    return message["Event ID"].rpartition("#")[2]
"""

# -- L93.2: words ----------------------------------------------------------------------------------

_KINDS = {
    "db-instance": "source type",
    "failover": "category",
    "db-proxy": "source type",
    "backup": "category",
    "RDS-EVENT-0005": "id",
}


def _sorted(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(answer, _KINDS, "What it happened to, what kind it was, and which it was.")


EXERCISES = (
    Exercise(
        id="L93.1",
        question=(
            "Write a handler that gets events by both ways, from the bus and from the topic, and "
            "returns the id, such as `RDS-EVENT-0087`. Set `answer` to the handler."
        ),
        check=_reads,
        hints=(
            "How do the two events differ at their top?",
            "The topic's message is text: json.loads, then the part after the #.",
        ),
        solution_source=_SOLUTION,
        mistakes=(
            Mistake(
                _whole_link,
                "The topic's Event ID is a link; the id is what stands behind the #.",
                callable,
            ),
        ),
        placeholder="def answer(event, context):\n    ...",
    ),
    Exercise(
        id="L93.2",
        question='What is each word? Set each to `"source type"`, `"category"` or `"id"`.',
        check=_sorted,
        hints=(
            "rds.describe_event_categories() lists the categories of each source type.",
            "Does it name a thing, or what happened to a thing?",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{case}": "{kind}",\n' for case, kind in _KINDS.items())
            + "}\n"
        ),
        mistakes=tuple(
            Mistake(_KINDS | {case: wrong}, hint, says(case, wrong))
            for case, wrong, hint in (
                ("db-instance", "category", "It says what something happened to."),
                ("failover", "source type", "It says what kind of thing happened."),
                ("db-proxy", "category", "A proxy is a thing."),
                ("backup", "source type", "A snapshot is a thing; a backup happens."),
                ("RDS-EVENT-0005", "category", "It is one event and no kind."),
            )
        ),
        placeholder="answer = {\n" + "".join(f'    "{case}": ...,\n' for case in _KINDS) + "}",
    ),
)
