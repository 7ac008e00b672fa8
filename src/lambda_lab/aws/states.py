"""The states of a function, and how they are worded.

https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
"""

from __future__ import annotations

from typing import Any

from lambda_lab.aws.vpc.config import Place, VpcConfig
from lambda_lab.aws.vpc.reasons import Reason

__all__ = ["States"]

_CREATING = ("Creating", "The function is being created.")
_RESTORING = ("Restoring", "The function is being restored.")  # the text: confidence L


class States:
    """What is said of one version beside its configuration, and the networks that it hangs on."""

    lab_state: str
    """``Pending``, ``Active``, ``Inactive`` or ``Failed``."""
    update_status: str | None
    revision_id: str
    vpc: VpcConfig | None = None
    """The networks it was ever attached to; ``None`` if it never had a setting."""
    running_vpc: VpcConfig | None = None
    """The same of what invocations run: what a failed update goes back to."""
    places: frozenset[Place] = frozenset()
    """Where it keeps an interface now."""
    former_places: frozenset[Place] = frozenset()
    """Where it ever kept one: what a stack that deletes it waits for."""
    attach_problem: Reason | None = None
    """Why the creation or update that is going on will fail, or the last one has failed."""
    state_reason: Reason | None = None
    """Why it is Inactive or Failed, or was until a call woke it."""
    last_used_ns: int = 0
    """When it was called or configured last; kept for functions in a VPC."""

    def state_members(self) -> dict[str, Any]:
        """Word the state as AWS does, member by member."""
        code, reason = _CREATING
        if self.lab_state == "Pending":
            code, reason = _RESTORING if self.state_reason else _CREATING
            return {"State": "Pending", "StateReason": reason, "StateReasonCode": code}
        state: dict[str, Any] = {"State": self.lab_state}
        if self.state_reason is not None:
            state["StateReason"] = self.state_reason.text
            state["StateReasonCode"] = self.state_reason.code
        if self.update_status is not None:
            state["LastUpdateStatus"] = self.update_status
        if self.update_status == "InProgress":
            # AWS's own words, even for an update (recorded).
            state["LastUpdateStatusReason"] = reason
            state["LastUpdateStatusReasonCode"] = code
        if self.update_status == "Failed" and self.attach_problem is not None:
            state["LastUpdateStatusReason"] = self.attach_problem.text
            state["LastUpdateStatusReasonCode"] = self.attach_problem.code
        return state

    def become_active(self, revision: str) -> None:
        """End the time of creation or of an update."""
        self.lab_state, self.update_status = "Active", "Successful"
        self.state_reason = None
        self.running_vpc = self.vpc
        self.revision_id = revision

    def fail(self, problem: Reason, revision: str) -> None:
        """End the time of creation or of an update: it came to nothing.

        A new function is Failed. After an update calls go on with what they ran before, and the
        configuration names the networks they run in.
        """
        if self.lab_state == "Pending":
            self.lab_state, self.state_reason = "Failed", problem
        else:
            self.vpc = self.running_vpc
        self.update_status = "Failed"
        self.revision_id = revision
