"""Lab L80, can it reach: what a function reaches from where it stands, and how a failure looks."""

from __future__ import annotations

from typing import Any

from lambda_lab.teach.cases import judged, says
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, plain, right

__all__ = ["EXERCISES"]

_REACH = {"A": "no", "B": "yes", "C": "no", "D": "yes"}
_CAUSES = {
    "timed out": "dropped",
    "Connection refused": "nobody listens",
    "Name or service not known": "name",
}


def _reached(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer,
        _REACH,
        "A public subnet gives a function no public address, S3's gateway endpoint serves S3 only, "
        "and from no VPC every public address is in reach.",
    )


def _smallest(answer: Any, _lab: HasClient | None) -> Outcome:
    if plain(answer) in ("interface endpoint", "interface"):
        return right("It has a private address in a subnet, and it leads to SQS alone.")
    return not_yet(f"A {plain(answer)} is not the smallest way to SQS.")


def _caused(answer: Any, _lab: HasClient | None) -> Outcome:
    return judged(
        answer, _CAUSES, "Silence is a filter or a missing route; an error at once is an answer."
    )


EXERCISES = (
    Exercise(
        id="L80.1",
        question=(
            "Yes or no? (A) A function in the public subnet calls SQS, without endpoints. "
            "(B) A function in the private subnet, with its NAT gateway, calls SQS. "
            "(C) A function in the isolated subnet, with its gateway endpoint for S3, calls "
            'DynamoDB. (D) A function in no VPC calls DynamoDB. Set `answer` to a dict of "yes" '
            'and "no".'
        ),
        check=_reached,
        hints=(
            "SQS, S3 and DynamoDB have public addresses.",
            "Which of the four has a way to public addresses? Which has a way to one service?",
            "Two are yes.",
        ),
        solution_source='answer = {"A": "no", "B": "yes", "C": "no", "D": "yes"}\n',
        mistakes=(
            Mistake(
                _REACH | {"A": "yes"},
                "The internet gateway drops what comes from an address that is not public.",
                says("A", "yes"),
            ),
            Mistake(
                _REACH | {"C": "yes"},
                "A gateway endpoint is a route to one service.",
                says("C", "yes"),
            ),
            Mistake(
                _REACH | {"D": "no"},
                "A function in no VPC reaches all that is public.",
                says("D", "no"),
            ),
        ),
        placeholder='answer = {"A": ..., "B": ..., "C": ..., "D": ...}',
    ),
    Exercise(
        id="L80.2",
        question=(
            "The function in the isolated subnet must send messages to SQS, and shall reach "
            "nothing else that is new. What do you add: a NAT gateway, a gateway endpoint or an "
            "interface endpoint? Set `answer` to its name."
        ),
        check=_smallest,
        hints=(
            "One of the three leads to the whole internet.",
            "One of the three exists for S3 and DynamoDB only.",
        ),
        solution_source='answer = "interface endpoint"\n',
        mistakes=(
            Mistake("NAT gateway", "It works, and opens the whole internet."),
            Mistake("gateway endpoint", "There are two services with gateway endpoints."),
        ),
    ),
    Exercise(
        id="L80.3",
        question=(
            "A function logs one of three errors. Which means that the packet was dropped, which "
            "that nobody listens, and which that the name was not found? Set `answer` to a dict "
            'whose values are "dropped", "nobody listens" and "name".'
        ),
        check=_caused,
        hints=(
            "Who has to be there for a refusal?",
            "A packet that is dropped brings no answer at all.",
        ),
        solution_source=(
            "answer = {\n"
            '    "timed out": "dropped",\n'
            '    "Connection refused": "nobody listens",\n'
            '    "Name or service not known": "name",\n'
            "}\n"
        ),
        mistakes=(
            Mistake(
                _CAUSES | {"timed out": "nobody listens", "Connection refused": "dropped"},
                "To refuse, a host must have got the packet.",
                says("Connection refused", "dropped"),
            ),
        ),
        placeholder=(
            "answer = {\n"
            '    "timed out": ...,\n'
            '    "Connection refused": ...,\n'
            '    "Name or service not known": ...,\n'
            "}"
        ),
    ),
)
