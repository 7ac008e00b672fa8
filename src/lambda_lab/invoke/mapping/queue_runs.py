"""Running the batches of a queue, and doing with their messages what the result asks for.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from lambda_lab import facts
from lambda_lab.clock import SECOND
from lambda_lab.errors import AwsError, LabError
from lambda_lab.invoke.lineage import longest
from lambda_lab.invoke.mapping.batch_results import failed_items
from lambda_lab.invoke.mapping.poller import Surroundings
from lambda_lab.invoke.mapping.queue_batch import Batch
from lambda_lab.invoke.mapping.queue_source import QueueGone, QueueSource
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.records import InvokeResult
from lambda_lab.timeline import Event, Kind

__all__ = ["BatchOwner", "QueueNotes", "QueueRuns", "problem"]

HOLD_SECONDS = 1
"""A function may make its messages visible at once and then fail. On AWS the next receive follows
within moments; here it follows after this time, so that the clock gets on between two tries."""
PATIENT_CODES = {"TooManyRequestsException", "ResourceConflictException"}
"""The function may not run now, or is not Active yet: another try makes sense."""


def problem(text: str) -> str:
    """Return *text* as ``LastProcessingResult`` words a problem."""
    return f"PROBLEM: {text}"


class BatchOwner(Protocol):
    """Who wants to know how batches fare: the poller."""

    last_result: str

    def batch_failed(self) -> None:
        """A batch failed, or the function may not run now."""

    def batch_ended(self, batch: Batch) -> None:
        """Nothing more will be done about *batch*."""


class QueueNotes:
    """Writes what a mapping does into the timeline and its metrics."""

    def __init__(self, settings: MappingSettings, around: Surroundings) -> None:
        self._settings = settings
        self._around = around
        self._function = settings.function_arn.split(":")[6]

    def batch(self, batch: Batch, request: str, attempt: int) -> None:
        """A batch is handed to the function."""
        self._add(
            Kind.BATCH,
            request,
            records=batch.ids,
            lanes=[message.group for message in batch.messages],
            attempt=attempt,
            receives=[message.receives for message in batch.messages],
        )

    def records(
        self, ids: Iterable[str], outcome: str, request: str | None = None, **more: object
    ) -> None:
        """Say what became of messages."""
        named = list(ids)
        if named:
            self._add(Kind.RECORDS, request, records=named, outcome=outcome, **more)

    def _add(self, kind: Kind, request: str | None, **detail: object) -> None:
        settings = self._settings
        detail = {"mapping": settings.uuid, "source": settings.source_arn, **detail}
        now = self._around.clock.now_ns()
        self._around.timeline.add(Event(now, kind, self._function, None, request, detail))

    def count(self, **values: int) -> None:
        """Count events, where the mapping asks for ``EventCount`` metrics."""
        if self._settings.counts_events:
            self._around.metric(self._settings.uuid, values)


class QueueRuns:
    """Runs the batches of one mapping.

    Parameters
    ----------
    owner
        Told about failures and ends; told of the end of every batch exactly once.
    """

    def __init__(
        self,
        settings: MappingSettings,
        source: QueueSource,
        around: Surroundings,
        notes: QueueNotes,
        owner: BatchOwner,
    ) -> None:
        self._settings = settings
        self._source = source
        self._around = around
        self._notes = notes
        self._owner = owner
        self._unqualified = ":".join(settings.function_arn.split(":")[:7])
        self._first_wait = int(facts.value("esm.sqs.throttle-wait.first"))
        self._longest_wait = int(facts.value("esm.sqs.throttle-wait.maximum"))

    def begin(self, batch: Batch) -> None:
        """Run *batch* in the background."""
        self._around.workers.submit(lambda: self._run(batch, 1))

    def _run(self, batch: Batch, attempt: int) -> None:
        waits = False
        try:
            waits = self._try(batch, attempt)
        finally:
            if not waits:
                self._owner.batch_ended(batch)

    def _try(self, batch: Batch, attempt: int) -> bool:
        """Call the function once; return whether the batch waits for another try."""
        caller = self._around.caller
        request = caller.request_id()
        header = longest([message.trace_header for message in batch.messages], self._unqualified)
        self._notes.batch(batch, request, attempt)
        try:
            result = caller.call(
                self._settings.function_arn,
                batch.payload,
                request_id=request,
                trace_header=header,
            )
        except AwsError as error:
            patient = error.code in PATIENT_CODES or error.status >= 500
            if patient and self._backs_off(batch, request, attempt, error.code):
                return True
            self._fails(batch, request, error.message, error.code)
        except LabError as error:
            # No environment could be made. Its message says what is wrong with this machine.
            self._fails(batch, request, str(error), type(error).__name__)
        else:
            self._finishes(batch, request, result)
        return False

    def _backs_off(self, batch: Batch, request: str, attempt: int, reason: str) -> bool:
        """Try again later, if that is still within the visibility timeout."""
        clock = self._around.clock
        seconds = min(self._first_wait * 2 ** (attempt - 1), self._longest_wait)
        due = clock.now_ns() + seconds * SECOND
        if due >= batch.visible_ns:
            return False
        self._owner.batch_failed()
        self._notes.count(FailedInvokeEventCount=len(batch.items))
        self._notes.records(batch.ids, "retry", request, after_seconds=seconds, reason=reason)
        workers = self._around.workers
        clock.call_at(due, lambda: workers.submit(lambda: self._run(batch, attempt + 1)))
        return True

    def _fails(self, batch: Batch, request: str, text: str, reason: str) -> None:
        self._owner.batch_failed()
        self._owner.last_result = problem(text)
        self._notes.count(FailedInvokeEventCount=len(batch.items))
        self._give_back(batch, set(batch.ids), request, reason)

    def _finishes(self, batch: Batch, request: str, result: InvokeResult) -> None:
        """Delete what was processed; leave the rest to its visibility timeout."""
        self._notes.count(InvokedEventCount=len(batch.items))
        if result.function_error is not None:
            self._fails(batch, request, "Function call failed", "FunctionError")
            return
        failed: set[str] | None = set()
        if self._settings.report_failures:
            failed = failed_items(result.payload, batch.ids)
        kept = set(batch.ids) if failed is None else failed
        self._owner.last_result = problem("Function call failed") if kept else "OK"
        if kept:
            self._notes.count(FailedInvokeEventCount=len(kept))
        self._delete(batch, kept, request)
        self._give_back(batch, kept, request, "ReportBatchItemFailures")

    def _delete(self, batch: Batch, kept: set[str], request: str) -> None:
        done = [message for message in batch.messages if message.id not in kept]
        if done and self._reaches(lambda: self._delete_all([m.receipt for m in done])):
            self._notes.records([message.id for message in done], "deleted", request)

    def _delete_all(self, receipts: list[str]) -> None:
        self._notes.count(DeletedEventCount=self._source.delete(receipts))

    def _give_back(self, batch: Batch, kept: set[str], request: str, reason: str) -> None:
        left = [message for message in batch.messages if message.id in kept]
        receipts = [message.receipt for message in left]
        if left and self._reaches(lambda: self._source.hold(receipts, HOLD_SECONDS)):
            ids = [message.id for message in left]
            self._notes.records(ids, "returned", request, reason=reason)

    def _reaches(self, act: Callable[[], None]) -> bool:
        """Do something to the queue; say so where the queue is gone."""
        try:
            act()
        except QueueGone as error:
            self._owner.last_result = problem(str(error))
            return False
        return True
