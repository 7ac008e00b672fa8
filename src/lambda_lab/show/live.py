"""Whether a reader's kernel shows a figure, so that a widget can answer there."""

from __future__ import annotations

import os
import sys

__all__ = ["is_live"]


def is_live() -> bool:
    """Whether a reader's kernel shows this: not when the site is built, whose pages have none.

    Examples
    --------
    >>> is_live()
    False
    """
    if os.environ.get("LAMBDA_LAB_STEADY") == "1" or "ipykernel" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    if getattr(get_ipython(), "kernel", None) is None:
        return False  # a program that only talks to kernels
    try:
        import ipywidgets  # noqa: F401 - asks whether it is there
    except ImportError:
        return False
    return True
