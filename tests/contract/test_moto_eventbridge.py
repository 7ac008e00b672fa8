"""Each name of moto's that EventBridge and its Scheduler stand on; see test_moto_seam.py."""

from __future__ import annotations

import ast
import importlib
import inspect
from typing import Any

import pytest

from repository import PACKAGE

FOLDER = PACKAGE / "aws" / "pushes"
FILES = (
    "events.py",
    "pattern_trial.py",
    "schedule_checks.py",
    "schedule_targets.py",
    "scheduler.py",
    "schedules.py",
    "targets.py",
)

NAMES = {
    "moto.cloudwatch.models.cloudwatch_backends": "takes AWS/Events metrics; see put_metrics",
    "moto.core.exceptions.JsonRESTError": "a target's refusal; see targets.send",
    "moto.core.exceptions.ServiceException": "a target's refusal; see targets.send",
    "moto.events.exceptions.InvalidEventPatternException": "the answer to a bad pattern",
    "moto.events.exceptions.ValidationException": "the answer to a bad schedule of a rule",
    "moto.events.models.EventsBackend": "put_events and the calls that change rules are replaced",
    "moto.events.models.Rule": "send_to_targets is replaced; see events.EventBridge",
    "moto.events.responses.EventsHandler": "TestEventPattern is answered; see pattern_trial.py",
    "moto.events.models.events_backends": "where buses, rules and archives are",
    "moto.logs.models.logs_backends": "a log group as a target; see targets._log_group",
    "moto.scheduler.exceptions.ScheduleGroupNotFound": "the answer about a group that is not there",
    "moto.scheduler.exceptions.ValidationException": "the answer to a bad schedule",
    "moto.scheduler.models.EventBridgeSchedulerBackend": "calls that change schedules are replaced",
    "moto.scheduler.responses.EventBridgeSchedulerResponse": "UpdateSchedule forgets a setting",
    "moto.sns.models.sns_backends": "a topic as a target",
    "moto.sqs.models.sqs_backends": "a queue as a target, and dead-letter queues",
}
"""Every name these modules import from moto, and what it is for."""

SIGNATURES = {
    "moto.cloudwatch.models.CloudWatchBackend.put_metric_data": "self namespace metric_data",
    "moto.events.models.EventsBackend.put_events": "self events",
    "moto.events.models.EventsBackend.put_rule": "self name description event_bus_arn "
    "event_pattern role_arn scheduled_expression state managed_by tags",
    "moto.events.models.EventsBackend.enable_rule": "self name event_bus_arn",
    "moto.events.models.EventsBackend.disable_rule": "self name event_bus_arn",
    "moto.events.models.EventsBackend.delete_rule": "self name event_bus_arn",
    "moto.events.models.Rule.send_to_targets": "self original_event transform_input",
    "moto.events.models.EventPattern.dump": "self",
    "moto.events.responses.EventsHandler.test_event_pattern": "self",
    "moto.scheduler.models.EventBridgeSchedulerBackend.create_schedule": "self description "
    "end_date flexible_time_window group_name kms_key_arn name schedule_expression "
    "schedule_expression_timezone start_date state target action_after_completion",
    "moto.scheduler.models.EventBridgeSchedulerBackend.update_schedule": "self description "
    "end_date flexible_time_window group_name kms_key_arn name schedule_expression "
    "schedule_expression_timezone start_date state target",
    "moto.scheduler.models.EventBridgeSchedulerBackend.delete_schedule": "self group_name name",
    "moto.scheduler.models.EventBridgeSchedulerBackend.delete_schedule_group": "self name",
    "moto.scheduler.responses.EventBridgeSchedulerResponse.update_schedule": "self",
    "moto.sns.models.SNSBackend.get_topic": "self arn",
}
"""Methods that are replaced or called, and the names of their parameters."""


def imported() -> set[str]:
    return {
        f"{node.module}.{alias.name}"
        for name in FILES
        for node in ast.walk(ast.parse((FOLDER / name).read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("moto.")
        for alias in node.names
    }


def found(dotted: str) -> Any:
    try:
        return importlib.import_module(dotted)
    except ModuleNotFoundError:
        owner, _, name = dotted.rpartition(".")
        return getattr(found(owner), name, None)


def test_every_name_has_a_row_and_every_row_is_used() -> None:
    assert imported() == set(NAMES), "give each name a row here that says what it is for"


@pytest.mark.parametrize("dotted", sorted(NAMES))
def test_the_name_is_there(dotted: str) -> None:
    assert found(dotted) is not None, (
        f"moto has no {dotted} any more: {NAMES[dotted]}. Mend aws/pushes, then this table; until "
        "then hold moto at the version in requirements/dev.txt."
    )


@pytest.mark.parametrize("dotted", sorted(SIGNATURES))
def test_the_method_takes_what_we_hand_it(dotted: str) -> None:
    method = found(dotted)
    assert method is not None, f"moto has no {dotted} any more: see aws/pushes"
    assert list(inspect.signature(method).parameters) == SIGNATURES[dotted].split()


def test_a_rule_has_what_is_read_of_it() -> None:
    from moto.events.models import Rule

    rule = Rule("r", "123456789012", "us-east-1", None, '{"source": ["x"]}', None, None, "b", None)
    assert rule.arn == "arn:aws:events:us-east-1:123456789012:rule/b/r"
    assert (rule.state, rule.targets, rule.managed_by) == ("ENABLED", [], None)
    assert rule.event_pattern.dump() == '{"source": ["x"]}'
    assert (rule.account_id, rule.region_name) == ("123456789012", "us-east-1")


def test_a_schedule_has_what_is_read_of_it() -> None:
    from moto.scheduler.models import EventBridgeSchedulerBackend

    backend = EventBridgeSchedulerBackend("us-east-1", "123456789012")
    made = backend.create_schedule(
        description=None,
        end_date=None,
        flexible_time_window={"Mode": "OFF"},
        group_name=None,
        kms_key_arn=None,
        name="s",
        schedule_expression="rate(1 hour)",
        schedule_expression_timezone=None,
        start_date=None,
        state=None,
        target={"Arn": "a", "RoleArn": "r"},
        action_after_completion=None,
    )
    assert made.arn == "arn:aws:scheduler:us-east-1:123456789012:schedule/default/s"
    assert (made.state, made.group_name, made.name) == ("ENABLED", "default", "s")
    assert made.schedule_expression_timezone == "UTC"
    assert backend.schedule_groups["default"].schedules == {"s": made}
