"""TestEventPattern, which moto leaves without an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.events.exceptions import InvalidEventPatternException, ValidationException
from moto.events.responses import EventsHandler

from lambda_lab.aws.pushes.event_patterns import EventPatternError, matches
from lambda_lab.aws.pushes.patches import replaced

__all__ = ["pattern_trials"]

_NEEDED = ("id", "account", "source", "time", "region", "resources", "detail-type")
"""Members of ``Event``: API reference, TestEventPattern."""


@contextmanager
def pattern_trials() -> Iterator[None]:
    """Let clients ask whether a pattern matches an event while the block runs."""

    def test_event_pattern(handler: Any) -> str:
        pattern, text = handler._get_param("EventPattern"), handler._get_param("Event")
        return json.dumps({"Result": _result(str(pattern), str(text))})

    with replaced(EventsHandler, test_event_pattern=test_event_pattern):
        yield


def _result(pattern: str, text: str) -> bool:
    try:
        event = json.loads(text)
    except ValueError:
        event = None
    if not isinstance(event, dict) or any(name not in event for name in _NEEDED):
        # Ours, close to AWS's way of saying such things: confidence L.
        raise ValidationException(
            "Parameter Event is not valid. Reason: an event is a JSON object with "
            f"{', '.join(_NEEDED)}."
        )
    try:
        return matches(pattern, event)
    except EventPatternError as error:
        raise InvalidEventPatternException(reason=str(error)) from None
