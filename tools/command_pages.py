"""The commands of a page, and what the page says they print.

A fence of ``bash`` is run; the fence of ``output`` after it shows what it printed, and a block
without one prints nothing. Two comments, which no reader sees, may stand before a block:

``<!-- refused -->``          the block ends in an error, which the page shows
``<!-- not run: REASON -->``  the block is not run, for this reason

Pages are Markdown files and the text cells of notebooks; both are plain CommonMark here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

__all__ = ["ROOT", "Block", "Page", "blocks_in", "pages", "read_page", "strays_in", "with_output"]

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^(?P<marks>`{3,}|~{3,})(?P<info>[^`]*)$")
MARK = re.compile(r"^<!-- *(?P<word>refused|not run): *(?P<reason>.*?) *-->$|^<!-- *refused *-->$")
STRAY = re.compile(r"^\s*(?:[$>%] )?aws [a-z][a-z0-9-]+ [a-z]")
"""A line that a reader would take for a command of the AWS CLI."""


@dataclass(frozen=True)
class Block:
    """One block of commands.

    Attributes
    ----------
    line
        The line of its first command, from 1, in its text.
    script, output
        The commands, and what the page says they print.
    span
        The lines, from 0, that hold the output's fence; empty and after the block if there is none.
    refused, not_run
        What the comment before the block says.
    """

    line: int
    script: str
    output: str
    span: tuple[int, int]
    refused: bool = False
    not_run: str = ""


@dataclass(frozen=True)
class Page:
    """A file of the book and its texts: one, or as many as a notebook has text cells."""

    path: Path
    texts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's path in the repository."""
        return (
            self.path.relative_to(ROOT).as_posix()
            if self.path.is_relative_to(ROOT)
            else self.path.name
        )

    def blocks(self) -> list[list[Block]]:
        """Return the blocks of each text."""
        return [blocks_in(text) for text in self.texts]

    def with_outputs(self, outputs: Sequence[Sequence[str]]) -> Page:
        """Return the page with other outputs: one for each block of each text."""
        texts = []
        for text, shown in zip(self.texts, outputs, strict=True):
            found = blocks_in(text)
            for block, output in reversed(list(zip(found, shown, strict=True))):
                text = with_output(text, block, output)  # noqa: PLW2901
            texts.append(text)
        return replace(self, texts=tuple(texts))

    def write(self) -> None:
        """Write the page back to its file."""
        if self.path.suffix != ".ipynb":
            self.path.write_text(self.texts[0], encoding="utf-8")
            return
        content = json.loads(self.path.read_text(encoding="utf-8"))
        for cell, text in zip(_text_cells(content), self.texts, strict=True):
            cell["source"] = text.splitlines(keepends=True)
        written = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        self.path.write_text(written, encoding="utf-8")


def read_page(path: Path) -> Page:
    """Read a Markdown file or a notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return Page(path, (text,))
    return Page(path, tuple("".join(cell["source"]) for cell in _text_cells(json.loads(text))))


def _text_cells(content: Any) -> list[Any]:
    return [cell for cell in content["cells"] if cell["cell_type"] == "markdown"]


def pages() -> Iterator[Page]:
    """Yield every page that a reader may take a command from."""
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "intro.md"]
    for folder in ("chapters", "labs"):
        files += [
            path
            for path in sorted((ROOT / folder).rglob("*"))
            if path.suffix in (".md", ".ipynb") and ".ipynb_checkpoints" not in path.parts
        ]
    for path in files:
        yield read_page(path)


def _fences(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield first line, last line and info string of each fence of code.

    Boxes and other directives hold text, in which more fences may stand; a code cell, and a fence
    that shows Markdown, hold none.
    """
    at = 0
    while at < len(lines):
        opened = FENCE.match(lines[at])
        info = opened["info"].strip() if opened else ""
        directive = info.startswith("{") and not info.startswith("{code-cell}")
        if opened and info and not directive:
            closed = re.compile(rf"^{re.escape(opened['marks'][0])}{{{len(opened['marks'])},}}\s*$")
            end = next(
                (number for number in range(at + 1, len(lines)) if closed.match(lines[number])),
                len(lines) - 1,
            )
            yield at, end, info
            at = end
        at += 1


def blocks_in(text: str) -> list[Block]:
    r"""Return the blocks of commands in a text, in order.

    Examples
    --------
    >>> text = "<!-- refused -->\n```bash\naws x y\n```\n\n```output\nNo.\n```\n"
    >>> block, = blocks_in(text)
    >>> block.script, block.output, block.refused, block.line
    ('aws x y\n', 'No.\n', True, 3)
    """
    lines = text.splitlines()
    fences = list(_fences(lines))
    found = []
    for number, (first, last, info) in enumerate(fences):
        if info != "bash":
            continue
        output, span = "", (last + 1, last + 1)
        if number + 1 < len(fences):
            start, end, kind = fences[number + 1]
            between = "".join(lines[last + 1 : start]).strip()
            if kind == "output" and not between:
                output, span = _joined(lines[start + 1 : end]), (last + 1, end + 1)
        refused, not_run = _mark_before(lines, first)
        script = _joined(lines[first + 1 : last])
        found.append(Block(first + 2, script, output, span, refused, not_run))
    return found


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _mark_before(lines: Sequence[str], fence: int) -> tuple[bool, str]:
    above = [line.strip() for line in lines[:fence] if line.strip()]
    mark = MARK.match(above[-1]) if above else None
    if mark is None:
        return False, ""
    return mark["word"] != "not run", mark["reason"] or ""


def with_output(text: str, block: Block, output: str) -> str:
    r"""Return *text* with another output for *block*.

    Examples
    --------
    >>> text = "```bash\naws x y\n```\nAnd so on.\n"
    >>> print(with_output(text, blocks_in(text)[0], "Yes.\n"))
    ```bash
    aws x y
    ```
    <BLANKLINE>
    ```output
    Yes.
    ```
    And so on.
    <BLANKLINE>
    """
    lines = text.splitlines()
    shown = ["", "```output", *output.splitlines(), "```"] if output else []
    lines[slice(*block.span)] = shown
    return "\n".join(lines) + ("\n" if text.endswith("\n") else "")


def strays_in(text: str) -> list[int]:
    r"""Return the lines, from 1, that look like commands of the AWS CLI and are in no block.

    Examples
    --------
    >>> strays_in("```console\n$ aws sts get-caller-identity\n```\n")
    [2]
    >>> strays_in("```bash\naws sts get-caller-identity\n```\n")
    []
    """
    lines = text.splitlines()
    inside = {
        number
        for first, last, info in _fences(lines)
        if info == "bash"
        for number in range(first, last + 1)
    }
    return [
        number + 1
        for number, line in enumerate(lines)
        if number not in inside and STRAY.match(line)
    ]
