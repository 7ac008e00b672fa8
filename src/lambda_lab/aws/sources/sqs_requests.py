"""What clients ask of moto's queues, checked as SQS checks it.

While :func:`queue_requests` is in force, attributes, messages and batches are looked at before moto
takes them; of a batch, what is wrong is answered as failed, and the rest is done, as on AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.sqs.exceptions import InvalidAttributeName, QueueAlreadyExists
from moto.sqs.models import Queue, SQSBackend
from moto.sqs.responses import SQSResponse

from lambda_lab.aws.pushes.patches import added, replaced
from lambda_lab.aws.sources.sqs_attributes import check_attributes, check_new_queue
from lambda_lab.aws.sources.sqs_messages import check_batch, check_message, check_number

__all__ = ["queue_requests"]

_SYSTEM_ATTRIBUTES = frozenset(
    {
        "All",
        "AWSTraceHeader",
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "DeadLetterQueueSourceArn",
        "MessageDeduplicationId",
        "MessageGroupId",
        "SenderId",
        "SentTimestamp",
        "SequenceNumber",
    }
)
_create, _receive = SQSResponse.create_queue, SQSResponse.receive_message
_send, _send_batch = SQSResponse.send_message, SQSResponse.send_message_batch
_change = SQSResponse.change_message_visibility
_set: Callable[..., Any] = vars(Queue)["_set_attributes"]


@contextmanager
def queue_requests() -> Iterator[None]:
    """Check, while the block runs, what clients ask of queues."""
    with ExitStack() as stack:
        stack.enter_context(added(Queue, redrive_allow_policy=None))
        names = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
        stack.enter_context(replaced(Queue, BASE_ATTRIBUTES=names, _set_attributes=_set_attributes))  # type: ignore[arg-type]
        stack.enter_context(
            replaced(
                SQSResponse,
                change_message_visibility=_change_message_visibility,
                change_message_visibility_batch=_change_message_visibility_batch,
                create_queue=_create_queue,
                delete_message_batch=_delete_message_batch,
                receive_message=_receive_message,
                send_message=_send_message,
                send_message_batch=_send_message_batch,
                set_queue_attributes=_set_queue_attributes,
            )
        )
        yield


# -- queues ----------------------------------------------------------------------------------------


def _create_queue(response: Any) -> Any:
    name, attributes = response._get_param("QueueName"), response._get_param("Attributes", {})
    check_new_queue(name, attributes)
    backend: SQSBackend = response.sqs_backend
    check_attributes(f"arn:aws:sqs:{backend.region_name}:{backend.account_id}:{name}", attributes)
    try:
        return _create(response)
    except QueueAlreadyExists:
        there = backend.get_queue(name).attributes
        other = next((n for n, value in attributes.items() if str(there.get(n)) != value), "")
        raise QueueAlreadyExists(
            f"A queue already exists with the same name and a different value for attribute {other}"
        ) from None


def _set_queue_attributes(response: Any) -> Any:
    queue = response.sqs_backend.get_queue(response._get_queue_name())
    attributes = response._get_param("Attributes", {})
    check_attributes(queue.queue_arn, attributes)
    if "FifoQueue" in attributes:
        raise InvalidAttributeName("FifoQueue")  # it is said once, when the queue is made
    response.sqs_backend.set_queue_attributes(queue.name, attributes)
    return ActionResult({})


def _set_attributes(queue: Any, attributes: dict[str, Any], now: float | None = None) -> None:
    """Stand in for ``Queue._set_attributes``, which forgets the policy when others are set."""
    policy = getattr(queue, "_policy_json", None)
    _set(queue, attributes, now)
    if policy is not None and "Policy" not in attributes:
        queue._policy_json = policy


# -- messages --------------------------------------------------------------------------------------


def _send_message(response: Any) -> Any:
    check_message(response.sqs_backend.get_queue(response._get_queue_name()), response.params)
    return _send(response)


def _receive_message(response: Any) -> Any:
    ask = response._get_param
    response.sqs_backend.get_queue(response._get_queue_name())
    for name in (*ask("AttributeNames", []), *ask("MessageSystemAttributeNames", [])):
        if name not in _SYSTEM_ATTRIBUTES:
            raise InvalidAttributeName(name)
    check_number("MaxNumberOfMessages", ask("MaxNumberOfMessages"), 1, "sqs.receive.maximum")
    check_number("WaitTimeSeconds", ask("WaitTimeSeconds"), 0, "sqs.long-poll.maximum")
    check_number("VisibilityTimeout", ask("VisibilityTimeout"), 0, "sqs.visibility.maximum")
    return _receive(response)


def _change_message_visibility(response: Any) -> Any:
    response.sqs_backend.get_queue(response._get_queue_name())
    asked = response._get_param("VisibilityTimeout")
    check_number("VisibilityTimeout", asked, 0, "sqs.visibility.maximum")
    return _change(response)


# -- batches ---------------------------------------------------------------------------------------


def _failed(entry: Any, error: ServiceException) -> dict[str, Any]:
    return {
        "Id": entry["Id"],
        "SenderFault": True,
        "Code": error.code,
        "Message": error.message,
    }


def _each(entries: list[Any], work: Callable[[Any], object]) -> tuple[list[Any], list[Any]]:
    """Do *work* with each entry; return the entries that went well, and how the others failed."""
    well, failed = [], []
    for entry in entries:
        try:
            work(entry)
        except ServiceException as error:
            failed.append(_failed(entry, error))
        else:
            well.append(entry)
    return well, failed


def _answer(well: list[Any], failed: list[Any]) -> ActionResult:
    answer: dict[str, Any] = {"Successful": [{"Id": entry["Id"]} for entry in well]}
    return ActionResult(answer | ({"Failed": failed} if failed else {}))


def _send_message_batch(response: Any) -> Any:
    queue = response.sqs_backend.get_queue(response._get_queue_name())
    entries = response._get_param("Entries", [])
    check_batch(entries, "Send")

    def check(entry: Any) -> None:
        check_message(queue, entry)
        response.sqs_backend._validate_message(
            queue,
            entry["MessageBody"],
            entry.get("DelaySeconds") or 0,
            entry.get("MessageDeduplicationId"),
            entry.get("MessageGroupId"),
        )

    well, failed = _each(entries, check)
    if not well:
        return ActionResult({"Successful": [], "Failed": failed})
    response.params["Entries"] = well
    sent: Any = _send_batch(response).result
    answered: dict[str, Any] = {**sent}
    failed += answered.pop("Failed")
    return ActionResult(answered | ({"Failed": failed} if failed else {}))


def _delete_message_batch(response: Any) -> Any:
    backend, name = response.sqs_backend, response._get_queue_name()
    backend.get_queue(name)
    entries = response._get_param("Entries", [])
    check_batch(entries, "Delete")
    return _answer(*_each(entries, lambda e: backend.delete_message(name, e["ReceiptHandle"])))


def _change_message_visibility_batch(response: Any) -> Any:
    backend, name = response.sqs_backend, response._get_queue_name()
    backend.get_queue(name)
    entries = response._get_param("Entries", [])
    check_batch(entries, "ChangeVisibility")

    def change(entry: Any) -> None:
        seconds = entry.get("VisibilityTimeout")
        check_number("VisibilityTimeout", seconds, 0, "sqs.visibility.maximum")
        backend.change_message_visibility(name, entry["ReceiptHandle"], seconds or 0)

    return _answer(*_each(entries, change))
