"""S3 calling functions: what happens to an object, and what a function gets to know of it."""

from __future__ import annotations

import json
import urllib.request

import pytest

from event_tools import bodies, messages, queue, unused
from lambda_lab.deploy import make_zip
from live_region import LiveRegion
from push_tools import (
    ACCOUNT,
    CREATED,
    arn_of,
    bucket,
    got,
    keeper,
    keys,
    let_in,
    logs,
    names,
    notify,
    put,
    records,
    rule,
    sources,
)  # fmt: skip


@pytest.mark.fidelity("from-s3")
def test_the_event_is_aws_s(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    notify(lab, home, {**rule(name), "Id": "uploads"})
    put(lab, home, "in/a file+(1) ü.txt", b"hello")
    (record,) = records(lab, name)
    assert record["eventVersion"].startswith("2.")
    assert record["eventVersion"] != "2.0"
    assert (record["eventSource"], record["awsRegion"]) == ("aws:s3", "us-east-1")
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["eventTime"][:13] == f"{lab.region.clock.now():%Y-%m-%dT%H}"
    assert record["eventTime"].endswith("Z")
    assert ACCOUNT in record["userIdentity"]["principalId"]
    assert record["requestParameters"] == {"sourceIPAddress": "127.0.0.1"}
    assert set(record["responseElements"]) == {"x-amz-request-id", "x-amz-id-2"}
    told = record["s3"]
    assert (told["s3SchemaVersion"], told["configurationId"]) == ("1.0", "uploads")
    assert told["bucket"]["name"] == home
    assert told["bucket"]["arn"] == f"arn:aws:s3:::{home}"
    sequencer = told["object"].pop("sequencer")
    assert int(sequencer, 16)
    assert told["object"] == {
        "key": "in/a+file%2B%281%29+%C3%BC.txt",
        "size": 5,
        "eTag": "5d41402abc4b2a76b9719d911017c592",
    }
    assert sources(lab, name) == [f"arn:aws:s3:::{home}"]


def test_a_function_reads_what_was_uploaded(lab: LiveRegion) -> None:
    source = """
import boto3, urllib.parse
def handler(event, context):
    told = event["Records"][0]["s3"]
    key = urllib.parse.unquote_plus(told["object"]["key"])
    found = boto3.client("s3").get_object(Bucket=told["bucket"]["name"], Key=key)
    print("READ", found["Body"].read().decode(), found["Metadata"])
"""
    name, home = lab.deploy(source), bucket(lab)
    let_in(lab, name, "s3")
    notify(lab, home, rule(name))
    lab.client("s3").put_object(
        Bucket=home, Key="with space.txt", Body=b"text", Metadata={"by": "me"}
    )
    lab.region.settle()
    assert "READ text {'by': 'me'}" in logs(lab, name)


def test_sequencers_grow(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    notify(lab, home, rule(name))
    for number in range(5):
        put(lab, home, "k", str(number).encode())
    told = sorted((r["s3"]["object"]["sequencer"], r["s3"]["object"]["eTag"])
                  for r in records(lab, name))  # fmt: skip
    assert len({sequencer for sequencer, _ in told}) == 5
    last = lab.client("s3").head_object(Bucket=home, Key="k")["ETag"].strip('"')
    assert told[-1][1] == last


def test_the_kinds_of_creation(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    notify(lab, home, rule(name))
    s3 = lab.client("s3")
    s3.put_object(Bucket=home, Key="a", Body=b"1", Tagging="k=v")
    s3.copy_object(Bucket=home, Key="b", CopySource={"Bucket": home, "Key": "a"})
    upload = s3.create_multipart_upload(Bucket=home, Key="c")["UploadId"]
    part = s3.upload_part(Bucket=home, Key="c", UploadId=upload, PartNumber=1, Body=b"12")
    s3.complete_multipart_upload(
        Bucket=home,
        Key="c",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    form = s3.generate_presigned_post(home, "d")
    post(form["url"], {**form["fields"], "file": "text"})
    assert sorted(names(lab, name)) == [
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:Copy",
        "ObjectCreated:Post",
        "ObjectCreated:Put",
    ]


def post(url: str, fields: dict[str, str]) -> None:
    edge = "edge-of-the-form"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"'
        + ('; filename="f"' if name == "file" else "")
        + f"\r\n\r\n{value}\r\n"
        for name, value in fields.items()
    ]
    request = urllib.request.Request(
        url,
        ("".join(parts) + f"--{edge}--\r\n").encode(),
        {"Content-Type": f"multipart/form-data; boundary={edge}"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status < 300


def test_deleting(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    notify(lab, home, rule(name, "s3:ObjectRemoved:*"))
    s3 = lab.client("s3")
    put(lab, home, "a")
    put(lab, home, "b")
    s3.delete_object(Bucket=home, Key="a")
    s3.delete_object(Bucket=home, Key="never-there")
    s3.delete_objects(Bucket=home, Delete={"Objects": [{"Key": "b"}]})
    found = records(lab, name)
    assert sorted(record["s3"]["object"]["key"] for record in found) == ["a", "b"]
    assert {record["eventName"] for record in found} == {"ObjectRemoved:Delete"}
    assert all(set(record["s3"]["object"]) == {"key", "sequencer"} for record in found)


def test_versions(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab, versioned=True)
    notify(lab, home, rule(name, "s3:ObjectCreated:Put", "s3:ObjectRemoved:*"))
    s3 = lab.client("s3")
    first = s3.put_object(Bucket=home, Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket=home, Key="k", Body=b"2")
    marker = s3.delete_object(Bucket=home, Key="k")["VersionId"]
    s3.delete_object(Bucket=home, Key="k", VersionId=first)
    told = {(r["eventName"], r["s3"]["object"]["versionId"]): r["s3"]["object"]
            for r in records(lab, name)}  # fmt: skip
    assert len(told) == 4
    assert ("ObjectCreated:Put", first) in told
    made = told["ObjectRemoved:DeleteMarkerCreated", marker]
    assert made["eTag"] == "d41d8cd98f00b204e9800998ecf8427e"
    assert "size" not in made
    assert set(told["ObjectRemoved:Delete", first]) == {"key", "versionId", "sequencer"}


def test_only_markers_or_only_deletions(lab: LiveRegion) -> None:
    marks, deletes, home = keeper(lab, "s3"), keeper(lab, "s3"), bucket(lab, versioned=True)
    notify(
        lab,
        home,
        rule(marks, "s3:ObjectRemoved:DeleteMarkerCreated"),
        rule(deletes, "s3:ObjectRemoved:Delete"),
    )
    put(lab, home)
    lab.client("s3").delete_object(Bucket=home, Key="k")
    assert names(lab, marks) == ["ObjectRemoved:DeleteMarkerCreated"]
    assert names(lab, deletes) == []


def test_tagging_tells_only_of_tags_that_are_put_by_themselves(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    notify(lab, home, rule(name, "s3:ObjectTagging:*"))
    s3 = lab.client("s3")
    s3.put_object(Bucket=home, Key="k", Body=b"", Tagging="a=b")
    assert names(lab, name) == []
    s3.put_object_tagging(Bucket=home, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "d"}]})
    s3.delete_object_tagging(Bucket=home, Key="k")
    assert sorted(names(lab, name)) == ["ObjectTagging:Delete", "ObjectTagging:Put"]


@pytest.mark.fidelity("from-s3")
def test_prefix_and_suffix(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    notify(lab, home, rule(name, prefix="in/", suffix=".jpg"))
    for key in ("in/a.jpg", "in/a.png", "out/a.jpg", "in/", "a.jpg/in/", "in/b/c.jpg"):
        put(lab, home, key)
    assert sorted(keys(lab, name)) == ["in/a.jpg", "in/b/c.jpg"]


def test_a_filter_may_be_encoded(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    notify(lab, home, rule(name, prefix="my+files/%C3%BC"))
    put(lab, home, "my files/übung")
    put(lab, home, "my+files/ubung")
    assert keys(lab, name) == ["my+files/%C3%BCbung"]


def test_every_function_and_service_of_a_configuration_is_told(lab: LiveRegion) -> None:
    one, other, home = keeper(lab, "s3"), keeper(lab, "s3"), bucket(lab)
    url, queue_arn = queue(lab)
    notify(
        lab,
        home,
        rule(one, suffix=".a"),
        rule(other, suffix=".b"),
        QueueConfigurations=[
            {
                "QueueArn": queue_arn,
                "Events": list(CREATED),
                "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".c"}]}},
            }
        ],
    )
    (test_event,) = bodies(lab, url)
    assert test_event["Event"] == "s3:TestEvent"
    for key in ("x.a", "x.b", "x y/x.c"):
        put(lab, home, key)
    assert (keys(lab, one), keys(lab, other)) == (["x.a"], ["x.b"])
    (sent,) = bodies(lab, url)
    assert sent["Records"][0]["s3"]["object"]["key"] == "x+y/x.c"


def test_a_topic_passes_it_on_to_a_function(lab: LiveRegion) -> None:
    name, home = keeper(lab, "sns"), bucket(lab)
    sns = lab.client("sns")
    topic = sns.create_topic(Name=unused("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn_of(name))
    notify(lab, home, TopicConfigurations=[{"TopicArn": topic, "Events": list(CREATED)}])
    lab.region.settle()
    put(lab, home)
    texts = [event["Records"][0]["Sns"] for event in got(lab, name)]
    told = [json.loads(text["Message"]) for text in texts]
    assert [one.get("Event", "") for one in told] == ["s3:TestEvent", ""]
    assert told[1]["Records"][0]["s3"]["bucket"]["name"] == home
    assert texts[1]["Subject"] == "Amazon S3 Notification"


def test_an_alias_is_told(lab: LiveRegion) -> None:
    name, home = keeper(lab), bucket(lab)
    version = lab.lam.publish_version(FunctionName=name)["Version"]
    lab.settle()
    lab.lam.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    let_in(lab, name, "s3", Qualifier="live", SourceAccount=ACCOUNT)
    notify(lab, home, {**rule(name), "LambdaFunctionArn": arn_of(name, "live")})
    put(lab, home)
    assert names(lab, name) == ["ObjectCreated:Put"]
    assert f"AS {arn_of(name, 'live')}" in logs(lab, name)


def test_a_function_that_is_deleted_or_shut_stops_nothing(lab: LiveRegion) -> None:
    gone, shut, home = keeper(lab, "s3"), keeper(lab, "s3"), bucket(lab)
    stays = keeper(lab, "s3")
    notify(
        lab,
        home,
        rule(gone, suffix=".a"),
        rule(shut, prefix="b", suffix="b"),
        rule(stays, suffix="c"),
    )
    lab.lam.delete_function(FunctionName=gone)
    lab.lam.remove_permission(FunctionName=shut, StatementId="s0")
    for key in ("a.a", "b.b", "c.c"):
        put(lab, home, key)
    assert sources(lab, shut) == []
    assert keys(lab, stays) == ["c.c"]
    found = lab.client("s3").list_objects_v2(Bucket=home)["Contents"]
    assert [one["Key"] for one in found] == ["a.a", "b.b", "c.c"]
    let_in(lab, shut, "s3")
    put(lab, home, "b.b")
    assert keys(lab, shut) == ["b.b"]


@pytest.mark.fidelity("recursion")
def test_a_loop_through_a_bucket_is_cut(lab: LiveRegion) -> None:
    source = """
import boto3
def handler(event, context):
    told = event["Records"][0]["s3"]
    boto3.client("s3").put_object(Bucket=told["bucket"]["name"], Key="again", Body=b"")
"""
    name, home = lab.deploy(source), bucket(lab)
    let_in(lab, name, "s3")
    notify(lab, home, rule(name))
    put(lab, home)
    lab.region.settle()
    runs = [line for line in logs(lab, name) if line.startswith("START")]
    assert 10 < len(runs) < 25


def test_a_request_that_fails_tells_nobody(lab: LiveRegion) -> None:
    name, home = keeper(lab, "s3"), bucket(lab)
    notify(lab, home, rule(name))
    s3 = lab.client("s3")
    with pytest.raises(s3.exceptions.ClientError):
        s3.put_object(Bucket=home, Key="k", Body=b"", Tagging="aws:mine=1")
    with pytest.raises(s3.exceptions.ClientError):
        s3.copy_object(Bucket=home, Key="b", CopySource={"Bucket": home, "Key": "missing"})
    assert names(lab, name) == []


def test_a_destination_of_lambda_is_an_upload_too(lab: LiveRegion) -> None:
    """A failed event that Lambda writes to a bucket tells the bucket's function."""
    name, home = keeper(lab, "s3"), bucket(lab)
    notify(lab, home, rule(name))
    fails = lab.deploy("def handler(event, context):\n    raise ValueError('no')\n")
    lab.lam.put_function_event_invoke_config(
        FunctionName=fails,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{home}"}},
    )
    lab.lam.invoke(FunctionName=fails, InvocationType="Event", Payload=b"{}")
    assert names(lab, name) == ["ObjectCreated:Put"]


@pytest.mark.fidelity("code-from-s3")
def test_code_from_a_bucket_still_works(lab: LiveRegion) -> None:
    home = bucket(lab)
    put(lab, home, "code.zip", make_zip({"lambda_function.py": "def handler(e, c): return 1"}))
    lab.lam.create_function(
        FunctionName=unused("from-s3"),
        Runtime="python3.14",
        Role=lab.role,
        Handler="lambda_function.handler",
        Code={"S3Bucket": home, "S3Key": "code.zip"},
    )
    assert messages(lab, queue(lab)[0]) == []


def test_a_rule_of_eventbridge_hears_of_a_bucket(lab: LiveRegion) -> None:
    name, home, events = keeper(lab, "events"), bucket(lab), lab.client("events")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [home]}}}
    made = unused("rule")
    events.put_rule(Name=made, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=made, Targets=[{"Id": "1", "Arn": arn_of(name)}])
    notify(lab, home, EventBridgeConfiguration={})
    put(lab, home, "k")
    lab.client("s3").delete_object(Bucket=home, Key="k")
    told = sorted((event["detail-type"], event["detail"]["object"]["key"])
                  for event in got(lab, name))  # fmt: skip
    assert told == [("Object Created", "k"), ("Object Deleted", "k")]
