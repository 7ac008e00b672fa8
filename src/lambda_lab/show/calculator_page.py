"""The calculator as HTML: a form, a bill as a list, and a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from html import escape

from lambda_lab.cost.fields import Field, fields
from lambda_lab.cost.workload import ARCHITECTURES
from lambda_lab.show.calculator_model import FIRST, MORE, Answer, script_model
from lambda_lab.show.explorer_page import explorer_page, form_css

__all__ = ["bill_rows", "calculator_css", "page"]


def bill_rows(answer: Answer) -> str:
    """Return the bill and its sentence."""
    rows = "".join(
        f"<div><dt>{escape(what)}"
        + (f"<small>{escape(quantity)}, {escape(price)}</small>" if quantity else "")
        + f"</dt><dd>{escape(amount)}</dd></div>"
        for what, quantity, price, amount in answer.rows
    )
    return (
        f'<dl class="ll-calc-rows">{rows}</dl>'
        f'<p class="ll-calc-said" role="status" aria-live="polite">{escape(answer.words)}</p>'
    )


def page(
    typed: Mapping[str, str], architecture: str, free_tier: bool, answer: Answer, title: str
) -> str:
    """Return the calculator for a page without a kernel, as it is set at first."""
    choices = "".join(
        f'<label><input type="radio" name="architecture" value="{name}"'
        f"{' checked' if name == architecture else ''}> {name}</label>"
        for name in ARCHITECTURES
    )
    first = "".join(_field(fields()[name], typed, answer) for name in FIRST)
    more = "".join(_field(fields()[name], typed, answer) for name in MORE)
    unfolded = " open" if set(MORE) & set(answer.problems) else ""
    settings = (
        f'{first}<div class="ll-calc-field" role="radiogroup" aria-label="Architecture">'
        f"<span>Architecture</span><span>{choices}</span></div>"
        f"<details{unfolded}><summary>Cold starts, storage, provisioned concurrency</summary>{more}"
        "</details>"
        f'<label class="ll-calc-check"><input type="checkbox" name="free"'
        f"{' checked' if free_tier else ''}> Take the free tier off</label>"
    )
    model = json.dumps(script_model(), ensure_ascii=False)
    return explorer_page(
        "calc", title, calculator_css(), model=model, settings=settings, shown=bill_rows(answer),
        legend="Workload", script="calculator",
    )  # fmt: skip


def _field(field: Field, typed: Mapping[str, str], answer: Answer) -> str:
    problem = answer.problems.get(field.name, "")
    unit = f" <small>{escape(field.unit)}</small>" if field.unit else ""
    wrong = ' aria-invalid="true"' if problem else ""
    return (
        f'<div class="ll-calc-field"><label><span>{escape(field.label)}</span> '
        f'<span><input type="text" inputmode="decimal" spellcheck="false" name="{field.name}" '
        f'value="{escape(typed[field.name])}"{wrong}>{unit}</span></label>'
        f'<p class="ll-calc-problem">{escape(problem)}</p></div>'
    )


@cache
def calculator_css() -> str:
    """Return the style sheet of the calculator; its colours are those of the figures."""
    form = ".ll-calc"
    own = f".ll-figure {form}"
    return (
        form_css("calc")
        + f"{form} fieldset{{border:0;margin:0 0 .9rem;padding:0;display:grid;gap:.55rem;"
        "min-inline-size:0}"
        f"{form} details{{border-block:1px solid var(--c-rule);padding:.35rem 0}}"
        f"{form} details {form}-field{{margin-block-start:.55rem}}"
        f"{form} summary{{cursor:pointer;padding:.2rem 0}}"
        f"{form}-field label,{form}-field[role]{{display:flex;flex-wrap:wrap;gap:.2rem .8rem;"
        "align-items:center;margin:0}"
        f"{form}-field[role] label{{display:inline-flex;gap:.4rem;padding:.15rem .9rem .15rem 0}}"
        f"{form}-field>label>span:first-child,{form}-field[role]>span:first-child"
        "{flex:0 0 15rem;font-weight:600}"
        f"{form} input[type=text]{{inline-size:12rem;min-block-size:2.1rem;"
        "padding:.2rem .5rem;font:inherit;font-variant-numeric:tabular-nums;text-align:right;"
        "color:var(--c-text);background:var(--c-paper);border:1px solid var(--c-soft);"
        "border-radius:4px}"
        f"{form} input[aria-invalid]{{border:2px solid var(--c-error)}}"
        f"{form} :is(input[type=radio],input[type=checkbox]){{accent-color:var(--c-run);margin:0;"
        "inline-size:1.15em;block-size:1.15em}"
        f"{form}-check{{display:flex;gap:.5rem;align-items:center;margin:0;min-block-size:2rem}}"
        f"{own} p{form}-problem{{margin:.25rem 0 0;padding:.1rem 0 .1rem .7rem;"
        "border-left:4px solid var(--c-error);overflow-wrap:anywhere;font-size:.95em}"
        f"{own} p{form}-problem:empty{{display:none}}"
        f"@container ll (max-width:30rem){{{form}-field>label>span:first-child,"
        f"{form}-field[role]>span:first-child{{flex-basis:100%}}}}"
        f"{own} {form}-rows{{margin:.9rem 0 0;display:grid;gap:.2rem}}"
        f"{form}-rows>div{{display:flex;justify-content:space-between;gap:1rem;"
        "border-bottom:1px solid var(--c-rule);padding:.25rem 0}"
        # JupyterLab sets terms and their texts in two columns.
        f"{own} :is(dt,dd){{float:none;clear:none;inline-size:auto;padding:0}}"
        f"{own} dt{{font-weight:400;flex:1 1 auto;min-inline-size:0}}"
        f"{own} dt small{{display:block;color:var(--c-soft);font-size:.9em}}"
        f"{own} dd{{margin:0;flex:none;font-variant-numeric:tabular-nums}}"
        f"{own} {form}-rows>div:last-child :is(dt,dd){{font-weight:700}}"
        f"{own} p{form}-said{{margin:.8rem 0 0}}"
    )
