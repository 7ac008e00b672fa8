"""What every explorer's page is made of: a figure with a form, its style sheet and its script."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files

from lambda_lab.show.style import page_css

__all__ = ["explorer_page", "explorer_part", "form_css"]


def explorer_page(
    name: str, title: str, css: str, *, model: str, settings: str, shown: str,
    legend: str = "Settings", script: str = "",
) -> str:  # fmt: skip
    """Return an explorer for a page without a kernel.

    Parameters
    ----------
    name
        What the classes of its form begin with, after ``ll-``.
    title
        The question it answers.
    css
        Its style sheet, beside that of every figure.
    model
        What its script computes with, as JSON.
    settings, shown
        The controls, and the outcome as it is at first.
    legend
        What the controls are, for those who hear the page.
    script
        The name of its script, if that is another one.
    """
    return (
        f'<figure class="ll-figure"><style>{page_css()}{css}</style>'
        f"<figcaption>{escape(title)}</figcaption>"
        f'<form class="ll-{name}" autocomplete="off" data-model="{escape(model)}">'
        # Until the script is there, nothing that is set would have an effect.
        f'<fieldset disabled><legend class="ll-{name}-hear">{legend}</legend>{settings}</fieldset>'
        f"{shown}</form><script>{_script(script or name)}</script></figure>"
    )


def explorer_part(name: str, css: str, shown: str) -> str:
    """Return an outcome as a widget shows it, in what its style sheet looks for.

    Examples
    --------
    >>> explorer_part("lanes", "", "<p>3</p>")[-42:]
    '<div class="ll-lanes"><p>3</p></div></div>'
    """
    return (
        f'<div class="ll-figure"><style>{page_css()}{css}</style>'
        f'<div class="ll-{name}">{shown}</div></div>'
    )


def form_css(name: str) -> str:
    """Return what all forms have alike: their frame, and words that are only heard."""
    return (
        f".ll-{name}{{border:1px solid var(--c-rule);border-radius:6px;background:var(--c-paper);"
        "color:var(--c-text);padding:.8rem 1rem;line-height:1.45}"
        f".ll-{name}-hear{{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;"
        "clip-path:inset(50%)}"
    )


@cache
def _script(name: str) -> str:
    return files("lambda_lab.show").joinpath(f"{name}.js").read_text(encoding="utf-8").strip()
