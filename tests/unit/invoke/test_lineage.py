"""Counting the calls of a chain in its trace header."""

from __future__ import annotations

import pytest

from lambda_lab import facts
from lambda_lab.errors import AwsError
from lambda_lab.invoke.lineage import carried, carrying, check_loop, count, extend, longest

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
LIMIT = facts.value("concurrency.recursion.limit")


def test_a_chain_counts_each_function_for_itself() -> None:
    header = ROOT
    for arn in ("arn:f", "arn:g", "arn:f"):
        header = extend(header, arn)
    assert [count(header, arn) for arn in ("arn:f", "arn:g", "arn:h")] == [2, 1, 0]
    assert header.startswith(f"{ROOT};Lineage=")
    assert header.count("Lineage=") == 1


@pytest.mark.makes("RecursiveInvocationException")
def test_the_chain_is_cut_at_the_limit_and_not_before() -> None:
    header = ROOT
    for _ in range(LIMIT - 1):
        header = extend(header, "arn:f")
        check_loop(header, "arn:f")
    header = extend(header, "arn:f")
    with pytest.raises(AwsError) as caught:
        check_loop(header, "arn:f")
    assert (caught.value.code, caught.value.status) == ("RecursiveInvocationException", 400)
    check_loop(header, "arn:g")


@pytest.mark.parametrize(
    "header", [None, "", "nonsense", "Lineage=", "Lineage=a", "Lineage=a:b|:|c:-1", "Lineage=1:x:2"]
)
def test_what_is_no_lineage_counts_nothing(header: str | None) -> None:
    check_loop(header, "arn:f")
    assert count(header, "arn:f") == 0
    assert count(extend(header or "", "arn:f"), "arn:f") == 1


def test_a_batch_goes_on_in_its_longest_chain() -> None:
    once, twice = extend(ROOT, "arn:f"), extend(extend(ROOT, "arn:f"), "arn:f")
    assert longest([None, once, twice, ROOT], "arn:f") == twice
    assert longest([None, None], "arn:f") is None


def test_a_request_carries_its_header_as_long_as_it_is_answered() -> None:
    assert carried() is None
    with carrying(ROOT):
        assert carried() == ROOT
        with carrying(None):
            assert carried() is None
        assert carried() == ROOT
    assert carried() is None
