"""The states that a VPC causes: Pending while interfaces are made, Inactive when they are idle.

https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html

- A function waits for its interfaces; what they cannot be made for is a reason code, ``Failed``
  for a new function, and a failed update - calls go on with the old configuration - for others.
- After two weeks without a call Lambda takes them back, and the version is ``Inactive``. The next
  call fails and makes it ``Pending``; then it is ``Active`` again, or, if that cannot be done,
  "the function returns to the inactive state".

Functions without a VPC have nothing to take back: they stay Active however long they are idle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from lambda_lab import facts
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.services import services
from lambda_lab.aws.vpc.config import Place
from lambda_lab.aws.vpc.reasons import IDLE, NOT_READY, AttachRefused
from lambda_lab.clock import SECOND
from lambda_lab.errors import AwsError
from lambda_lab.invoke.pool import PROVISIONED
from lambda_lab.records import FunctionSpec

if TYPE_CHECKING:
    from lambda_lab.aws.function import LabFunction
    from lambda_lab.aws.store import FunctionStore

__all__ = ["INTERFACE_SECONDS", "admit", "attach", "attached", "not_now", "review"]

INTERFACE_SECONDS = 1.0
"""How long a new interface takes, on the region's clock. AWS: "several minutes"; a reader waits."""
DAY = 86_400 * SECOND


def not_now(function: LabFunction) -> AwsError:
    """Return AWS's refusal to use a function that is not Active yet."""
    return aws_error(
        "ResourceConflictException",
        "The operation cannot be performed at this time. The function is currently in the "
        f"following state: {function.lab_state}",
    )


# -- attaching -------------------------------------------------------------------------------------


def attach(backend: FunctionStore, function: LabFunction, seconds: float) -> float:
    """Make what *function*'s configuration needs; returns how long that takes.

    Parameters
    ----------
    backend, function
        The Region's functions, and the one that is created or updated.
    seconds
        What it takes without a VPC, or with interfaces that are there.
    """
    function.attach_problem = None
    config = function.vpc
    if config is None or not config.subnets:
        return seconds
    try:
        made = backend.interfaces.hold(config, function.function_name, function.role)
    except AttachRefused as refused:
        function.attach_problem = refused.reason
        return INTERFACE_SECONDS
    function.places |= config.places
    function.former_places |= config.places
    function.last_used_ns = services().clock.now_ns()
    review(backend)
    return INTERFACE_SECONDS if made else seconds


def attached(backend: FunctionStore, functions: Iterable[LabFunction]) -> None:
    """Note that the creation or the update of *functions* has ended, well or not."""
    for one in functions:
        _settle(one)
    review(backend)
    _watch(backend)


def _settle(function: LabFunction) -> None:
    function.places = _wanted(function)
    function.last_used_ns = services().clock.now_ns()


def _wanted(function: LabFunction) -> frozenset[Place]:
    if function.vpc is None or function.lab_state in ("Failed", "Inactive"):
        return frozenset()
    return function.vpc.places


def _all(backend: FunctionStore) -> list[LabFunction]:
    latest = backend.functions()
    return [*latest, *(version for one in latest for version in backend.versions_of(one))]


def review(backend: FunctionStore, at_once: frozenset[Place] = frozenset()) -> None:
    """Let go of the interfaces that no function and no version needs any more.

    Parameters
    ----------
    backend
        The Region's functions.
    at_once
        Those that are not left for the while that Lambda takes.
    """
    if len(backend.interfaces):
        used = {place for one in _all(backend) for place in one.places}
        backend.interfaces.review(used, at_once)


# -- idle functions --------------------------------------------------------------------------------


def _watch(backend: FunctionStore) -> None:
    """Look again when the first function that is attached now may have been idle for too long."""
    if not len(backend.interfaces):
        return
    since = [one.last_used_ns for one in _all(backend) if one.places]
    if since and not backend.idle_watch:
        backend.idle_watch = True
        due_ns = min(since) + int(facts.value("vpc.idle-reclaim")) * DAY
        services().clock.call_at(due_ns, lambda: _reclaim(backend))


def _reclaim(backend: FunctionStore) -> None:
    """Take back the interfaces of who was not called for two weeks."""
    before_ns = services().clock.now_ns() - int(facts.value("vpc.idle-reclaim")) * DAY
    retired: list[FunctionSpec] = []
    reclaimed: frozenset[Place] = frozenset()
    with backend.lock:
        backend.idle_watch = False
        for one in _all(backend):
            if not one.places or one.last_used_ns > before_ns:
                continue
            if _is_at_work(one):
                one.last_used_ns = services().clock.now_ns()
            else:
                reclaimed |= one.places
                one.lab_state, one.state_reason, one.places = "Inactive", IDLE, frozenset()
                one.spec = replace(one.spec, revision=services().ids.uuid())
                retired.append(one.spec)
        if retired:
            review(backend, reclaimed)
        _watch(backend)
    for spec in retired:
        services().plane().function_changed(spec)


def _is_at_work(function: LabFunction) -> bool:
    """Whether a version is being changed, or has environments that are kept ready for calls."""
    if function.lab_state != "Active" or function.update_status == "InProgress":
        return True
    return any(
        one["version"] == str(function.version) and one["init_type"] == PROVISIONED
        for one in services().plane().environments(function.function_name)
    )


# -- calls -----------------------------------------------------------------------------------------


def admit(backend: FunctionStore, function: LabFunction, *, wakes: bool = True) -> None:
    """Let a call to *function* pass, or say why it may not run now.

    Parameters
    ----------
    backend, function
        The Region's functions, and the version that is called.
    wakes
        Whether the call counts: it then begins to make an Inactive function Active.

    Raises
    ------
    AwsError
        ``ResourceConflictException`` while it is Pending; ``ResourceNotReadyException`` when it
        was idle; the error of the reason when its interfaces could not be made.
    """
    if function.lab_state == "Active":
        if wakes and function.places:
            function.last_used_ns = services().clock.now_ns()
        return
    with backend.lock:
        reason = function.state_reason
        if function.lab_state == "Active":
            return  # it has just become so
        stopped = function.lab_state in ("Inactive", "Failed")
        if not stopped or reason is None or reason.error is None:
            raise not_now(function)
        inactive = function.lab_state == "Inactive" and function.update_status != "InProgress"
        if wakes and inactive:
            _wake(backend, function)
        text = NOT_READY if reason is IDLE else reason.text
        raise aws_error(reason.error, text)


def _wake(backend: FunctionStore, function: LabFunction) -> None:
    attach(backend, function, INTERFACE_SECONDS)
    function.lab_state = "Pending"
    services().clock.call_later(INTERFACE_SECONDS, lambda: _woken(backend, function))


def _woken(backend: FunctionStore, function: LabFunction) -> None:
    with backend.lock:
        there = any(one is function for one in _all(backend))
        if not there or function.lab_state != "Pending":
            return
        problem = function.attach_problem
        if problem is not None:
            function.lab_state, function.state_reason = "Inactive", problem
            return
        function.lab_state, function.state_reason = "Active", None
        _settle(function)
        _watch(backend)
