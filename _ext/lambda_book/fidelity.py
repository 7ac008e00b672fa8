"""The ledger of fidelity as a page: ``{fidelity-sheet}`` and ``{emulators-sheet}``.

Each row of the first is a behaviour of ``lambda_lab.facts.behaviours()`` with the tests that name
it in their mark, read from the tests themselves; the second is ``lambda_lab.facts.emulators()``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from .proofs import Proof, proofs
from .sheet import Cell, Filter, Row, link, prose, sheet

if TYPE_CHECKING:
    from lambda_lab.facts import Behaviour

__all__ = ["ANSWERS", "KINDS", "emulators_html", "fidelity_html", "setup"]

ROOT = Path(__file__).resolve().parents[2]

KINDS = {
    "real": "Real",
    "model": "Model",
    "moto": "Moto",
    "simulated": "Simulated",
    "not modelled": "Not modelled",
}
"""What stands behind a behaviour, as the page words it."""

ANSWERS = {
    "501": "answered with status 501",
    "refused": "refused",
    "warned": "left out, with a warning",
    "stored": "kept without effect",
    "nothing": "nothing says so when it runs",
}
"""How the region meets somebody who asks for what is not modelled."""

_FOOTNOTE = re.compile(r" ?\[(\d)\]")


def _facts() -> Any:
    from lambda_lab import facts

    return facts


@cache
def _proofs() -> tuple[Proof, ...]:
    """Return every proof: the tests are read once in a build."""
    return proofs(ROOT)


def _by_key() -> Mapping[str, list[Proof]]:
    found: dict[str, list[Proof]] = defaultdict(list)
    for proof in _proofs():
        found[proof.key].append(proof)
    return found


def _tests(found: Sequence[Proof]) -> Cell:
    if not found:
        return Cell("none", "0")
    # Names of tests are long words: they may break after each part.
    names = [re.sub(r"([/_]|::)", r"\1<wbr>", escape(proof.name)) for proof in found]
    items = "".join(f"<li><code>{name}</code></li>" for name in names)
    count = f"{len(found)} test{'s' if len(found) > 1 else ''}"
    return Cell(f"<details><summary>{count}</summary><ul>{items}</ul></details>", str(len(found)))


def _row(behaviour: Behaviour, found: Sequence[Proof]) -> Row:
    kind = KINDS[behaviour.kind.value]
    note = f"<p>{prose(behaviour.note)}</p>" if behaviour.note else ""
    answer = f"<p>{ANSWERS[behaviour.answer.value]}</p>" if behaviour.answer else ""
    page = link(behaviour.source, behaviour.url) if behaviour.url else "no page"
    return Row(
        [
            Cell(prose(behaviour.text) + note, behaviour.text),
            Cell(f"{kind}{answer}", kind),
            Cell(_tests(found).html, _tests(found).order),
            Cell(page, behaviour.source),
        ],
        f"behaviour-{behaviour.key}",
        {"topic": behaviour.topic, "kind": kind},
    )


def fidelity_html() -> str:
    """Return the table of behaviours."""
    found = _by_key()
    rows = [_row(one, found.get(one.key, ())) for one in _facts().behaviours()]
    filters = [Filter("topic", "Topic", "Every topic"), Filter("kind", "Here", "Any")]
    return sheet(
        ["Behaviour", "Here", "Proved by", "AWS's page"], rows, noun="behaviours", filters=filters
    )


def _marked(text: str) -> str:
    """Return a cell or a head with its footnotes raised, such as ``yes [2]``."""
    return _FOOTNOTE.sub(r"<sup>[\1]</sup>", prose(text))


def emulators_html() -> str:
    """Return the comparison with other emulators, and its footnotes."""
    told = _facts().emulators()
    rows = [
        Row(
            [Cell(escape(row.question)), *(Cell(_marked(cell)) for cell in row.cells)],
            f"emulators-{at}",
        )
        for at, row in enumerate(told.rows, start=1)
    ]
    heads = ["Question", *(one.head for one in told.emulators)]
    notes = "".join(f"<li>{prose(note).replace('*', '')}</li>" for note in told.footnotes)
    return sheet(heads, rows, noun="questions") + f"<ol>{notes}</ol>\n"


def _directive(make: Callable[[], str], *, of_tests: bool) -> type[SphinxDirective]:
    class Sheet(SphinxDirective):
        has_content = False

        def run(self) -> list[nodes.Node]:
            if of_tests:  # a page that is older than a test is made again
                for path in {proof.path for proof in _proofs()}:
                    self.env.note_dependency(str(ROOT / path))
            return [nodes.raw("", make(), format="html")]

    return Sheet


def _count(app: Sphinx, config: Config) -> None:
    """Offer the page its own figures as substitutions."""
    facts = _facts()
    counted = Counter(one.kind.value for one in facts.behaviours())
    checked = facts.emulators().checked
    found = _proofs()
    config.myst_substitutions = {
        **(config.myst_substitutions or {}),
        "fidelity_behaviours": str(len(facts.behaviours())),
        "fidelity_tests": str(len({proof.name for proof in found})),
        "fidelity_checked": f"{checked.day} {checked:%B %Y}",
        **{f"fidelity_{kind.replace(' ', '_')}": str(counted[kind]) for kind in KINDS},
    }


def setup(app: Sphinx) -> None:
    """Add the two directives."""
    app.connect("config-inited", _count, priority=900)
    app.add_directive("fidelity-sheet", _directive(fidelity_html, of_tests=True))
    app.add_directive("emulators-sheet", _directive(emulators_html, of_tests=False))
