"""What S3 takes as a bucket's notification configuration, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from event_tools import queue, unused
from live_region import LiveRegion
from push_tools import (
    ACCOUNT,
    CREATED,
    arn_of,
    bucket,
    got,
    keeper,
    let_in,
    names,
    notify,
    put,
    rule,
)  # fmt: skip


def refused(lab: LiveRegion, home: str, *rules: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Return S3's refusal of a configuration; what was configured before must stay."""
    s3 = lab.client("s3")
    before = s3.get_bucket_notification_configuration(Bucket=home)
    with pytest.raises(ClientError) as caught:
        notify(lab, home, *rules, **others)
    after = s3.get_bucket_notification_configuration(Bucket=home)
    assert without_metadata(before) == without_metadata(after)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error: dict[str, Any] = caught.value.response["Error"]
    return error


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def test_a_function_that_does_not_exist(lab: LiveRegion) -> None:
    error = refused(lab, bucket(lab), rule("no-such"))
    assert error["Code"] == "InvalidArgument"
    assert error["Message"] == "Unable to validate the following destination configurations"


@pytest.mark.parametrize(
    "permission",
    [
        None,
        {"service": "sns"},
        {"service": "s3", "SourceArn": "arn:aws:s3:::another-bucket"},
        {"service": "s3", "SourceAccount": "210987654321"},
    ],
)
@pytest.mark.fidelity("from-s3-permission")
def test_a_function_that_does_not_let_the_bucket_in(lab: LiveRegion, permission: Any) -> None:
    name, home = keeper(lab), bucket(lab)
    if permission:
        let_in(lab, name, **permission)
    error = refused(lab, home, rule(name))
    assert error["Code"] == "InvalidArgument"
    assert error["Message"] == "Unable to validate the following destination configurations"
    put(lab, home)
    assert names(lab, name) == []


def test_a_permission_for_this_bucket_and_account(lab: LiveRegion) -> None:
    name, home = keeper(lab), bucket(lab)
    let_in(lab, name, "s3", SourceArn=f"arn:aws:s3:::{home}", SourceAccount=ACCOUNT)
    notify(lab, home, rule(name))
    put(lab, home)
    assert names(lab, name) == ["ObjectCreated:Put"]


def test_an_alias_needs_a_permission_of_its_own(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    version = lab.lam.publish_version(FunctionName=name)["Version"]
    lab.settle()
    lab.lam.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    aliased = {**rule(name), "LambdaFunctionArn": arn_of(name, "live")}
    assert refused(lab, home, aliased)["Code"] == "InvalidArgument"
    assert refused(lab, home, {**aliased, "LambdaFunctionArn": arn_of(name, "none")})


def test_validation_can_be_skipped(lab: LiveRegion) -> None:
    home = bucket(lab)
    lab.client("s3").put_bucket_notification_configuration(
        Bucket=home,
        NotificationConfiguration={"LambdaFunctionConfigurations": [rule("no-such")]},
        SkipDestinationValidation=True,
    )
    put(lab, home)  # nobody is there, and the upload goes on


def test_queues_and_topics_must_exist(lab: LiveRegion) -> None:
    home, events = bucket(lab), list(CREATED)
    missing = f"arn:aws:sqs:us-east-1:{ACCOUNT}:none"
    error = refused(lab, home, QueueConfigurations=[{"QueueArn": missing, "Events": events}])
    assert error["Message"] == "Unable to validate the following destination configurations"
    missing = f"arn:aws:sns:us-east-1:{ACCOUNT}:none"
    assert refused(lab, home, TopicConfigurations=[{"TopicArn": missing, "Events": events}])


def test_another_region(lab: LiveRegion) -> None:
    far = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"
    error = refused(lab, bucket(lab), {**rule("f"), "LambdaFunctionArn": far})
    assert error["Code"] == "InvalidArgument"


def test_the_whole_configuration_is_replaced(lab: LiveRegion) -> None:
    one, other, home = keeper(lab, "s3"), keeper(lab, "s3"), bucket(lab)
    notify(lab, home, rule(one))
    notify(lab, home, rule(other))
    put(lab, home)
    assert (names(lab, one), names(lab, other)) == ([], ["ObjectCreated:Put"])
    notify(lab, home)
    put(lab, home)
    assert len(got(lab, other)) == 1
    read = lab.client("s3").get_bucket_notification_configuration(Bucket=home)
    assert "LambdaFunctionConfigurations" not in read


def test_what_was_put_is_read(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    asked = {**rule(name, "s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"), "Id": "mine"}
    asked["Filter"] = {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "a/"}]}}
    notify(lab, home, asked)
    s3 = lab.client("s3")
    (read,) = s3.get_bucket_notification_configuration(Bucket=home)["LambdaFunctionConfigurations"]
    assert read == asked
    notify(lab, home, read)


def test_a_name_is_made_for_a_rule_without_one(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    notify(lab, home, rule(name))
    s3 = lab.client("s3")
    (read,) = s3.get_bucket_notification_configuration(Bucket=home)["LambdaFunctionConfigurations"]
    put(lab, home)
    (event,) = got(lab, name)
    assert event["Records"][0]["s3"]["configurationId"] == read["Id"]


COPY, PUT, ALL = "s3:ObjectCreated:Copy", "s3:ObjectCreated:Put", "s3:ObjectCreated:*"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((ALL, "", ""), (ALL, "", "")),
        ((ALL, "", ""), (PUT, "", "")),
        ((ALL, "images/", ""), (ALL, "", "")),
        ((ALL, "images/", ""), (ALL, "images/new/", "")),
        ((ALL, "", "jpg"), (ALL, "", "pg")),
        ((PUT, "a", ".jpg"), (ALL, "a/b", "g")),
        ((ALL, "a+b", ""), (ALL, "a%20b/", "")),
    ],
)
def test_rules_that_overlap(
    lab: LiveRegion, one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    rules = [rule(name, event, prefix=prefix, suffix=suffix)
             for event, prefix, suffix in (one, other)]  # fmt: skip
    error = refused(lab, home, *rules)
    assert error["Code"] == "InvalidArgument"
    assert "overlapping suffixes" in error["Message"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((ALL, "", ".jpg"), (ALL, "", ".png")),
        ((ALL, "a/", ""), (ALL, "b/", "")),
        ((PUT, "", ""), (COPY, "", "")),
        ((ALL, "", ""), ("s3:ObjectRemoved:*", "", "")),
        ((ALL, "a/", ".jpg"), (ALL, "a/", ".png")),
        ((ALL, "a/", ".jpg"), (ALL, "b/", ".jpg")),
    ],
)
def test_rules_that_do_not_overlap(
    lab: LiveRegion, one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    notify(lab, home, *(rule(name, event, prefix=prefix, suffix=suffix)
                        for event, prefix, suffix in (one, other)))  # fmt: skip


def test_a_queue_may_not_overlap_a_function_either(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    _, queue_arn = queue(lab)
    others = {"QueueConfigurations": [{"QueueArn": queue_arn, "Events": [PUT]}]}
    assert "overlapping" in refused(lab, home, rule(name), **others)["Message"]


def test_a_name_twice(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    rules = [{**rule(name, event), "Id": "same"} for event in (PUT, COPY)]
    assert "IDs must be unique" in refused(lab, home, *rules)["Message"]


@pytest.mark.parametrize("event", ["s3:ObjectCreated:Telepathy", "nonsense", "ObjectCreated:*"])
def test_an_event_that_there_is_not(lab: LiveRegion, event: str) -> None:
    name = keeper(lab, "s3")
    error = refused(lab, bucket(lab), rule(name, event))
    assert error["Code"] == "InvalidArgument"
    assert "is not supported for notifications" in error["Message"]


@pytest.mark.parametrize(
    "filters",
    [
        [{"Name": "middle", "Value": "x"}],
        [{"Name": "prefix", "Value": "a"}, {"Name": "Prefix", "Value": "b"}],
        [{"Name": "suffix", "Value": "x" * 1025}],
    ],
)
def test_a_filter_that_is_none(lab: LiveRegion, filters: Any) -> None:
    name = keeper(lab, "s3")
    asked = {**rule(name), "Filter": {"Key": {"FilterRules": filters}}}
    assert refused(lab, bucket(lab), asked)["Code"] == "InvalidArgument"


def test_an_arn_of_the_wrong_service(lab: LiveRegion) -> None:
    _, queue_arn = queue(lab)
    error = refused(lab, bucket(lab), {**rule("f"), "LambdaFunctionArn": queue_arn})
    assert (error["Code"], error["Message"]) == ("InvalidArgument", "The ARN is not well formed")


@pytest.mark.parametrize("body", [b"", b"<nonsense", b"<Other/>", b"\xff\xfe"])
def test_a_body_that_is_no_configuration(lab: LiveRegion, body: bytes) -> None:
    import urllib.error
    import urllib.request

    home = bucket(lab)
    url = lab.client("s3").generate_presigned_url(
        "put_bucket_notification_configuration",
        {"Bucket": home, "NotificationConfiguration": {}},
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(url, body, method="PUT"))
    with caught.value as answer:
        assert answer.code == 400
        assert b"MalformedXML" in answer.read()


def test_a_bucket_that_does_not_exist(lab: LiveRegion) -> None:
    with pytest.raises(ClientError) as caught:
        notify(lab, unused("nowhere"), rule("f"))
    assert caught.value.response["Error"]["Code"] == "NoSuchBucket"
