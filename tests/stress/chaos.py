"""A storm of events and messages through a function that fails in every way, counted to the last.

Everything goes through public clients and the control paths of ``lambda-lab serve``. Run it whole
with ``make stress``; a short form is part of the suite.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Ending", "Storm"]

HANDLER = """
import os
import random
import time

HOG = []

def misbehave():
    draw = random.random()
    if draw < 0.25:
        raise RuntimeError("failed at random")
    if draw < 0.30:
        os._exit(7)
    if draw < 0.31:
        HOG.append(bytearray(400 * 1024 * 1024))
    if draw < 0.32:
        time.sleep(30)

def event(event, context):
    misbehave()
    return {"id": event["id"]}

def batch(event, context):
    failed = []
    for record in event["Records"]:
        if random.random() < 0.1:
            failed.append({"itemIdentifier": record["messageId"]})
        else:
            print("done", record["body"])
    misbehave()
    return {"batchItemFailures": failed}
"""
RECEIVES = 5
"""``maxReceiveCount`` of the source queue: what AWS advises at least."""
ROUNDS = 400
"""Bound on the moves of the clock until everything has ended."""
STEP_SECONDS = 61


@dataclass
class Ending:
    """Where everything ended: how many ids, by kind of end."""

    succeeded: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    dead_events: Counter[str] = field(default_factory=Counter)
    conditions: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    dead_messages: Counter[str] = field(default_factory=Counter)
    left_in_queue: int = 0
    killed: int = 0


class Storm:
    """One function for events, one behind a queue, and everything around them.

    Parameters
    ----------
    url
        Where the region answers.
    client
        Makes a boto3 client by service name.
    deploy
        Makes the two functions: ``deploy(name, source, handler)``.
    seed
        For the order of what disturbs.
    """

    def __init__(self, url: str, client: Any, deploy: Any, *, seed: int = 1) -> None:
        self._url = url
        self.lam, self.sqs, self._logs = client("lambda"), client("sqs"), client("logs")
        self._random = random.Random(seed)
        deploy("storm-event", HANDLER, "lambda_function.event")
        deploy("storm-batch", HANDLER, "lambda_function.batch")
        names = ("succeeded", "failed", "dead-events", "dead-messages")
        self._queues = {name: self._queue(f"storm-{name}") for name in names}
        redrive = {
            "deadLetterTargetArn": self._arn(self._queues["dead-messages"]),
            "maxReceiveCount": RECEIVES,
        }
        self._source = self._queue("storm-source", RedrivePolicy=json.dumps(redrive))
        self._configure()

    def _queue(self, name: str, **attributes: str) -> str:
        made = self.sqs.create_queue(QueueName=name, Attributes=attributes)
        return str(made["QueueUrl"])

    def _arn(self, url: str) -> str:
        asked = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(asked["Attributes"]["QueueArn"])

    def _configure(self) -> None:
        self.lam.update_function_configuration(
            FunctionName="storm-event",
            DeadLetterConfig={"TargetArn": self._arn(self._queues["dead-events"])},
        )
        self.lam.put_function_event_invoke_config(
            FunctionName="storm-event",
            DestinationConfig={
                "OnSuccess": {"Destination": self._arn(self._queues["succeeded"])},
                "OnFailure": {"Destination": self._arn(self._queues["failed"])},
            },
        )
        mapping = self.lam.create_event_source_mapping(
            EventSourceArn=self._arn(self._source),
            FunctionName="storm-batch",
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        self._mapping = mapping["UUID"]
        self.control("clock", {"advance_seconds": 5})

    # -- the region's control paths --------------------------------------------------------------

    def control(self, path: str, body: Any = None) -> Any:
        """Ask a path under ``/_lab``; POST where there is a body."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self._url}/_lab/{path}", data, timeout=600) as answer:
            return json.load(answer)

    # -- running ---------------------------------------------------------------------------------

    def run(self, events: int, messages: int) -> Ending:
        """Send everything, disturb while it runs, wait until it has ended, and count."""
        with self._disturbance() as killed, ThreadPoolExecutor(8) as threads:
            sent = [
                *threads.map(self._send_event, range(events)),
                *threads.map(self._send_messages, _tens(messages)),
            ]
            assert sum(sent) == events + messages
            self._await_end()
        self._await_end()
        return self._count(len(killed))

    def _send_event(self, number: int) -> int:
        self.lam.invoke(
            FunctionName="storm-event",
            InvocationType="Event",
            Payload=json.dumps({"id": f"e{number}"}).encode(),
        )
        return 1

    def _send_messages(self, numbers: range) -> int:
        entries = [{"Id": f"i{n}", "MessageBody": f"m{n}"} for n in numbers]
        self.sqs.send_message_batch(QueueUrl=self._source, Entries=entries)
        return len(numbers)

    @contextmanager
    def _disturbance(self) -> Iterator[list[int]]:
        """Kill environments and switch the mapping off and on until the block ends."""
        killed: list[int] = []
        over = threading.Event()
        thread = threading.Thread(target=self._disturb, args=(killed, over))
        thread.start()
        try:
            yield killed
        finally:
            over.set()
            thread.join()
            self._switch(True)

    def _disturb(self, killed: list[int], over: threading.Event) -> None:
        enabled = True
        while not over.wait(0.3):
            there = self.control("environments")["environments"]
            pids = [one["pid"] for one in there if one["pid"]]
            if pids:
                pid = self._random.choice(pids)
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue  # it ended by itself meanwhile
                killed.append(pid)
            if self._random.random() < 0.3:
                enabled = self._switch(not enabled)

    def _switch(self, enabled: bool) -> bool:
        for _ in range(50):
            try:
                self.lam.update_event_source_mapping(UUID=self._mapping, Enabled=enabled)
            except self.lam.exceptions.ResourceInUseException:
                self.control("clock", {"advance_seconds": 1})  # the last change is not done yet
            else:
                break
        return enabled

    def _await_end(self) -> None:
        """Move the clock until no event waits and the source queue is empty, or give up."""
        for _ in range(ROUNDS):
            self.control("clock", {"advance_seconds": STEP_SECONDS})
            if not self._left() and not self._open_events():
                return

    def _left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        asked = self.sqs.get_queue_attributes(QueueUrl=self._source, AttributeNames=names)
        return sum(int(asked["Attributes"][name]) for name in names)

    def _open_events(self) -> int:
        """Return how many events have neither a destination nor been dropped."""
        story = self.control("timeline?function=storm-event")["events"]
        queued = {one["request"] for one in story if one["event"] == "queued"}
        ended = {one["request"] for one in story if one["event"] in ("delivered", "dropped")}
        return len(queued - ended)

    # -- counting --------------------------------------------------------------------------------

    def _count(self, killed: int) -> Ending:
        ending = Ending(left_in_queue=self._left(), killed=killed)
        for name, ids in (("succeeded", ending.succeeded), ("failed", ending.failed)):
            for body in self._drain(self._queues[name]):
                record = json.loads(body)
                ids[record["requestPayload"]["id"]] += 1
                ending.conditions[record["requestContext"]["condition"]] += 1
        for body in self._drain(self._queues["dead-events"]):
            ending.dead_events[json.loads(body)["id"]] += 1
        for body in self._drain(self._queues["dead-messages"]):
            ending.dead_messages[body] += 1
        for line in self._lines("/aws/lambda/storm-batch"):
            if line.startswith("done "):
                ending.done[line.split()[1]] += 1
        return ending

    def _drain(self, url: str) -> Iterable[str]:
        while True:
            got = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages")
            if not got:
                return
            yield from (message["Body"] for message in got)
            entries = [
                {"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(got)
            ]
            self.sqs.delete_message_batch(QueueUrl=url, Entries=entries)

    def _lines(self, group: str) -> Iterable[str]:
        for page in self._logs.get_paginator("filter_log_events").paginate(logGroupName=group):
            yield from (event["message"].strip() for event in page["events"])


def _tens(count: int) -> list[range]:
    return [range(first, min(first + 10, count)) for first in range(0, count, 10)]
