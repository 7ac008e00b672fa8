"""Small tables for notebooks, with real header cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from numbers import Number
from typing import Any

from lambda_lab.errors import LabError
from lambda_lab.show.canvas import clean
from lambda_lab.show.given import given_row
from lambda_lab.show.style import page_css

__all__ = ["Table", "table"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; shown as HTML in a notebook and as plain text elsewhere."""

    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: str = ""

    def _repr_html_(self) -> str:
        caption = f"<figcaption>{escape(self.caption)}</figcaption>" if self.caption else ""
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.header)
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in self.rows)
        # The box scrolls on a phone, so it must be reachable by keyboard (WCAG 2.1.1).
        return (
            f'<figure class="ll-figure"><style>{page_css()}</style>{caption}'
            f'<div class="ll-scroll" tabindex="0" role="group" '
            f'aria-label="{escape(self.caption or "Table")}"><table>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></figure>"
        )

    def __str__(self) -> str:
        lines = [list(self.header), *([_text(value) for value in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        told = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join(([self.caption] if self.caption else []) + told)

    def __repr__(self) -> str:
        return str(self)


def table(rows: Sequence[Mapping[str, Any]], *, caption: str = "") -> Table:
    """Return *rows* as a table; the keys of all rows, in order of appearance, are its header.

    Raises
    ------
    LabError
        If a row is not a mapping.

    Examples
    --------
    >>> print(table([{"call": 1, "start": "cold"}, {"call": 2, "start": "warm"}]))
    call  start
    1     cold
    2     warm
    """
    rows = given_row("rows", rows, "dicts")
    for row in rows:
        if not isinstance(row, Mapping):
            raise LabError(
                f"A row of a table is a {type(row).__name__}; give a dict of column to value."
            )
    header = list(dict.fromkeys(str(key) for row in rows for key in row))
    named = [{str(key): value for key, value in row.items()} for row in rows]
    return Table(header, [[row.get(name) for name in header] for row in named], clean(caption))


def _text(value: Any) -> str:
    return "" if value is None else clean(value, 500)


def _cell(value: Any) -> str:
    number = isinstance(value, Number) and not isinstance(value, bool)
    kind = ' class="ll-number"' if number else ""
    return f"<td{kind}>{escape(_text(value))}</td>"
