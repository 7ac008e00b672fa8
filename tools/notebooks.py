"""Run notebooks side by side, each in a process, a kernel and an empty folder of its own.

A lab waits most of its time, for functions that sleep and for environments that start. So more of
them run at once than there are cores, and none of them sees that others run.
"""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import nbformat

# The path of a socket has at most 103 characters on macOS, where the usual folder has 60 of them.
SHORT = Path("/tmp") if Path("/tmp").is_dir() else None


@dataclass(frozen=True)
class Page:
    """A page with cells that run."""

    path: Path
    notebook: Any

    @property
    def cells(self) -> int:
        """How many cells have code in them."""
        return sum(cell.cell_type == "code" for cell in self.notebook.cells)


@dataclass(frozen=True)
class Ran:
    """A page after its run: with its outputs, or with what went wrong."""

    page: Page
    seconds: float
    problem: str | None


def read(path: Path, extensions: frozenset[str] = frozenset()) -> Page | None:
    """Return the page at *path* as the build reads it, or ``None`` if it has nothing to run.

    Parameters
    ----------
    path
        A notebook, or a page of MyST Markdown.
    extensions
        The book's extensions of MyST: they decide where a page's cells begin.

    Returns
    -------
    Page or None
        The page, not run yet.
    """
    from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
    from myst_parser.config.main import MdParserConfig

    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return Page(path, nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]
    if not is_myst_markdown_notebook(text):
        return None
    config = MdParserConfig(enable_extensions=set(extensions))
    return Page(path, read_myst_markdown_notebook(text, config, add_source_map=True, path=path))


@contextmanager
def kernels_on_sockets() -> Iterator[Any]:
    """Yield the settings of a kernel that listens on sockets, in a folder for this block.

    Else it is told ports that were free a moment ago, and may find one of them taken.
    """
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(dir=SHORT) as doors:
        yield Config({"KernelManager": {"transport": "ipc", "ip": f"{doors}/kernel"}})


def run_one(page: Page, seconds: float) -> Ran:
    """Run *page*; *seconds* is what one cell may take."""
    from jupyter_cache.executors.utils import single_nb_execution

    with tempfile.TemporaryDirectory() as folder, kernels_on_sockets() as config:
        try:
            result = single_nb_execution(
                page.notebook, cwd=folder, timeout=seconds, allow_errors=False, config=config
            )
        except RuntimeError:  # the kernel did not start, or died
            return Ran(page, 0.0, traceback.format_exc())
    return Ran(Page(page.path, result.nb), result.time, result.exc_string)


def run(pages: list[Page], workers: int, seconds: float) -> Iterator[Ran]:
    """Run *pages*, *workers* at once, and yield each when it has ended.

    Those with most cells go first: a long one that starts last keeps all others waiting.

    Parameters
    ----------
    pages
        What to run.
    workers
        How many run at the same time.
    seconds
        What one cell may take.

    Yields
    ------
    Ran
        A page with its outputs or its problem, in the order in which they end.
    """
    order = sorted(pages, key=lambda page: (-page.cells, page.path))
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        waiting = [pool.submit(run_one, page, seconds) for page in order]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)
