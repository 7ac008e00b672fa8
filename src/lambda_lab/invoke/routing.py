"""Which of an alias's two versions a call runs.

"Lambda uses a simple probabilistic model to distribute the traffic between the two function
versions": https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html

Each call draws for itself. A retry is a call, so it may run the other version.
"""

from __future__ import annotations

from dataclasses import replace

from lambda_lab.ids import Ids
from lambda_lab.invoke.targets import Target

__all__ = ["Routing"]

_DIGITS = 13
_SIDES = 1 << 52
"""Sides of the die: 13 hexadecimal digits make 52 bits, enough for any weight."""


class Routing:
    """Draws the version of each call to an alias that routes to two.

    Parameters
    ----------
    ids
        A seeded source gives the same choices for the same calls in the same order.

    Examples
    --------
    >>> routing = Routing(Ids(1))
    >>> sum(routing.picks_additional(0.25) for call in range(10_000))
    2520
    """

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def picks_additional(self, weight: float) -> bool:
        """Whether this call goes to the additional version, which has *weight* (0.0 to 1.0)."""
        return int(self._ids.hex(_DIGITS), 16) < weight * _SIDES

    def route(self, target: Target) -> Target:
        """Return *target* with the one version that this call runs."""
        additional = target.additional
        if additional is None:
            return target
        chosen = replace(target, additional=None, weighted=True)
        if not self.picks_additional(additional.weight):
            return chosen
        return replace(chosen, spec=additional.spec, state=additional.state, admit=additional.admit)
