"""Lambda's control plane: what functions there are, and the states they go through.

A subclass of moto's backend, so that every other moto service that knows Lambda - CloudFormation,
resource tagging - works with the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.moto_seam import (
    JsonRESTError,
    LambdaBackend,
    LayerVersion,
    lambda_backend,
    read_object,
    role_trusts_lambda,
    translate,
)
from lambda_lab.aws.names import FunctionName, function_arn
from lambda_lab.clock import Clock
from lambda_lab.errors import AwsError, PackagingError, SandboxError
from lambda_lab.ids import Ids
from lambda_lab.invoke.plane import DataPlane
from lambda_lab.records import FunctionSpec, LayerSpec
from lambda_lab.runtime.packages import check_zip
from lambda_lab.runtime.runtimes import served_by

__all__ = [
    "CREATE_SECONDS",
    "DIRECT_UPLOAD_BYTES",
    "UPDATE_SECONDS",
    "LabLambdaBackend",
    "Services",
    "backend_of",
    "checked_zip",
    "check_environment",
    "not_now",
    "services",
    "use_services",
]

CREATE_SECONDS = 0.3
"""How long a new function is Pending. AWS publishes no time; seconds are usual there."""
UPDATE_SECONDS = 0.3
"""How long an update is InProgress. AWS publishes no time."""
DIRECT_UPLOAD_BYTES = 70_167_211
"""The request size AWS names when a package is too large to upload directly: base64 and all."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the backends of a region need from the rest of the package."""

    clock: Clock
    ids: Ids
    call_ids: Ids
    plane: Callable[[], DataPlane]
    endpoint: Callable[[], str]


_services: Services | None = None


def use_services(services: Services | None) -> None:
    """Set what backends use. moto makes backends itself, so they cannot be handed it."""
    global _services
    _services = services


def _use() -> Services:
    if _services is None:
        raise SandboxError("No region is open. Open one with Lab() or `lambda-lab serve`.")
    return _services


class LabLambdaBackend(LambdaBackend):  # type: ignore[misc]
    """Lambda in one region of the account."""

    # -- finding -------------------------------------------------------------------------------

    def find(self, named: FunctionName) -> LabFunction:
        """Return the function, version or alias target that *named* means.

        Raises
        ------
        AwsError
            ``ResourceNotFoundException`` in AWS's words.
        """
        if named.account is None or named.account == self.account_id:
            try:
                found: LabFunction = self._lambdas.get_function_by_name_with_qualifier(
                    named.name, named.qualifier
                )
                return found
            except JsonRESTError:
                pass
        account = named.account or self.account_id
        arn = function_arn(self.region_name, account, named.name, named.qualifier)
        raise aws_error("ResourceNotFoundException", f"Function not found: {arn}")

    def functions(self) -> list[LabFunction]:
        """Return the latest version of every function, by name."""
        return sorted(self._lambdas.latest(), key=lambda function: function.function_name)

    def reserved_concurrency(self, name: str) -> int | None:
        """Return what is reserved for the function *name*, if anything."""
        found = self._lambdas._functions.get(name)
        if found is None or found["latest"] is None:
            return None
        reserved: int | None = found["latest"].reserved_concurrency
        return reserved

    # -- creating and updating -----------------------------------------------------------------

    def create_function(self, spec: dict[str, Any]) -> LabFunction:
        """Create a function. *spec* holds CreateFunction's parameters, code as bytes."""
        services = _use()
        name = str(spec["FunctionName"]).rsplit(":", 1)[-1]
        spec = {**spec, "FunctionName": name}
        if any(function.function_name == name for function in self.functions()):
            raise aws_error("ResourceConflictException", f"Function already exist: {name}")
        self._check_role(spec["Role"])
        self._check_runtime(spec.get("Runtime"))
        check_environment(spec.get("Environment"))
        layers = self.layer_specs(spec.get("Layers") or [])
        code = self.package(spec.get("Code") or {}, layers, "CreateFunction")
        quiet = {**spec, "Code": {"ZipFile": b""}, "Publish": False}
        try:
            function = LabFunction(self.account_id, quiet, self.region_name, "$LATEST")
            function.prepare(spec, code, services.ids.uuid(), self.timestamp())
            self._lambdas.put_function(function)
        except JsonRESTError as error:
            raise translate(error) from None
        function.spec = function.make_spec(layers)
        services.clock.call_later(CREATE_SECONDS, lambda: self._activate(function))
        if spec.get("Publish"):
            return self.publish(function, None)
        return function

    def _activate(self, function: LabFunction) -> None:
        function.lab_state, function.update_status = "Active", "Successful"
        function.touch(_use().ids.uuid(), function.last_modified)
        for version in self.versions_of(function):
            version.lab_state, version.update_status = "Active", "Successful"

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
        services = _use()
        function.update_status = "InProgress"
        function.code_or_config_updated = True
        function.touch(services.ids.uuid(), self.timestamp())
        function.running_revision = function.revision_id
        layers = self.layer_specs([layer["Arn"] for layer in function.layers])
        waiting = function.make_spec(layers)
        services.clock.call_later(UPDATE_SECONDS, lambda: self._updated(function, waiting))

    def _updated(self, function: LabFunction, spec: FunctionSpec) -> None:
        services = _use()
        function.spec = spec
        function.update_status = "Successful"
        function.touch(services.ids.uuid(), function.last_modified)
        services.plane().function_changed(spec)

    def publish(self, function: LabFunction, description: str | None) -> LabFunction:
        """Publish a version, or return the newest one if nothing changed since."""
        services = _use()
        versions = self.versions_of(function)
        if versions and not function.code_or_config_updated:
            return versions[-1]
        number = int(versions[-1].version) + 1 if versions else getattr(function, "last_number", 0) + 1
        function.last_number = number
        function.code_or_config_updated = False
        version = function.published(number, services.ids.uuid(), self.timestamp(), description)
        version.running_revision = version.revision_id
        layers = self.layer_specs([layer["Arn"] for layer in function.layers])
        version.spec = version.make_spec(layers)
        self._lambdas._functions[function.function_name]["versions"].append(version)
        self._lambdas._arns[version.function_arn] = version
        function.touch(services.ids.uuid(), function.last_modified)
        return version

    def publish_version(self, function_name: str, description: str = "") -> LabFunction:
        """moto's name for :meth:`publish`; CloudFormation calls it."""
        function: LabFunction = self.get_function(function_name)
        return self.publish(function, description or None)

    def versions_of(self, function: LabFunction) -> list[LabFunction]:
        """Return the published versions, oldest first."""
        versions: list[LabFunction] = self._lambdas._functions[function.function_name]["versions"]
        return versions

    def delete(self, function: LabFunction, version: str | None) -> None:
        """Delete a function, or one published version of it."""
        name = function.function_name if version is None else f"{function.function_name}:{version}"
        self._lambdas.del_function(name)
        _use().plane().function_deleted(function.unqualified_arn, version)

    def delete_function(self, function_name: str, qualifier: str | None = None) -> None:
        """moto's name for :meth:`delete`; CloudFormation calls it."""
        self.delete(self.get_function(function_name, qualifier), qualifier)

    # -- parts ---------------------------------------------------------------------------------

    def timestamp(self) -> str:
        """Return the region's time as ``LastModified`` has it."""
        moment = _use().clock.now()
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"

    def package(
        self, code: Mapping[str, Any], layers: tuple[LayerSpec, ...], operation: str
    ) -> bytes:
        """Return the zip that a ``Code`` means, checked against AWS's limits."""
        if "ImageUri" in code:
            from lambda_lab.errors import NotModelledError

            raise NotModelledError("A function from a container image")
        if code.get("ZipFile") is not None:
            archive = bytes(code["ZipFile"])
            limit = int(facts.value("package.zip.direct-maximum"))
            if len(archive) > limit:
                raise AwsError(
                    "RequestEntityTooLargeException",
                    f"Request must be smaller than {DIRECT_UPLOAD_BYTES} bytes for the "
                    f"{operation} operation",
                    status=413,
                    members={},
                )
        elif code.get("S3Bucket") and code.get("S3Key"):
            archive = read_object(
                self.region_name, code["S3Bucket"], code["S3Key"], code.get("S3ObjectVersion")
            )
        else:
            raise aws_error(
                "InvalidParameterValueException",
                "Please provide a source for function code.",
            )
        return checked_zip(archive, layers)

    def layer_specs(self, arns: list[str]) -> tuple[LayerSpec, ...]:
        """Return the layers that *arns* name.

        Raises
        ------
        AwsError
            For a layer that is not there, or more layers than AWS allows.
        """
        limit = int(facts.value("layers.maximum"))
        if len(arns) > limit:
            raise aws_error(
                "InvalidParameterValueException", f"Cannot reference more than {limit} layers."
            )
        return tuple(self._layer_spec(arn) for arn in arns)

    def _layer_spec(self, arn: str) -> LayerSpec:
        if ":layer:" not in arn or not arn.rsplit(":", 1)[-1].isdigit():
            raise aws_error(
                "InvalidParameterValueException", f"Layer version ARN must include a version: {arn}"
            )
        layer: LayerVersion | None = self.layers_versions_by_arn(arn)
        if layer is None:
            raise aws_error(
                "InvalidParameterValueException", f"Layer version {arn} does not exist."
            )
        return LayerSpec(arn, layer.code_sha_256, layer.code_bytes)

    def _check_role(self, arn: str) -> None:
        if f"::{self.account_id}:" not in arn:
            raise aws_error("AccessDeniedException", "Cross-account pass role is not allowed.")
        if not role_trusts_lambda(self.region_name, arn):
            raise aws_error(
                "InvalidParameterValueException",
                "The role defined for the function cannot be assumed by Lambda.",
            )

    def _check_runtime(self, runtime: str | None) -> None:
        if runtime is None:
            return
        try:
            served_by(runtime)
        except SandboxError as error:
            raise aws_error("InvalidParameterValueException", str(error)) from None

    def check_changes(self, params: Mapping[str, Any]) -> None:
        """Check what a configuration change names: role, runtime, variables."""
        if params.get("Role"):
            self._check_role(params["Role"])
        self._check_runtime(params.get("Runtime"))
        check_environment(params.get("Environment"))


def checked_zip(archive: bytes, layers: tuple[LayerSpec, ...] = ()) -> bytes:
    """Return *archive* if AWS would take it; raise AWS's error if not."""
    try:
        already = sum(check_zip(layer.code) for layer in layers)
        check_zip(archive, already)
    except PackagingError as error:
        raise aws_error("InvalidParameterValueException", str(error)) from None
    return archive


def check_environment(environment: Mapping[str, Any] | None) -> None:
    """Check variables against AWS's size limit and its reserved names.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` in AWS's words.
    """
    import json

    variables = (environment or {}).get("Variables") or {}
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > int(facts.value("environment.maximum")):
        raise aws_error(
            "InvalidParameterValueException",
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided exceeded the 4KB limit. "
            f"String measured: {measured}",
        )
    reserved = {v.name for v in facts.environment_variables() if v.reserved} & set(variables)
    if reserved:
        raise aws_error(
            "InvalidParameterValueException",
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(sorted(reserved))}",
        )


def not_now(function: LabFunction) -> AwsError:
    """Return AWS's refusal to use a function that is not Active yet."""
    return aws_error(
        "ResourceConflictException",
        "The operation cannot be performed at this time. The function is currently in the "
        f"following state: {function.lab_state}",
    )


def backend_of(region: str) -> LabLambdaBackend:
    """Return Lambda in *region*."""
    backend: LabLambdaBackend = lambda_backend(region)
    return backend


def services() -> Services:
    """Return what the region's backends use."""
    return _use()
