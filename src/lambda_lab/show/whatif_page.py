"""The retry explorer as HTML: controls, a cell for each event, a list of ends, and a sentence."""

from __future__ import annotations

import json
from functools import cache
from html import escape

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.show.explorer_page import explorer_page, form_css
from lambda_lab.show.times import say
from lambda_lab.show.whatif_model import EVENTS, Fates, ages, fate_labels

__all__ = ["board", "explorer_css", "page", "sentence"]

_SIGNS = ("1", "2", "3", "→", "×")
"""What stands in the cell of each fate: the try that succeeded, or a sign."""


def sentence(fates: Fates) -> str:
    """Return the outcome in words.

    Examples
    --------
    >>> sentence(Fates(done=(100, 0, 0), failed=0, expired=0, runs=100))
    'Of 100 events, 100 succeed at the first try, at once. The handler runs 100 times.'
    """
    parts = [f"{n} {label}" for n, label in zip(fates.counts, fate_labels(), strict=True) if n]
    return f"Of {EVENTS} events, {'; '.join(parts)}. The handler runs {fates.runs} times."


def board(fates: Fates) -> str:
    """Return the part that shows the outcome."""
    cells = "".join(
        f'<span class="ll-fate-{i}">{_SIGNS[i]}</span>' * count
        for i, count in enumerate(fates.counts)
    )
    rows = "".join(
        f'<div{"" if count else " class=ll-none"}><dt><span class="ll-fate-{i}" aria-hidden="true">'
        f"{_SIGNS[i]}</span> {escape(label)}</dt><dd>{count}</dd></div>"
        for i, (count, label) in enumerate(zip(fates.counts, fate_labels(), strict=True))
    )
    return (
        f'<div class="ll-whatif-cells" aria-hidden="true">{cells}</div>'
        f'<dl class="ll-whatif-rows">{rows}</dl>'
        f'<p class="ll-whatif-said" role="status" aria-live="polite">{escape(sentence(fates))}</p>'
    )


def page(fates: Fates, settings: tuple[int, int, int], title: str) -> str:
    """Return the explorer for a page without a kernel, set to (retries, age index, percent)."""
    retries, age, percent = settings
    most = int(facts.value("async.retries.maximum"))
    choices = "".join(
        f'<label><input type="radio" name="retries" value="{n}"{" checked" * (n == retries)}>'
        f" {n}</label>"
        for n in range(most + 1)
    )
    chosen = say(ages()[age] * SECOND)
    controls = (
        f'<div role="radiogroup" aria-label="Retries"><span>Retries</span> {choices}</div>'
        f'<label><span>Maximum age</span> <input type="range" name="age" min="0" '
        f'max="{len(ages()) - 1}" step="1" value="{age}" aria-valuetext="{chosen}"> '
        f"<output>{chosen}</output></label>"
        '<label><span>Tries that fail</span> <input type="range" name="rate" min="0" max="100" '
        f'step="5" value="{percent}" aria-valuetext="{percent} %"> '
        f"<output>{percent} %</output></label>"
    )
    return explorer_page(
        "whatif", title, explorer_css(), model=_model(), settings=controls, shown=board(fates)
    )


def _model() -> str:
    """Return what the script computes with; the numbers come from :mod:`lambda_lab.facts`."""
    return json.dumps(
        {
            "events": EVENTS,
            "waits": [int(facts.value("async.wait.first")), int(facts.value("async.wait.second"))],
            "ages": [[age, say(age * SECOND)] for age in ages()],
            "labels": fate_labels(),
            "signs": _SIGNS,
        },
        ensure_ascii=False,
    )


@cache
def explorer_css() -> str:
    """Return the style sheet of the explorer; its colours are those of the figures."""
    form, cell = ".ll-whatif", ".ll-whatif [class^=ll-fate-]"
    return (
        form_css("whatif")
        + f"{form} fieldset{{border:0;margin:0 0 .9rem;padding:0;display:grid;gap:.55rem}}"
        f"{form} fieldset>*{{display:flex;flex-wrap:wrap;gap:.3rem .8rem;align-items:center}}"
        f"{form} fieldset>*>span{{flex:0 0 7.4rem;font-weight:600}}"
        f"{form} [role=radiogroup] label{{padding:.15rem .5rem .15rem 0}}"
        f"{form} input{{accent-color:var(--c-run);margin:0}}"
        f"{form} input[type=radio]{{inline-size:1.15em;block-size:1.15em;vertical-align:-.15em}}"
        f"{form} input[type=range]{{flex:1 1 4rem;min-inline-size:0;block-size:1.6rem}}"
        f"{form} output{{flex:0 0 4.7rem;font-variant-numeric:tabular-nums}}"
        f"{form}-cells{{display:grid;grid-template-columns:repeat(20,1fr);gap:3px;max-inline-size:34rem}}"
        "@container ll (max-width:30rem){.ll-whatif-cells{grid-template-columns:repeat(10,1fr);"
        f"max-inline-size:17rem}}{form} fieldset>*>span{{flex-basis:100%}}}}"
        f"{cell}{{display:inline-grid;place-items:center;box-sizing:border-box;aspect-ratio:1;"
        "font:600 .8rem/1 system-ui,sans-serif;border-radius:3px;border:2px solid var(--c-done);"
        "background:var(--c-done);color:var(--c-on-run);min-inline-size:0}"
        f"{form} .ll-fate-3{{background:var(--c-paper);border-color:var(--c-error);"
        "color:var(--c-text)}"
        f"{form} .ll-fate-4{{background:var(--c-paper);border:2px dashed var(--c-lost);"
        "color:var(--c-text)}"
        f"{form} .ll-whatif-rows{{margin:.9rem 0 0;display:grid;gap:.2rem}}"
        f"{form} .ll-whatif-rows>div{{display:flex;justify-content:space-between;gap:1rem;"
        "border-bottom:1px solid var(--c-rule);padding:.2rem 0}"
        # JupyterLab sets terms and their texts in two columns.
        f".ll-figure {form} :is(dt,dd){{float:none;clear:none;inline-size:auto;padding:0}}"
        f".ll-figure {form} dt{{font-weight:400;display:flex;gap:.6rem;flex:1 1 auto}}"
        f"{form} dt [class^=ll-fate-]{{inline-size:1.35rem;flex:none;align-self:start}}"
        f".ll-figure {form} dd{{margin:0;flex:none;font-weight:600;"
        "font-variant-numeric:tabular-nums}"
        f"{form} .ll-none{{color:var(--c-soft)}}"
        f".ll-figure {form} .ll-none dd{{font-weight:400}}"
        f".ll-figure {form} p{form}-said{{margin:.8rem 0 0}}"
    )
