"""Lab L00, the first call: change a function, read its log."""

from __future__ import annotations

from typing import Any

from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import not_yet, plain, right, run, shown

__all__ = ["EXERCISES"]

_NAMES = ("Ada", "Grace")


def _greets(answer: Any, lab: HasClient | None) -> Outcome:
    for name in _NAMES:
        result = run(answer, {"name": name}, lab)
        if name not in str(result):
            return not_yet(
                f'With the event {{"name": "{name}"}} the function answered {shown(result)}, '
                "and the name is not in it.",
                "" if result is not None else "The function answered null: is there a return?",
            )
        if result == {"name": name}:
            return not_yet("The function answered with the event itself, not with a greeting.")
        strangers = [other for other in _NAMES if other != name and other in str(result)]
        if strangers:
            return not_yet(
                f"The answer to {name} also greets {strangers[0]}: take only the event's name."
            )
    run(answer, {}, lab)
    return right(
        "Your function greets whoever the event names, and copes with an event that names nobody."
    )


def _fixed_greeting(event: Any, context: Any) -> str:
    return "Hello, world"


def _nameless_fails(event: Any, context: Any) -> str:
    return f"Hello, {event['name']}"


def _fails_without_name(answer: Any) -> bool:
    if not callable(answer):
        return False
    answer({"name": "Ada"}, None)
    try:
        answer({}, None)
    except KeyError:
        return True
    return False


def _report(answer: Any, _lab: HasClient | None) -> Outcome:
    words = plain(answer).split()
    if words[:1] == ["report"]:
        return right("The REPORT line closes every invocation: duration, billed duration, memory.")
    return not_yet(f"{shown(answer)} is not the line that carries the billed duration.")


EXERCISES = (
    Exercise(
        id="L00.1",
        question=(
            'Change the function `hello`, so that the event `{"name": "Ada"}` is answered with a '
            "greeting for Ada. An event without a name must not make it fail. Deploy it, then set "
            "`answer` to the function's name."
        ),
        check=_greets,
        hints=(
            "The event reaches the handler as a Python dict. Which key holds the name?",
            'event["name"] fails if there is no name; event.get takes a value for that case.',
            'name = event.get("name", "world"), then return a text with the name in it.',
        ),
        solution_source=(
            'lab.function("hello", """\n'
            "def handler(event, context):\n"
            '    name = event.get("name", "world")\n'
            '    return f"Hello, {name}"\n'
            '""")\n'
            'answer = "hello"\n'
        ),
        mistakes=(
            Mistake(
                _nameless_fails,
                'event["name"] raises KeyError when the event has no name; event.get does not.',
                _fails_without_name,
            ),
            Mistake(
                _fixed_greeting,
                "The greeting is always the same: read the name from the event.",
                lambda answer: (
                    callable(answer) and answer({"name": "Ada"}, None) == answer({}, None)
                ),
            ),
        ),
    ),
    Exercise(
        id="L00.2",
        question=(
            "Which log line tells how long an invocation is billed for? "
            "Set `answer` to its first word."
        ),
        check=_report,
        hints=(
            "Call the function once more and read its log from the end.",
            "Three lines frame an invocation. One opens it, one closes it, and one adds up.",
            "It is the line with Memory Size in it; its first word is in capitals.",
        ),
        solution_source='answer = "REPORT"\n',
        mistakes=(
            Mistake("START", "START opens the invocation: nothing has been measured by then."),
            Mistake("END", "END only says that the handler is done; look at the line after it."),
            Mistake("INIT_START", "INIT_START belongs to the environment, not to one invocation."),
            Mistake(
                "Billed Duration", "That is the field. Which word begins the line it stands in?"
            ),
        ),
    ),
)
