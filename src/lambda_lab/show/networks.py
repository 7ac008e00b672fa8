"""The way of a packet through a region's networks, drawn outside-in, to the hop that stops it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambda_lab.errors import LabError
from lambda_lab.network.topology import Topology
from lambda_lab.network.verdict import Hop, Verdict
from lambda_lab.show.canvas import Canvas, clean
from lambda_lab.show.figure import Figure
from lambda_lab.show.network_places import OUTSIDE, Place, places, title_of
from lambda_lab.show.shapes import sign
from lambda_lab.show.style import WIDTH

__all__ = ["NetworkPath", "named", "network_path"]

_MARGIN = 12.0
_LINE = 23.0
_ROW = 2 * _LINE + 8
_HEAD = 30.0
_IN = 10.0
_CHARACTER = 10.1
_STRONG_CHARACTER = 11.2
"""Units that one character takes at the size used on a phone, and one of a heading."""
_TWICE = re.compile(r"^(\w+) (?=\1-)", re.IGNORECASE)
"""What an id says already: the first word of "subnet subnet-1"."""
_KINDS = {
    "dns": "name resolution",
    "security-group": "security group",
    "network-acl": "network ACL",
    "route-table": "route table",
    "nat-gateway": "NAT gateway",
    "internet-gateway": "internet gateway",
    "egress-only-gateway": "egress-only gateway",
    "lambda-network": "Lambda's network",
    "vpc_endpoint": "interface endpoint",
    "endpoint": "gateway endpoint",
    "endpoint-policy": "endpoint policy",
    "internet": "arrives",
    "interface": "interface",
}


def named(text: str, names: Mapping[str, str]) -> str:
    """Return *text* with names in the place of ids.

    Examples
    --------
    >>> named("rtb-1 route 0.0.0.0/0 -> nat-12", {"nat-12": "exit", "rtb-1": "private"})
    'private route 0.0.0.0/0 -> exit'
    >>> named("127.0.0.12, not 127.0.0.1.", {"127.0.0.1": "exit"})
    '127.0.0.12, not exit.'
    """
    known = "|".join(re.escape(one) for one in sorted(names, key=len, reverse=True) if one)
    if not known:
        return text
    # Whole ids and addresses only: 127.0.0.1 is no part of 127.0.0.12, nor igw-1 of eigw-1.
    whole = rf"(?<![\w.-])(?:{known})(?![\w-]|\.\w)"
    return re.sub(whole, lambda found: names[found[0]], text)


@dataclass(frozen=True)
class NetworkPath:
    """The answer to "can it reach that?", which draws itself in a notebook.

    Attributes
    ----------
    verdict
        The model's answer with its hops.
    topology
        The networks at the moment of the question.
    names
        What ids are called in the figure.
    title
        What stands above the figure; made from the verdict if empty.
    """

    verdict: Verdict
    topology: Topology
    names: Mapping[str, str]
    title: str = ""

    @property
    def reachable(self) -> bool:
        """Whether it can be reached."""
        return self.verdict.reachable

    @property
    def code(self) -> str | None:
        """AWS's code for what stops it."""
        return self.verdict.code

    @property
    def stopped_by(self) -> str | None:
        """The name of the component that stops it; None if nothing does."""
        failing = self.verdict.failing
        return named(failing.component, self.names) if failing else None

    @property
    def shows(self) -> str:
        """How a program sees it: ``works``, ``hangs``, ``refused`` and so on."""
        return self.verdict.shows.value if self.verdict.shows else "works"

    def figure(self) -> Figure:
        """Return the picture with its words."""
        return network_path(self.topology, self.verdict, names=self.names, title=self.title or None)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return the figure; Jupyter may ignore what it asked for."""
        return self.figure()._repr_mimebundle_(include, exclude)

    def _repr_html_(self) -> str:
        return self.figure()._repr_html_()

    def __str__(self) -> str:
        return "\n".join(named(one, self.names) for one in self.verdict.sentences())

    def __repr__(self) -> str:
        return str(self)


def network_path(
    topology: Topology,
    verdict: Verdict,
    *,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the hops of a verdict inside region, VPC and subnet, and mark the one that stops it.

    Parameters
    ----------
    topology
        The networks in which it was asked.
    verdict
        What `lambda_lab.network.reach.reach` answered.
    names
        What ids are called; an id without a name stands as it is.
    title
        What stands above the figure.

    Examples
    --------
    >>> from lambda_lab.network.destinations import Internet
    >>> from lambda_lab.network.reach import reach
    >>> from lambda_lab.network.sources import Source
    >>> figure = network_path(Topology(), reach(Topology(), Source(), Internet(), 443))
    >>> figure.title
    'The function reaches example.com, port 443'
    """
    if not hasattr(topology, "vpcs") or not hasattr(verdict, "reachable"):
        raise LabError("Give a topology, and the verdict that reach(topology, ...) returned.")
    known = names or {}
    able = "reaches" if verdict.reachable else "does not reach"
    source = "The function" if verdict.source == "the function" else verdict.source
    heading = clean(
        title or named(f"{source} {able} {verdict.destination}, port {verdict.port}", known)
    )
    words = _words(topology, verdict, known)
    canvas = Canvas()
    height = _Sheet(canvas, topology, verdict, known).draw()
    return Figure(canvas.finish(height, heading, words), tuple(words), heading)


def _words(topology: Topology, verdict: Verdict, names: Mapping[str, str]) -> list[str]:
    told = verdict.sentences()
    for number, (hop, place) in enumerate(places(topology, verdict), 1):
        inside = title_of(topology, place[-1], verdict.source, short=True) if place else ""
        where = f"in {inside}, " if inside else ""
        passed = "passed" if hop.passed else "stopped"
        kind = _KINDS.get(hop.kind, hop.kind)
        way = " on the way back" if hop.back else ""
        told.append(f"Hop {number}{way}: {where}{kind} - {passed} ({hop.rule}).")
    return [clean(named(one, names), 400) for one in told]


def _called(kind: str, what: str, *, same: bool) -> str:
    """Return what a row is called; a name that says its kind already does not say it twice.

    Examples
    --------
    >>> _called("route table", "private table", same=False)
    'private table'
    >>> _called("NAT gateway", "nat", same=False)
    'NAT gateway'
    """
    if same or what.lower() in kind.lower():
        return kind
    return what if what.split()[-1:] == kind.split()[-1:] else f"{kind} {what}"


class _Sheet:
    """One drawing in the making: nested boxes from the top, and rows in them."""

    def __init__(
        self, canvas: Canvas, topology: Topology, verdict: Verdict, names: Mapping[str, str]
    ) -> None:
        self._canvas = canvas
        self._topology = topology
        self._verdict = verdict
        self._names = names
        self._y = _MARGIN
        self._open: list[tuple[str, float]] = []

    def draw(self) -> float:
        """Draw everything and return the height."""
        steps = list(self._steps())
        for number, (hop, place) in enumerate(steps, 1):
            self._enter(place)
            self._hop(hop, number)
        back = [hop for hop in self._verdict.hops if hop.back]
        if self._verdict.reachable and back:
            self._enter(steps[0][1])
            self._row("done", "the answer comes back", f"{len(back)} hops let it pass")
        if not self._verdict.reachable:
            self._enter(())
            self._row("", f"{self._verdict.destination}, port {self._verdict.port}", "not reached")
        self._enter(())
        return self._y + _MARGIN

    def _steps(self) -> Iterator[tuple[Hop, Place]]:
        """Return the hops to draw: of the answer's way only those that lead to its failure."""
        for hop, place in places(self._topology, self._verdict):
            if not hop.back or not self._verdict.reachable:
                yield hop, place

    # -- boxes -----------------------------------------------------------------------------

    def _enter(self, place: Place) -> None:
        """Close the boxes that are left and open those that are entered."""
        here = [name for name, _ in self._open]
        same = 0
        while same < min(len(here), len(place)) and here[same] == place[same]:
            same += 1
        while len(self._open) > same:
            self._close()
        for name in place[same:]:
            self._open.append((name, self._y))
            title = named(title_of(self._topology, name, self._verdict.source), self._names)
            title = _TWICE.sub("", title)
            room = int((WIDTH - 2 * self._left) / _STRONG_CHARACTER)
            self._canvas.text(self._left, self._y + _HEAD / 2 + 2, clean(title, room), "ll-strong")
            self._y += _HEAD

    def _close(self) -> None:
        name, top = self._open[-1]
        inset = _MARGIN + _IN * (len(self._open) - 1)
        corners = [
            (inset, top), (WIDTH - inset, top), (WIDTH - inset, self._y), (inset, self._y),
        ]  # fmt: skip
        dash = "6 4" if name == OUTSIDE else ""
        self._canvas.path(corners, "ll-break", closed=True, dash=dash)
        self._open.pop()
        self._y += 8

    @property
    def _left(self) -> float:
        return _MARGIN + _IN * len(self._open)

    # -- rows ------------------------------------------------------------------------------

    def _hop(self, hop: Hop, number: int) -> None:
        kind = _KINDS.get(hop.kind, hop.kind)
        what = named(hop.component, self._names)
        rule = named(hop.rule.removeprefix(hop.component).strip(), self._names)
        sides = {"egress": "out", "ingress": "in"}
        side = f", {sides[hop.direction]}" if hop.direction else ""
        back = ", of the answer" if hop.back else ""
        title = f"{number} {_called(kind, what, same=what == rule or hop.kind == 'dns')}"
        self._row("done" if hop.passed else "error", f"{title}{side}{back}", rule)

    def _row(self, mark: str, title: str, rule: str) -> None:
        canvas, x = self._canvas, self._left + 12
        middle = self._y + _LINE
        canvas.begin(f"{title}: {rule}")
        if mark:
            sign(canvas, mark, x, middle, 9)
        room = int((WIDTH - x - 18 - self._left) / _CHARACTER)
        canvas.text(x + 18, self._y + _LINE / 2 + 2, clean(title, room))
        canvas.text(x + 18, self._y + _LINE * 1.5 + 2, clean(rule, room), "ll-soft")
        canvas.end()
        self._y += _ROW
