"""Each private name of moto's that the region stands on, one by one.

When an upgrade breaks a row here, its text says what to do. The list is held against the imports
of ``aws/moto_seam.py``, so that no name is used without a row.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from typing import Any

import pytest

from repository import PACKAGE

SEAM = tuple(
    PACKAGE / "aws" / f"{name}.py"
    for name in ("moto_seam", "moto_instances", "cloudwatch", "egress_seam")
)

NAMES = {
    "moto.awslambda_simple.models": "the module moto looks the Docker-free backend up in; find "
    "where moto.awslambda.utils.get_backend looks now and put ours there in install_backend",
    "moto.awslambda_simple.responses": "holds its own name of that backend; see install_backend",
    "moto.core.utils": "utcnow is what moto's services ask for the time; see moto_reads",
    "moto.awslambda.models.LambdaAlias": "what aliases are kept as; see aliases.py",
    "moto.awslambda.models.LambdaBackend": "the base of FunctionStore",
    "moto.awslambda.models.LambdaFunction": "the base of LabFunction",
    "moto.awslambda.models.LayerVersion": "what layer versions are kept as; see api_layers",
    "moto.cloudwatch.models.cloudwatch_backends": "takes metrics; see put_lambda_metrics",
    "moto.cloudwatch.models.CloudWatchBackend": "its queries are replaced; see exact_dimensions",
    "moto.cloudwatch.models.MetricDatum": "the base of LambdaDatum; its filter() finds points",
    "moto.core.base_backend.BackendDict": "one backend per account and region, and reset()",
    "moto.core.common_models.BaseModel": "its classes keep what they made in instances_tracked; "
    "see moto_instances",
    "moto.core.config.default_user_config": "where 'no Docker' is said; see install_backend",
    "moto.core.exceptions.JsonRESTError": "the error moto raises; see translate",
    "moto.core.model_instances.reset_model_data": "the second half of /moto-api/reset",
    "moto.core.models.DEFAULT_ACCOUNT_ID": "the account of every region here",
    "moto.ec2.models.ec2_backends": "whether anybody has networks; see networks_exist",
    "moto.rds.models.rds_backends": "where databases stand; see database_place",
    "moto.iam.models.IAMBackend": "reads the policies of AWS; see _policies_of_aws",
    "moto.iam.models.iam_backends": "where roles are; see role_trusts_lambda",
    "moto.iam.exceptions.NotFoundException": "a role that is not there; see role_trusts_lambda",
    "moto.logs.models.logs_backends": "takes log events; see put_log_events",
    "moto.backends.get_backend": "loads a service, and makes nothing of it",
    "moto.moto_server.werkzeug_app.DomainDispatcherApplication": "chooses a service by request",
    "moto.moto_server.werkzeug_app.create_backend_app": "makes one service's Flask application",
    "moto.s3.exceptions.MissingBucket": "an S3 error that Lambda words anew; see read_object",
    "moto.s3.exceptions.MissingKey": "an S3 error that Lambda words anew; see read_object",
    "moto.s3.models.s3_backends": "where packages in S3 are; see read_object",
    "moto.sts.models.sts_backends": "assumes a function's role; see credentials_for_role",
    "moto.utilities.utils.get_partition": "the key of the backends that have no region",
    "moto.utilities.utils.load_resource_as_str": "reads cfnresponse; see template_response_module",
}
"""Every name the seam imports from moto, and what it is for."""


def imported() -> set[str]:
    """Return the dotted names that the seam imports from moto."""
    names: set[str] = set()
    for node in (node for path in SEAM for node in ast.walk(ast.parse(path.read_text("utf-8")))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.startswith("moto")}


def test_every_name_has_a_row_and_every_row_is_used() -> None:
    assert imported() == set(NAMES), "give each name a row here that says what it is for"


def found(dotted: str) -> Any:
    """Import what *dotted* names, a module or something in one."""
    try:
        return importlib.import_module(dotted)
    except ModuleNotFoundError:
        module, _, name = dotted.rpartition(".")
        return getattr(importlib.import_module(module), name, None)


@pytest.mark.parametrize("dotted", sorted(NAMES))
def test_the_name_is_there(dotted: str) -> None:
    assert found(dotted) is not None, (
        f"moto has no {dotted} any more: {NAMES[dotted]}. Mend aws/moto_seam.py, then this table; "
        "until then hold moto at the version in requirements/dev.txt."
    )


SIGNATURES = {
    "moto.cloudwatch.models.CloudWatchBackend.get_metric_statistics": "self namespace metric_name "
    "start_time end_time period stats dimensions unit",
    "moto.cloudwatch.models.CloudWatchBackend.get_metric_data": "self queries start_time end_time "
    "scan_by",
    "moto.cloudwatch.models.CloudWatchBackend.get_all_metrics": "self",
    "moto.cloudwatch.models.MetricDatum.filter": "self namespace name dimensions "
    "already_present_metrics",
    "moto.awslambda.models.LambdaBackend.__init__": "self region_name account_id",
    "moto.awslambda.models.LambdaBackend.create_function": "self spec",
    "moto.awslambda.models.LambdaBackend.delete_function": "self function_name qualifier",
    "moto.awslambda.models.LambdaBackend.publish_version": "self function_name description",
    "moto.awslambda.models.LambdaBackend.publish_layer_version": "self spec",
    "moto.awslambda.models.LambdaBackend.get_function": "self function_name_or_arn qualifier",
    "moto.awslambda.models.LambdaBackend.get_layer_version": "self layer_name layer_version",
    "moto.awslambda.models.LambdaBackend.list_layer_versions": "self layer_name",
    "moto.awslambda.models.LambdaBackend.layers_versions_by_arn": "self layer_version_arn",
    "moto.awslambda.models.LambdaBackend.create_alias": "self name function_name function_version "
    "description routing_config",
    "moto.awslambda.models.LambdaBackend.delete_alias": "self name function_name",
    "moto.awslambda.models.LambdaBackend.list_aliases": "self function_name",
    "moto.awslambda.models.LambdaBackend.create_event_source_mapping": "self spec",
    "moto.awslambda.models.LambdaBackend.invoke": "self function_name qualifier body headers "
    "response_headers",
    "moto.awslambda.models.LambdaBackend.send_log_event": "self function_arn filter_name "
    "log_group_name log_stream_name log_events",
    "moto.awslambda.models.LambdaFunction.__init__": "self account_id spec region version",
    "moto.awslambda.models.LambdaFunction.invoke": "self body request_headers response_headers",
    "moto.awslambda.models.LambdaFunction.get_configuration": "self on_create",
    "moto.awslambda.models.LambdaFunction.delete": "self account_id region",
    "moto.awslambda.models.LambdaStorage.put_function": "self fn",
    "moto.awslambda.models.LambdaStorage.del_function": "self name_or_arn qualifier",
    "moto.awslambda.models.LambdaStorage.latest": "self",
    "moto.awslambda.models.LambdaStorage.get_function_by_name_with_qualifier": "self name "
    "qualifier",
    "moto.awslambda.models.LayerStorage.put_layer_version": "self layer_version",
    "moto.awslambda.models.LayerStorage.delete_layer_version": "self layer_name layer_version",
    "moto.awslambda.models.LayerVersion.__init__": "self spec account_id region",
    "moto.core.base_backend.BackendDict.__init__": "self backend service_name use_boto3_regions "
    "additional_regions",
    "moto.core.base_backend.BackendDict.reset": "",
    "moto.core.model_instances.reset_model_data": "",
    "moto.backends.get_backend": "name",
    "moto.moto_server.werkzeug_app.create_backend_app": "service",
    "moto.core.utils.utcnow": "",
}
"""Methods that are called or replaced by name, and the parameters they are expected to have."""


def resolve(dotted: str) -> Any:
    """Return the attribute that *dotted* names, through modules and classes."""
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            value = getattr(value, name)
        return value
    raise AssertionError(dotted)


@pytest.mark.parametrize("dotted", sorted(SIGNATURES))
def test_the_method_has_its_parameters(dotted: str) -> None:
    parameters = " ".join(inspect.signature(resolve(dotted)).parameters)
    assert parameters == SIGNATURES[dotted], (
        f"{dotted} changed its parameters. Bring the method of that name in src/lambda_lab/aws, "
        "and its callers there, to the new ones; then this table."
    )


def test_a_backend_keeps_what_ours_reads() -> None:
    from moto.awslambda.models import LambdaBackend

    backend = LambdaBackend("us-east-1", "123456789012")
    advice = "FunctionStore reads this private part of moto's storage; follow it in aws/store.py"
    assert backend._lambdas._functions == {}, advice
    assert dict(backend._lambdas._arns) == {}, advice
    assert dict(backend._lambdas._aliases) == {}, advice
    assert backend._layers._layers == {}, advice


@pytest.mark.parametrize(
    "service",
    ["sns.models", "dynamodb.models.table", "sqs.models", "events.notifications", "logs.models",
     "kinesis.models", "s3.notifications", "secretsmanager.models", "cloudformation.custom_model"],
)  # fmt: skip
def test_other_services_find_lambda_by_the_one_door(service: str) -> None:
    module = importlib.import_module(f"moto.{service}")
    assert "awslambda.utils import get_backend" in inspect.getsource(module), (
        f"moto.{service} no longer asks moto.awslambda.utils.get_backend for Lambda, so our "
        "backend may be passed by. See docs/decisions/0030-triggers-of-moto.md."
    )


@pytest.mark.fidelity("other-callers")
def test_no_service_of_moto_has_a_new_way_into_lambda() -> None:
    from pathlib import Path

    import moto
    from moto.awslambda.models import LambdaBackend

    known = {name for name in vars(LambdaBackend) if name.startswith(("send_", "_send_", "invoke"))}
    assert known == {
        *("send_sqs_batch", "_send_sqs_message", "send_kinesis_message", "send_sns_message"),
        *("send_dynamodb_items", "send_log_event", "invoke"),
    }, "a new way into Lambda: see aws/triggers.py and docs/decisions/0030-triggers-of-moto.md"
    folder = Path(moto.__file__).parent
    callers = {
        path.relative_to(folder).parts[0]
        for path in folder.rglob("*.py")
        if "awslambda.utils import get_backend" in path.read_text(encoding="utf-8")
    }
    assert callers == {
        *("awslambda", "cloudformation", "config", "dynamodb", "events", "kinesis", "logs", "s3"),
        *("secretsmanager", "sns", "sqs"),
    } - ({"awslambda"} - callers), "a new service calls Lambda: see aws/triggers.py and add it"


def test_the_clock_can_be_put_under_every_service() -> None:
    from moto.core import utils

    assert callable(utils.utcnow), "moto_reads replaces utcnow; find moto's new source of time"
