"""The ledger of claims as a page: a card for each claim, made from ``lambda_lab.facts.claims()``.

``{claims} 000`` writes the cards of one note, twenty to a group that folds; ``{claims-summary}``
writes the counts and, for browsers with scripts, the filter. ``{claim}`N000-07``` links to a card
from anywhere in the book.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective, SphinxRole

from .places import commas, listed, place

if TYPE_CHECKING:
    from lambda_lab.facts import Claim, ClaimSource

__all__ = ["ClaimRole", "Claims", "ClaimsSummary", "setup"]

VERDICTS = {
    "holds": "Holds",
    "depends": "Depends",
    "outdated": "Outdated",
    "wrong": "Wrong",
    "not checked": "Not checked",
}
"""Each verdict as the page words it, in the order of the table."""

GROUP = 20
"""How many cards fold together: on a phone all of them are a hundred screens."""


def _ledger() -> ModuleType:
    """Return ``lambda_lab.facts``; the module ``facts`` of this extension says if it is missing."""
    from lambda_lab import facts

    return facts


def _claims() -> tuple[Claim, ...]:
    return cast("tuple[Claim, ...]", _ledger().claims())


class Claims(SphinxDirective):
    """The cards of one note; its argument is the note's number, such as ``000``."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        """Build the cards.

        Returns
        -------
        list of nodes.Node
            A container for each claim, with its id as the anchor, between the tags of its group.

        Raises
        ------
        docutils.parsers.rst.DirectiveError
            When there is no such note.
        """
        note = self.arguments[0]
        chosen = [claim for claim in _claims() if claim.note == note]
        if not chosen:
            message = f"There are no claims of notes {note!r}; the notes are numbered 000 and on."
            raise self.error(message)
        return [
            node
            for start in range(0, len(chosen), GROUP)
            for node in self._group(chosen[start : start + GROUP])
        ]

    def _group(self, claims: Sequence[Claim]) -> list[nodes.Node]:
        counted = Counter(claim.verdict.value for claim in claims)
        told = ", ".join(_several(counted[name], name) for name in VERDICTS if counted[name])
        label = f"{claims[0].id} to {claims[-1].id}"
        opening = (
            f'<details class="ll-group"><summary>{label}'
            f' <span class="ll-group-count">{told}</span></summary>'
        )
        return [
            nodes.raw("", opening, format="html"),
            *(self._card(claim) for claim in claims),
            nodes.raw("", "</details>", format="html"),
        ]

    def _card(self, claim: Claim) -> nodes.container:
        word = VERDICTS[claim.verdict.value]
        kind = claim.verdict.value.replace(" ", "-")
        classes = ["ll-claim", f"ll-claim-{kind}", f"ll-claim-note-{claim.note}"]
        card = nodes.container(classes=classes, ids=[claim.label], names=[claim.label])
        self.state.document.note_explicit_target(card, card)
        number = nodes.reference("", claim.id, refid=claim.label, internal=True)
        verdict = nodes.inline("", word, classes=["ll-claim-verdict"])
        card += nodes.paragraph("", "", number, nodes.Text(" "), verdict, classes=["ll-claim-head"])
        card += self._text(claim.claim, "ll-claim-said")
        if claim.right:
            card += self._text(claim.right, "ll-claim-right")
        card += self._foot(claim)
        return card

    def _text(self, text: str, name: str) -> nodes.paragraph:
        parsed, messages = self.state.inline_text(text, self.lineno)
        return nodes.paragraph("", "", *parsed, *messages, classes=[name])

    def _foot(self, claim: Claim) -> list[nodes.Node]:
        shown = _line("Shown in ", listed(claim.shown))
        source = _line("Source: ", commas([_source(source) for source in claim.sources]))
        if claim.same_as:
            source += nodes.Text(" Judged as ")
            source += nodes.reference("", claim.same_as, refid=claim.same_as.lower(), internal=True)
            source += nodes.Text(".")
        if claim.sources:
            source += nodes.Text(f" Confidence {claim.confidence.value}.")
        return [line for line in (shown, source) if line.children]


def _several(number: int, verdict: str) -> str:
    """Return *1 holds* or *2 hold*."""
    verbs = {"holds": "hold", "depends": "depend"}
    return f"{number} {verdict if number == 1 else verbs.get(verdict, verdict)}"


def _line(label: str, links: list[nodes.Node]) -> nodes.paragraph:
    """Return a label and what it announces, or an empty paragraph where that is nothing."""
    line = nodes.paragraph(classes=["ll-claim-foot"])
    if links:
        line += [nodes.Text(label), *links, nodes.Text(".")]
    return line


def _source(source: ClaimSource) -> nodes.Node:
    if not source.url:
        return nodes.Text(source.text)
    return nodes.reference("", source.text, refuri=source.url)


class ClaimsSummary(SphinxDirective):
    """How many claims of each note have which verdict, and the filter."""

    has_content = False
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Build the table of counts and the form.

        Returns
        -------
        list of nodes.Node
            The form, which a script shows, and the table.
        """
        claims = _claims()
        notes = sorted({claim.note for claim in claims})
        counted = Counter((claim.note, claim.verdict.value) for claim in claims)
        rows: list[list[Any]] = [
            [word, *(counted[note, verdict] for note in notes),
             sum(counted[note, verdict] for note in notes)]
            for verdict, word in VERDICTS.items()
        ]  # fmt: skip
        totals = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)]
        cells: list[list[Any]] = [["Verdict", *notes, "All"], *rows, ["Claims", *totals]]
        form = nodes.raw("", _form(notes, len(claims)), format="html")
        return [_table([[str(cell) for cell in row] for row in cells]), form]


def _table(cells: list[list[str]]) -> nodes.table:
    width = len(cells[0])
    group = nodes.tgroup(cols=width)
    group += [nodes.colspec(colwidth=3 if at == 0 else 1) for at in range(width)]
    head, body = nodes.thead(), nodes.tbody()
    for at, cell in enumerate(cells):
        row = nodes.row()
        row += [nodes.entry("", nodes.paragraph("", text)) for text in cell]
        (head if at == 0 else body).append(row)
    group += [head, body]
    return nodes.table("", group, classes=["ll-claims-counts"])


def _form(notes: list[str], number: int) -> str:
    """Return the filter: hidden, for without a script the page is the full list."""

    def options(values: dict[str, str]) -> str:
        return "".join(
            f'<option value="{escape(value)}">{escape(word)}</option>'
            for value, word in values.items()
        )

    verdicts = {verdict.replace(" ", "-"): word for verdict, word in VERDICTS.items()}
    chosen = {
        "note": ("Notes", {"": "All five", **{note: note for note in notes}}),
        "verdict": ("Verdict", {"": "Every verdict", **verdicts}),
    }
    selects = "".join(
        f'<label>{label} <select name="{name}">{options(values)}</select></label>'
        for name, (label, values) in chosen.items()
    )
    return (
        f'<form class="ll-claims-filter" hidden>{selects}'
        '<label>Words <input type="search" name="words" autocomplete="off"></label>'
        f'<p role="status">{number} claims</p></form>\n'
    )


class ClaimRole(SphinxRole):
    """``{claim}`N000-07```: a link to that claim's card. An unknown id is a warning."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a reference that Sphinx resolves like any other label."""
        known = {claim.id: claim.label for claim in _claims()}
        if self.text not in known:
            message = self.inliner.reporter.warning(
                f"The ledger has no claim {self.text!r}.", line=self.lineno
            )
            return [nodes.Text(self.text)], [message]
        label = known[self.text]
        return [place(target=f"{label}#{label}", text=self.text)], []


def _count(app: Sphinx, config: Config) -> None:
    """Offer the page its own figures as substitutions."""
    paragraphs = _ledger().paragraphs()
    checked = max(claim.checked for claim in _claims())
    config.myst_substitutions = {
        **(config.myst_substitutions or {}),
        "claims_checked": f"{checked.day} {checked:%B %Y}",
        "claims_paragraphs": str(len(paragraphs)),
        "claims_paragraphs_without": str(sum(1 for one in paragraphs if one.none)),
    }


def setup(app: Sphinx) -> None:
    """Add the two directives and the role."""
    app.connect("config-inited", _count, priority=900)
    app.add_directive("claims", Claims)
    app.add_directive("claims-summary", ClaimsSummary)
    app.add_role("claim", ClaimRole())
