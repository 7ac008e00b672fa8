"""The resolver of a VPC, at the addresses that are AWS's own in every VPC.

Three addresses lead to it, and no security group and no network ACL can filter the way
(VPC:AmazonDNS-concepts).
"""

from __future__ import annotations

from lambda_lab.network.codes import Code
from lambda_lab.network.components import Address, Vpc, address, covers, network
from lambda_lab.network.trail import Trail

__all__ = ["ask_resolver", "is_awss_own"]

LINK_LOCAL = tuple(map(network, ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32")))
EVERYWHERE = (address("169.254.169.253"), address("fd00:ec2::253"))
DNS_PORT = 53
AFTER_NETWORK = 2


def _resolvers(vpc: Vpc) -> tuple[Address, ...]:
    """Return the addresses of a VPC's resolver; one is that of its first IPv4 block, plus two."""
    own = [one.network_address + AFTER_NETWORK for one in vpc.cidrs if one.version == 4]
    return (*EVERYWHERE, *own[:1])


def is_awss_own(vpc: Vpc, to: Address) -> bool:
    """Whether an address is no interface's: link-local, or the resolver's within the VPC.

    Examples
    --------
    >>> here = Vpc("vpc-1", (network("10.0.0.0/16"),))
    >>> is_awss_own(here, address("10.0.0.2")), is_awss_own(here, address("10.0.0.5"))
    (True, False)
    """
    return covers(LINK_LOCAL, to) or to in _resolvers(vpc)


def ask_resolver(trail: Trail, vpc: Vpc, to: Address, port: int) -> None:
    """Reach the resolver of a VPC; nothing else answers at these addresses.

    Raises
    ------
    Stopped
        If something else is asked, or the VPC's DNS support is off.
    """
    asked = to in _resolvers(vpc) and port == DNS_PORT
    if asked and vpc.dns_support:
        trail.passed(vpc.id, "dns", str(to), "It is the resolver of the VPC.")
        return
    off = f"{vpc.id} enableDnsSupport false"
    raise trail.stop(
        Code.NO_POSSIBLE_DESTINATION,
        str(to),
        "interface",
        off if asked else f"{to} is AWS's own",
        text=f"Nothing answers a function at {to} on port {port}.",
        remedy=f"Set enableDnsSupport of {vpc.id} to true."
        if asked
        else "Use the address of a host.",
    )
