"""What the exercises of lab L34 call right is what the region does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from event_tools import role, unused
from lambda_lab import teach
from live_region import LiveRegion
from push_tools import ACCOUNT, bucket, keeper, let_in, notify, rule

COPIES = """
import os, urllib.parse
import boto3
def handler(event, context):
    told = event["Records"][0]["s3"]
    key = urllib.parse.unquote_plus(told["object"]["key"])
    copy = eval(os.environ["KEY"])
    boto3.client("s3").put_object(Bucket=told["bucket"]["name"], Key=copy, Body=b"copy")
"""


def solution(exercise: str) -> dict[str, Any]:
    cell: dict[str, Any] = {}
    exec(teach.solution_source(exercise), cell)
    answer: dict[str, Any] = cell["answer"]
    return answer


# -- what S3 takes ---------------------------------------------------------------------------------


def no_policy(lab: LiveRegion) -> list[Any]:
    return [rule(keeper(lab))]


def another_bucket(lab: LiveRegion) -> list[Any]:
    name = keeper(lab)
    let_in(lab, name, "s3", SourceArn="arn:aws:s3:::another", SourceAccount=ACCOUNT)
    return [rule(name)]


def role_of_no_use(lab: LiveRegion) -> list[Any]:
    name = keeper(lab, "s3")
    lab.lam.update_function_configuration(FunctionName=name, Role=role(lab))
    return [rule(name)]


def jpg_and_png(lab: LiveRegion) -> list[Any]:
    one, other = keeper(lab, "s3"), keeper(lab, "s3")
    return [rule(one, suffix=".jpg"), rule(other, suffix=".png")]


def jpg_twice(lab: LiveRegion) -> list[Any]:
    one, other = keeper(lab, "s3"), keeper(lab, "s3")
    return [rule(one, suffix=".jpg"), rule(other, suffix=".jpg")]


def one_is_gone(lab: LiveRegion) -> list[Any]:
    one, gone = keeper(lab, "s3"), keeper(lab, "s3")
    lab.lam.delete_function(FunctionName=gone)
    return [rule(one, suffix=".jpg"), rule(gone, suffix=".png")]


PUTS = {
    "the function's policy says nothing of S3": no_policy,
    "the function's policy lets in another bucket": another_bucket,
    "the function's role may not read the bucket": role_of_no_use,
    "one function for .jpg, another for .png": jpg_and_png,
    "two functions for .jpg, without a prefix": jpg_twice,
    "one good rule, and one for a function that is deleted": one_is_gone,
}


def test_every_put_of_the_exercise_is_tried() -> None:
    assert [*solution("L34.2")] == [*PUTS]


@pytest.mark.parametrize("case", PUTS)
def test_what_s3_says(lab: LiveRegion, case: str) -> None:
    home = bucket(lab)
    rules = PUTS[case](lab)
    if solution("L34.2")[case] == "taken":
        notify(lab, home, *rules)
        return
    with pytest.raises(ClientError, match="InvalidArgument"):
        notify(lab, home, *rules)


# -- what loops ------------------------------------------------------------------------------------

CREATED_ALL, REMOVED_ALL = "s3:ObjectCreated:*", "s3:ObjectRemoved:*"
LOOPS = {
    "no filter, writes to the same bucket": ("", "", CREATED_ALL, "'copy-' + key"),
    "prefix in/, writes to out/ in the same bucket": (
        "in/", "", CREATED_ALL, "'out/' + key",
    ),
    "prefix in/, writes to in/small/ in the same bucket": (
        "in/", "", CREATED_ALL, "'in/small/' + key.rpartition('/')[2] + '-'",
    ),
    "suffix .jpg, writes a .png beside it": (
        "", ".jpg", CREATED_ALL, "key[:-4] + '.png'",
    ),
    "only ObjectRemoved, writes a note to the same bucket": (
        "", "", REMOVED_ALL, "'note-' + key",
    ),
}  # fmt: skip


def test_every_loop_of_the_exercise_is_tried() -> None:
    assert [*solution("L34.3")] == [*LOOPS]


@pytest.mark.parametrize("case", LOOPS)
def test_what_calls_itself_again(lab: LiveRegion, case: str) -> None:
    start, end, event, key = LOOPS[case]
    home = bucket(lab)
    name = lab.deploy(COPIES, Timeout=10, Environment={"Variables": {"KEY": key}})
    let_in(lab, name, "s3")
    notify(lab, home, rule(name, event, prefix=start, suffix=end))
    first = f"in/{unused('picture')}.jpg"
    lab.client("s3").put_object(Bucket=home, Key=first, Body=b"picture")
    if event == REMOVED_ALL:
        lab.client("s3").delete_object(Bucket=home, Key=first)
    lab.region.settle()
    runs = sum(line.startswith("START") for line in lab.logs(name))
    assert (runs > 1) is solution("L34.3")[case]
