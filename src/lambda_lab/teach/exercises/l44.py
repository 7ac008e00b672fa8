"""Lab L44, a DynamoDB stream: what a change says, and which changes are worth a call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lambda_lab.errors import AwsError
from lambda_lab.invoke.mapping.filters import Filters, check_pattern, decoded
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, right, run, shown

__all__ = ["EXERCISES"]

Image = Mapping[str, Any]


def _record(name: str, old: Image | None, new: Image | None, key: str = "atlas") -> dict[str, Any]:
    """Return one record of a stream with both images."""
    change: dict[str, Any] = {"Keys": {"id": {"S": key}}, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    if old is not None:
        change["OldImage"] = {**change["Keys"], **old}
    if new is not None:
        change["NewImage"] = {**change["Keys"], **new}
    return {"eventName": name, "eventSource": "aws:dynamodb", "dynamodb": change}


# -- what has changed ------------------------------------------------------------------------------

_MOVED = _record(
    "MODIFY",
    {"shelf": {"N": "7"}, "title": {"S": "Atlas"}, "torn": {"BOOL": False}},
    {"shelf": {"N": "8"}, "title": {"S": "Atlas"}, "torn": {"BOOL": False}},
)
_FOUND = _record("INSERT", None, {"shelf": {"N": "7"}})
_TAGGED = _record(
    "MODIFY",
    {"shelf": {"N": "7"}, "lent": {"BOOL": True}},
    {"shelf": {"S": "7"}, "tags": {"L": []}},
)
_GONE = _record("REMOVE", {"shelf": {"N": "8"}}, None)
_CHANGES: tuple[tuple[dict[str, Any], list[str]], ...] = (
    (_MOVED, ["shelf"]),
    (_FOUND, ["id", "shelf"]),
    (_TAGGED, ["lent", "shelf", "tags"]),
    (_GONE, ["id", "shelf"]),
)


def _named(answer: Any, lab: HasClient | None) -> Outcome:
    for records in ([_CHANGES[0]], [_CHANGES[1]], [_CHANGES[2], _CHANGES[3]]):
        wanted = [names for _, names in records]
        result = run(answer, {"Records": [record for record, _ in records]}, lab)
        if result != wanted:
            kinds = " and ".join(record["eventName"] for record, _ in records)
            return not_yet(f"For {kinds} the result should be {wanted}; it is {shown(result)}.")
    return right("An image that is not there is an empty one, and then all three kinds are alike.")


def _only_modified(event: Any, context: Any) -> list[list[str]]:
    changes = [record["dynamodb"] for record in event["Records"]]
    return [
        sorted(
            name
            for name in {**change["OldImage"], **change["NewImage"]}
            if change["OldImage"].get(name) != change["NewImage"].get(name)
        )
        for change in changes
    ]


def _only_new_names(event: Any, context: Any) -> list[list[str]]:
    found = []
    for record in event["Records"]:
        old, new = (record["dynamodb"].get(f"{one}Image", {}) for one in ("Old", "New"))
        found.append(sorted(name for name in new if new[name] != old.get(name)))
    return found


def _gives(answer: Any, record: dict[str, Any]) -> Any:
    return answer({"Records": [record]}, None)


def _misses_an_image(answer: Any) -> bool:
    if not callable(answer):
        return False
    try:
        _gives(answer, _FOUND)
    except KeyError as error:
        return error.args == ("OldImage",)
    return False


# -- which view ------------------------------------------------------------------------------------

_BOTH = "NEW_AND_OLD_IMAGES"
_VIEWS = {
    "drop the item from a cache": "KEYS_ONLY",
    "put the item's new text into a search index": "NEW_IMAGE",
    "keep a copy of what was deleted": "OLD_IMAGE",
    "write to the reader when the price falls": _BOTH,
}


def _viewed(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, dict):
        return not_yet(f"The answer should be a dict of the four tasks; it is {shown(answer)}.")
    missing = [task for task in _VIEWS if task not in answer]
    if missing:
        return not_yet(f"The task {missing[0]!r} is missing.")
    wrong = [task for task, view in _VIEWS.items() if answer[task] != view]
    if not wrong:
        return right(
            "Ask for no more than you use: an event has a limit, and images fill it quickly."
        )
    return not_yet(
        f"{len(_VIEWS) - len(wrong)} of {len(_VIEWS)} are right. Look again at {wrong[0]!r}."
    )


# -- a filter --------------------------------------------------------------------------------------

_ATLAS, _MAP, _NOVEL = ({"kind": {"S": kind}} for kind in ("atlas", "map", "novel"))
_SHOWN: tuple[tuple[str, dict[str, Any], bool], ...] = (
    ("a new atlas", _record("INSERT", None, _ATLAS), True),
    ("a map that was changed", _record("MODIFY", _MAP, {**_MAP, "shelf": {"N": "7"}}), True),
    ("a novel that became a map", _record("MODIFY", _NOVEL, _MAP), True),
    ("a map that became a novel", _record("MODIFY", _MAP, _NOVEL), False),
    ("a new novel", _record("INSERT", None, _NOVEL, key="map"), False),
    ("a book without a kind", _record("INSERT", None, {"title": {"S": "atlas"}}), False),
    ("an atlas that was removed", _record("REMOVE", _ATLAS, None), False),
)


def _filtered(answer: Any, _lab: HasClient | None) -> Outcome:
    if not isinstance(answer, dict):
        return not_yet(f"The answer should be a pattern, as a dict; it is {shown(answer)}.")
    pattern = json.dumps(answer)
    try:
        check_pattern(pattern)
    except AwsError as error:
        return not_yet(f"Lambda would refuse this pattern: {error}")
    filters = Filters((pattern,))
    for words, record, wanted in _SHOWN:
        if filters.keeps(decoded(json.dumps(record))) != wanted:
            verb = "lets pass" if not wanted else "does not let pass"
            return not_yet(f"The pattern {verb} {words}.")
    return right("What was removed has no new image, so one condition is enough.")


def _names(part: str, answer: Any) -> bool:
    return part in json.dumps(answer)


EXERCISES = (
    Exercise(
        id="L44.1",
        question=(
            "The stream shows both images. Write a handler that returns, for each record, the "
            "sorted names of the attributes that changed: those that came, went, or have another "
            "value. For an `INSERT` or a `REMOVE` these are all of them. "
            "Set `answer` to the handler."
        ),
        check=_named,
        hints=(
            "An INSERT has no OldImage, and a REMOVE no NewImage: get with {} helps.",
            "Look at the names of both images together, and compare what each says of a name.",
            "The values are dicts with a type; Python compares them as they are.",
        ),
        solution_source=(
            "def changed(record):\n"
            '    old = record["dynamodb"].get("OldImage", {})\n'
            '    new = record["dynamodb"].get("NewImage", {})\n'
            "    return sorted(n for n in {**old, **new} if old.get(n) != new.get(n))\n\n"
            "def handler(event, context):\n"
            '    return [changed(record) for record in event["Records"]]\n\n'
            "answer = handler\n"
        ),
        mistakes=(
            Mistake(
                _only_modified,
                "Not every record has both images. What did the librarian print for an INSERT?",
                _misses_an_image,
            ),
            Mistake(
                _only_new_names,
                "What is only in the old image has changed, too: it went.",
                lambda answer: callable(answer) and _gives(answer, _GONE) == [[]],
            ),
        ),
        placeholder="def handler(event, context):\n    ...\n\nanswer = handler",
    ),
    Exercise(
        id="L44.2",
        question=(
            "Which view is the smallest that each task can work with? Choose from "
            '`"KEYS_ONLY"`, `"NEW_IMAGE"`, `"OLD_IMAGE"` and `"NEW_AND_OLD_IMAGES"`.'
        ),
        check=_viewed,
        hints=(
            "Ask of each task: must it know what was, what is, both, or neither?",
            "A deleted item has no new image.",
            "To see that something falls you need two values.",
        ),
        solution_source=(
            "answer = {\n"
            + "".join(f'    "{task}": "{v}",\n' for task, v in _VIEWS.items())
            + "}\n"
        ),
        mistakes=(
            Mistake(
                _VIEWS | {"keep a copy of what was deleted": "NEW_IMAGE"},
                "After a REMOVE there is no new image: what would be in it?",
                lambda answer: answer["keep a copy of what was deleted"] == "NEW_IMAGE",
            ),
            Mistake(
                dict.fromkeys(_VIEWS, _BOTH),
                "That works for all four. Three of them can do with less.",
                lambda answer: all(view == _BOTH for view in answer.values()),
            ),
        ),
        placeholder="answer = {\n" + "".join(f'    "{task}": ...,\n' for task in _VIEWS) + "}",
    ),
    Exercise(
        id="L44.3",
        question=(
            "A function looks after large books. It should run for every book that is new or "
            "changed and that is now of the kind `atlas` or `map` (the attribute `kind`, a "
            "string), and for nothing else. Set `answer` to the filter pattern, as a dict."
        ),
        check=_filtered,
        hints=(
            "The pattern has the form of a record. Where in the record is the new value of kind?",
            "Lists hold alternatives: one of them must match.",
            'The type is a level of its own: {"kind": {"S": [...]}}.',
        ),
        solution_source=(
            'answer = {"dynamodb": {"NewImage": {"kind": {"S": ["atlas", "map"]}}}}\n'
        ),
        mistakes=(
            Mistake(
                {"dynamodb": {"NewImage": {"kind": ["atlas", "map"]}}},
                "Values of a table come with their types. Where is the S?",
                lambda answer: not _names('"S"', answer),
            ),
            Mistake(
                {"dynamodb": {"OldImage": {"kind": {"S": ["atlas", "map"]}}}},
                "The old image says what the book was. The task asks for what it is now.",
                lambda answer: _names("OldImage", answer),
            ),
            Mistake(
                {"NewImage": {"kind": {"S": ["atlas", "map"]}}},
                "The images are inside the record's member dynamodb.",
                lambda answer: "dynamodb" not in answer,
            ),
        ),
    ),
)
