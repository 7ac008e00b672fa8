"""Events through the queue, and messages through a mapping, beside direct warm calls."""

from __future__ import annotations

import functools
import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.functions import EVENT, TRIVIAL, call, deploy
from benchmarks.samples import seconds
from benchmarks.servers import client
from benchmarks.table import Row

__all__ = ["flow"]

GROUP = "time per item, many at once (goal: none; the ratio is to a direct warm call)"
CALLERS = 8
COUNT = 1000
BATCH = 10
NAME = "bench-flow"


def flow(region_url: str) -> list[Row]:
    """Measure all three in the region at *region_url*."""
    lam = client(region_url)
    deploy(lam, NAME, TRIVIAL)
    deploy(lam, f"{NAME}-batch", "def handler(event, context):\n    return None\n")
    direct = _direct(region_url) / COUNT
    rows = [Row(GROUP, f"  floor: direct warm calls, {CALLERS} callers", direct)]
    for name, value in (
        ("asynchronous events, from the call to their end", _events(region_url) / COUNT),
        (f"SQS messages through a mapping, batches of {BATCH}", _messages(region_url) / COUNT),
    ):
        rows.append(Row(GROUP, name, value, floor=direct, floor_name="direct"))
    return rows


def _everything(url: str, one: Any, count: int) -> float:
    clients = [client(url) for _ in range(CALLERS)]

    def caller(ours: Any) -> None:
        for _ in range(count // CALLERS):
            one(ours)

    with ThreadPoolExecutor(CALLERS) as threads:
        list(threads.map(caller, clients))  # warm: environments, connections
        return seconds(lambda: list(threads.map(caller, clients)))


def _direct(url: str) -> float:
    return _everything(url, lambda ours: call(ours, NAME), COUNT)


def _events(url: str) -> float:
    def send(ours: Any) -> None:
        ours.invoke(FunctionName=NAME, InvocationType="Event", Payload=EVENT)

    def all_of_them() -> None:
        _everything(url, send, COUNT // 2)  # it sends them twice
        _settle(url)

    return seconds(all_of_them)


def _messages(url: str) -> float:
    sqs, lam = client(url, "sqs"), client(url)
    queue = sqs.create_queue(QueueName=NAME)["QueueUrl"]
    names = ["QueueArn"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    mapping = lam.create_event_source_mapping(
        EventSourceArn=attributes["QueueArn"],
        FunctionName=f"{NAME}-batch",
        BatchSize=BATCH,
        Enabled=False,
    )
    for first in range(0, COUNT, 10):
        entries = [{"Id": str(n), "MessageBody": "{}"} for n in range(first, first + 10)]
        sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    _advance(url, 60)  # the mapping is Disabled by now

    def work() -> None:
        lam.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
        _advance(url, 60)

    took = seconds(work)
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])[
        "Attributes"
    ]["ApproximateNumberOfMessages"]
    if left != "0":
        raise RuntimeError(f"{left} of {COUNT} messages were not worked on")
    return took


_post = functools.partial(urllib.request.Request, method="POST")


def _settle(url: str) -> None:
    urllib.request.urlopen(_post(f"{url}/_lab/settle", data=b"{}")).read()


def _advance(url: str, by: float) -> None:
    body = json.dumps({"advance_seconds": by}).encode()
    urllib.request.urlopen(_post(f"{url}/_lab/clock", data=body)).read()
