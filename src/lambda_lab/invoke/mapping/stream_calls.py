"""Calling the function with a batch of a stream, and telling a destination what was given up.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

from __future__ import annotations

import json
import logging

from lambda_lab.errors import AwsError, LabError
from lambda_lab.invoke.deliveries import Delivery
from lambda_lab.invoke.mapping.batch_results import failed_items
from lambda_lab.invoke.mapping.poller import Surroundings
from lambda_lab.invoke.mapping.settings import MappingSettings
from lambda_lab.invoke.mapping.stream_batch import Answer, Batch, Discard, Response
from lambda_lab.invoke.mapping.stream_notes import StreamNotes
from lambda_lab.invoke.mapping.stream_records import (
    event_of,
    failure_record,
    object_key,
    returned_state,
)
from lambda_lab.invoke.targets import Target
from lambda_lab.records import InvokeResult

__all__ = ["StreamCalls"]

log = logging.getLogger(__name__)


class StreamCalls:
    """Runs batches of one mapping and reads what the function says.

    Parameters
    ----------
    settings, around
        The mapping, and the parts of the region.
    stream_arn
        The stream, where the mapping names a consumer of it.
    notes
        Where runs and metrics are noted.
    """

    def __init__(
        self,
        settings: MappingSettings,
        stream_arn: str,
        around: Surroundings,
        notes: StreamNotes,
    ) -> None:
        self._settings = settings
        self._stream_arn = stream_arn
        self._around = around
        self._notes = notes
        self._target: Target | None = None

    # -- running ---------------------------------------------------------------------------------

    def call(self, batch: Batch, shard_id: str) -> Answer:
        """Run the function once.

        Nothing is raised: whatever keeps a function from running is a reason to try again.
        """
        caller = self._around.caller
        request = caller.request_id()
        self._notes.batch(batch, shard_id, request)
        try:
            target = self._find()
            if target is not None:
                self._notes.iterator_age(batch, target)
            result = caller.call(
                self._settings.function_arn, self._event(batch, shard_id), request_id=request
            )
        except LabError as error:
            answer = _did_not_run(request, error)
        except Exception as error:
            log.exception("a batch of %s could not be run", self._settings.source_arn)
            answer = Answer(request, None, type(error).__name__)
        else:
            self._notes.count(InvokedEventCount=len(batch.records))
            answer = self._read(batch, result, request)
        if answer.response is None or answer.failed:
            self._notes.count(FailedInvokeEventCount=len(batch.records) - answer.checkpoint)
        return answer

    def _find(self) -> Target | None:
        """Return the function as it is now; its last form is kept for when it is gone."""
        target = self._around.caller.functions.target(self._settings.function_arn)
        self._target = target or self._target
        return target

    def _event(self, batch: Batch, shard_id: str) -> bytes:
        role = "" if self._target is None else self._target.spec.role
        return event_of(batch, shard_id, self._settings.source_arn, role)

    def _read(self, batch: Batch, result: InvokeResult, request: str) -> Answer:
        """Return what the function's result means for the batch."""
        response = Response(request, result.executed_version, result.function_error)
        if result.function_error is not None:
            return Answer(request, response, "FunctionError", failed=True)
        state, too_large = None, False
        if batch.window is not None:
            state, too_large = returned_state(result.payload)
            if state is None and not batch.window.final:
                return Answer(request, response, "NoState", failed=True)
        failed_at = self._failed_at(batch, result.payload)
        return Answer(
            request,
            response,
            "ReportBatchItemFailures",
            failed=failed_at is not None,
            checkpoint=failed_at or 0,
            state=state,
            state_too_large=too_large,
        )

    def _failed_at(self, batch: Batch, payload: bytes) -> int | None:
        """Return the index of the first record to try again, if there is one.

        "Lambda uses the lowest sequence number as the checkpoint", whatever the list's order.
        """
        if not self._settings.report_failures or not batch.records:
            return None
        sequences = batch.sequences
        failed = failed_items(payload, sequences)
        if failed is None:
            return 0
        return min((sequences.index(one) for one in failed), default=None)

    # -- giving up -------------------------------------------------------------------------------

    def give_up(self, discard: Discard, shard_id: str) -> None:
        """Tell the on-failure destination about records that are not tried (again)."""
        batch = discard.batch
        if not batch.records:
            return  # the last invocation of a tumbling window has none of its own
        request = None if batch.last is None else batch.last.request_id
        reason = discard.condition or "Expired"
        if discard.condition is not None:
            self._notes.count(DroppedEventCount=len(batch.records))
            if self._settings.on_failure is not None and self._tell(discard, shard_id):
                self._notes.count(OnFailureDestinationDeliveredEventCount=len(batch.records))
                self._notes.records(
                    batch.records,
                    "delivered",
                    shard_id,
                    request,
                    reason=reason,
                    target=self._settings.on_failure,
                )
                return
        self._notes.records(batch.records, "dropped", shard_id, request, reason=reason)

    def _tell(self, discard: Discard, shard_id: str) -> bool:
        """Return whether the destination took the record."""
        self._find()
        try:
            self._around.deliveries.deliver(self._delivery(discard, shard_id))
        except LabError as error:
            log.warning("%s", error)
        except Exception:
            log.exception("%s was not told of a failure", self._settings.on_failure)
        else:
            return True
        if self._target is not None:
            self._notes.metric(self._target, DestinationDeliveryFailures=1)
        return False

    def _delivery(self, discard: Discard, shard_id: str) -> Delivery:
        target_arn = self._settings.on_failure or ""
        now_ns = self._around.clock.now_ns()
        record = failure_record(
            discard,
            function_arn=self._settings.function_arn,
            stream_arn=self._stream_arn,
            shard_id=shard_id,
            now_ns=now_ns,
        )
        key = ""
        if target_arn.split(":")[2:3] == ["s3"]:
            # Only a bucket gets the records themselves.
            record["payload"] = self._event(discard.batch, shard_id).decode()
            unique = self._around.caller.request_id()
            key = object_key(self._settings.uuid, shard_id, now_ns, unique)
        return Delivery(
            target_arn=target_arn,
            body=json.dumps(record, separators=(",", ":")),
            role_arn="" if self._target is None else self._target.spec.role,
            region=self._stream_arn.split(":")[3],
            source_arn=self._settings.function_arn,
            object_key=key,
        )


def _did_not_run(request: str, error: LabError) -> Answer:
    if not isinstance(error, AwsError):
        # No environment could be made. The message says what is wrong with this machine.
        return Answer(request, None, type(error).__name__, str(error))
    if error.status == 404:
        return Answer(request, None, error.code, error.message)
    return Answer(request, None, error.code)
