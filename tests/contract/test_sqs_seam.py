"""Each name of moto's SQS that the queues of the region stand on, one by one.

When an upgrade breaks a row here, its text says what to do.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from typing import Any

import pytest
from moto.sqs.models import Message, Queue, SQSBackend

from repository import PACKAGE

SEAM = tuple(PACKAGE / "aws" / "sources" / name for name in ("sqs_seam.py", "sqs_clients.py"))
NAMES = {
    "moto.core.utils.unix_time_millis": "the time that queues hide messages by; see now_ms",
    "moto.sqs.exceptions.InvalidParameterValue": "answers a visibility that is too long",
    "moto.sqs.exceptions.ReceiptHandleIsInvalid": "answers a receipt that is none",
    "moto.sqs.models.Message": "what queues keep; see MEMBERS",
    "moto.sqs.models.Queue": "what backends keep; see MEMBERS",
    "moto.sqs.models.SQSBackend": "receiving, hiding messages and deleting queues are replaced",
    "moto.sqs.models._filter_message_attributes": "names the attributes a client asked for",
    "moto.sqs.models.sqs_backends": "where queues are found; see find_queue",
}
SIGNATURES: dict[str, tuple[Any, str]] = {
    "Queue.add_message": (Queue.add_message, "self message"),
    "Queue.delete_message": (Queue.delete_message, "self receipt_handle"),
    "SQSBackend.receive_message": (
        SQSBackend.receive_message,
        "self queue_name count wait_seconds_timeout visibility_timeout message_attribute_names",
    ),
    "SQSBackend.change_message_visibility": (
        SQSBackend.change_message_visibility,
        "self queue_name receipt_handle visibility_timeout",
    ),
    "SQSBackend.delete_queue": (SQSBackend.delete_queue, "self queue_name"),
    "Message.mark_received": (Message.mark_received, "self visibility_timeout"),
    "Message.had_receipt_handle": (Message.had_receipt_handle, "self receipt_handle"),
}
MESSAGE_MEMBERS = {
    "id", "body", "system_attributes", "message_attributes", "receipt_handle",
    "_old_receipt_handles", "sender_id", "sent_timestamp", "approximate_first_receive_timestamp",
    "approximate_receive_count", "deduplication_id", "group_id", "sequence_number", "visible_at",
    "delayed_until",
}  # fmt: skip
QUEUE_MEMBERS = {
    "_messages", "_messages_lock", "deleted_messages", "queue_arn", "fifo_queue", "redrive_policy",
    "visibility_timeout", "message_retention_period", "deduplication_scope",
    "content_based_deduplication",
}  # fmt: skip
COUNTS = ("", "_not_visible", "_delayed")


def imported() -> set[str]:
    """Return the dotted names that the seam imports from moto."""
    nodes = (node for path in SEAM for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return {
        f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("moto")
        for alias in node.names
    }


def test_every_name_has_a_row_and_every_row_is_used() -> None:
    assert imported() == set(NAMES), "give each name a row here that says what it is for"


@pytest.mark.parametrize("dotted", sorted(NAMES))
def test_the_name_is_there(dotted: str) -> None:
    module, _, name = dotted.rpartition(".")
    found = getattr(importlib.import_module(module), name, None)
    assert found is not None, f"moto has no {dotted} any more: {NAMES[dotted]}"


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_signatures(name: str) -> None:
    method, expected = SIGNATURES[name]
    assert list(inspect.signature(method).parameters) == expected.split(), (
        f"moto changed {name}: give its stand-in in aws/sources/sqs_clients.py the same parameters"
    )


def test_members_of_messages() -> None:
    assert set(vars(Message("id", "body"))) >= MESSAGE_MEMBERS


def test_members_of_queues() -> None:
    assert set(vars(Queue("q", "us-east-1", "123456789012"))) >= QUEUE_MEMBERS


def test_what_is_replaced_is_defined_where_it_is_replaced() -> None:
    for suffix in COUNTS:
        assert isinstance(vars(Queue)[f"approximate_number_of_messages{suffix}"], property)
    assert isinstance(vars(Queue)["attributes"], property)
    assert {"add_message", "delete_message"} <= set(vars(Queue))
    replaced = {"receive_message", "change_message_visibility", "delete_queue"}
    assert replaced <= set(vars(SQSBackend))


def test_moto_pushes_to_lambda_when_a_message_is_added_and_nowhere_else() -> None:
    """The stand-in for ``add_message`` leaves that push out; elsewhere it would come back."""
    import moto.sqs.models

    source = inspect.getsource(moto.sqs.models)
    assert source.count("send_sqs_batch") == 1
    assert "send_sqs_batch" in inspect.getsource(Queue.add_message)


def test_every_message_comes_through_add_message() -> None:
    import moto.sqs.models

    source = inspect.getsource(moto.sqs.models)
    assert source.count("self._messages.append(") == 1
