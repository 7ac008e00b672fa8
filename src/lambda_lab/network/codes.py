"""Why a packet stops, in the words of AWS's Reachability Analyzer, and how a program sees it.

Codes and meanings: docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html. The
Analyzer looks at IPv4 only and knows nothing of names; where this model goes further, it uses the
code whose meaning is nearest, and the text says what really stopped the packet.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["MEANINGS", "Code", "Failure"]


class Code(StrEnum):
    """An explanation code of the Reachability Analyzer."""

    BAD_STATE = "BAD_STATE"
    BAD_STATE_ROUTE = "BAD_STATE_ROUTE"
    CANNOT_ROUTE = "CANNOT_ROUTE"
    DISCONNECTED_VPCS = "DISCONNECTED_VPCS"
    ENI_SG_RULES_MISMATCH = "ENI_SG_RULES_MISMATCH"
    ENI_SOURCE_DEST_CHECK_RESTRICTION = "ENI_SOURCE_DEST_CHECK_RESTRICTION"
    IGW_DESTINATION_NOT_IN_RFC1918 = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"
    IGW_DESTINATION_NOT_IN_RFC6598 = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS"
    IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS = "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
    IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS = "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
    NGW_REQUIRES_SOURCE_IN_VPC = "NGW_REQUIRES_SOURCE_IN_VPC"
    NO_PATH = "NO_PATH"
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
    UNKNOWN_PEERED_SGS = "UNKNOWN_PEERED_SGS"
    UNKNOWN_RESOURCE = "UNKNOWN_RESOURCE"
    UNSUPPORTED_COMPONENT = "UNSUPPORTED_COMPONENT"
    VPCE_GATEWAY_PROTOCOL_RESTRICTION = "VPCE_GATEWAY_PROTOCOL_RESTRICTION"


MEANINGS: dict[Code, str] = {
    Code.BAD_STATE: "the component is not working",
    Code.BAD_STATE_ROUTE: "the route leads to something that is gone or not working",
    Code.CANNOT_ROUTE: "this route does not cover the destination",
    Code.DISCONNECTED_VPCS: "nothing connects the two VPCs",
    Code.ENI_SG_RULES_MISMATCH: "no rule of the security groups fits",
    Code.ENI_SOURCE_DEST_CHECK_RESTRICTION: "the interface refuses packets of others",
    Code.IGW_DESTINATION_NOT_IN_RFC1918: "an internet gateway carries no private addresses",
    Code.IGW_DESTINATION_NOT_IN_RFC6598: "an internet gateway carries no shared addresses",
    Code.IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS: "the destination has no working public address",
    Code.IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS: "the source has no public address",
    Code.NGW_REQUIRES_SOURCE_IN_VPC: "a NAT gateway serves its own VPC only",
    Code.NO_PATH: "there is no path",
    Code.NO_POSSIBLE_DESTINATION: "there is nothing to deliver to",
    Code.NO_ROUTE_TO_DESTINATION: "no route of the table leads there",
    Code.NO_SOURCE_OR_DESTINATION: "the source or the destination does not exist",
    Code.PCX_REQUIRES_ADDRESS_IN_VPC_CIDR: "peering carries only the addresses of the two VPCs",
    Code.PROTOCOL_RESTRICTION: "the component does not take this protocol",
    Code.SG_HAS_NO_RULES: "the security groups have no rule in this direction",
    Code.SG_REFERENCES_NOT_PRESERVED: "a rule names a group, and the packet no longer carries one",
    Code.SUBNET_ACL_RESTRICTION: "the network ACL of the subnet refuses the packet",
    Code.UNASSOCIATED_COMPONENT: "the source is in no VPC, or has no address of this family",
    Code.UNKNOWN_DESTINATION: "not enough is known of the destination",
    Code.UNKNOWN_PEERED_SGS: "the groups of the other VPC are not known",
    Code.UNKNOWN_RESOURCE: "a component cannot be found",
    Code.UNSUPPORTED_COMPONENT: "what this component does with the packet is not modelled",
    Code.VPCE_GATEWAY_PROTOCOL_RESTRICTION: "a gateway endpoint takes TCP and ICMP echo only",
}
"""What each code means, in a few words."""


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
