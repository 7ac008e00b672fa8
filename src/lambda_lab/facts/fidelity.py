"""The ledger of fidelity: what stands behind each behaviour that this package shows.

``facts/behaviours/behaviours.toml`` names each behaviour and says whether it is real, a model,
moto's, simulated or absent. The tests that prove it are not listed there: a test names the
behaviour, ``@pytest.mark.fidelity("key")``, and the book's extension finds it by that mark.
``emulators.toml`` holds what was measured and read of other emulators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from .filled import filled
from .loader import page_url, read_table
from .model import FactsDataError

__all__ = [
    "Answer",
    "Behaviour",
    "Emulator",
    "EmulatorRow",
    "Emulators",
    "Fidelity",
    "load_behaviours",
    "load_emulators",
    "read_behaviours",
    "read_emulators",
]


class Fidelity(StrEnum):
    """What stands behind a behaviour."""

    REAL = "real"
    MODEL = "model"
    MOTO = "moto"
    SIMULATED = "simulated"
    NOT_MODELLED = "not modelled"


class Answer(StrEnum):
    """What a reader meets who asks for something that is not modelled."""

    NOT_MODELLED = "501"
    REFUSED = "refused"
    WARNED = "warned"
    STORED = "stored"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One behaviour of Lambda, or of what stands round it, and what it is here.

    Attributes
    ----------
    key
        Its name in ``@pytest.mark.fidelity``. It never changes.
    topic, text
        What a reader looks under, and the behaviour in one sentence.
    kind
        What stands behind it here.
    source, url
        The page of AWS's that describes it; both empty where AWS publishes nothing.
    answer
        For what is not modelled: what a reader meets who asks for it.
    note
        A limit worth knowing, or why a behaviour without a test has none.
    """

    key: str
    topic: str
    text: str
    kind: Fidelity
    source: str
    url: str
    answer: Answer | None = None
    note: str = ""

    @property
    def needs_a_test(self) -> bool:
        """Whether some test must prove it: all but what is plainly absent."""
        return self.answer is not Answer.NOTHING


@dataclass(frozen=True, slots=True)
class Emulator:
    """One column of the comparison: a release, and a number of the notes below the table.

    In `name`, ``{version}`` stands for the version; `version` is empty where none could be had.
    """

    key: str
    name: str
    version: str
    footnote: int = 0

    @property
    def head(self) -> str:
        """The head of its column, as the README writes it: ``serverless-offline 14.8.2 [1]``."""
        mark = f" [{self.footnote}]" if self.footnote else ""
        return self.name.format(version=self.version) + mark


@dataclass(frozen=True, slots=True)
class EmulatorRow:
    """One row: a question, and each emulator's cell in the order of the columns."""

    question: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Emulators:
    """The comparison with other emulators, and the day on which it was made."""

    checked: date
    emulators: tuple[Emulator, ...]
    rows: tuple[EmulatorRow, ...]
    footnotes: tuple[str, ...]


def load_behaviours() -> tuple[Behaviour, ...]:
    """Return every behaviour, in the order of the file.

    Raises
    ------
    FactsDataError
        As for `read_behaviours`.
    """
    return read_behaviours(read_table("behaviours", "behaviours.toml"))


def read_behaviours(content: Mapping[str, Any]) -> tuple[Behaviour, ...]:
    """Build the behaviours of a parsed file: ``[topic]``, and in each a table for each key.

    Raises
    ------
    FactsDataError
        When an entry lacks a field or has one too many, a key stands twice, or what is not
        modelled does not say how it answers.
    """
    found: dict[str, Behaviour] = {}
    for topic, entries in content.items():
        for key, entry in entries.items():
            if key in found:
                raise FactsDataError(f"Behaviour {key!r} stands in two topics.")
            found[key] = _behaviour(key, topic, entry)
    return tuple(found.values())


def _behaviour(key: str, topic: str, entry: Mapping[str, str]) -> Behaviour:
    extra = entry.keys() - {"text", "kind", "source", "answer", "note"}
    if extra or not entry.get("text"):
        raise FactsDataError(
            f"Behaviour {key!r}: it needs a text, and may have no {', '.join(sorted(extra))}."
        )
    try:
        kind = Fidelity(entry.get("kind", ""))
        answer = Answer(entry["answer"]) if "answer" in entry else None
    except ValueError as error:
        raise FactsDataError(f"Behaviour {key!r}: {error}.") from error
    if (kind is Fidelity.NOT_MODELLED) != (answer is not None):
        raise FactsDataError(
            f"Behaviour {key!r}: what is not modelled says how it answers, and nothing else does."
        )
    source = entry.get("source", "")
    return Behaviour(
        key=key,
        topic=topic,
        text=filled(entry["text"], f"behaviour {key!r}"),
        kind=kind,
        source=source,
        url=page_url(source) if source else "",
        answer=answer,
        note=filled(entry.get("note", ""), f"behaviour {key!r}"),
    )


def load_emulators() -> Emulators:
    """Return the comparison with other emulators.

    Raises
    ------
    FactsDataError
        As for `read_emulators`.
    """
    return read_emulators(read_table("behaviours", "emulators.toml"))


def read_emulators(content: Mapping[str, Any]) -> Emulators:
    """Build the comparison of a parsed file.

    Raises
    ------
    FactsDataError
        When a row has no cell for an emulator or one for another, or a note is not there.
    """
    emulators = tuple(Emulator(**entry) for entry in content["emulator"])
    footnotes = tuple(content["footnotes"])
    if any(one.footnote > len(footnotes) for one in emulators):
        raise FactsDataError(f"An emulator names a note beyond the {len(footnotes)} there are.")
    keys = [one.key for one in emulators]
    rows = []
    for entry in content["row"]:
        cells = {key: text for key, text in entry.items() if key != "question"}
        if sorted(cells) != sorted(keys):
            raise FactsDataError(
                f"Row {entry.get('question')!r} has cells for {', '.join(sorted(cells))}; "
                f"the emulators are {', '.join(keys)}."
            )
        rows.append(EmulatorRow(entry["question"], tuple(cells[key] for key in keys)))
    return Emulators(content["checked"], emulators, tuple(rows), footnotes)
