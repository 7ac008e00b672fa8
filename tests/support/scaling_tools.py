"""What tests of Application Auto Scaling do again and again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from live_region import LiveRegion
from release_tools import alias

TELLS = """
import os

def handler(event, context):
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""
DIMENSION = "lambda:function:ProvisionedConcurrency"
UTILIZATION = {"PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"}


class Scaled:
    """A function with an alias ``live``, whose provisioned concurrency is scaled."""

    def __init__(self, lab: LiveRegion, minimum: int | None = None, maximum: int = 10) -> None:
        self.lab = lab
        self.client = lab.client("application-autoscaling")
        self.name = lab.deploy(TELLS)
        lab.lam.publish_version(FunctionName=self.name)
        alias(lab, self.name)
        self.resource_id = f"function:{self.name}:live"
        if minimum is not None:
            self.register(MinCapacity=minimum, MaxCapacity=maximum)
            self.later(minutes=3)

    @property
    def key(self) -> dict[str, str]:
        return {
            "ServiceNamespace": "lambda",
            "ResourceId": self.resource_id,
            "ScalableDimension": DIMENSION,
        }

    def register(self, **settings: Any) -> str:
        answer = self.client.register_scalable_target(**self.key, **settings)
        return str(answer["ScalableTargetARN"])

    def later(self, **time: float) -> None:
        self.lab.region.clock.advance(**time)

    def until(self, hour: int, minute: int = 0) -> None:
        """Move the clock to the next such time of day, UTC."""
        now = self.now()
        to = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        to += timedelta(days=to <= now)
        self.later(seconds=(to - now).total_seconds() + 0.001)

    def to_full_minute(self) -> None:
        """Move the clock to just after the next full minute."""
        now = self.now()
        self.later(seconds=60.001 - now.second - now.microsecond / 1e6)

    def now(self) -> datetime:
        return self.lab.region.clock.now()

    # -- what there is -----------------------------------------------------------------------------

    def provisioned(self) -> Mapping[str, Any] | None:
        """Return the configuration as Lambda tells it; ``None`` if there is none."""
        try:
            told: Mapping[str, Any] = self.lab.lam.get_provisioned_concurrency_config(
                FunctionName=self.name, Qualifier="live"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ProvisionedConcurrencyConfigNotFoundException":
                raise
            return None
        return told

    @property
    def capacity(self) -> int:
        """What is asked for; 0 if there is no configuration."""
        told = self.provisioned()
        return 0 if told is None else int(told["RequestedProvisionedConcurrentExecutions"])

    @property
    def status(self) -> str:
        told = self.provisioned()
        return "" if told is None else str(told["Status"])

    @property
    def target(self) -> dict[str, Any]:
        (told,) = self.client.describe_scalable_targets(
            ServiceNamespace="lambda", ResourceIds=[self.resource_id]
        )["ScalableTargets"]
        described: dict[str, Any] = told
        return described

    def activities(self, **more: Any) -> list[dict[str, Any]]:
        """Return the scaling activities, oldest first."""
        told: list[dict[str, Any]] = self.client.describe_scaling_activities(
            ServiceNamespace="lambda", ResourceId=self.resource_id, **more
        )["ScalingActivities"]
        return told[::-1]

    # -- what is asked -----------------------------------------------------------------------------

    def schedule(self, name: str, schedule: str, **more: Any) -> None:
        capacities = {key: more.pop(key) for key in ("MinCapacity", "MaxCapacity") if key in more}
        action = {"ScalableTargetAction": capacities} if capacities else {}
        self.client.put_scheduled_action(
            **self.key, ScheduledActionName=name, Schedule=schedule, **action, **more
        )

    def track(self, target: float = 0.7, name: str = "policy", **more: Any) -> dict[str, Any]:
        config = {"TargetValue": target, "PredefinedMetricSpecification": UTILIZATION, **more}
        answer: dict[str, Any] = self.client.put_scaling_policy(
            **self.key,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=config,
        )
        return answer

    def states(self) -> dict[str, str]:
        """Return the states of the policies' alarms by ``High`` and ``Low``."""
        alarms = self.lab.client("cloudwatch").describe_alarms(
            AlarmNamePrefix=f"TargetTracking-{self.resource_id}-Alarm"
        )["MetricAlarms"]
        return {
            alarm["AlarmName"].split("-Alarm")[-1].split("-")[0]: alarm["StateValue"]
            for alarm in alarms
        }
