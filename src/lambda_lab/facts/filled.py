"""Numbers in sentences of the data: ``{{ timeout_maximum }}`` becomes the fact's display text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from .loader import load_facts
from .model import FactsDataError

__all__ = ["display_texts", "filled"]

_SUBSTITUTION = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@cache
def display_texts() -> Mapping[str, str]:
    """Return the display text of every printable fact, by its name in a substitution."""
    return {
        key.replace(".", "_").replace("-", "_"): fact.text
        for key, fact in load_facts().items()
        if fact.printable
    }


def filled(text: str, where: str) -> str:
    """Put the facts' display texts into a sentence.

    Parameters
    ----------
    text
        The sentence, with ``{{ name }}`` for each number.
    where
        The entry the sentence belongs to, for the message.

    Raises
    ------
    FactsDataError
        When no printable fact has that name.

    Examples
    --------
    >>> filled("At most {{ timeout_maximum }}.", "an example")
    'At most 900 seconds (15 minutes).'
    """
    known = display_texts()

    def fill(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise FactsDataError(f"{where}: no printable fact is called {match[1]!r}.")
        return known[match[1]]

    return _SUBSTITUTION.sub(fill, text)
