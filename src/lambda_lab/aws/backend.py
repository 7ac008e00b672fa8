"""Lambda's control plane: the states that functions go through, from the first to the last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.checks import (
    check_environment,
    check_runtime,
    check_tags,
    check_unzipped_with_layers,
    checked_zip,
    request_too_large,
)
from lambda_lab.aws.code_checks import unzipped_size
from lambda_lab.aws.code_storage import check_room
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.event_targets import check_dead_letter
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.moto_seam import (
    JsonRESTError,
    LayerVersion,
    lambda_backend,
    read_object,
    translate,
)
from lambda_lab.aws.names import parse_layer_arn
from lambda_lab.aws.roles import check_role
from lambda_lab.aws.services import Services, services, use_services
from lambda_lab.aws.snap_start import begin_snapshot, check_snap_start
from lambda_lab.aws.store import FunctionStore
from lambda_lab.aws.vpc.attachment import attach, attached, not_now, review
from lambda_lab.aws.vpc.config import check_vpc_role, read_vpc_config
from lambda_lab.records import FunctionSpec, LayerSpec

__all__ = [
    "CREATE_SECONDS",
    "UPDATE_SECONDS",
    "LabLambdaBackend",
    "Services",
    "backend_of",
    "not_now",
    "services",
    "use_services",
]

CREATE_SECONDS = 0.3
"""How long a new function is Pending. AWS publishes no time; seconds are usual there."""
UPDATE_SECONDS = 0.3
"""How long an update is InProgress. AWS publishes no time."""


class LabLambdaBackend(FunctionStore):
    """Lambda in one region of the account."""

    # -- creating --------------------------------------------------------------------------------

    def create_function(self, spec: dict[str, Any]) -> LabFunction:
        """Create a function. *spec* holds CreateFunction's parameters, code as bytes."""
        name = spec["FunctionName"]
        if name in self._lambdas._functions:
            raise aws_error("ResourceConflictException", f"Function already exist: {name}")
        check_role(self.region_name, spec["Role"])
        check_dead_letter(spec["Role"], spec.get("DeadLetterConfig"))
        check_runtime(spec.get("Runtime"), services().clock.now().date(), creates=True)
        check_environment(spec.get("Environment"))
        check_tags(spec.get("Tags") or {})
        vpc = read_vpc_config(self.region_name, spec.get("VpcConfig"), None)
        check_vpc_role(self.region_name, spec["Role"], vpc)
        layers = self.layer_specs(spec.get("Layers") or [])
        check_snap_start(spec, None, layers)
        code = self.code_of(spec.get("Code") or {}, "CreateFunction")
        check_unzipped_with_layers(code, layers)
        check_room(self, unzipped_size(code))
        quiet = {**spec, "Code": {"ZipFile": b""}, "Publish": False, "Layers": []}
        try:
            function = LabFunction(  # type: ignore[abstract]
                self.account_id, quiet, self.region_name, "$LATEST"
            )
            function.prepare(spec, code, layers, services().ids.uuid(), self.timestamp())
            function.vpc = vpc
            self._lambdas.put_function(function)
        except JsonRESTError as error:
            raise translate(error) from None
        function.spec = function.make_spec()
        seconds = attach(self, function, CREATE_SECONDS)
        services().clock.call_later(seconds, lambda: self.activate(function))
        if spec.get("Publish"):
            return self.publish(function, None)
        return function

    def activate(self, function: LabFunction) -> None:
        """End the creation of *function*, unless it is gone or Active already."""
        with self.lock:
            if self.holds(function) and function.lab_state == "Pending":
                self._become_active(function)

    def _become_active(self, function: LabFunction) -> None:
        """End the creation or the update of *function*, and of what was published meanwhile."""
        pending = [
            one
            for one in self.versions_of(function)
            if one.lab_state == "Pending" and not one.awaits_snapshot
        ]
        problem = function.attach_problem
        for one in (function, *pending):
            revision = services().ids.uuid() if one is function else one.revision_id
            if problem is None:
                one.become_active(revision)
            else:
                one.fail(problem, revision)
        attached(self, [function, *pending])

    # -- updating --------------------------------------------------------------------------------

    def begin_update(self, function: LabFunction) -> None:
        """Check that *function* may be updated now.

        Raises
        ------
        AwsError
            ``ResourceConflictException`` while it is created or another update runs.
        """
        if function.lab_state == "Pending":
            raise not_now(function)
        if function.update_status == "InProgress":
            raise aws_error(
                "ResourceConflictException",
                "The operation cannot be performed at this time. An update is in progress for "
                f"resource: {function.unqualified_arn}",
            )

    def end_update(self, function: LabFunction) -> None:
        """Start the update's time; what invocations run changes when it is over."""
        function.update_status = "InProgress"
        function.touch(services().ids.uuid(), self.timestamp())
        function.running_revision = function.revision_id
        waiting = function.make_spec()
        seconds = attach(self, function, UPDATE_SECONDS)
        services().clock.call_later(seconds, lambda: self.updated(function, waiting))

    def updated(self, function: LabFunction, spec: FunctionSpec) -> None:
        """Let invocations run *spec*, unless the function is gone or this is done already."""
        with self.lock:
            current = self.holds(function) and function.update_status == "InProgress"
            if not current or spec.revision != function.running_revision:
                return
            if function.attach_problem is None:
                function.spec = spec
            self._become_active(function)
        services().plane().function_changed(spec)

    def publish(self, function: LabFunction, description: str | None) -> LabFunction:
        """Publish a version, or return the newest one if nothing changed since."""
        versions = self.versions_of(function)
        content = function.content()
        if versions and versions[-1].published_content == content:
            return versions[-1]
        check_room(self, function.unzipped_size)
        name = function.function_name
        number = self._last_numbers.get(name, 0) + 1
        self._last_numbers[name] = number
        ids = services().ids
        version = function.published(number, ids.uuid(), self.timestamp(), description)
        version.published_content = content
        version.last_used_ns = services().clock.now_ns()
        versions.append(version)
        self._lambdas._arns[version.function_arn] = version
        begin_snapshot(self, version)
        # Recorded: publishing gives $LATEST a new RevisionId as well.
        function.revision_id = ids.uuid()
        return version

    def publish_version(self, name_or_arn: str, description: str = "") -> LabFunction:
        """Publish a version; moto's name for it, which CloudFormation calls."""
        with self.lock:
            function: Any = self.get_function(name_or_arn)
            return self.publish(function, description or None)

    def delete(self, function: LabFunction, version: str | None) -> None:
        """Delete a function, or one published version of it."""
        with self.lock:
            name = function.function_name
            self._lambdas.del_function(name if version is None else f"{name}:{version}")
            if version is not None:
                function.policies.forget(version)
                function.event_settings.pop(version, None)
                function.provisioned.pop(version, None)
            review(self)
        services().plane().function_deleted(function.unqualified_arn, version)

    def delete_function(self, function_name: str, qualifier: str | None = None) -> None:
        """Delete a function; moto's name for it, which CloudFormation calls."""
        function: Any = self.get_function(function_name, qualifier)
        self.delete(function, qualifier)
        with self.lock:
            review(self, function.former_places)  # a stack waits until they are gone

    # -- parts -----------------------------------------------------------------------------------

    def code_of(self, code: Mapping[str, Any], operation: str) -> bytes:
        """Return the zip that a ``Code`` means, checked against AWS's limits."""
        if code.get("ZipFile") is not None:
            archive = bytes(code["ZipFile"])
            if len(archive) > int(facts.value("package.zip.direct-maximum")):
                raise request_too_large(operation)
        elif code.get("S3Bucket") and code.get("S3Key"):
            archive = read_object(
                self.region_name, code["S3Bucket"], code["S3Key"], code.get("S3ObjectVersion")
            )
        else:
            raise aws_error(
                "InvalidParameterValueException", "Please provide a source for function code."
            )
        return checked_zip(archive)

    def layer_specs(self, arns: list[str]) -> tuple[LayerSpec, ...]:
        """Return the layers that *arns* name.

        Raises
        ------
        AwsError
            For a layer that is not there, two versions of one layer, or too many layers.
        """
        limit = int(facts.value("layers.maximum"))
        if len(arns) > limit:
            raise aws_error(
                "InvalidParameterValueException", f"Cannot reference more than {limit} layers."
            )
        seen: dict[str, str] = {}
        found: list[LayerSpec] = []
        for arn in arns:
            found.append(self._layer_spec(arn))
            layer = arn.rpartition(":")[0]
            if layer in seen:
                raise aws_error(
                    "InvalidParameterValueException",
                    "Two different versions of the same layer are not allowed to be referenced in "
                    f"the same function. {seen[layer]} and {arn} are versions of the same layer.",
                )
            seen[layer] = arn
        return tuple(found)

    def _layer_spec(self, arn: str) -> LayerSpec:
        named = parse_layer_arn(arn)
        if named is not None and named.region != self.region_name:
            raise aws_error(
                "InvalidParameterValueException",
                "Layers are not in the same region as the function. "
                f"Layers are expected to be in region {self.region_name}.",
            )
        layer: LayerVersion | None = None
        if named is not None and named.account == self.account_id:
            layer = self.layers_versions_by_arn(arn)
        if layer is None:
            raise aws_error(
                "InvalidParameterValueException", f"Layer version {arn} does not exist."
            )
        return LayerSpec(arn, layer.code_sha_256, layer.code_bytes)

    def check_changes(self, params: Mapping[str, Any]) -> None:
        """Check what a configuration change names: role, runtime, variables."""
        if params.get("Role"):
            check_role(self.region_name, params["Role"])
        check_runtime(params.get("Runtime"), services().clock.now().date(), creates=False)
        check_environment(params.get("Environment"))


def backend_of(region: str) -> LabLambdaBackend:
    """Return Lambda in *region*.

    Raises
    ------
    AwsError
        ``InvalidSignatureException`` for a region that does not exist, as the front of AWS's
        services says it.
    """
    try:
        backend: LabLambdaBackend = lambda_backend(region)
    except KeyError:
        raise aws_error(
            "InvalidSignatureException", "Credential should be scoped to a valid region."
        ) from None
    return backend
