"""The catalogue of errors: each is made by a run, or says why not; and each says what to do."""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import Any

import botocore.session

from lambda_lab import facts
from repository import ROOT

sys.path.insert(0, str(ROOT / "_ext"))


@cache
def made_on_page() -> frozenset[str]:
    from lambda_book.written import errors_on_page

    known = {one.name for one in facts.errors()}
    return frozenset(name for name in errors_on_page() if name in known)


@cache
def made_in_tests() -> list[Any]:
    from lambda_book.proofs import proofs

    return list(proofs(ROOT, "makes"))


def test_each_error_is_made_or_says_why_not() -> None:
    made = made_on_page() | {proof.key for proof in made_in_tests()}
    wrong = [one.name for one in facts.errors() if (one.name in made) == bool(one.not_made)]
    assert wrong == []
    assert len(made_on_page()) > 15


def test_each_mark_names_an_error_that_its_test_looks_for() -> None:
    known = {one.name for one in facts.errors()}
    for proof in made_in_tests():
        assert proof.key in known, proof.name
        # The name in the mark itself proves nothing.
        assert proof.key in re.sub(r"@pytest\.mark\.makes\([^)]*\)", "", proof.text), proof.name


def test_each_says_what_to_do() -> None:
    for one in facts.errors():
        assert one.cure.endswith("."), one.name
        assert one.when.endswith("."), one.name
        assert one.family in {"api", "common", "function", "throttle"}, one.name


def test_the_reasons_of_a_throttle_are_all_there() -> None:
    reasons = {one.name for one in facts.errors() if one.family == "throttle"}
    assert reasons == set(facts.value("concurrency.throttle-reasons"))


def test_whatever_invoke_may_raise_is_there() -> None:
    model = botocore.session.get_session().get_service_model("lambda")
    known = {one.name for one in facts.errors()}
    raised = {shape.name for shape in model.operation_model("Invoke").error_shapes}
    assert raised - known == set()
    assert len(raised) > 30
