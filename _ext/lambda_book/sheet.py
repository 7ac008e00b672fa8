"""A table made from data that a reader can sort and filter, and that is whole without a script.

The HTML holds every row; ``_static/sheet.js`` adds the buttons and shows the form. On a narrow page
each row becomes a card, with the column's name before each cell. A long sheet is one table for each
topic, in groups that fold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

__all__ = ["Cell", "Filter", "Row", "link", "prose", "sheet"]

_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Cell:
    """One cell: its HTML and, where that does not sort by itself, what it sorts by."""

    html: str
    order: str = ""


@dataclass(frozen=True)
class Row:
    """One row: its cells, the anchor of a link to it, and its value for each filter."""

    cells: Sequence[Cell]
    anchor: str
    chosen: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Filter:
    """A choice above the table: its name in the form, its label, and the word for no choice."""

    name: str
    label: str
    every: str


def prose(text: str) -> str:
    """Return a text of the data as HTML: escaped, with code between backticks.

    Examples
    --------
    >>> prose("`a.b` & c")
    '<code>a.b</code> &amp; c'
    """
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))


def link(text: str, address: str) -> str:
    """Return a link to another site, as the rest of the book writes one.

    Examples
    --------
    >>> link("A & B", "https://docs.aws.amazon.com/?a=1&b=2")
    '<a class="external" href="https://docs.aws.amazon.com/?a=1&amp;b=2">A &amp; B</a>'
    """
    return f'<a class="external" href="{escape(address)}">{escape(text, quote=False)}</a>'


def sheet(
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    noun: str,
    filters: Sequence[Filter] = (),
    group: str = "",
    title: str = "",
) -> str:
    """Return the form and the table, or a table for each group.

    Parameters
    ----------
    columns
        The heads; every row has a cell for each.
    rows
        The rows in the order of a page without a script.
    noun
        What a row is, in the plural: the form says how many are shown.
    filters
        The choices to offer; the values are those the rows have, in their order.
    group
        The name of the filter whose values become groups that fold; without one, all is one table.
    title
        What a screen reader calls the table; a page with two of one noun needs two titles.

    Raises
    ------
    ValueError
        When a row has too many or too few cells.
    """
    for row in rows:
        if len(row.cells) != len(columns):
            raise ValueError(f"Row {row.anchor!r} has {len(row.cells)} cells, not {len(columns)}.")
    title = title or f"Table of {noun}"
    tables = _groups(columns, rows, noun, group, title) if group else _table(columns, rows, title)
    return (
        f'<div class="ll-sheet" data-noun="{escape(noun)}">{_form(columns, rows, noun, filters)}'
        f"{tables}</div>\n"
    )


def _table(columns: Sequence[str], rows: Sequence[Row], title: str) -> str:
    heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(_row(columns, row) for row in rows)
    return (
        f'<div class="ll-sheet-scroll" tabindex="0" role="region" aria-label="{escape(title)}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _groups(columns: Sequence[str], rows: Sequence[Row], noun: str, group: str, title: str) -> str:
    """Return a table for each value of one filter, folded: native, so it opens without a script."""
    found = []
    for value, _word in _values(rows, group):
        chosen = [row for row in rows if row.chosen[group] == value]
        table = _table(columns, chosen, f"{title}: {value}")
        found.append(
            f'<details class="ll-group"><summary>{escape(value)} <span class="ll-group-count">'
            f"{len(chosen)} {escape(noun)}</span></summary>{table}</details>"
        )
    return "".join(found)


def _row(columns: Sequence[str], row: Row) -> str:
    chosen = "".join(f' data-{name}="{escape(value)}"' for name, value in row.chosen.items())
    cells = "".join(
        f'<td data-label="{escape(column)}"'
        + (f' data-order="{escape(cell.order)}"' if cell.order else "")
        + f"><div>{cell.html}</div></td>"
        for column, cell in zip(columns, row.cells, strict=True)
    )
    return f'<tr id="{escape(row.anchor)}"{chosen}>{cells}</tr>'


def _form(columns: Sequence[str], rows: Sequence[Row], noun: str, filters: Sequence[Filter]) -> str:
    """Return the form: hidden, for without a script the table is the full list."""
    selects = "".join(
        _select(one.label, one.name, [("", one.every), *_values(rows, one.name)]) for one in filters
    )
    # A phone shows no heads to press, so the order is a choice too.
    orders = [("", "As listed"), *((str(at), column) for at, column in enumerate(columns))]
    return (
        f'<form class="ll-sheet-form" hidden>{selects}{_select("Order", "order", orders)}'
        '<label>Words <input type="search" name="words" autocomplete="off"></label>'
        f'<p role="status">{len(rows)} {escape(noun)}</p></form>'
    )


def _values(rows: Sequence[Row], name: str) -> list[tuple[str, str]]:
    return [(value, value) for value in dict.fromkeys(row.chosen[name] for row in rows)]


def _select(label: str, name: str, options: Sequence[tuple[str, str]]) -> str:
    offered = "".join(
        f'<option value="{escape(value)}">{escape(word)}</option>' for value, word in options
    )
    return f'<label>{label} <select name="{name}">{offered}</select></label>'
