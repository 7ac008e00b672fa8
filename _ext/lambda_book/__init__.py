"""What this book adds to Sphinx: boxes, quizzes, facts and claims, terms, and a closed site.

Each module is one idea and has its own ``setup``; ``_config.yml`` names this package only.
"""

from __future__ import annotations

from importlib import import_module

from sphinx.application import Sphinx

__all__ = ["setup"]

PARTS = (
    "assets",
    "boxes",
    "breaks",
    "cards",
    "cover",
    "exam_map",
    "facts",
    "fidelity",
    "first_uses",
    "formulas",
    "glance",
    "ledger",
    "news",
    "parts",
    "places",
    "quiz",
    "sheets",
    "terms",
)
"""The modules with a ``setup`` of their own."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Add every part of the book's extension to a Sphinx build.

    Parameters
    ----------
    app
        The build that is being set up.

    Returns
    -------
    dict
        What Sphinx wants to know: pages may be read and written in parallel.
    """
    for part in PARTS:
        import_module(f".{part}", __name__).setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
