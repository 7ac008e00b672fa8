"""The pattern language of filter criteria: every operator, every kind of value, every mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_lab.errors import AwsError
from lambda_lab.invoke.mapping.filters import Filters, check_pattern, decoded


def keeps(pattern: Any, document: Any) -> bool:
    """Match a record whose numbers keep their characters, as pollers hand it over."""
    return Filters([json.dumps(pattern)]).keeps(decoded(json.dumps(document)))


@pytest.mark.parametrize(
    ("alternatives", "value", "expected"),
    [
        # equals
        (["a"], "a", True),
        (["a"], "A", False),
        (["a"], "ab", False),
        (["a", "b"], "b", True),
        (["a", 1, None, True], True, True),
        ([""], "", True),
        ([""], " ", False),
        ([""], None, False),
        ([None], None, True),
        ([None], "null", False),
        ([None], "", False),
        ([None], 0, False),
        ([True], True, True),
        ([True], False, False),
        ([True], 1, False),
        ([True], "true", False),
        ([False], False, True),
        ([False], 0, False),
        ([5], 5, True),
        ([5], "5", False),
        (["5"], 5, False),
        ([5], 50, False),
        ([-1], -1, True),
        (["é"], "é", True),
        # equals-ignore-case
        ([{"equals-ignore-case": "RoMe"}], "rOmE", True),
        ([{"equals-ignore-case": "Rome"}], "Romeo", False),
        ([{"equals-ignore-case": "1"}], 1, False),
        # prefix, suffix
        ([{"prefix": "ab"}], "abc", True),
        ([{"prefix": "ab"}], "ab", True),
        ([{"prefix": "ab"}], "Abc", False),
        ([{"prefix": "ab"}], "cab", False),
        ([{"prefix": ""}], "x", True),
        ([{"prefix": "1"}], 12, False),
        ([{"prefix": "n"}], None, False),
        ([{"suffix": ".png"}], "a.png", True),
        ([{"suffix": ".png"}], "a.PNG", False),
        ([{"suffix": ".png"}], "png", False),
        ([{"suffix": "2"}], 12, False),
        # exists
        ([{"exists": True}], "x", True),
        ([{"exists": True}], "", True),
        ([{"exists": True}], None, True),
        ([{"exists": True}], False, True),
        ([{"exists": False}], "x", False),
        ([{"exists": False}], None, False),
        # "It does not work on intermediate nodes": an object is no leaf.
        ([{"exists": True}], {"b": 1}, False),
        ([{"exists": False}], {"b": 1}, True),
        ([{"exists": True}], [], False),
        ([{"exists": False}], [], True),
        # numeric
        ([{"numeric": ["=", 300]}], 300, True),
        ([{"numeric": ["=", 300]}], 300.0, True),
        ([{"numeric": ["=", 300]}], "300", False),
        ([{"numeric": [">", 0]}], 0, False),
        ([{"numeric": [">", 0]}], 0.1, True),
        ([{"numeric": [">=", 0]}], 0, True),
        ([{"numeric": ["<", 0]}], -0.5, True),
        ([{"numeric": ["<=", -1]}], -1, True),
        ([{"numeric": [">", 0, "<=", 5]}], 5, True),
        ([{"numeric": [">", 0, "<=", 5]}], 0, False),
        ([{"numeric": [">", 0, "<=", 5]}], 5.0001, False),
        ([{"numeric": [">=", 0, "<", 5]}], 5, False),
        ([{"numeric": ["<", 5]}], None, False),
        ([{"numeric": ["<", 5]}], True, False),
        ([{"numeric": [">", 0]}], 6e9, False),  # beyond what AWS compares
        # anything-but
        ([{"anything-but": "a"}], "b", True),
        ([{"anything-but": "a"}], "a", False),
        ([{"anything-but": ["a", "b"]}], "b", False),
        ([{"anything-but": ["a", "b"]}], "c", True),
        ([{"anything-but": 5}], 5, False),
        ([{"anything-but": 5}], 6, True),
        ([{"anything-but": [5, 6]}], 6, False),
        ([{"anything-but": 5}], "5", True),
        ([{"anything-but": "a"}], None, True),
        ([{"anything-but": "a"}], {"b": "c"}, False),
        # alternatives of every kind beside each other
        (["x", {"prefix": "a"}, {"exists": False}], "abc", True),
        (["x", {"prefix": "a"}, {"exists": False}], "b", False),
        # lists in a record stand for each of their elements
        (["a"], ["b", "a"], True),
        (["a"], ["b", "c"], False),
        (["a"], [["b"], ["a"]], True),
        ([{"anything-but": "a"}], ["a", "b"], True),
        ([{"anything-but": "a"}], ["a"], False),
        ([None], [1, None], True),
    ],
)
@pytest.mark.fidelity("filters")
def test_one_field(alternatives: Any, value: Any, expected: bool) -> None:
    assert keeps({"f": alternatives}, {"f": value}) is expected


@pytest.mark.parametrize(
    ("alternatives", "expected"),
    [
        (["a"], False),
        ([None], False),
        ([""], False),
        ([{"exists": False}], True),
        ([{"exists": True}], False),
        ([{"anything-but": "a"}], False),
        ([{"numeric": ["<", 5]}], False),
        (["a", {"exists": False}], True),
    ],
)
@pytest.mark.parametrize("document", [{}, {"g": 1}, {"F": "a"}])
def test_a_field_that_is_not_there(alternatives: Any, expected: bool, document: Any) -> None:
    assert keeps({"f": alternatives}, document) is expected


@pytest.mark.parametrize(
    ("written", "expected"), [("300", True), ("300.0", False), ("3.0e2", False), ("3e2", False)]
)
def test_equal_numbers_are_compared_by_their_characters(written: str, expected: bool) -> None:
    document = decoded(f'{{"n": {written}}}')
    assert Filters(['{"n": [300]}']).keeps(document) is expected
    assert Filters(['{"n": [{"anything-but": 300}]}']).keeps(document) is not expected
    assert Filters(['{"n": [{"numeric": ["=", 300]}]}']).keeps(document)


def test_numbers_of_python_match_too() -> None:
    filters = Filters(['{"a": [1], "b": [1.5], "c": [{"numeric": [">", 1]}]}'])
    assert filters.keeps({"a": 1, "b": 1.5, "c": 2})
    assert not filters.keeps({"a": True, "b": 1.5, "c": 2})
    assert not filters.keeps({"a": 1, "b": 1.5, "c": float("nan")})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"a": {"b": "1"}, "c": "2"}, True),
        ({"a": {"b": "1"}, "c": "3"}, False),
        ({"a": {"b": "0"}, "c": "2"}, False),
        ({"a": {"b": "1"}}, False),
        ({"a": "1", "c": "2"}, False),
        ({"a": {"b": "1", "more": {}}, "c": "2", "d": [1]}, True),
        ({"a": None, "c": "2"}, False),
        ([], False),
        ("text", False),
        (None, False),
    ],
)
def test_every_field_must_match(document: Any, expected: bool) -> None:
    assert keeps({"a": {"b": ["1"]}, "c": ["2"]}, document) is expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"a": "1", "b": "0", "c": "3"}, True),
        ({"a": "0", "b": "2", "c": "3"}, True),
        ({"a": "0", "b": "0", "c": "3"}, False),
        ({"a": "1", "b": "2", "c": "0"}, False),
        ({"b": "2", "c": "3"}, True),
    ],
)
def test_or_across_fields(document: Any, expected: bool) -> None:
    pattern = {"$or": [{"a": ["1"]}, {"b": ["2"]}], "c": ["3"]}
    assert keeps(pattern, document) is expected
    assert keeps({"deep": pattern}, {"deep": document}) is expected


def test_or_within_or() -> None:
    pattern = {"$or": [{"a": ["1"], "$or": [{"b": ["2"]}, {"c": ["3"]}]}, {"d": ["4"]}]}
    assert keeps(pattern, {"a": "1", "c": "3"})
    assert keeps(pattern, {"d": "4"})
    assert not keeps(pattern, {"a": "1"})


def test_a_field_named_or_is_a_field() -> None:
    assert keeps({"$or": ["x"]}, {"$or": "x"})
    assert not keeps({"$or": [{"prefix": "a"}, {"suffix": "b"}]}, {"a": "x"})
    assert keeps({"$or": [{"prefix": "a"}, {"suffix": "b"}]}, {"$or": "ax"})


def test_fields_of_objects_in_a_list_must_match_in_one_of_them() -> None:
    pattern = {"items": {"kind": ["x"], "size": [1]}}
    assert keeps(pattern, {"items": [{"kind": "y", "size": 1}, {"kind": "x", "size": 1}]})
    assert not keeps(pattern, {"items": [{"kind": "x", "size": 2}, {"kind": "y", "size": 1}]})
    assert not keeps(pattern, {"items": ["x", 1]})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, True),
        ({"a": "text"}, True),
        ({"a": {"c": 1}}, True),
        ({"a": {"b": {"c": 1}}}, True),
        ({"a": {"b": None}}, False),
        ({"a": [{"c": 1}, {"b": 2}]}, False),
        ({"a": [{"c": 1}, {"b": []}]}, True),
        ({"a": []}, True),
    ],
)
def test_exists_false_below_other_fields(document: Any, expected: bool) -> None:
    assert keeps({"a": {"b": [{"exists": False}]}}, document) is expected


def test_filters_are_alternatives_and_none_means_all() -> None:
    filters = Filters(['{"a": ["1"]}', '{"b": ["2"]}'])
    assert filters
    assert filters.keeps({"a": "1"})
    assert filters.keeps({"b": "2"})
    assert not filters.keeps({"a": "2", "b": "1"})
    assert not Filters([])
    assert Filters([]).keeps("anything")


# -- what AWS says about the bodies of messages ---------------------------------------------------
# https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html#filtering-sqs-examples


@pytest.mark.parametrize(
    ("body", "pattern", "expected"),
    [
        ("plain", {"body": ["plain"]}, True),
        ("plain", {"body": [{"prefix": "pl"}]}, True),
        ("plain", {"body": {"a": ["1"]}}, False),
        ("plain", {"eventSource": ["aws:sqs"]}, True),
        ('{"a": "1"}', {"body": {"a": ["1"]}}, True),
        ('{"a": "2"}', {"body": {"a": ["1"]}}, False),
        ('{"a": "1"}', {"body": ['{"a": "1"}']}, False),
        ('{"a": "1"}', {"eventSource": ["aws:sqs"]}, True),
        ("{broken", {"body": {"a": ["1"]}}, False),
        ("", {"body": [""]}, True),
        ("NaN", {"body": ["NaN"]}, True),
        ('{"a": NaN}', {"body": {"a": [{"exists": True}]}}, False),
        ("[" * 100_000, {"body": {"a": ["1"]}}, False),
    ],
)
def test_bodies(body: str, pattern: Any, expected: bool) -> None:
    record = {"messageId": "1", "eventSource": "aws:sqs", "body": decoded(body)}
    assert Filters([json.dumps(pattern)]).keeps(record) is expected


def test_data_of_a_stream_are_bytes() -> None:
    assert decoded(b'{"a": "\xc3\xa9"}') == {"a": "é"}
    assert isinstance(decoded(b"\xff\xfe"), str)


# -- mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a",
        "{",
        "[]",
        "null",
        "1",
        '"body"',
        "{}",
        '["a"]',
        '{"a": {}}',
        '{"a": []}',
        '{"a": "b"}',
        '{"a": 1}',
        '{"a": null}',
        '{"a": true}',
        '{"a": [["b"]]}',
        '{"a": [{}]}',
        '{"a": [{"b": "c"}]}',
        '{"a": [{"prefix": "b", "suffix": "c"}]}',
        '{"a": [{"prefix": 1}]}',
        '{"a": [{"prefix": null}]}',
        '{"a": [{"prefix": ["b"]}]}',
        '{"a": [{"prefix": {"equals-ignore-case": "b"}}]}',
        '{"a": [{"suffix": 1}]}',
        '{"a": [{"equals-ignore-case": 1}]}',
        '{"a": [{"equals-ignore-case": ["b"]}]}',
        '{"a": [{"exists": "true"}]}',
        '{"a": [{"exists": 1}]}',
        '{"a": [{"exists": null}]}',
        '{"a": [{"wildcard": "b*"}]}',
        '{"a": [{"cidr": "10.0.0.0/24"}]}',
        '{"a": [{"anything-but": []}]}',
        '{"a": [{"anything-but": null}]}',
        '{"a": [{"anything-but": true}]}',
        '{"a": [{"anything-but": ["b", 1]}]}',
        '{"a": [{"anything-but": {"prefix": "b"}}]}',
        '{"a": [{"numeric": []}]}',
        '{"a": [{"numeric": 5}]}',
        '{"a": [{"numeric": [">"]}]}',
        '{"a": [{"numeric": [5, ">"]}]}',
        '{"a": [{"numeric": ["!", 5]}]}',
        '{"a": [{"numeric": [">", "5"]}]}',
        '{"a": [{"numeric": [">", true]}]}',
        '{"a": [{"numeric": [">", null]}]}',
        '{"a": [{"numeric": [">", 5, "<"]}]}',
        '{"a": [{"numeric": [">", 5, "<", 5]}]}',
        '{"a": [{"numeric": [">", 5, "<", 1]}]}',
        '{"a": [{"numeric": ["<", 5, ">", 1]}]}',
        '{"a": [{"numeric": ["=", 1, "=", 1]}]}',
        '{"a": [{"numeric": [">", 1, "<", 5, "<", 6]}]}',
        '{"a": [{"numeric": [">", 6000000000]}]}',
        '{"a": [{"numeric": [">", NaN]}]}',
        '{"a": [NaN]}',
        '{"a": [Infinity]}',
        '{"$or": []}',
        '{"$or": [{"a": ["1"]}]}',
        '{"$or": [{"a": ["1"]}, {}]}',
        '{"$or": [{"a": ["1"]}, {"b": "2"}]}',
        '{"$or": {"a": "1"}}',
        '{"a": ["b"]} x',
        '{"a": ["b"],}',
        "{'a': ['b']}",
        '{"a":' * 600 + '["b"]' + "}" * 600,
        "[" * 100_000,
        '{"a": [' + "[" * 4000,
    ],
)
def test_malformed_patterns(text: str) -> None:
    with pytest.raises(AwsError) as caught:
        check_pattern(text)
    assert caught.value.code == "InvalidParameterValueException"
    assert caught.value.body() == {
        "Type": "User",
        "message": "Invalid filter pattern definition.",
    }
    with pytest.raises(AwsError):
        Filters(['{"a": ["1"]}', text])


def test_a_pattern_may_be_deep() -> None:
    deep = json.dumps({"a": ["b"]})
    for _ in range(90):
        deep = f'{{"a": {deep}}}'
    document: Any = {"a": "b"}
    for _ in range(90):
        document = {"a": document}
    assert Filters([deep]).keeps(document)
    assert not Filters([deep]).keeps({"a": document})
