"""Calls to an alias with weights: which version runs, what it is told, what is counted."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from event_tools import allow, allowed, queue
from live_region import LiveRegion
from release_tools import alias, chi_square_p, executed, versions

CALLS = 400
UNLIKELY = 0.001
NEVER = 1e-9
"""For what a defect would make 1e-20, where the order of the draws differs from run to run."""


def starts(lab: LiveRegion, name: str) -> dict[str, list[str]]:
    """Return the versions that ran, in order, by request id: from the START lines."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in lab.logs(name):
        start = re.match(r"START RequestId: (\S+) Version: (\S+)", line)
        if start:
            found[start[1]].append(start[2])
    return found


def metric(lab: LiveRegion, metric_name: str, **dimensions: str) -> float:
    """Return the sum of a metric under exactly *dimensions*."""
    now = lab.region.clock.now()
    points = lab.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric_name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(days=10),
        EndTime=now + timedelta(days=1),
        Period=86_400 * 30,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(float(point["Sum"]) for point in points)


@pytest.mark.fidelity("weights")
def test_calls_are_shared_by_weight(lab: LiveRegion) -> None:
    name = versions(lab)
    alias(lab, name, "1", v2=0.3)
    counted = executed(lab, name, CALLS)
    assert counted.total() == CALLS
    assert set(counted) == {"1", "2"}
    assert chi_square_p(counted["2"], CALLS, 0.3) > UNLIKELY
    # What is asked for by its number is not shared.
    assert executed(lab, name, 5, "1") == {"1": 5}
    assert executed(lab, name, 5, "$LATEST") == {"$LATEST": 5}


@pytest.mark.parametrize(("weight", "version"), [(0.0, "1"), (1.0, "2")])
@pytest.mark.fidelity("weights")
def test_nothing_and_everything_are_exact(lab: LiveRegion, weight: float, version: str) -> None:
    name = versions(lab)
    alias(lab, name, "1", v2=weight)
    assert executed(lab, name, 60) == {version: 60}


def test_many_callers_at_once_share_by_weight(lab: LiveRegion) -> None:
    name = versions(lab)
    alias(lab, name, "1", v2=0.5)
    with ThreadPoolExecutor(4) as pool:
        counts = [*pool.map(lambda _: executed(lab, name, CALLS // 4), range(4))]
    counted = sum(counts, Counter())
    assert counted.total() == CALLS
    assert chi_square_p(counted["2"], CALLS, 0.5) > NEVER


@pytest.mark.fidelity("executed-version")
def test_the_version_that_runs_knows_which_it_is(lab: LiveRegion) -> None:
    name = versions(lab)
    made = alias(lab, name, "1", v2=0.5)
    seen = set()
    for number in range(40):
        called = (made["AliasArn"], f"{name}:live", name)[number % 3]
        more = {"Qualifier": "live"} if called == name else {}
        answer = lab.call(called, **more)
        assert answer.value == {"version": answer.version, "arn": made["AliasArn"]}
        assert f"Version: {answer.version}" in "\n".join(answer.tail)
        assert answer.headers["x-amz-executed-version"] == answer.version
        seen.add(answer.version)
    assert seen == {"1", "2"}


def test_get_function_of_an_alias_shows_its_first_version(lab: LiveRegion) -> None:
    name = versions(lab)
    made = alias(lab, name, "1", v2=1.0)
    config = lab.lam.get_function_configuration(FunctionName=name, Qualifier="live")
    assert (config["Version"], config["FunctionArn"]) == ("1", made["AliasArn"])


def test_changed_weights_count_from_the_next_call(lab: LiveRegion) -> None:
    name = versions(lab)
    alias(lab, name, "1", v2=0.0)
    for weight, expected in ((0.0, "1"), (1.0, "2"), (0.0, "1")):
        routing = {"AdditionalVersionWeights": {"2": weight}}
        lab.lam.update_alias(FunctionName=name, Name="live", RoutingConfig=routing)
        assert executed(lab, name, 5) == {expected: 5}
    lab.lam.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RoutingConfig={})
    assert executed(lab, name, 5) == {"2": 5}


def test_an_event_draws_anew_at_every_try(lab: LiveRegion) -> None:
    name = versions(lab)
    made = alias(lab, name, "1", v2=0.5)
    for _ in range(30):
        lab.lam.invoke(FunctionName=made["AliasArn"], InvocationType="Event", Payload=b'"fail"')
    lab.region.clock.advance(minutes=5)
    # Tries run side by side, so the seed does not give each event the same draws in every run.
    # If a retry kept the version of the first try, no event would meet both: 1e-21.
    tried = starts(lab, name)
    assert sorted({len(one) for one in tried.values()}) == [3]
    assert len(tried) == 30
    counted = Counter(version for one in tried.values() for version in one)
    assert chi_square_p(counted["2"], 90, 0.5) > NEVER
    # A retry may run the other version: three of four events meet both.
    both = sum(len(set(one)) == 2 for one in tried.values())
    assert chi_square_p(both, 30, 0.75) > NEVER


def test_a_record_names_the_alias_and_the_version_that_ran(lab: LiveRegion) -> None:
    _, arn = queue(lab)
    url = lab.client("sqs").get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
    allow(lab, lab.role, allowed("sqs:SendMessage"))
    name = versions(lab)
    made = alias(lab, name, "1", v2=1.0)
    lab.lam.put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    lab.lam.invoke(FunctionName=name, Qualifier="live", InvocationType="Event", Payload=b"{}")
    lab.settle()
    (message,) = lab.client("sqs").receive_message(QueueUrl=url)["Messages"]
    record = json.loads(message["Body"])
    assert record["requestContext"]["functionArn"] == made["AliasArn"]
    assert record["responseContext"]["executedVersion"] == "2"
    assert record["responsePayload"] == {"version": "2", "arn": made["AliasArn"]}


def test_a_mapping_on_an_alias_draws_for_every_batch(lab: LiveRegion) -> None:
    sqs = lab.client("sqs")
    url, arn = queue(lab)
    reads = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    allow(lab, lab.role, allowed(reads))
    name = versions(lab)
    made = alias(lab, name, "1", v2=0.5)
    lab.lam.create_event_source_mapping(
        EventSourceArn=arn, FunctionName=made["AliasArn"], BatchSize=1
    )
    lab.region.clock.advance(1)
    for number in range(60):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    lab.region.clock.advance(60)
    ran = Counter(one for tries in starts(lab, name).values() for one in tries)
    assert ran.total() == 60
    assert chi_square_p(ran["2"], 60, 0.5) > NEVER


def test_metrics_tell_alias_and_executed_version(lab: LiveRegion) -> None:
    name = versions(lab)
    alias(lab, name, "1", v2=0.5)
    counted = executed(lab, name, 30)
    resource = {"FunctionName": name, "Resource": f"{name}:live"}
    for version in ("1", "2"):
        dimensions = {**resource, "ExecutedVersion": version}
        assert metric(lab, "Invocations", **dimensions) == counted[version]
        assert metric(lab, "Errors", **dimensions) == 0
    assert metric(lab, "Invocations", **resource) == 30
    assert metric(lab, "Invocations", FunctionName=name) == 30
    # An alias of one version has no such dimension.
    lab.lam.update_alias(FunctionName=name, Name="live", RoutingConfig={})
    executed(lab, name, 3)
    sums = [metric(lab, "Invocations", **resource, ExecutedVersion=one) for one in ("1", "2")]
    assert sum(sums) == 30
    assert metric(lab, "Invocations", **resource) == 33


def test_the_policy_of_the_alias_lets_its_callers_in(lab: LiveRegion) -> None:
    name = versions(lab)
    made = alias(lab, name, "1", v2=0.5)
    topic = lab.client("sns").create_topic(Name=f"{name}-topic")["TopicArn"]
    lab.lam.add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    policy = json.loads(lab.lam.get_policy(FunctionName=name, Qualifier="live")["Policy"])
    assert policy["Statement"][0]["Resource"] == made["AliasArn"]
    lab.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=made["AliasArn"])
    for number in range(20):
        lab.client("sns").publish(TopicArn=topic, Message=str(number))
    lab.settle()
    ran = {one for tries in starts(lab, name).values() for one in tries}
    assert ran == {"1", "2"}


def test_reserved_concurrency_is_one_for_both_versions(lab: LiveRegion) -> None:
    name = versions(lab)
    alias(lab, name, "1", v2=0.5)
    lab.lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(lab.lam.exceptions.TooManyRequestsException):
        executed(lab, name, 1)
