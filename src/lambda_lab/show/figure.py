"""A finished picture with the same told in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from lambda_lab.errors import LabError
from lambda_lab.show.style import page_css

__all__ = ["Figure"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that a notebook, JupyterLab and the built site show alike.

    Attributes
    ----------
    svg
        The picture, with its own styles: it suits light and dark pages.
    words
        The same in plain sentences, made from the same record.
    title
        What stands above the picture.

    Examples
    --------
    >>> figure = Figure("<svg/>", ("One call.",), "A call")
    >>> print(figure)
    A call
    - One call.
    """

    svg: str
    words: Sequence[str]
    title: str = ""

    def _repr_html_(self) -> str:
        caption = f"<figcaption>{escape(self.title)}</figcaption>" if self.title else ""
        told = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.words)
        return (
            f'<figure class="ll-figure"><style>{page_css()}</style>{caption}{self.svg}'
            '<details class="ll-words"><summary>The same in words</summary>'
            f"<ol>{told}</ol></details></figure>"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return the picture as HTML, and its words for a reader without a browser."""
        del include, exclude  # Jupyter may ignore them (IPython.display documentation).
        return {"text/html": self._repr_html_(), "text/plain": str(self)}

    def __str__(self) -> str:
        return "\n".join([self.title or "Figure", *(f"- {sentence}" for sentence in self.words)])

    def __repr__(self) -> str:
        return str(self)

    def save(self, path: str | Path) -> Path:
        """Write the picture to *path*: an SVG, or with the suffix ``.html`` a page with its words.

        Returns
        -------
        pathlib.Path
            Where it was written.

        Raises
        ------
        LabError
            If the suffix is neither ``.svg`` nor ``.html``, or the file cannot be written.
        """
        target = Path(path)
        match target.suffix.lower():
            case ".svg":
                text = self.svg
            case ".html" | ".htm":
                text = (
                    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
                    '<meta name="viewport" content="width=device-width, initial-scale=1">'
                    f"<title>{escape(self.title or 'Figure')}</title></head>"
                    f"<body>{self._repr_html_()}</body></html>"
                )
            case other:
                raise LabError(
                    f"A figure cannot be saved as {other or 'a file without suffix'!r}. "
                    "Give a path that ends in .svg or .html."
                )
        try:
            target.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise LabError(
                f"The figure could not be written to {target}: {error.strerror or error}. "
                "Choose a folder that exists and may be written to."
            ) from error
        return target
