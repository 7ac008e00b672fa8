"""Lab L81, mend the broken VPC: three repairs, tried on a copy, then judged in the lab itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from lambda_lab.network.verdict import Verdict
from lambda_lab.teach.practice_network import IDS, PracticeEc2
from lambda_lab.teach.records import Exercise, HasClient, Mistake, Outcome
from lambda_lab.teach.trying import NotYetError, not_yet, right, shown

__all__ = ["EXERCISES"]

_FAULTS = ("route", "exit", "acl")
_WAYS = {"RouteTableId": "", "DestinationCidrBlock": "0.0.0.0/0"}
_HTTP = 80


def _tried(mend: Any, ec2: Any, ids: dict[str, str]) -> None:
    """Run a learner's repair."""
    if not callable(mend):
        raise NotYetError(f"The answer should be a function mend(ec2, ids); it is {shown(mend)}.")
    try:
        mend(ec2, ids)
    except NotYetError:
        raise
    except Exception as error:
        if "AlreadyExists" in str(error):  # mended before: what counts is how the network is now
            return
        raise NotYetError(f"mend(ec2, ids) raised {type(error).__name__}: {error}.") from error


def _mends(number: int) -> Callable[[Any, HasClient | None], Outcome]:
    """Return the check of a repair: the faults before it are mended."""

    def check(answer: Any, lab: HasClient | None) -> Outcome:
        practice = PracticeEc2(*_FAULTS[number:])
        fault = practice.verdict()
        _tried(answer, practice, dict(IDS))
        verdict = practice.verdict()
        if _same_place(verdict, fault):
            told = verdict.reason.text if verdict.reason else ""
            return not_yet(f"On a copy of the network the packet stops where it did: {told}")
        return _in_the_lab(answer, lab, last=number == len(_FAULTS) - 1)

    return check


def _same_place(verdict: Verdict, fault: Verdict) -> bool:
    """Whether a packet still stops where the fault was."""
    then, now = fault.failing, verdict.failing
    if then is None or now is None:
        return False
    return (now.component, now.kind, now.back) == (then.component, then.kind, then.back)


def _in_the_lab(answer: Any, lab: HasClient | None, *, last: bool) -> Outcome:
    """Mend the lab's own network, ask `reach`, and at the end call the function."""
    if not hasattr(lab, "reach") or lab is None:
        return right("On a copy of the network the packet gets further.")
    ec2 = lab.client("ec2")
    tags = ec2.describe_tags(Filters=[{"Name": "key", "Values": ["Name"]}])["Tags"]
    _tried(answer, ec2, {one["Value"]: one["ResourceId"] for one in tags})
    path = lab.reach("shop", "example.com", _HTTP)
    if not last:
        left = "" if path.reachable else f" Next it stops at {path.stopped_by}: {path.code}."
        return right(f"The packet gets further.{left}")
    if not path.reachable:
        return not_yet(f"The last fault is mended, and an earlier one is not: {path.code}.")
    reply = lab.client("lambda").invoke(FunctionName="shop")
    body = json.loads(reply["Payload"].read())
    if reply.get("FunctionError"):
        return not_yet(f"The model says that the way is free, and the call says: {shown(body)}")
    return right("The function answers: the way is free, there and back.")


def _route(table: str, **target: str) -> Callable[[Any, dict[str, str]], Any]:
    """Return a repair that adds a default route; values are names in the lab."""

    def mend(ec2: Any, ids: dict[str, str]) -> Any:
        named = {name: ids[value] for name, value in target.items()}
        return ec2.create_route(**_WAYS | {"RouteTableId": ids[table]}, **named)

    return mend


def _rule(first: int, last: int, *, egress: bool) -> Callable[[Any, dict[str, str]], Any]:
    """Return a repair that adds a rule for some ports to the network ACL."""

    def mend(ec2: Any, ids: dict[str, str]) -> Any:
        return ec2.create_network_acl_entry(
            NetworkAclId=ids["back acl"],
            RuleNumber=110,
            Protocol="6",
            RuleAction="allow",
            Egress=egress,
            CidrBlock="0.0.0.0/0",
            PortRange={"From": first, "To": last},
        )

    return mend


class _Notes:
    """Notes the one call that a repair makes."""

    def __init__(self) -> None:
        self.given: dict[str, Any] = {}

    def __getattr__(self, _name: str) -> Callable[..., dict[str, Any]]:
        def call(**given: Any) -> dict[str, Any]:
            self.given.update(given)
            return {}

        return call


def _gives(tell: Callable[[dict[str, Any]], bool]) -> Callable[[Any], bool]:
    """Return a test for repairs whose parameters are told by *tell*."""

    def test(answer: Any) -> bool:
        notes = _Notes()
        try:
            answer(notes, dict(IDS))
        except Exception:  # noqa: BLE001 - a learner's function may raise anything
            return False
        return tell(notes.given)

    return test


_PLACEHOLDER = "def mend(ec2, ids):\n    ...\n\n\nanswer = mend"

EXERCISES = (
    Exercise(
        id="L81.1",
        question=(
            "No route of the table `back table` leads to the internet. Write `mend(ec2, ids)`: one "
            "call of `ec2` that gives it the route it lacks."
        ),
        check=_mends(0),
        hints=(
            "A private subnet leaves by the NAT gateway.",
            "create_route takes RouteTableId, DestinationCidrBlock and a target.",
            "The ids are in ids: ids['back table'] and ids['nat'].",
        ),
        solution_source=(
            "def mend(ec2, ids):\n"
            "    ec2.create_route(\n"
            '        RouteTableId=ids["back table"],\n'
            '        DestinationCidrBlock="0.0.0.0/0",\n'
            '        NatGatewayId=ids["nat"],\n'
            "    )\n\n\n"
            "answer = mend\n"
        ),
        mistakes=(
            Mistake(
                _route("exit table", GatewayId="gateway"),
                "That is the table of another subnet. The function stands in `back`.",
                _gives(lambda given: given.get("RouteTableId") == IDS["exit table"]),
            ),
        ),
        placeholder=_PLACEHOLDER,
    ),
    Exercise(
        id="L81.2",
        question=(
            "The packet reaches the NAT gateway and no further. Write `mend(ec2, ids)`: one call "
            "that lets what leaves the NAT gateway reach the internet."
        ),
        check=_mends(1),
        hints=(
            "A NAT gateway obeys the route table of its own subnet.",
            "It stands in the subnet `exit`, and `exit table` has no default route.",
            "A public subnet's default route leads to the internet gateway, ids['gateway'].",
        ),
        solution_source=(
            "def mend(ec2, ids):\n"
            "    ec2.create_route(\n"
            '        RouteTableId=ids["exit table"],\n'
            '        DestinationCidrBlock="0.0.0.0/0",\n'
            '        GatewayId=ids["gateway"],\n'
            "    )\n\n\n"
            "answer = mend\n"
        ),
        mistakes=(
            Mistake(
                _route("exit table", NatGatewayId="nat"),
                "Then the NAT gateway would send its packets to itself.",
                _gives(lambda given: "NatGatewayId" in given),
            ),
        ),
        placeholder=_PLACEHOLDER,
    ),
    Exercise(
        id="L81.3",
        question=(
            "The request gets out and its answer does not come in. Write `mend(ec2, ids)`: one "
            "call of `create_network_acl_entry` that gives `back acl` the rule it lacks."
        ),
        check=_mends(2),
        hints=(
            "A network ACL keeps no memory of the request: the answer needs a rule of its own.",
            "The answer goes to the port that the function's side chose, 1024 or above.",
            "Egress=False, Protocol '6', RuleAction 'allow', PortRange from 1024 to 65535.",
        ),
        solution_source=(
            "def mend(ec2, ids):\n"
            "    ec2.create_network_acl_entry(\n"
            '        NetworkAclId=ids["back acl"],\n'
            "        RuleNumber=110,\n"
            '        Protocol="6",\n'
            '        RuleAction="allow",\n'
            "        Egress=False,\n"
            '        CidrBlock="0.0.0.0/0",\n'
            '        PortRange={"From": 1024, "To": 65535},\n'
            "    )\n\n\n"
            "answer = mend\n"
        ),
        mistakes=(
            Mistake(
                _rule(1024, 65535, egress=True),
                "That lets requests out. It is the answer that has to come in.",
                _gives(lambda given: given.get("Egress") is True),
            ),
            Mistake(
                _rule(80, 80, egress=False),
                "An answer comes from port 80, and goes to the port that the asking side chose.",
                _gives(lambda given: given.get("PortRange") == {"From": 80, "To": 80}),
            ),
        ),
        placeholder=_PLACEHOLDER,
    ),
)
