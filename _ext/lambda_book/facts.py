"""Numbers in prose: ``{{ timeout_maximum }}`` is replaced by what ``lambda_lab.facts`` knows.

A number is typed once, with its source and date, in the package. A name that is not there is a
warning of MyST's, and the strict build takes a warning for an error.
"""

from __future__ import annotations

from typing import Protocol

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

__all__ = ["load_substitutions", "setup"]


class _Facts(Protocol):
    def substitutions(self) -> dict[str, str]:
        """Return display texts by name."""


def load_substitutions() -> dict[str, str]:
    """Return every fact's display text under the name a chapter writes.

    Returns
    -------
    dict of str to str
        For instance ``timeout_maximum``: ``900 seconds (15 minutes)``.

    Raises
    ------
    sphinx.errors.ExtensionError
        When the package cannot be imported, which means the book is built outside its environment.
    """
    try:
        from lambda_lab import facts
    except ImportError as error:
        message = (
            f"The book takes its numbers from the package lambda_lab, which failed to import "
            f"({error}). Build with `make book`, which installs it into .venv."
        )
        raise ExtensionError(message) from error
    source: _Facts = facts
    return dict(source.substitutions())


def _substitute(app: Sphinx, config: Config) -> None:
    own = dict(config.myst_substitutions or {})
    known = load_substitutions()
    clash = sorted(own.keys() & known.keys())
    if clash:
        message = f"_config.yml redefines facts: {', '.join(clash)}. Remove them there."
        raise ExtensionError(message)
    config.myst_substitutions = {**known, **own}


def setup(app: Sphinx) -> None:
    """Fill MyST's substitutions before MyST reads them."""
    app.connect("config-inited", _substitute)
