"""``{flash-cards}``: every card of ``facts.study`` as a question that opens on its answer.

The page carries real ``details`` elements, so cards work by keyboard, with a screen reader and
without a script. ``_static/cards.js`` adds the form, the single card and the marks. The cards are
also written as a file for Anki, beside the other files of the site.
"""

from __future__ import annotations

import csv
import io
import re
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from .places import place
from .sheet import prose

if TYPE_CHECKING:
    from lambda_lab.facts.study import Card

__all__ = ["ANKI", "AnkiLink", "FlashCards", "anki", "setup"]

ANKI = "_static/lambda-lab-cards.csv"
"""Where the file for Anki stands in the site."""

_EMPHASIS = re.compile(r"\*([^*]+)\*")

# Sphinx finds a node's writer by the name of its class; the small letters are docutils' habit.


class flash_deck(nodes.General, nodes.Element):  # noqa: N801
    """All cards: ``form`` is the HTML of what stands over them."""


class flash_card(nodes.General, nodes.Element):  # noqa: N801
    """One card: ``card`` is its id, ``topic``, ``exams`` the words its filters go by."""


class card_front(nodes.General, nodes.TextElement):  # noqa: N801
    """The question."""


class card_back(nodes.General, nodes.Element):  # noqa: N801
    """The answer, and where to read on."""


def _study() -> Any:
    """Return the room's module; ``facts`` of this extension says it if the package is missing."""
    from lambda_lab.facts import study

    return study


class FlashCards(SphinxDirective):
    """The whole deck; it takes no argument and no content."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Build the deck."""
        study = _study()
        known = study.domains()
        cards: tuple[Card, ...] = study.cards()
        deck = flash_deck(form=_form(cards))
        self.set_source_info(deck)
        for card in cards:
            exams = dict.fromkeys(known[one] for one in card.exams)
            node = flash_card(card=card.id, topic=card.topic, exams=[*exams, *card.exams])
            node += card_front("", "", *self._inline(card.front))
            where = nodes.paragraph("", "Read on: ", place(target=card.chapter))
            where["classes"].append("ll-card-more")
            where += nodes.Text(f". {', '.join(exams)}.")
            node += card_back("", nodes.paragraph("", "", *self._inline(card.back)), where)
            deck += node
        return [deck]

    def _inline(self, text: str) -> list[nodes.Node]:
        parsed, messages = self.state.inline_text(text, self.lineno)
        return [*parsed, *messages]


def _form(cards: tuple[Card, ...]) -> str:
    """Return the form: hidden, for without a script the page is the full list."""
    topics = [(topic, topic) for topic in dict.fromkeys(card.topic for card in cards)]
    asked = [("", "Either exam")]
    for exam in _study().exams():
        asked.append((exam.name, f"{exam.name}, every domain"))
        asked += [(domain.id, f"{exam.name}: {domain.name}") for domain in exam.domains]
    standing = [
        ("", "Every card"), ("open", "Not marked known"), ("again", "Marked again"),
        ("known", "Marked known"),
    ]  # fmt: skip
    view = [("one", "One at a time"), ("all", "All in a list")]
    return (
        '<form class="ll-sheet-form ll-cards-form" hidden>'
        f"{_select('Topic', 'topic', [('', 'Every topic'), *topics])}"
        f"{_select('Exam', 'exam', asked)}{_select('Marks', 'standing', standing)}"
        f"{_select('Show', 'view', view)}"
        '<p class="ll-cards-act"><button type="button" name="shuffle">Shuffle</button> '
        '<button type="button" name="sort">In order</button> '
        '<button type="button" name="forget">Forget my marks</button></p>'
        f'<p role="status">{len(cards)} cards</p></form>\n'
    )


def _select(label: str, name: str, options: list[tuple[str, str]]) -> str:
    offered = "".join(
        f'<option value="{escape(value)}">{escape(word)}</option>' for value, word in options
    )
    return f'<label>{label} <select name="{name}" autocomplete="off">{offered}</select></label>'


def _open_deck(writer: HTML5Translator, node: flash_deck) -> None:
    writer.body.append(f'<div class="ll-cards">{node["form"]}<ol class="ll-deck">\n')


def _close_deck(writer: HTML5Translator, node: flash_deck) -> None:
    writer.body.append(
        '</ol>\n<p class="ll-cards-turn" hidden><button type="button" name="previous">Previous'
        '</button> <button type="button" name="next">Next</button></p></div>\n'
    )


def _open_card(writer: HTML5Translator, node: flash_card) -> None:
    writer.body.append(
        f'<li class="ll-card" id="card-{escape(node["card"])}" data-topic="{escape(node["topic"])}"'
        f' data-exams="{escape(" ".join(node["exams"]))}"><details>\n'
    )


def _close_card(writer: HTML5Translator, node: flash_card) -> None:
    writer.body.append("</details></li>\n")


def _open_front(writer: HTML5Translator, node: card_front) -> None:
    topic = escape(node.parent["topic"])
    writer.body.append(f'<summary><span class="ll-card-topic">{topic}<i>: </i></span><span>')


def _close_front(writer: HTML5Translator, node: card_front) -> None:
    writer.body.append("</span></summary>\n")


def _open_back(writer: HTML5Translator, node: card_back) -> None:
    writer.body.append('<div class="ll-card-back">')


def _close_back(writer: HTML5Translator, node: card_back) -> None:
    writer.body.append(
        '<p class="ll-card-act" hidden><button type="button" value="again">Again</button> '
        '<button type="button" value="known">Known</button></p></div>\n'
    )


def anki(cards: tuple[Card, ...], known: dict[str, str]) -> str:
    """Return the deck in Anki's text format: front, back and tags, separated by commas.

    The lines that begin with ``#`` tell Anki how to read the rest
    (https://docs.ankiweb.net/importing/text-files.html).
    """
    out = io.StringIO()
    out.write("#separator:Comma\n#html:true\n#deck:The Lambda Lab Book\n")
    out.write("#columns:Front,Back,Tags\n#tags column:3\n")
    rows = csv.writer(out, lineterminator="\n")
    for card in cards:
        exams = dict.fromkeys(known[one] for one in card.exams)
        tags = [card.topic.lower(), *exams, *card.exams]
        rows.writerow([_html(card.front), _html(card.back), " ".join(tags)])
    return out.getvalue()


def _html(text: str) -> str:
    return _EMPHASIS.sub(r"<em>\1</em>", prose(text))


def _write_anki(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        path = app.outdir / ANKI
        path.parent.mkdir(parents=True, exist_ok=True)
        text = anki(_study().cards(), _study().domains())
        path.write_text(text, encoding="utf-8", newline="\n")


class AnkiLink(SphinxDirective):
    """A link to the file for Anki."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the link, relative to the page."""
        address = "../" * self.env.docname.count("/") + ANKI
        link = f'<p><a class="ll-download" href="{address}" download>Take the cards to Anki</a></p>'
        return [nodes.raw("", link, format="html")]


def _count(app: Sphinx, config: Config) -> None:
    """Offer the page its own figure as a substitution."""
    own = {"cards_number": str(len(_study().cards()))}
    config.myst_substitutions = {**(config.myst_substitutions or {}), **own}


def _pass(writer: nodes.NodeVisitor, node: nodes.Element) -> None:
    """Write nothing of its own: the children are plain text already."""


def setup(app: Sphinx) -> None:
    """Add the two directives, the nodes they are made of, and the file."""
    plain: dict[str, Any] = {"latex": (_pass, _pass), "text": (_pass, _pass), "man": (_pass, _pass)}
    app.add_node(flash_deck, html=(_open_deck, _close_deck), **plain)
    app.add_node(flash_card, html=(_open_card, _close_card), **plain)
    app.add_node(card_front, html=(_open_front, _close_front), **plain)
    app.add_node(card_back, html=(_open_back, _close_back), **plain)
    app.add_directive("flash-cards", FlashCards)
    app.add_directive("cards-download", AnkiLink)
    app.connect("config-inited", _count, priority=900)
    app.connect("build-finished", _write_anki)
