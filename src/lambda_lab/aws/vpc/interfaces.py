"""The Hyperplane interfaces of a Region: one for each subnet and exact set of security groups.

"Functions that use the same subnet and security group share network interfaces":
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html

One carries as many connections as AWS lets it; AWS adds a second one beyond that, which is not
modelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from lambda_lab import facts
from lambda_lab.aws.permissions import role_allows
from lambda_lab.aws.services import services
from lambda_lab.aws.vpc.config import Place, VpcConfig, missing_action, role_text
from lambda_lab.aws.vpc.reasons import AttachRefused, Reason
from lambda_lab.clock import Scheduled

if TYPE_CHECKING:
    from lambda_lab.aws.vpc.interface_seam import LambdaInterface

__all__ = ["Interfaces"]


@dataclass(slots=True)
class _Held:
    """An interface that is there, and what takes it away if nobody needs it any more."""

    interface: LambdaInterface
    role: str
    """Execution role that Lambda will delete it with: that of the last to use it."""
    removal: Scheduled | None = None


class Interfaces:
    """The interfaces that Lambda keeps in a Region. Its callers hold the backend's lock.

    Parameters
    ----------
    region
        AWS name of the Region.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._held: dict[Place, _Held] = {}

    def __len__(self) -> int:
        """Return how many there are, also those that wait for their removal."""
        return len(self._held)

    # -- making ----------------------------------------------------------------------------------

    def hold(self, config: VpcConfig, function: str, role: str) -> bool:
        """Make the interfaces that *config* needs; returns whether one had to be made.

        All of them or none.

        Parameters
        ----------
        config, function, role
            The function's networks, its name and its execution role.

        Raises
        ------
        AttachRefused
            With AWS's reason code.
        """
        from lambda_lab.aws.ec2_seam import ec2_backend  # loads moto's EC2: a function needs it

        backend = ec2_backend(self._region)
        self._check(backend, config, role)
        made: dict[Place, _Held] = {}
        try:
            for place in sorted(config.places, key=lambda one: config.subnets.index(one[0])):
                held = self._known(place, backend)
                if held is None:
                    held = made[place] = _Held(self._make(backend, config, place, function), role)
                if config.ipv6 and not held.interface.add_ipv6():
                    raise AttachRefused(Reason.of("InvalidSubnet"))
                held.role = role
        except AttachRefused:
            for held in made.values():
                backend.enis.pop(held.interface.id, None)
            raise
        self._held |= made
        return bool(made)

    def _check(self, backend: Any, config: VpcConfig, role: str) -> None:
        subnets = {one for by_id in list(backend.subnets.values()) for one in by_id}
        if not subnets.issuperset(config.subnets):
            raise AttachRefused(Reason.of("InvalidSubnet"))
        if any(backend.get_security_group_from_id(one) is None for one in config.groups):
            raise AttachRefused(Reason.of("InvalidSecurityGroup"))
        if all(self._known(place, backend) for place in config.places):
            return  # nothing is made, so nothing is asked of the role
        action = missing_action(self._region, role, config)
        if action is not None:
            raise AttachRefused(Reason.of("InsufficientRolePermissions", role_text(action)))

    def _known(self, place: Place, backend: Any) -> _Held | None:
        held = self._held.get(place)
        return held if held and held.interface.id in backend.enis else None

    def _make(
        self, backend: Any, config: VpcConfig, place: Place, function: str
    ) -> LambdaInterface:
        from lambda_lab.aws.ec2_seam import free_address
        from lambda_lab.aws.vpc.interface_seam import LambdaInterface, is_lambda

        there = [one for one in backend.enis.values() if is_lambda(one)]
        if sum(one.vpc_id == config.vpc for one in there) >= int(
            facts.value("storage.enis-per-vpc")
        ):
            raise AttachRefused(Reason.of("EniLimitExceeded"))
        subnet = backend.get_subnet(place[0])
        address = free_address(backend, subnet)
        if address is None:
            raise AttachRefused(Reason.of("SubnetOutOfIPAddresses"))
        interface = LambdaInterface(  # type: ignore[abstract] # as moto makes its own
            backend,
            subnet,
            [backend.get_security_group_from_id(one) for one in config.groups],
            address,
            function=function,
            unique=services().ids.uuid(),
        )
        backend.enis[interface.id] = interface
        return interface

    # -- removing --------------------------------------------------------------------------------

    def review(self, used: set[Place], at_once: frozenset[Place]) -> None:
        """Keep the interfaces that are *used*, and let the others go.

        Parameters
        ----------
        used
            What the functions there are need.
        at_once
            Of the others, those that go now: a template's stack waits for it, or they were
            reclaimed. For the rest Lambda takes its time.
        """
        seconds = int(facts.value("vpc.interface.removal")) * 60
        for place, held in list(self._held.items()):
            if place in used:
                if held.removal is not None:
                    held.removal.cancel()
                    held.removal = None
            elif place in at_once:
                self._remove(place, held)
            elif held.removal is None:
                held.removal = services().clock.call_later(
                    seconds, partial(self._remove, place, held)
                )

    def _remove(self, place: Place, held: _Held) -> None:
        """Delete an interface, or leave it behind if the execution role is of no use any more.

        "If you delete the execution role ... Lambda won't be able to delete" it: the same page.
        """
        if self._held.get(place) is not held:
            return
        if held.removal is not None:
            held.removal.cancel()
        del self._held[place]
        interface = held.interface
        resource = f"arn:aws:ec2:{self._region}:{interface.owner_id}:network-interface/*"
        if role_allows(held.role, "ec2:DeleteNetworkInterface", resource):
            interface.ec2_backend.enis.pop(interface.id, None)
        else:
            interface.strand()
