"""A function in the control plane: moto's record, with the states and the shape AWS gives it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lambda_lab.aws.code_checks import unzipped_size
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.event_settings import EventSettings
from lambda_lab.aws.moto_seam import LambdaFunction
from lambda_lab.aws.names import function_arn
from lambda_lab.aws.policy import Policies
from lambda_lab.aws.provisioned_config import ProvisionedConfig
from lambda_lab.aws.states import States
from lambda_lab.aws.undelivered import not_delivered
from lambda_lab.records import FunctionSpec, LayerSpec, LogFormat, LoggingSpec
from lambda_lab.runtime.packages import code_sha256

__all__ = ["LabFunction"]


class LabFunction(States, LambdaFunction):
    """One version of a function.

    moto's class keeps what other services look at (name, role, environment, tags, policy); this
    one adds the states of https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html and
    words the configuration as AWS does.

    ``spec`` is what invocations run. While an update is in progress it is still the old one.
    """

    template_members: frozenset[str] = frozenset()
    """The properties that the CloudFormation template has which made the function."""
    recursive_loop: str = "Terminate"
    """Whether a loop through this function is cut; on ``$LATEST``, for all versions."""
    spec: FunctionSpec
    published_content: Any = None
    """Of a version: what ``$LATEST`` was when it was published."""
    awaits_snapshot: bool = False
    """Of a version: whether its snapshot is still to be taken (:mod:`.snap_start`)."""
    layer_specs: tuple[LayerSpec, ...]
    """Held here, not looked up: a layer version that is deleted stays with who uses it."""

    def prepare(
        self,
        params: Mapping[str, Any],
        code: bytes,
        layers: tuple[LayerSpec, ...],
        revision: str,
        now: str,
    ) -> None:
        """Take on what moto's constructor does not know.

        Parameters
        ----------
        params
            The request's parameters.
        code, layers
            The zip, and the layers it runs with.
        revision, now
            A new RevisionId, and the time in AWS's form.
        """
        self.version = "$LATEST"
        self.lab_state = "Pending"
        self.update_status = None
        self.environment_given = "Environment" in params
        self.snap_start = (params.get("SnapStart") or {}).get("ApplyOn", "None")
        self.set_logging(params.get("LoggingConfig") or {})
        self.set_code(code)
        self.set_layers(layers)
        self.policies = Policies()
        self.event_settings: dict[str, EventSettings] = {}
        self.provisioned: dict[str, ProvisionedConfig] = {}
        self.set_dead_letter(params.get("DeadLetterConfig") or {})
        self.running_revision = revision
        self.touch(revision, now)

    # -- code and configuration ------------------------------------------------------------------

    def set_code(self, code: bytes) -> None:
        """Take a new package."""
        self.code_bytes = code
        self.code_size, self.unzipped_size = len(code), unzipped_size(code)
        self.code_sha_256 = code_sha256(code)
        self.code_digest = hashlib.sha256(code).hexdigest()

    def set_layers(self, layers: tuple[LayerSpec, ...]) -> None:
        """Take other layers."""
        self.layer_specs = layers
        self.layers = [{"Arn": layer.arn, "CodeSize": len(layer.code)} for layer in layers]

    def set_logging(self, config: Mapping[str, Any]) -> None:
        """Take a ``LoggingConfig``; levels exist in JSON format only, with INFO as default."""
        style = LogFormat(config.get("LogFormat", LogFormat.TEXT))
        levels = {"ApplicationLogLevel", "SystemLogLevel"} & set(config)
        if style is LogFormat.TEXT and levels:
            raise aws_error(
                "InvalidParameterValueException",
                "To use ApplicationLogLevel or SystemLogLevel, you must set LogFormat to JSON.",
            )
        if str(config.get("LogGroup") or "").startswith("aws/"):
            # The words are those of CloudWatch Logs; Lambda's own are of confidence M.
            raise aws_error(
                "InvalidParameterValueException",
                "Log group names can't start with the string aws/",
            )
        as_json = style is LogFormat.JSON
        self.logging = LoggingSpec(
            group=config.get("LogGroup") or f"/aws/lambda/{self.function_name}",
            format=style,
            application_level=config.get("ApplicationLogLevel", "INFO") if as_json else None,
            system_level=config.get("SystemLogLevel", "INFO") if as_json else None,
        )
        self.logs_group_name = self.logging.group

    def set_dead_letter(self, config: Mapping[str, Any]) -> None:
        """Take a ``DeadLetterConfig``; an empty ARN takes the dead-letter queue away."""
        self.dead_letter_arn: str | None = config.get("TargetArn") or None

    def touch(self, revision: str, now: str) -> None:
        """Note a change: a new RevisionId and a new time."""
        self.revision_id = revision
        self.last_modified = now

    def make_spec(self) -> FunctionSpec:
        """Return what the data plane needs to run this version as it is configured now."""
        return FunctionSpec(
            account=self.account_id,
            region=self.region,
            name=self.function_name,
            version=str(self.version),
            arn=self.unqualified_arn,
            revision=self.running_revision,
            runtime=self.run_time or "",
            handler=self.handler or "",
            role=self.role,
            code_sha256=self.code_sha_256,
            code=self.code_bytes,
            layers=self.layer_specs,
            memory_mb=self.memory_size,
            timeout_seconds=self.timeout,
            ephemeral_mb=self.ephemeral_storage,
            environment=dict(self.environment_vars or {}),
            logging=self.logging,
            runtime_version_arn=self.runtime_version_arn,
            tracing=self.tracing_config["Mode"],
            snap_start=self.snap_start != "None" and str(self.version) != "$LATEST",
            vpc_config=self.vpc.spec() if self.vpc else None,
        )

    def content(self) -> tuple[Any, ...]:
        """Return what makes a version differ from another: its code and its configuration.

        "Lambda doesn't publish a version if the function's configuration and code haven't changed
        since the last version": https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
        """
        spec = replace(self.make_spec(), version="", revision="", code=b"")
        more = (self.description, self.dead_letter_arn, self.kms_key_arn, *self.architectures)
        return spec, more, self.snap_start

    # -- wording -----------------------------------------------------------------------------------

    @property
    def unqualified_arn(self) -> str:
        """The ARN without a version."""
        return function_arn(self.region, self.account_id, self.function_name)

    @property
    def runtime_version_arn(self) -> str:
        """An ARN of the form AWS uses for a runtime version; it names ours, not AWS's build."""
        digest = hashlib.sha256(f"lambda_lab {self.run_time}".encode()).hexdigest()
        return f"arn:aws:lambda:{self.region}::runtime:{digest}"

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        """Word the configuration as AWS does, member by member."""
        del on_create  # moto's parameter; the state says it here
        config: dict[str, Any] = {
            "FunctionName": self.function_name,
            "FunctionArn": self.function_arn,
            "Runtime": self.run_time,
            "Role": self.role,
            "Handler": self.handler,
            "CodeSize": self.code_size,
            "Description": self.description,
            "Timeout": self.timeout,
            "MemorySize": self.memory_size,
            "LastModified": self.last_modified,
            "CodeSha256": self.code_sha_256,
            "Version": str(self.version),
            "TracingConfig": self.tracing_config,
            "RevisionId": self.revision_id,
            "PackageType": self.package_type,
            "Architectures": self.architectures,
            "EphemeralStorage": {"Size": self.ephemeral_storage},
            "SnapStart": self._snap_start(),
            "RuntimeVersionConfig": {"RuntimeVersionArn": self.runtime_version_arn},
            "LoggingConfig": self._logging_config(),
            **self.state_members(),
        }
        if self.environment_given:
            config["Environment"] = {"Variables": dict(self.environment_vars or {})}
        if self.layers:
            config["Layers"] = self.layers
        if self.kms_key_arn:
            config["KMSKeyArn"] = self.kms_key_arn
        if self.dead_letter_arn:
            config["DeadLetterConfig"] = {"TargetArn": self.dead_letter_arn}
        if self.vpc is not None:
            config["VpcConfig"] = self.vpc.answer()
        return config

    def _snap_start(self) -> dict[str, Any]:
        # "On" where a version is named that has its snapshot.
        ready = self.snap_start != "None" and str(self.version) != "$LATEST"
        status = "On" if ready and self.lab_state == "Active" else "Off"
        return {"ApplyOn": self.snap_start, "OptimizationStatus": status}

    def _logging_config(self) -> dict[str, Any]:
        config: dict[str, Any] = {
            "LogFormat": str(self.logging.format),
            "LogGroup": self.logging.group,
        }
        if self.logging.application_level:
            config["ApplicationLogLevel"] = self.logging.application_level
            config["SystemLogLevel"] = self.logging.system_level
        return config

    def published(
        self, number: int, revision: str, now: str, description: str | None
    ) -> LabFunction:
        """Return an immutable copy as version *number*.

        A version published while the function is created or updated is Pending until that ends.
        """
        version = copy.copy(self)
        version.version = number
        version.function_arn = f"{self.unqualified_arn}:{number}"
        if self.lab_state == "Pending" or self.update_status == "InProgress":
            version.lab_state, version.update_status = "Pending", None
            version.state_reason = None
        version.touch(revision, now)
        version.running_revision = revision
        if description is not None:
            version.description = description
        version.spec = version.make_spec()
        return version

    # -- moto's other services --------------------------------------------------------------------

    def invoke(self, body: str, request_headers: Any, response_headers: Any) -> bytes:
        """Refuse a call inside the process: by a custom resource of a template, for example.

        Raises
        ------
        NotModelledError
            Always.
        """
        del body, request_headers, response_headers
        raise not_delivered("This service", self.function_name)
