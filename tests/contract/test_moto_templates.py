"""Each private name of moto's that CloudFormation's templates go through."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

import pytest
from moto.cloudformation import models, parsing
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.common_models import CloudFormationModel
from moto.ec2.models import EC2Backend
from moto.iam.models import IAMBackend
from moto.sns.models import Topic

from lambda_lab.aws.templates.extras import EXTRAS
from lambda_lab.aws.templates.lambda_kinds import KINDS
from lambda_lab.aws.templates.properties import CHANGED, READ
from lambda_lab.aws.templates.removal import NEVER_REMOVED, REMOVED

OWN = {"AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping", *KINDS}
WHOLE = {
    "AWS::EC2::TransitGateway",
    "AWS::EFS::MountTarget",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::Logs::LogGroup",
    "AWS::Route53::RecordSet",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
}
"""Kinds whose class hands the properties on as they are: what it reads stands elsewhere."""
CLASSES: dict[str, Any] = {
    kind: model
    for kind, model in parsing.get_model_map().items()
    if kind.startswith("AWS::") and kind != "AWS::SERVICE::RESOURCE"
}


def mentioned(kind: str) -> set[str]:
    """Return the texts in the source of the method that makes a *kind*, and the name's property."""
    method = CLASSES[kind].create_from_cloudformation_json
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return texts | {CLASSES[kind].cloudformation_name_type() or ""}


@pytest.mark.parametrize("kind", sorted({*READ} - OWN - WHOLE))
def test_each_property_that_is_taken_is_one_that_moto_mentions(kind: str) -> None:
    assert READ[kind] <= mentioned(kind), "see aws/templates/properties.py"


def test_each_kind_of_motos_has_its_properties() -> None:
    assert {*CLASSES} - OWN <= {*READ} | {*EXTRAS}, "a kind would be read without a look"
    assert ({*READ} | {*CHANGED} | {*EXTRAS} | {*REMOVED}) <= {*CLASSES} | OWN
    assert CHANGED.keys() <= {*READ} | OWN
    for kind, names in CHANGED.items():
        assert names == {"*"} or names <= READ[kind], kind


def has_no_update(kind: str) -> bool:
    return hasattr(CLASSES[kind].update_from_cloudformation_json, "__isabstractmethod__")


def test_no_change_is_promised_where_moto_has_no_update() -> None:
    assert [kind for kind in {*CHANGED} - OWN if has_no_update(kind)] == []


def test_each_kind_is_removed_by_somebody() -> None:
    def stays(kind: str) -> bool:
        model = CLASSES[kind]
        has_none = hasattr(model.delete_from_cloudformation_json, "__isabstractmethod__")
        return has_none and not hasattr(model, "delete")

    left = {kind for kind in CLASSES if stays(kind)} - {*REMOVED} - OWN
    assert left == NEVER_REMOVED, "see aws/templates/removal.py"


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (parsing.clean_json, "resource_json resources_map"),
        (parsing.resource_class_from_type, "resource_type"),
        (parsing.resource_name_property_from_type, "resource_type"),
        (parsing.parse_resource, "resource_json resources_map"),
        (
            parsing.parse_and_create_resource,
            "logical_id resource_json resources_map account_id region_name",
        ),
        (
            parsing.parse_and_update_resource,
            "logical_id resource_json resources_map account_id region_name",
        ),
        (parsing.parse_resource_and_generate_name, "logical_id resource_json resources_map"),
        (parsing.ResourceMap.load, "self"),
        (parsing.ResourceMap.load_parameters, "self"),
        (parsing.ResourceMap.load_mapping, "self"),
        (parsing.ResourceMap.load_conditions, "self"),
        (parsing.ResourceMap.build_resource_diff, "self other_template parameters"),
        (parsing.ResourceMap.update, "self template parameters"),
        (parsing.ResourceMap.delete, "self"),
        (parsing.ResourceMap._delete_resource, "self parsed_resource resource_json"),
        (models.Stack.parse_template, "template"),
        (models.Stack.update, "self template role_arn parameters tags"),
        (models.Stack.has_parameters, "self other_parameters"),
        (models.ChangeSet.apply, "self"),
        (
            CloudFormationResponse._validate_different_update,
            "self incoming_params stack_body old_stack",
        ),
        (IAMBackend.detach_role_policy, "self policy_arn role_name"),
        (IAMBackend.delete_role_policy, "self role_name policy_name"),
        (models.Stack.has_template, "self other_template"),
        (models.ChangeSet._parse_template, "self"),
        (models.CloudFormationBackend.delete_stack, "self name_or_stack_id"),
        (CloudFormationResponse._get_stack_from_s3_url, "self template_url"),
        (CloudFormationResponse.create_stack, "self"),
        (CloudFormationResponse.update_stack, "self"),
        (CloudFormationResponse.create_change_set, "self"),
        (CloudFormationResponse.validate_template, "self"),
        (EC2Backend.modify_vpc_attribute, "self vpc_id attr_name attr_value"),
        (EC2Backend.modify_subnet_attribute, "self subnet_id attr_name attr_value"),
        (IAMBackend.attach_role_policy, "self policy_arn role_name"),
    ],
)
def test_a_method_has_its_parameters(method: Any, expected: str) -> None:
    assert " ".join(inspect.signature(method).parameters) == expected, (
        f"{method.__qualname__} changed: follow it in aws/template_types.py and aws/templates"
    )


def test_a_resource_of_ours_has_what_a_stack_asks_of_one() -> None:
    asked = {"has_cfn_attr", "get_cfn_attribute", "is_created", "create_from_cloudformation_json"}
    assert asked - {"get_cfn_attribute"} <= {*dir(CloudFormationModel)}
    for kind in KINDS.values():
        assert asked <= {*dir(kind)}


def test_a_topic_keeps_its_tags_where_they_are_set() -> None:
    assert "self._tags" in inspect.getsource(Topic.__init__), (
        "see _tag_topic in templates/extras.py"
    )


def test_a_resource_map_has_the_names_that_are_looked_at() -> None:
    resources = parsing.ResourceMap("id", "name", {}, {}, "us-east-1", "1", {}, None)
    for name in (
        *("_template", "_resource_json_map", "_parsed_resources", "input_parameters"),
        *("resolved_parameters", "_account_id", "_region_name"),
    ):
        assert hasattr(resources, name), f"ResourceMap.{name} is gone: see aws/templates/stacks.py"
