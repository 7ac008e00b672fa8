"""``DatabaseConnections``: what an instance tells CloudWatch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from live_region import LiveRegion
from rds_tools import Rds


def points(lab: LiveRegion, identifier: str, **back: Any) -> list[float]:
    """Return the values of the time before now, oldest first."""
    now = lab.region.clock.now()
    found = lab.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName="DatabaseConnections",
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": identifier}],
        StartTime=now - timedelta(**back),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    return [one["Maximum"] for one in sorted(found, key=lambda one: one["Timestamp"])]


def test_clients_are_counted_each_minute(lab: LiveRegion, rds: Rds) -> None:
    identifier = rds.make(MultiAZ=True)
    lab.region.clock.advance(minutes=1)
    assert points(lab, identifier, minutes=2)[-1] == 0  # neither ours nor the standby's
    held = [rds.connect(identifier) for _ in range(3)]
    lab.region.clock.advance(minutes=2)
    assert points(lab, identifier, minutes=3)[-1] == 3
    for connection in held:
        connection.close()
    rds.api.stop_db_instance(DBInstanceIdentifier=identifier)
    lab.region.clock.advance(minutes=2)
    assert points(lab, identifier, minutes=1)[-1] == 0


def test_a_day_has_all_its_minutes(lab: LiveRegion, rds: Rds) -> None:
    identifier = rds.make()
    with_one = rds.connect(identifier)
    lab.region.clock.advance(hours=24)
    found = points(lab, identifier, hours=23)
    assert len(found) >= 23 * 60
    assert set(found) == {1}
    with_two = rds.connect(identifier)
    lab.region.clock.advance(minutes=1)
    assert points(lab, identifier, minutes=1)[-1] == 2
    for connection in (with_one, with_two):
        connection.close()


def test_nothing_is_told_of_what_is_deleted(lab: LiveRegion, rds: Rds) -> None:
    identifier = rds.make()
    lab.region.clock.advance(minutes=3)
    assert points(lab, identifier, minutes=3)
    rds.api.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)
    lab.region.clock.advance(minutes=10)
    assert points(lab, identifier, minutes=8) == []
