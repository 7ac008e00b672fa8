"""What an upgrade of the SDK changed is told in words, and nothing of it is passed over."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

import sdk
from lambda_lab import facts
from repository import ROOT

Tree = dict[str, Any]


@pytest.fixture(scope="module")
def kept() -> Tree:
    tree: Tree = json.loads(sdk.SNAPSHOT.read_text(encoding="utf-8"))
    return tree


def test_the_snapshot_is_that_of_the_locked_version(kept: Tree) -> None:
    """After an upgrade: `make sdk`, mend what it names, `python tools/sdk.py --write`."""
    lock = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    locked = re.search(r"^botocore==(\S+)", lock, re.MULTILINE)
    assert locked
    assert kept["botocore"] == locked[1]
    assert sdk.changes(kept, now := sdk.installed()) == []
    assert kept["operations"].keys() == now["operations"].keys()
    assert sdk.SNAPSHOT.read_text(encoding="utf-8") == sdk.written(kept)


def test_it_holds_what_we_rely_on(kept: Tree) -> None:
    assert {"Invoke", "CreateFunction", "CreateEventSourceMapping"} <= kept["operations"].keys()
    assert len(kept["every operation"]) > 80
    pointers = [fact.model.split(".") for fact in facts.all().values() if fact.model]
    assert all(kept["shapes"][shape][part] is not None for shape, part in pointers)
    for name in ("StateReasonCode", "LastUpdateStatusReasonCode", "Runtime", "LogFormat"):
        assert kept["shapes"][name]["enum"]
    assert {"AT_TIMESTAMP"} <= set(kept["shapes"]["EventSourcePosition"]["enum"])
    raised = {error for one in kept["operations"].values() for error in one["errors"]}
    assert all(kept["shapes"][error]["status"] >= 400 for error in raised)


def bound(tree: Tree) -> None:
    tree["shapes"]["Timeout"]["max"] = 7200


def no_bound(tree: Tree) -> None:
    del tree["shapes"]["Timeout"]["max"]


def runtime(tree: Tree) -> None:
    tree["shapes"]["Runtime"]["enum"].append("python3.99")


def no_state(tree: Tree) -> None:
    tree["shapes"]["State"]["enum"].remove("Inactive")


def member(tree: Tree) -> None:
    tree["shapes"]["CreateFunctionRequest"]["members"]["Colour"] = "String"


def renamed_member(tree: Tree) -> None:
    members = tree["shapes"]["CreateFunctionRequest"]["members"]
    members["MemoryInMegabytes"] = members.pop("MemorySize")


def required(tree: Tree) -> None:
    tree["shapes"]["CreateFunctionRequest"]["required"].append("Runtime")


def other_shape(tree: Tree) -> None:
    tree["shapes"]["CreateFunctionRequest"]["members"]["Timeout"] = "LongTimeout"


def operation(tree: Tree) -> None:
    tree["every operation"].append("NapFunction")


def no_operation(tree: Tree) -> None:
    tree["every operation"].remove("GetPolicy")


def error(tree: Tree) -> None:
    tree["operations"]["Invoke"]["errors"].append("TiredException")


def no_error(tree: Tree) -> None:
    tree["operations"]["Invoke"]["errors"].remove("TooManyRequestsException")


def status(tree: Tree) -> None:
    tree["shapes"]["TooManyRequestsException"]["status"] = 503


def path(tree: Tree) -> None:
    tree["operations"]["Invoke"]["http"] = "POST /2027-01-01/functions/{FunctionName}"


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (bound, ["Timeout.max was 5400 and is 7200. Facts: timeout.api-maximum."]),
        (no_bound, ["Timeout.max was 5400 and is not set. Facts: timeout.api-maximum."]),
        (runtime, ["Runtime has gained the value python3.99. Facts: facts/data/runtimes.toml."]),
        (no_state, ["State has lost the value Inactive. Facts: function.states. Named in"]),
        (member, ["CreateFunctionRequest has gained the member Colour."]),
        (
            renamed_member,
            [
                "has gained the member MemoryInMegabytes.",
                "has lost the member MemorySize. Named in",
            ],
        ),
        (required, ["CreateFunctionRequest has gained the required Runtime."]),
        (other_shape, ["CreateFunctionRequest.Timeout was Timeout and is LongTimeout. Named in"]),
        (operation, ["NapFunction is a new operation."]),
        (no_operation, ["GetPolicy is no operation any more. Named in aws/lambda_api.py"]),
        (error, ["Invoke may now raise TiredException."]),
        (no_error, ["Invoke raises TooManyRequestsException no more. Named in"]),
        (status, ["TooManyRequestsException.status was 429 and is 503. Facts: facts/data/errors"]),
        (path, ["Invoke: its http was POST"]),
    ],
)
def test_a_planted_difference_is_told(
    kept: Tree, plant: Callable[[Tree], None], told: list[str]
) -> None:
    newer = copy.deepcopy(kept)
    plant(newer)
    found = sdk.changes(kept, newer)
    assert len(found) == len(told), found
    for one, expected in zip(found, told, strict=True):
        assert expected in one


def test_every_difference_is_told(kept: Tree) -> None:
    """A shape that is taken away, whichever: none goes in silence."""
    for name in kept["shapes"]:
        newer = {**kept, "shapes": {key: one for key, one in kept["shapes"].items() if key != name}}
        assert any(one.startswith(name) for one in sdk.changes(kept, newer)), name


def test_the_command(
    kept: Tree, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    assert sdk.main([]) == 0
    assert "nothing that we rely on has changed" in capsys.readouterr().out
    assert sdk.main(["--wrong"]) == 2
    older = copy.deepcopy(kept)
    bound(older)
    monkeypatch.setattr(sdk, "ROOT", tmp_path)
    monkeypatch.setattr(sdk, "SNAPSHOT", tmp_path / "sdk.json")
    sdk.SNAPSHOT.write_text(sdk.written({**older, "botocore": "1.0"}), encoding="utf-8")
    assert sdk.main([]) == 1
    said = capsys.readouterr().out
    assert "in botocore 1.0, and now in" in said
    assert "Timeout.max was 7200 and is 5400" in said
    assert sdk.main(["--write"]) == 0
    assert sdk.main([]) == 0
