"""Why a packet stops, in the words of AWS's Reachability Analyzer, and how a program sees it.

Codes and meanings: docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html. The
Analyzer looks at IPv4 only and knows nothing of names; where this model goes further, it uses the
code whose meaning is nearest, and the text says what really stopped the packet.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Code", "Failure"]


class Code(StrEnum):
    """An explanation code of the Reachability Analyzer."""

    BAD_STATE = "BAD_STATE"
    BAD_STATE_ROUTE = "BAD_STATE_ROUTE"
    DISCONNECTED_VPCS = "DISCONNECTED_VPCS"
    ENI_SG_RULES_MISMATCH = "ENI_SG_RULES_MISMATCH"
    ENI_SOURCE_DEST_CHECK_RESTRICTION = "ENI_SOURCE_DEST_CHECK_RESTRICTION"
    IGW_DESTINATION_NOT_IN_RFC1918 = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"
    IGW_DESTINATION_NOT_IN_RFC6598 = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS"
    IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS = "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
    IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS = "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
    NGW_REQUIRES_SOURCE_IN_VPC = "NGW_REQUIRES_SOURCE_IN_VPC"
    NO_POSSIBLE_DESTINATION = "NO_POSSIBLE_DESTINATION"
    NO_ROUTE_TO_DESTINATION = "NO_ROUTE_TO_DESTINATION"
    NO_SOURCE_OR_DESTINATION = "NO_SOURCE_OR_DESTINATION"
    PCX_REQUIRES_ADDRESS_IN_VPC_CIDR = "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"
    PROTOCOL_RESTRICTION = "PROTOCOL_RESTRICTION"
    SG_HAS_NO_RULES = "SG_HAS_NO_RULES"
    SG_REFERENCES_NOT_PRESERVED = "SG_REFERENCES_NOT_PRESERVED"
    SUBNET_ACL_RESTRICTION = "SUBNET_ACL_RESTRICTION"
    UNASSOCIATED_COMPONENT = "UNASSOCIATED_COMPONENT"
    UNKNOWN_DESTINATION = "UNKNOWN_DESTINATION"
    UNKNOWN_RESOURCE = "UNKNOWN_RESOURCE"
    UNSUPPORTED_COMPONENT = "UNSUPPORTED_COMPONENT"
    VPCE_GATEWAY_PROTOCOL_RESTRICTION = "VPCE_GATEWAY_PROTOCOL_RESTRICTION"


class Failure(StrEnum):
    """How a program sees that it cannot reach something.

    Examples
    --------
    >>> Failure.HANGS.value
    'hangs'
    """

    HANGS = "hangs"
    """The packet is dropped: the connection waits until somebody's timeout."""
    REFUSED = "refused"
    """The host answers that nothing listens: an error at once."""
    UNREACHABLE = "unreachable"
    """The source has no address of that family: an error at once."""
    DNS = "dns"
    """The name is not resolved."""
    DENIED = "denied"
    """The connection works; the endpoint's policy makes the service answer AccessDenied."""
