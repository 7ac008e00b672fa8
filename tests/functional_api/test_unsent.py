"""Settings of other services that would call functions, or read their logs: none is only stored."""

from __future__ import annotations

from typing import Any

import pytest

from api_region import ApiRegion

ALARM = {
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}
NOT_MODELLED = (501, "NotModelledException")


@pytest.mark.parametrize("when", ["AlarmActions", "OKActions", "InsufficientDataActions"])
def test_an_alarm_that_calls_a_function(api: ApiRegion, when: str) -> None:
    cloudwatch, name = api.service("cloudwatch"), api.name("alarm")
    action = {when: ["arn:aws:sns:us-east-1:123456789012:told", api.arn("told")]}
    refusal = api.refused("put_metric_alarm", cloudwatch, AlarmName=name, **ALARM, **action)
    assert (refusal.status, refusal.code) == NOT_MODELLED
    assert "An alarm that calls a function" in refusal.message
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []
    cloudwatch.put_metric_alarm(AlarmName=name, **ALARM, **{when: action[when][:1]})
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert alarm[when] == action[when][:1]


@pytest.mark.parametrize(
    "more",
    [
        {"applyOnTransformedLogs": True},
        {"emitSystemFields": ["@aws.account"]},
        {"fieldSelectionCriteria": '@aws.region = "us-east-1"'},
    ],
    ids=lambda more: next(iter(more)),
)
def test_a_subscription_that_would_send_other_events(api: ApiRegion, more: dict[str, Any]) -> None:
    logs, group, name = api.service("logs"), api.name("group"), api.active()
    logs.create_log_group(logGroupName=group)
    api.client.add_permission(
        FunctionName=name,
        StatementId="logs",
        Action="lambda:InvokeFunction",
        Principal="logs.amazonaws.com",
    )
    asked = {"logGroupName": group, "filterName": "f", "filterPattern": ""}
    asked["destinationArn"] = api.arn(name)
    refusal = api.refused("put_subscription_filter", logs, **asked, **more)
    assert (refusal.status, refusal.code) == NOT_MODELLED
    assert next(iter(more)) in refusal.message
    assert logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"] == []
    logs.put_subscription_filter(**asked)
    (found,) = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    assert found["destinationArn"] == api.arn(name)


def test_a_metric_filter(api: ApiRegion) -> None:
    logs, group = api.service("logs"), api.name("group")
    logs.create_log_group(logGroupName=group)
    refusal = api.refused(
        "put_metric_filter",
        logs,
        logGroupName=group,
        filterName="errors",
        filterPattern="ERROR",
        metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
    )
    assert (refusal.status, refusal.code) == NOT_MODELLED
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"] == []


def test_a_topic_that_would_be_told_of_deployments(api: ApiRegion) -> None:
    deploys = api.service("codedeploy")
    group = {"deploymentGroupName": "g", "serviceRoleArn": api.role}
    told = {
        "triggerName": "t",
        "triggerTargetArn": "arn:aws:sns:us-east-1:123456789012:told",
        "triggerEvents": ["DeploymentStart"],
    }
    for platform in ("Lambda", "Server"):
        deploys.create_application(applicationName=platform, computePlatform=platform)
    refusal = api.refused(
        "create_deployment_group", deploys, applicationName="Lambda", **group,
        triggerConfigurations=[told],
    )  # fmt: skip
    assert (refusal.status, refusal.code) == NOT_MODELLED
    assert deploys.list_deployment_groups(applicationName="Lambda")["deploymentGroups"] == []
    deploys.create_deployment_group(applicationName="Lambda", **group)
    deploys.create_deployment_group(applicationName="Server", **group, triggerConfigurations=[told])
