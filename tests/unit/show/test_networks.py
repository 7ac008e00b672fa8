"""The network figure and the explorer: hops and places of a verdict, and the model in a page."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lambda_lab import show
from lambda_lab.errors import LabError
from lambda_lab.network.destinations import Instance, Internet
from lambda_lab.network.reach import reach
from lambda_lab.network.sources import Source
from lambda_lab.network.topology import Topology
from lambda_lab.network.verdict import Verdict
from lambda_lab.show.network_explorer import said
from lambda_lab.show.network_places import places
from lambda_lab.show.network_settings import (
    DESTINATIONS,
    answers,
    every_setting,
    source_of,
    topology_of,
)
from lambda_lab.show.networks import named
from network_worlds import FUNCTION, usual


def test_each_hop_lies_where_it_is() -> None:
    verdict = reach(usual(), FUNCTION, Internet(), 80)
    found = [(hop.kind, place[-1]) for hop, place in places(usual(), verdict) if not hop.back]
    assert found == [
        ("dns", "vpc-a"),
        ("security-group", "interface of subnet-private"),
        ("network-acl", "subnet-private"),
        ("route-table", "subnet-private"),
        ("network-acl", "subnet-public"),
        ("nat-gateway", "subnet-public"),
        ("network-acl", "subnet-public"),
        ("route-table", "subnet-public"),
        ("internet-gateway", "vpc-a"),
        ("internet", "outside"),
    ]


def test_the_hop_that_stops_is_marked_and_said() -> None:
    verdict = reach(usual(), Source(("subnet-public",), ("sg-function",)), Internet(), 80)
    figure = show.network_path(usual(), verdict, names={"igw-a": "the way out"})
    assert "the way out" in figure.svg
    assert "igw-a" not in figure.svg + str(figure)
    assert figure.svg.count("ll-error") > show.network_path(usual(), _good()).svg.count("ll-error")
    assert "internet gateway - stopped" in figure.words[-1]


def _good() -> Verdict:
    return reach(usual(), FUNCTION, Internet(), 80)


@pytest.mark.parametrize("setting", every_setting()[::7])
def test_every_verdict_can_be_drawn(setting: tuple[int, ...]) -> None:
    topology = topology_of(setting)
    for _, destination, port in DESTINATIONS:
        verdict = reach(topology, source_of(setting), destination, port)
        figure = show.network_path(topology, verdict)
        ET.fromstring(figure.svg)
        assert len(figure.words) >= 2


def test_networks_with_holes_are_drawn() -> None:
    for source in (Source(), Source(("subnet-gone",), ("sg-gone",))):
        verdict = reach(Topology(), source, Instance("i-gone"), 5432)
        ET.fromstring(show.network_path(Topology(), verdict).svg)


def test_the_page_holds_the_models_answers() -> None:
    page = show.network_explorer()._repr_html_()
    found = re.search(r'data-model="([^"]*)"', page)
    assert found
    data = json.loads(html.unescape(found[1]))
    for setting, row in zip(every_setting(), data["grid"], strict=True):
        told = [(data["texts"][one][0], data["texts"][one][3]) for one in row]
        assert told == list(answers(setting))
        place = 0
        for chosen, size in zip(setting, data["sizes"], strict=True):
            place = place * size + chosen
        assert data["grid"][place] == row


def test_what_the_book_says_of_the_explorer() -> None:
    assert said((0, 0, 0, 0, 0, 0)) == "Reached: the internet, Amazon S3, Amazon SQS."
    assert said((1, 1, 0, 0, 0, 0)) == "Reached: the database in the VPC."
    assert said((2, 2, 0, 0, 0, 0)) == "Reached: the database in the VPC."
    assert said((2, 0, 1, 1, 1, 0)) == "Reached: Amazon S3, Amazon SQS."
    assert said((2, 1, 1, 1, 0, 1)) == "Reached: nothing."


@pytest.mark.parametrize("chosen", [{"nat": "gold"}, {"moon": "yes"}])
def test_a_choice_that_is_not_on_offer(chosen: dict[str, str]) -> None:
    with pytest.raises(LabError, match=r"There is no|no choice"):
        show.network_explorer(**chosen)


def test_the_script_loads_nothing() -> None:
    script = Path(show.__file__).with_name("network.js").read_text(encoding="utf-8")
    assert "http" not in script
    assert "fetch" not in script


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("eigw-1 and igw-1", "eigw-1 and gate"),
        ("127.0.0.12, then 127.0.0.1.", "127.0.0.12, then exit."),
        ("sg-1, sg-12: sg-1's", "igw-1, sg-12: igw-1's"),
        ("igw-1.example, igw-1-old", "igw-1.example, igw-1-old"),
    ],
)
def test_only_whole_ids_get_their_names(text: str, shown: str) -> None:
    names = {"igw-1": "gate", "127.0.0.1": "exit", "sg-1": "igw-1", "": "nobody"}
    assert named(text, names) == shown
    assert named(text, {"": "nobody"}) == named(text, {}) == text
