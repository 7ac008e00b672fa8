"""Every form of an answer with ``batchItemFailures``; those marked recorded were seen on AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_lab.invoke.mapping.batch_results import failed_items

IDS = ["a", "b", "c"]


def read(answer: Any) -> set[str] | None:
    return failed_items(json.dumps(answer).encode(), IDS)


@pytest.mark.parametrize(
    "answer",
    [
        None,  # recorded: null_success
        {},  # recorded: empty_dict_success
        [],  # recorded: empty_list_success
        "",
        {"batchItemFailures": []},  # recorded: empty_batch_item_failure_success
        {"batchItemFailures": None},  # recorded: null_batch_item_failure_success
        {"statusCode": 200},
        {"BatchItemFailures": [{"itemIdentifier": "a"}]},
    ],
)
def test_complete_success(answer: Any) -> None:
    assert read(answer) == set()


@pytest.mark.parametrize(
    "failures",
    [
        [{"itemIdentifier": ""}],  # recorded: empty_string_item_identifier_failure
        [{"itemIdentifier": None}],  # recorded: null_item_identifier_failure
        [{"foo": "a"}],  # recorded: invalid_key_foo_failure
        [{"foo": None}],  # recorded: invalid_key_foo_null_value_failure
        [{"itemIdentifier": "z"}],  # recorded: item_identifier_not_present_failure
        [{"itemIdentifier": "a"}, {"itemIdentifier": "z"}],
        [{"itemIdentifier": 1}],
        [{"itemIdentifier": ["a"]}],
        [{}],
        ["a"],
        [None],
        [["itemIdentifier", "a"]],
        "a",
        {"itemIdentifier": "a"},
        0,
        False,
        "",
    ],
)
def test_complete_failure(failures: Any) -> None:
    assert read({"batchItemFailures": failures}) is None


@pytest.mark.parametrize("answer", ["done", 0, 5, True, False, ["a"]])
def test_what_is_no_answer_at_all_is_a_complete_failure(answer: Any) -> None:
    assert read(answer) is None


@pytest.mark.parametrize(
    "payload", [b"{", b"done", b"\xff\xfe", b"[" * 100_000, b'{"batchItemFailures": [}']
)
def test_what_is_no_json_is_a_complete_failure(payload: bytes) -> None:
    assert failed_items(payload, IDS) is None


@pytest.mark.parametrize("payload", [b"", b" \n"])
def test_nothing_at_all_is_a_success(payload: bytes) -> None:
    assert failed_items(payload, IDS) == set()


@pytest.mark.fidelity("partial-batches")
def test_some_failed() -> None:
    named = [{"itemIdentifier": "b"}, {"itemIdentifier": "c", "more": 1}, {"itemIdentifier": "b"}]
    assert read({"batchItemFailures": named}) == {"b", "c"}


def test_an_empty_identifier_is_bad_even_where_a_record_has_no_name() -> None:
    payload = json.dumps({"batchItemFailures": [{"itemIdentifier": None}]}).encode()
    assert failed_items(payload, ["a"]) is None
