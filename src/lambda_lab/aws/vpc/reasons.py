"""Why a function's way into its VPC could not be made: AWS's reason codes and errors.

The codes are those of ``StateReasonCode`` and ``LastUpdateStatusReasonCode``; a call to a function
that is not Active for such a reason gets the error beside it, with status 502. Texts are those of
the errors in the API reference of ``Invoke`` or, word for word, what users of AWS report
(confidence M); those marked L are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["IDLE", "NOT_READY", "AttachRefused", "Reason"]

_ERRORS = MappingProxyType(
    {
        "SubnetOutOfIPAddresses": "SubnetIPAddressLimitReachedException",
        "EniLimitExceeded": "ENILimitReachedException",
        "InvalidSubnet": "InvalidSubnetIDException",
        "InvalidSecurityGroup": "InvalidSecurityGroupIDException",
        "InsufficientRolePermissions": "EC2AccessDeniedException",
        "Idle": "ResourceNotReadyException",
    }
)
_TEXTS = MappingProxyType(
    {
        "SubnetOutOfIPAddresses": "Lambda was not able to set up VPC access for the Lambda function"
        " because one or more configured subnets has no available IP addresses.",
        "EniLimitExceeded": "Lambda was not able to create an ENI in the VPC of the Lambda function"
        " because the limit for Network Interfaces has been reached.",
        "InvalidSubnet": "The Subnet ID provided in the Lambda function VPC configuration is"
        " invalid.",
        "InvalidSecurityGroup": "The Security Group ID provided in the Lambda function VPC"
        " configuration is invalid.",
        # Confidence L; the code is AWS's.
        "Idle": "The function is in the Inactive state because it has not been invoked for some "
        "time.",
    }
)
NOT_READY = (
    "The function is inactive and its VPC connection is no longer available. Wait for the VPC "
    "connection to reestablish and try again."
)
"""What the first call of an idle function is told (API reference, ResourceNotReadyException)."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code with AWS's text.

    Examples
    --------
    >>> reason = Reason.of("InvalidSubnet")
    >>> reason.error
    'InvalidSubnetIDException'
    """

    code: str
    text: str

    @classmethod
    def of(cls, code: str, text: str = "") -> Reason:
        """Return the reason *code*, with its usual text or with *text*."""
        return cls(code, text or _TEXTS[code])

    @property
    def error(self) -> str | None:
        """The error that a call meets; ``None`` for a reason that is no matter of networks."""
        return _ERRORS.get(self.code)


IDLE = Reason.of("Idle")


class AttachRefused(Exception):
    """A function cannot be attached now; it becomes a state of the function, not an answer."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason
