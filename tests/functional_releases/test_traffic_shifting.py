"""CodeDeploy moving an alias from one version to another, on the region's clock."""

from __future__ import annotations

import json
from typing import Any

import pytest

from event_tools import unused
from lambda_lab.aws.codedeploy.appspec import Shift
from lambda_lab.deploy import role_arn
from live_region import LiveRegion
from release_tools import alias, executed, refusal, versions

ROLLS_BACK = {
    "enabled": True,
    "events": [
        "DEPLOYMENT_FAILURE",
        "DEPLOYMENT_STOP_ON_ALARM",
        "DEPLOYMENT_STOP_ON_REQUEST",
    ],
}


class Release:
    """A function with an alias on version 1, and a deployment group that moves it."""

    def __init__(self, lab: LiveRegion, config: str, **group: Any) -> None:
        self.lab = lab
        self.name = versions(lab)
        alias(lab, self.name)
        self.deploys = lab.client("codedeploy")
        self.application = unused("application")
        self.deploys.create_application(applicationName=self.application, computePlatform="Lambda")
        self.deploys.create_deployment_group(
            applicationName=self.application,
            deploymentGroupName="group",
            deploymentConfigName=config,
            serviceRoleArn=lab.role,
            deploymentStyle={
                "deploymentType": "BLUE_GREEN",
                "deploymentOption": "WITH_TRAFFIC_CONTROL",
            },
            **group,
        )

    def asks(self, content: str | None = None, **more: Any) -> dict[str, Any]:
        text = content or Shift(self.name, "live", "1", "2").appspec()
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": text}}
        return {
            "applicationName": self.application,
            "deploymentGroupName": "group",
            "revision": revision,
        } | more

    def begin(self, **more: Any) -> str:
        identity: str = self.deploys.create_deployment(**self.asks(**more))["deploymentId"]
        return identity

    def info(self, identity: str) -> dict[str, Any]:
        told: dict[str, Any] = self.deploys.get_deployment(deploymentId=identity)
        info: dict[str, Any] = told["deploymentInfo"]
        return info

    def status(self, identity: str) -> str:
        return str(self.info(identity)["status"])

    def points(self) -> tuple[str, dict[str, float]]:
        """Return what the alias points to: its version and the weights."""
        got = self.lab.lam.get_alias(FunctionName=self.name, Name="live")
        return got["FunctionVersion"], got.get("RoutingConfig", {}).get(
            "AdditionalVersionWeights", {}
        )

    def later(self, **time: float) -> None:
        self.lab.region.clock.advance(**time)


def alarm(lab: LiveRegion, **settings: Any) -> dict[str, Any]:
    """Make an alarm; returns the ``alarmConfiguration`` of a group that looks at it."""
    name = unused("alarm")
    asked = {
        "AlarmName": name,
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    lab.client("cloudwatch").put_metric_alarm(**asked | settings)
    return {"enabled": True, "alarms": [{"name": name}]}


@pytest.mark.fidelity("traffic-shifting")
def test_a_canary_takes_a_part_and_then_everything(lab: LiveRegion) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaCanary10Percent5Minutes")
    identity = release.begin()
    assert release.points() == ("1", {"2": 0.1})
    info = release.info(identity)
    assert (info["status"], info["creator"], info["computePlatform"]) == (
        "InProgress",
        "user",
        "Lambda",
    )
    assert identity.startswith("d-")
    assert len(identity) == 11
    release.later(seconds=290)
    assert release.points() == ("1", {"2": 0.1})
    assert set(executed(lab, release.name, 60)) == {"1", "2"}
    release.later(seconds=15)
    assert release.points() == ("2", {})
    done = release.info(identity)
    assert done["status"] == "Succeeded"
    assert 300 <= (done["completeTime"] - done["startTime"]).total_seconds() < 302
    assert done["deploymentOverview"]["Succeeded"] == 1
    assert executed(lab, release.name, 10) == {"2": 10}


def test_a_linear_shift_takes_equal_steps(lab: LiveRegion) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaLinear10PercentEvery1Minute")
    identity = release.begin()
    seen = []
    for _ in range(9):
        seen.append(release.points())
        release.later(minutes=1)
    assert seen == [("1", {"2": tenths / 10}) for tenths in range(1, 10)]
    assert release.points() == ("2", {})
    assert release.status(identity) == "Succeeded"


def test_all_at_once(lab: LiveRegion) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaAllAtOnce")
    identity = release.begin()
    assert (release.status(identity), release.points()) == ("Succeeded", ("2", {}))
    listed = release.deploys.list_deployments(
        applicationName=release.application,
        deploymentGroupName="group",
        includeOnlyStatuses=["Succeeded"],
    )
    assert listed["deployments"] == [identity]


def test_a_deployment_may_choose_another_configuration(lab: LiveRegion) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaAllAtOnce")
    release.begin(deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent30Minutes")
    assert release.points() == ("1", {"2": 0.1})
    release.later(minutes=31)
    assert release.points() == ("2", {})


def test_an_alarm_set_by_hand_sends_everything_back(lab: LiveRegion) -> None:
    watched = alarm(lab)
    release = Release(
        lab,
        "CodeDeployDefault.LambdaCanary10Percent10Minutes",
        alarmConfiguration=watched,
        autoRollbackConfiguration=ROLLS_BACK,
    )
    told = release.deploys.get_deployment_group(
        applicationName=release.application, deploymentGroupName="group"
    )["deploymentGroupInfo"]
    assert told["alarmConfiguration"] == watched
    identity = release.begin()
    release.later(minutes=2)
    assert release.status(identity) == "InProgress"
    lab.client("cloudwatch").set_alarm_state(
        AlarmName=watched["alarms"][0]["name"], StateValue="ALARM", StateReason="by hand"
    )
    release.later(seconds=11)
    info = release.info(identity)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert release.points() == ("1", {})
    back = release.info(info["rollbackInfo"]["rollbackDeploymentId"])
    assert (back["status"], back["creator"]) == ("Succeeded", "codeDeployRollback")
    assert back["rollbackInfo"]["rollbackTriggeringDeploymentId"] == identity
    release.later(minutes=30)
    assert release.points() == ("1", {})


@pytest.mark.fidelity("traffic-shifting")
def test_errors_of_the_new_version_raise_the_alarm(lab: LiveRegion) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaCanary10Percent10Minutes")
    dimensions = {
        "FunctionName": release.name,
        "Resource": f"{release.name}:live",
        "ExecutedVersion": "2",
    }
    watched = alarm(
        lab, Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()]
    )
    identity = release.begin(
        overrideAlarmConfiguration=watched, autoRollbackConfiguration=ROLLS_BACK
    )
    # The old version may fail as it likes: the alarm looks at the new one.
    lab.lam.invoke(FunctionName=release.name, Qualifier="1", Payload=b'"fail"')
    release.later(seconds=20)
    assert release.status(identity) == "InProgress"
    while lab.call(release.name, "fail", Qualifier="live").version != "2":
        pass
    release.later(seconds=20)
    assert release.status(identity) == "Stopped"
    assert release.points() == ("1", {})
    (found,) = lab.client("cloudwatch").describe_alarms(StateValue="ALARM")["MetricAlarms"][-1:]
    assert found["AlarmName"] == watched["alarms"][0]["name"]


def test_errors_before_the_beginning_count_and_are_forgotten(lab: LiveRegion) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaAllAtOnce")
    of_function = [{"Name": "FunctionName", "Value": release.name}]
    watched = alarm(lab, Dimensions=of_function)
    lab.lam.invoke(FunctionName=release.name, Payload=b'"fail"')
    assert release.status(release.begin(overrideAlarmConfiguration=watched)) == "Stopped"
    release.later(minutes=2)
    assert release.status(release.begin(overrideAlarmConfiguration=watched)) == "Succeeded"


def test_a_region_made_empty_forgets_its_deployments(lab: LiveRegion) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaCanary10Percent5Minutes")
    release.begin()
    lab.region.reset()
    lab.role = role_arn(lab.client("iam"))
    name = versions(lab, name=release.name)
    alias(lab, name)
    lab.region.clock.advance(minutes=10)
    assert lab.lam.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"


def test_without_a_rollback_the_weights_stay(lab: LiveRegion) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaCanary10Percent10Minutes")
    identity = release.begin()
    stopped = release.deploys.stop_deployment(deploymentId=identity)
    assert stopped["status"] == "Succeeded"
    info = release.info(identity)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP")
    assert info["rollbackInfo"] == {}
    release.later(minutes=20)
    assert release.points() == ("1", {"2": 0.1})
    again = refusal(release.deploys.stop_deployment, deploymentId=identity)
    assert again[:2] == (400, "DeploymentAlreadyCompletedException")


@pytest.mark.parametrize("how", ["asked for", "configured"])
def test_a_stop_by_hand_may_roll_back(lab: LiveRegion, how: str) -> None:
    group = {"autoRollbackConfiguration": ROLLS_BACK} if how == "configured" else {}
    release = Release(lab, "CodeDeployDefault.LambdaLinear10PercentEvery1Minute", **group)
    identity = release.begin()
    release.later(minutes=3)
    more = {"autoRollbackEnabled": True} if how == "asked for" else {}
    release.deploys.stop_deployment(deploymentId=identity, **more)
    assert release.points() == ("1", {})


def test_an_alarm_that_rings_already_lets_nothing_begin(lab: LiveRegion) -> None:
    watched = alarm(lab)
    lab.client("cloudwatch").set_alarm_state(
        AlarmName=watched["alarms"][0]["name"], StateValue="ALARM", StateReason="by hand"
    )
    release = Release(
        lab,
        "CodeDeployDefault.LambdaAllAtOnce",
        alarmConfiguration=watched,
        autoRollbackConfiguration=ROLLS_BACK,
    )
    info = release.info(release.begin())
    assert (info["status"], info["rollbackInfo"]) == ("Stopped", {})
    assert release.points() == ("1", {})


@pytest.mark.parametrize(("ignore", "status"), [(False, "Stopped"), (True, "Succeeded")])
def test_an_alarm_that_is_not_there(lab: LiveRegion, ignore: bool, status: str) -> None:
    config = {
        "enabled": True,
        "alarms": [{"name": "nowhere"}],
        "ignorePollAlarmFailure": ignore,
    }
    release = Release(lab, "CodeDeployDefault.LambdaAllAtOnce", alarmConfiguration=config)
    assert release.status(release.begin()) == status


def test_one_deployment_at_a_time(lab: LiveRegion) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaCanary10Percent5Minutes")
    first = release.begin()
    status, code, message = refusal(release.deploys.create_deployment, **release.asks())
    assert (status, code) == (400, "DeploymentLimitExceededException")
    assert first in message
    release.later(minutes=6)
    assert release.status(first) == "Succeeded"
    assert release.status(release.begin()) == "Failed"  # the alias is on version 2 now


@pytest.mark.parametrize(
    ("shift", "text"),
    [
        (("live", "2", "1"), "points to version 1"),
        (("nowhere", "1", "2"), "Cannot find alias arn"),
        (("live", "1", "9"), "Function not found"),
    ],
)
def test_what_cannot_be_shifted_fails(
    lab: LiveRegion, shift: tuple[str, str, str], text: str
) -> None:
    release = Release(
        lab,
        "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        autoRollbackConfiguration=ROLLS_BACK,
    )
    info = release.info(release.begin(content=Shift(release.name, *shift).appspec()))
    assert info["status"] == "Failed"
    assert info["errorInformation"]["code"].startswith("INVALID_LAMBDA")
    assert text in info["errorInformation"]["message"]
    assert release.points() == ("1", {})
    release.later(minutes=10)
    assert release.points() == ("1", {})


def test_an_alias_that_goes_meanwhile_fails_the_deployment(lab: LiveRegion) -> None:
    release = Release(
        lab,
        "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        autoRollbackConfiguration=ROLLS_BACK,
    )
    identity = release.begin()
    lab.lam.delete_alias(FunctionName=release.name, Name="live")
    release.later(minutes=6)
    info = release.info(identity)
    assert info["status"] == "Failed"
    assert release.status(info["rollbackInfo"]["rollbackDeploymentId"]) == "Failed"


def test_yaml_in_a_bucket(lab: LiveRegion) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaAllAtOnce")
    text = f"""
version: 0.0
Resources:
  - {release.name}:
      Type: AWS::Lambda::Function
      Properties: {{Name: {release.name}, Alias: live, CurrentVersion: "1", TargetVersion: 2}}
"""
    bucket = unused("appspecs")
    store = lab.client("s3")
    store.create_bucket(Bucket=bucket)
    store.put_object(Bucket=bucket, Key="appspec.yaml", Body=text.encode())
    place = {"bucket": bucket, "key": "appspec.yaml", "bundleType": "YAML"}
    release.begin(revision={"revisionType": "S3", "s3Location": place})
    assert release.points() == ("2", {})


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"content": "not: [an"}, 400, "InvalidRevisionException"),
        ({"content": "[]"}, 400, "InvalidRevisionException"),
        ({"revision": {}}, 400, "InvalidRevisionException"),
        (
            {"deploymentConfigName": "CodeDeployDefault.OneAtATime"},
            400,
            "InvalidDeploymentConfigNameException",
        ),
        ({"deploymentGroupName": "other"}, 400, "DeploymentGroupDoesNotExistException"),
        ({"applicationName": "other"}, 400, "ApplicationDoesNotExistException"),
    ],
)
def test_requests_that_make_no_deployment(
    lab: LiveRegion, change: dict[str, Any], status: int, code: str
) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaAllAtOnce")
    asked = release.asks(**change)
    assert refusal(release.deploys.create_deployment, **asked)[:2] == (status, code)
    assert release.points() == ("1", {})


@pytest.mark.fidelity("deployment-hooks")
def test_hooks_are_said_not_to_be_modelled(lab: LiveRegion) -> None:
    release = Release(lab, "CodeDeployDefault.LambdaAllAtOnce")
    document = json.loads(Shift(release.name, "live", "1", "2").appspec())
    document["hooks"] = [{"BeforeAllowTraffic": "CodeDeployHook_check"}]
    asked = release.asks(json.dumps(document))
    assert refusal(release.deploys.create_deployment, **asked)[:2] == (
        501,
        "NotModelledException",
    )
    assert release.points() == ("1", {})


def test_other_platforms_are_as_moto_has_them(lab: LiveRegion) -> None:
    deploys = lab.client("codedeploy")
    name = unused("application")
    deploys.create_application(applicationName=name, computePlatform="Server")
    deploys.create_deployment_group(
        applicationName=name, deploymentGroupName="group", serviceRoleArn=lab.role
    )
    made = deploys.create_deployment(applicationName=name, deploymentGroupName="group")
    told = deploys.get_deployment(deploymentId=made["deploymentId"])["deploymentInfo"]
    assert told["status"] == "Created"
    stopped = refusal(deploys.stop_deployment, deploymentId=made["deploymentId"])
    assert stopped[:2] == (501, "NotModelledException")


def canary_of(percentage: Any, interval: Any) -> dict[str, Any]:
    canary = {"canaryPercentage": percentage, "canaryInterval": interval}
    return {"type": "TimeBasedCanary", "timeBasedCanary": canary}


def test_a_configuration_of_ones_own(lab: LiveRegion) -> None:
    deploys = lab.client("codedeploy")
    name = unused("config")
    routing = {
        "type": "TimeBasedLinear",
        "timeBasedLinear": {"linearPercentage": 40, "linearInterval": 2},
    }
    asked = {
        "deploymentConfigName": name,
        "computePlatform": "Lambda",
        "trafficRoutingConfig": routing,
    }
    made = deploys.create_deployment_config(**asked)
    told = deploys.get_deployment_config(deploymentConfigName=name)["deploymentConfigInfo"]
    assert told["deploymentConfigId"] == made["deploymentConfigId"]
    assert told["trafficRoutingConfig"] == routing
    assert name in deploys.list_deployment_configs()["deploymentConfigsList"]
    again = refusal(deploys.create_deployment_config, **asked)
    assert again[:2] == (400, "DeploymentConfigAlreadyExistsException")
    release = Release(lab, name)
    release.begin()
    seen = []
    for _ in range(3):
        seen.append(release.points())
        release.later(minutes=2)
    assert seen == [("1", {"2": 0.4}), ("1", {"2": 0.8}), ("2", {})]
    used = refusal(deploys.delete_deployment_config, deploymentConfigName=name)
    assert used[:2] == (400, "DeploymentConfigInUseException")


def test_a_configuration_can_go(lab: LiveRegion) -> None:
    deploys = lab.client("codedeploy")
    name = unused("config")
    deploys.create_deployment_config(
        deploymentConfigName=name,
        computePlatform="Lambda",
        trafficRoutingConfig={"type": "AllAtOnce"},
    )
    deploys.delete_deployment_config(deploymentConfigName=name)
    gone = refusal(deploys.get_deployment_config, deploymentConfigName=name)
    assert gone[:2] == (400, "DeploymentConfigDoesNotExistException")


def test_codedeploys_own_are_described(lab: LiveRegion) -> None:
    deploys = lab.client("codedeploy")
    name = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    told = deploys.get_deployment_config(deploymentConfigName=name)["deploymentConfigInfo"]
    assert told["trafficRoutingConfig"] == canary_of(10, 5)
    kept = refusal(deploys.delete_deployment_config, deploymentConfigName=name)
    assert kept[0] == 400


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"trafficRoutingConfig": {}}, 400, "InvalidTrafficRoutingConfigurationException"),
        (
            {"trafficRoutingConfig": canary_of(0, 5)},
            400,
            "InvalidTrafficRoutingConfigurationException",
        ),
        (
            {"trafficRoutingConfig": canary_of(100, 5)},
            400,
            "InvalidTrafficRoutingConfigurationException",
        ),
        (
            {"trafficRoutingConfig": canary_of(10, 0)},
            400,
            "InvalidTrafficRoutingConfigurationException",
        ),
        (
            {"trafficRoutingConfig": {"type": "TimeBasedCanary"}},
            400,
            "InvalidTrafficRoutingConfigurationException",
        ),
        (
            {"deploymentConfigName": "CodeDeployDefault.LambdaMine"},
            400,
            "InvalidDeploymentConfigNameException",
        ),
        ({"computePlatform": "Server"}, 501, "NotModelledException"),
    ],
)
def test_configurations_that_cannot_be(
    lab: LiveRegion, change: dict[str, Any], status: int, code: str
) -> None:
    deploys = lab.client("codedeploy")
    asked = {
        "deploymentConfigName": unused("config"),
        "computePlatform": "Lambda",
        "trafficRoutingConfig": canary_of(10, 5),
    }
    assert refusal(deploys.create_deployment_config, **asked | change)[:2] == (status, code)
