"""A region that is emptied scales nothing any more."""

from __future__ import annotations

from live_region import LiveRegion
from scaling_tools import Scaled


def test_a_reset_ends_it(lab: LiveRegion) -> None:
    scaled = Scaled(lab, 1, 9)
    scaled.schedule("some", "rate(1 hour)", MinCapacity=3)
    scaled.track()
    lab.region.reset()
    scaled.later(hours=2)
    told = scaled.client.describe_scaling_activities(ServiceNamespace="lambda")
    assert told["ScalingActivities"] == []
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert lab.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
