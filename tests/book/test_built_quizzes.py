"""Every quiz of the built site, as a screen reader and a browser without scripts meet it."""

from __future__ import annotations

import pytest
from bs4 import Tag

from built_site import pages

pytestmark = pytest.mark.usefixtures("site")


def quizzes() -> list[tuple[str, Tag]]:
    return [
        (f"{page.name}#{form.get('id')}", form)
        for page in pages()
        for form in page.soup.select("form.ll-quiz")
    ]


def test_there_are_some() -> None:
    assert quizzes()


def test_a_quiz_is_a_labelled_group() -> None:
    for name, form in quizzes():
        (fieldset,) = form.find_all("fieldset")
        legend = fieldset.find("legend")
        assert fieldset.find(True) is legend, f"{name}: the legend must come first"
        assert legend.get_text(strip=True), name
        inputs = fieldset.find_all("input")
        labels = {label["for"]: label.get_text(strip=True) for label in fieldset.find_all("label")}
        assert all(labels.get(one["id"]) for one in inputs), name
        assert len({one["name"] for one in inputs}) == 1, name


def test_the_kind_of_control_fits_the_number_of_right_answers() -> None:
    for name, form in quizzes():
        right = form.select(".ll-quiz-answers li[data-correct=true]")
        kinds = {one["type"] for one in form.find_all("input")}
        assert len(right) >= 1, name
        assert kinds == ({"checkbox"} if len(right) > 1 else {"radio"}), name


def test_every_answer_has_its_reason_without_a_script() -> None:
    for name, form in quizzes():
        listed = form.select("details.ll-quiz-answers > ol > li")
        labels = [" ".join(label.get_text().split()) for label in form.find_all("label")]
        said = [" ".join(item.select_one(".ll-quiz-said").get_text().split()) for item in listed]
        assert said == labels, name
        assert all(item.select_one(".ll-quiz-why").get_text(strip=True) for item in listed), name
        assert not form.select_one("details").has_attr("hidden"), name
        assert form.select_one(".ll-quiz-act").has_attr("hidden"), name


def test_the_verdict_is_announced() -> None:
    for name, form in quizzes():
        verdict = form.select_one(".ll-quiz-verdict")
        assert verdict["role"] == "status", name
        assert verdict["aria-live"] == "polite", name
        assert not verdict.get_text(strip=True), name
