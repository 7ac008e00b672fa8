"""Reading what a function with ``ReportBatchItemFailures`` says about its batch.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

__all__ = ["failed_items"]


def failed_items(payload: bytes, known_ids: Sequence[str]) -> set[str] | None:
    """Return which items of a batch the function says it failed on.

    Parameters
    ----------
    payload
        The function's result, as it came from the runtime.
    known_ids
        The identifiers in the batch: message ids of a queue, sequence numbers of a stream.

    Returns
    -------
    set of str or None
        The failed identifiers, empty for a complete success; ``None`` if the answer cannot be
        used, which AWS takes as a complete failure of the batch.

    Examples
    --------
    >>> sorted(failed_items(b'{"batchItemFailures": [{"itemIdentifier": "b"}]}', ["a", "b"]))
    ['b']
    >>> failed_items(b'{"batchItemFailures": [{"itemIdentifier": "z"}]}', ["a", "b"]) is None
    True
    >>> failed_items(b"null", ["a", "b"])
    set()
    """
    if not payload.strip():
        return set()
    try:
        answer: Any = json.loads(payload)
    except (ValueError, RecursionError):
        return None  # "An invalid JSON response"
    if answer in (None, "", [], {}):
        # "An empty EventResponse", "a null EventResponse". Recorded for null, [] and {}; that ""
        # is as empty is confidence L.
        return set()
    # Other JSON is no EventResponse: a complete failure, confidence L.
    failures = answer.get("batchItemFailures", []) if isinstance(answer, dict) else answer
    if failures is None:
        return set()
    if not isinstance(answer, dict) or not isinstance(failures, list):
        return None
    identifiers = [_identifier(failure) for failure in failures]
    # A bad key, a null or empty identifier, one that is not in the batch: recorded, all of them.
    known = set(known_ids)
    failed = {identifier for identifier in identifiers if identifier in known}
    return failed if all(identifier in known for identifier in identifiers) else None


def _identifier(failure: Any) -> str:
    """Return an entry's ``itemIdentifier``; an empty text, which no record has, if it is bad."""
    found = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    return found if isinstance(found, str) else ""
