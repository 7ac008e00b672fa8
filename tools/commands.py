"""Run every command of every page with the real AWS CLI, and compare what it printed.

    python tools/commands.py                  every page that has commands
    python tools/commands.py labs/L34*.ipynb  some pages
    python tools/commands.py --update ...     write what was printed into the pages

How pages hold commands is told in ``command_pages.py``, how they are run in ``command_runs.py``.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from command_pages import Block, Page, pages, read_page, strays_in
from command_runs import Printed, Served, find_cli, run_blocks, served

__all__ = ["check_page", "complaints", "main", "marks", "pages_with_commands", "run_page"]


def pages_with_commands() -> list[Page]:
    """Return the pages that have a block of commands."""
    return [page for page in pages() if any(page.blocks())]


def marks() -> list[tuple[str, str]]:
    """Return page and reason of each block that is not run."""
    return [
        (page.name, block.not_run)
        for page in pages()
        for blocks in page.blocks()
        for block in blocks
        if block.not_run
    ]


def run_page(region: Served, page: Page, shell: str = "bash") -> list[list[Printed | None]]:
    """Run a page; return what each block of each text printed, ``None`` for one that is not run."""
    blocks = [block for text in page.blocks() for block in text if not block.not_run]
    printed = iter(run_blocks(region, blocks, shell))
    return [[None if block.not_run else next(printed) for block in text] for text in page.blocks()]


def complaints(block: Block, printed: Printed) -> list[str]:
    """Return what is wrong with a block, in words."""
    found = []
    if printed.failed and not block.refused:
        found.append(f"a command failed with status {printed.failed[0]}")
    if block.refused and not printed.failed:
        found.append("nothing was refused, although the page says so")
    if printed.output != block.output:
        difference = difflib.unified_diff(
            block.output.splitlines(), printed.output.splitlines(), "page", "printed", lineterm=""
        )
        found.append("it printed something else:\n" + "\n".join(difference))
    return found


def check_page(page: Page, runs: Sequence[Sequence[Printed | None]]) -> list[str]:
    """Return everything that is wrong with a page that was run."""
    found = [
        f"{page.name}: line {line} looks like a command; make it a block of bash"
        for text in page.texts
        for line in strays_in(text)
    ]
    for blocks, printed in zip(page.blocks(), runs, strict=True):
        for block, done in zip(blocks, printed, strict=True):
            first = block.script.partition("\n")[0]
            wrong = complaints(block, done) if done else []
            found += [f"{page.name}: {first!r} (line {block.line}): {words}" for words in wrong]
    return found


def _updated(page: Page, runs: Sequence[Sequence[Printed | None]]) -> Page:
    outputs = [
        [done.output if done else block.output for block, done in zip(blocks, printed, strict=True)]
        for blocks, printed in zip(page.blocks(), runs, strict=True)
    ]
    return page.with_outputs(outputs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check pages, or write what was printed into them; 0 when all is well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--update", action="store_true", help="write what was printed")
    parser.add_argument("--shell", default="bash", help="another shell, such as zsh")
    parser.add_argument("pages", nargs="*", type=Path, help="these pages only")
    options = parser.parse_args(arguments)
    cli = find_cli()
    if cli is None:
        print("The AWS CLI is not installed: run 'make setup-cli'.", file=sys.stderr)
        return 2
    chosen = [read_page(path.resolve()) for path in options.pages] or pages_with_commands()
    wrong: list[str] = []
    with served(cli) as region:
        for page in chosen:
            runs = run_page(region, page, options.shell)
            if options.update:
                new = _updated(page, runs)
                if new != page:
                    new.write()
                    print(f"{page.name}: written.")
                page = new  # noqa: PLW2901
            wrong += check_page(page, runs)
    for words in wrong:
        print(words)
    print(f"{len(chosen)} pages, {len(wrong)} complaints.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
