"""The cover answers at the site's bare address too.

The root document is ``intro``, so Sphinx writes ``intro.html``; a web server looks for
``index.html``. sphinx-external-toc would write a page there that only jumps. A copy does not
flicker, and its links are right because both pages lie in the same folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx

__all__ = ["setup"]


def _copy(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    cover = site / f"{app.config.root_doc}.html"
    if cover.name != "index.html":
        shutil.copyfile(cover, site / "index.html")


def setup(app: Sphinx) -> None:
    """Copy before sphinx-external-toc looks, which is at the usual priority of 500."""
    app.connect("build-finished", _copy, priority=400)
