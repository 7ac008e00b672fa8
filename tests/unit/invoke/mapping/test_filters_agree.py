"""Properties of filters, against a second reading of the rules that is as simple as can be."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest

from lambda_lab.invoke.mapping.filters import Filters, decoded

TEXTS = ["", "a", "A", "ab", "ba", "aba"]
NUMBERS = [-1, 0, 1, 5, 10]
VALUES: list[Any] = [*TEXTS, *NUMBERS, None, True, False]
ROUNDS = 300


def alternatives(rng: random.Random) -> tuple[Any, Any]:
    """Draw one alternative, and what it says as a plain function of a value."""
    text, number, value = rng.choice(TEXTS), rng.choice(NUMBERS), rng.choice(VALUES)
    kinds: list[tuple[Any, Any]] = [
        (value, lambda v: json.dumps(v) == json.dumps(value)),
        ({"prefix": text}, lambda v: isinstance(v, str) and v[: len(text)] == text),
        ({"suffix": text}, lambda v: isinstance(v, str) and v[len(v) - len(text) :] == text),
        ({"equals-ignore-case": text}, lambda v: isinstance(v, str) and v.lower() == text.lower()),
        ({"exists": True}, lambda v: True),
        ({"anything-but": text}, lambda v: v != text),
        (
            {"numeric": [">=", number]},
            lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= number,
        ),
    ]
    return rng.choice(kinds)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.fidelity("filters")
def test_lists_of_alternatives(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(ROUNDS):
        drawn = [alternatives(rng) for _ in range(rng.randint(1, 3))]
        filters = Filters([json.dumps({"f": [pattern for pattern, _ in drawn]})])
        for value in VALUES:
            expected = any(says(value) for _, says in drawn)
            got = filters.keeps(decoded(json.dumps({"f": value})))
            assert got is expected, (drawn, value)


@pytest.mark.parametrize("seed", range(4))
def test_fields_are_joined_by_and_and_filters_by_or(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(ROUNDS // 4):
        first, says_first = alternatives(rng)
        second, says_second = alternatives(rng)
        both = Filters([json.dumps({"f": [first], "g": {"h": [second]}})])
        either = Filters([json.dumps({"f": [first]}), json.dumps({"g": {"h": [second]}})])
        joined = Filters([json.dumps({"$or": [{"f": [first]}, {"g": {"h": [second]}}]})])
        for f, h in itertools.product(rng.sample(VALUES, 6), repeat=2):
            document = decoded(json.dumps({"f": f, "g": {"h": h}, "more": [1]}))
            assert both.keeps(document) is (says_first(f) and says_second(h))
            assert either.keeps(document) is (says_first(f) or says_second(h))
            assert joined.keeps(document) is either.keeps(document)


@pytest.mark.parametrize("seed", range(4))
def test_anything_but_is_what_equals_is_not(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(ROUNDS):
        unwanted = rng.sample(rng.choice([TEXTS, NUMBERS]), 2)
        is_one = Filters([json.dumps({"f": unwanted})])
        is_none = Filters([json.dumps({"f": [{"anything-but": unwanted}]})])
        document = decoded(json.dumps({"f": rng.choice(VALUES)}))
        assert is_one.keeps(document) is not is_none.keeps(document)


@pytest.mark.parametrize("seed", range(4))
def test_more_fields_in_a_record_change_nothing(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(ROUNDS):
        pattern, _ = alternatives(rng)
        filters = Filters([json.dumps({"f": [pattern]})])
        value = rng.choice(VALUES)
        plain = filters.keeps(decoded(json.dumps({"f": value})))
        more = {"a": {"f": "x"}, "f": value, "z": [{"f": 1}]}
        assert filters.keeps(decoded(json.dumps(more))) is plain
