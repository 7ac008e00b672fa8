"""moto keeps every object that it ever made; a region keeps what is there."""

from __future__ import annotations

import gc

from moto.sqs.models import Message, Queue

from api_region import open_api_region

BODY = "forget me"


def alive(model: type) -> list[object]:
    gc.collect()
    return [one for one in gc.get_objects() if type(one) is model]


def test_moto_would_keep_them() -> None:
    """If this fails, moto has mended it: delete aws/moto_instances.py."""

    class Kept(Message):
        pass

    Kept("0", BODY, {})
    assert len(alive(Kept)) == 1
    Kept.instances_tracked.clear()  # type: ignore[attr-defined]


def test_what_is_deleted_is_forgotten() -> None:
    with open_api_region() as api:
        sqs = api.service("sqs")
        url = sqs.create_queue(QueueName="short-lived")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=BODY)
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
        assert len(alive(Message)) == 1
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        assert alive(Message) == []
        sqs.delete_queue(QueueUrl=url)
        assert alive(Queue) == []
