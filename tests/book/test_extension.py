"""What the book adds to Sphinx, each directive in a small book of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

QUIZ = """\
# Page

Some words.

```{quiz}
question: How long is **the** default of {{ timeout_default }}?
answers:
  - text: "`3` seconds"
    correct: true
    why: |
      It is the default.

      - and a list
  - text: longer
    why: No, {{ timeout_default }}.
```
"""


def test_a_quiz_on_a_page(build: Callable[..., Any]) -> None:
    built = build(QUIZ)
    form = built.page().select_one("form.ll-quiz")
    assert built.warnings == ""
    assert form.legend.get_text() == "How long is the default of 3 seconds?"
    assert form.legend.strong.get_text() == "the"
    assert [one["type"] for one in form.select("input")] == ["radio", "radio"]
    assert [label.get_text() for label in form.select("label")] == ["3 seconds", "longer"]
    assert form.select_one("label code")
    assert form.select_one("li[data-correct=true] .ll-quiz-why li").get_text() == "and a list"
    wrong = form.select_one("li[data-correct=false] .ll-quiz-why")
    assert wrong.get_text(strip=True) == "No, 3 seconds."


def test_two_quizzes_do_not_share_names(build: Callable[..., Any]) -> None:
    second = QUIZ.partition("Some words.")[2].replace("longer", "shorter")
    page = build(QUIZ + second).page()
    assert [form["id"] for form in page.select("form.ll-quiz")] == ["quiz-1", "quiz-2"]
    idents = [tag["id"] for tag in page.find_all(id=True)]
    assert len(idents) == len(set(idents))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    correct: true\n", "", 8, "No answer is right"),
        ("  - text: longer", "  - txt: longer", 14, "'txt' is not a field"),
        ("text: longer", "text: |\n      - a list", 15, "one paragraph"),
        ("question: How", "question: '## How", 6, "not YAML"),
    ],
)
def test_a_bad_quiz_warns_with_file_and_line(
    build: Callable[..., Any], old: str, new: str, line: int, words: str
) -> None:
    built = build(QUIZ.replace(old, new))
    assert words in built.warnings
    assert f"index.md:{line}: WARNING: quiz:" in built.warnings
    assert not built.page().select("form.ll-quiz")


def test_a_quiz_as_plain_text(build: Callable[..., Any]) -> None:
    built = build(QUIZ, builder="text")
    text = (built.folder / "index.txt").read_text(encoding="utf-8")
    assert built.warnings == ""
    assert "How long is" in text
    assert "It is the default." in text


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("predict", "Predict"),
        ("on-real-aws", "On real AWS"),
        ("cost", "Cost"),
        ("notes-say", "The notes say"),
        ("exam-corner", "Exam corner"),
    ],
)
def test_boxes(build: Callable[..., Any], name: str, label: str) -> None:
    built = build(f"# Page\n\n```{{{name}}} A *title*\nBody.\n```\n\n```{{{name}}}\nBody.\n```\n")
    titled, bare = built.page().select(f".ll-box.ll-{name}")
    assert built.warnings == ""
    assert titled.select_one(".admonition-title").get_text() == f"{label}: A title"
    assert titled.select_one(".ll-box-title em")
    assert bare.select_one(".admonition-title").get_text() == label
    assert bare.select("p")[-1].get_text() == "Body."


def test_an_empty_box_is_refused(build: Callable[..., Any]) -> None:
    assert "index.md:3" in build("# Page\n\n```{cost}\n```\n").warnings


def test_at_a_glance(build: Callable[..., Any]) -> None:
    built = build("# Page\n\n```{glance}\n:labs: L00, *L10*\n:time: 5 minutes\n```\n")
    rows = built.page().select(".ll-glance dt, .ll-glance dd")
    assert built.warnings == ""
    assert [row.get_text(strip=True) for row in rows] == ["Time", "5 minutes", "Labs", "L00,L10"]


def test_a_glance_without_rows_is_refused(build: Callable[..., Any]) -> None:
    assert "at least one of :time:" in build("# Page\n\n```{glance}\n```\n").warnings


def test_numbers_come_from_facts(build: Callable[..., Any]) -> None:
    from lambda_lab import facts

    built = build("# Page\n\nAt most {{ timeout_maximum }}.\n")
    assert built.warnings == ""
    assert facts.get("timeout.maximum").text in built.page().get_text()


def test_an_unknown_number_is_a_warning(build: Callable[..., Any]) -> None:
    warnings = build("# Page\n\nAt most {{ timeout_maximun }}.\n").warnings
    assert "index.md:3" in warnings
    assert "timeout_maximun" in warnings


def test_a_fact_cannot_be_redefined(build: Callable[..., Any]) -> None:
    from sphinx.errors import ExtensionError

    with pytest.raises(ExtensionError, match="redefines facts: timeout_maximum"):
        build("# Page\n", myst_substitutions={"timeout_maximum": "for ever"})


def test_terms_explain_themselves(build: Callable[..., Any]) -> None:
    glossary = (
        "# Words\n\n```{glossary}\ncold start\n  A call that *waits* for\n  an environment.\n\n"
        "  A second paragraph.\n```\n"
    )
    page = "# Page\n\nA {term}`cold start`, or {term}`slow <cold start>`. See [words](words.md).\n"
    built = build({"index": page, "words": glossary})
    first, second = built.page().select("a.ll-term")
    assert built.warnings == ""
    assert first["data-definition"] == "A call that waits for an environment."
    assert first["href"] == "words.html#term-cold-start"
    assert (first.get_text(), second.get_text()) == ("cold start", "slow")
    assert len(built.page().select("a[data-definition]")) == 2


def test_an_unknown_term_is_a_warning(build: Callable[..., Any]) -> None:
    assert "warm stop" in build("# Page\n\nA {term}`warm stop`.\n").warnings


def test_formulas_need_no_script(build: Callable[..., Any]) -> None:
    built = build("# Page\n\n{math}`a \\times b`\n\n```{math}\nc = \\frac{1}{d}\n```\n")
    page = built.page()
    assert built.warnings == ""
    assert len(page.find_all("math")) == 2
    assert page.select_one(".ll-formula math")["display"] == "block"
    assert "mathjax" not in str(page).lower()


def test_a_formula_nobody_can_write_is_a_warning(build: Callable[..., Any]) -> None:
    built = build("# Page\n\n{math}`\\nonsense <b>`\n")
    assert "cannot be written as MathML" in built.warnings
    assert built.page().find("b") is None


def test_a_page_drops_what_other_hosts_offer(build: Callable[..., Any]) -> None:
    built = build(
        "# Page\n",
        html_js_files=["https://cdn.example/x.js", "//cdn.example/y.js"],
        html_css_files=["https://cdn.example/z.css"],
    )
    assert "cdn.example" not in str(built.page())


def test_the_book_can_be_read_and_written_in_parallel() -> None:
    from lambda_book import setup

    class Anything:
        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *args, **kwargs: None

    assert setup(Anything()) == {"parallel_read_safe": True, "parallel_write_safe": True}  # type: ignore[arg-type]
