"""How moto's CloudFormation makes, changes and deletes event source mappings.

``aws/mapping_template.py`` and ``aws/triggers.py`` take the place of these names of moto's.
"""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from moto.awslambda import models
from moto.awslambda.models import EventSourceMapping, LambdaBackend

from lambda_lab.aws.mapping_template import TemplateMapping
from lambda_lab.aws.triggers import RegionBackend

MAPPING = {"UUID": "u", "EventSourceMappingArn": "arn:m"}
NAMES = (
    "create_event_source_mapping",
    "update_event_source_mapping",
    "delete_event_source_mapping",
    "list_event_source_mappings",
)


@pytest.mark.parametrize("name", NAMES)
def test_ours_stands_in_for_motos(name: str) -> None:
    theirs = list(inspect.signature(getattr(LambdaBackend, name)).parameters)
    assert list(inspect.signature(getattr(RegionBackend, name)).parameters) == theirs
    assert name in vars(RegionBackend)


def test_nothing_else_of_motos_fills_its_own_mappings() -> None:
    source = inspect.getsource(LambdaBackend)
    filled = [line for line in source.splitlines() if "_event_source_mappings[" in line]
    inside = inspect.getsource(LambdaBackend.create_event_source_mapping)
    assert filled
    assert all(line in inside for line in filled)


def test_a_stack_calls_the_backend() -> None:
    backend = mock.Mock(spec=RegionBackend)
    template = {"Properties": {"FunctionName": "f", "EventSourceArn": "arn:q"}}
    named = SimpleNamespace(uuid="u")
    with mock.patch.object(models, "get_backend", return_value=backend):
        EventSourceMapping.create_from_cloudformation_json("M", template, "1", "r")
        EventSourceMapping.update_from_cloudformation_json(named, "M", template, "1", "r")
        made: Any = TemplateMapping(MAPPING)  # type: ignore[abstract]
        made.delete("1", "r")
    backend.create_event_source_mapping.assert_called_once_with(template["Properties"])
    backend.update_event_source_mapping.assert_called_once_with("u", template["Properties"])
    backend.delete_event_source_mapping.assert_called_once_with("u")


def test_a_stack_knows_a_mapping_by_its_uuid() -> None:
    made: Any = TemplateMapping(MAPPING)  # type: ignore[abstract]
    assert EventSourceMapping.cloudformation_type() == "AWS::Lambda::EventSourceMapping"
    assert made.physical_resource_id == made.get_cfn_attribute("Id") == "u"
    assert made.get_cfn_attribute("EventSourceMappingArn") == "arn:m"
    assert made.has_cfn_attr("Id")
    assert not made.has_cfn_attr("Other")
