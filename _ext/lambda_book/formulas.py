"""Formulas as MathML, written by docutils itself: no MathJax, so no request to another host.

``_config.yml`` chooses the renderer with ``html_math_renderer: mathml``.
"""

from __future__ import annotations

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

__all__ = ["setup", "to_mathml"]

logger = logging.getLogger(__name__)


def to_mathml(latex: str, *, block: bool) -> str:
    r"""Translate a LaTeX formula into MathML, which browsers draw and screen readers speak.

    Parameters
    ----------
    latex
        The formula, without dollar signs.
    block
        Whether it stands on a line of its own.

    Returns
    -------
    str
        One ``math`` element.

    Raises
    ------
    docutils.utils.math.MathError
        When docutils does not know a command of the formula.

    Examples
    --------
    >>> to_mathml(r"a \times b", block=False).startswith("<math")
    True
    >>> to_mathml(r"\nonsense", block=False)
    Traceback (most recent call last):
    ...
    docutils.utils.math.MathError: Unknown LaTeX command "\nonsense".
    """
    return str(tex2mathml(latex, as_block=block))


def _visit(writer: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    block = isinstance(node, nodes.math_block)
    try:
        formula = to_mathml(node.astext(), block=block)
    except MathError as error:
        logger.warning("This formula cannot be written as MathML: %s", error, location=node)
        formula = f"<code>{writer.encode(node.astext())}</code>"
    if block:
        # A long formula scrolls by itself; without a tab stop a keyboard could not move it.
        writer.body.append(f'<div class="ll-formula" tabindex="0">{formula}</div>\n')
    else:
        writer.body.append(formula)
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (_visit, None), (_visit, None))
