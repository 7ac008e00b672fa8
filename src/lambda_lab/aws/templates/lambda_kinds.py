"""Permissions, versions, aliases and layers of a template: they go the way of Lambda's API.

moto keeps none of them in a way that a stack could change or delete again.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from lambda_lab.aws import api_aliases, api_functions, api_layers, api_permissions
from lambda_lab.aws.backend import LabLambdaBackend
from lambda_lab.aws.constraints import validate
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.formation import input_members, typed
from lambda_lab.aws.moto_seam import lambda_backend
from lambda_lab.errors import AwsError

__all__ = ["KINDS"]

Properties = Mapping[str, Any]


class _OfTemplate:
    """A resource as moto's stacks hold it: made, replaced and deleted as a whole."""

    attributes: ClassVar[tuple[str, ...]] = ()
    logical_resource_id: str
    cf_resource_type: str
    replaces: _OfTemplate | None = None

    def __init__(self, physical_resource_id: str, known: Mapping[str, Any]) -> None:
        self.physical_resource_id = physical_resource_id
        self.known = known

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Whether ``Fn::GetAtt`` knows *attr*."""
        return attr in cls.attributes

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return what ``Fn::GetAtt`` answers."""
        from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

        if attribute_name not in self.attributes:
            raise UnformattedGetAttTemplateException
        return str(self.known[attribute_name])

    def is_created(self) -> bool:
        """Say that nothing is waited for."""
        return True

    @classmethod
    def make(cls, backend: LabLambdaBackend, name: str, properties: Properties) -> Self:
        """Make what *properties* describe; *name* is a new one of CloudFormation's."""
        raise NotImplementedError

    def unmake(self, backend: LabLambdaBackend) -> None:
        """Take it away."""
        raise NotImplementedError

    @classmethod
    def create_from_cloudformation_json(
        cls, name: str, described: Mapping[str, Any], account_id: str, region: str, **more: Any
    ) -> Self:
        """Make a resource of a new stack."""
        del account_id, more
        backend = lambda_backend(region)
        with backend.lock:
            return cls.make(backend, name, described["Properties"])

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
    ) -> Self:
        """Bring a resource to what its template says now."""
        del account_id
        backend = lambda_backend(region_name)
        with backend.lock:
            return original_resource.changed(
                backend, new_resource_name, cloudformation_json["Properties"]
            )

    def changed(self, backend: LabLambdaBackend, name: str, properties: Properties) -> Self:
        """Return what takes its place. CloudFormation takes the old one away at the very end."""
        made = self.make(backend, name, properties)
        made.replaces = self
        return made

    def delete(self, account_id: str, region: str) -> None:
        """Take it away with its stack; what is gone already is no error."""
        del account_id
        backend = lambda_backend(region)
        with backend.lock:
            try:
                self.unmake(backend)
            except AwsError as error:
                if error.code != "ResourceNotFoundException":
                    raise


def _asked(operation: str, properties: Properties, **more: Any) -> dict[str, Any]:
    members = input_members(operation)
    params = {
        name: typed(members[name], value) for name, value in properties.items() if name in members
    } | more
    validate(operation, params)
    return params


class _Permission(_OfTemplate):
    attributes = ("Id",)

    @classmethod
    def make(cls, backend: LabLambdaBackend, name: str, properties: Properties) -> Self:
        params = _asked("AddPermission", properties, StatementId=name)
        api_permissions.add_permission(backend, params)
        return cls(name, {"Id": name, "FunctionName": params["FunctionName"]})

    def unmake(self, backend: LabLambdaBackend) -> None:
        asked = {"FunctionName": self.known["FunctionName"], "StatementId": self.known["Id"]}
        api_permissions.remove_permission(backend, asked)


class _Version(_OfTemplate):
    attributes = ("FunctionArn", "Version")

    @classmethod
    def make(cls, backend: LabLambdaBackend, name: str, properties: Properties) -> Self:
        del name
        params = _asked("PublishVersion", properties)
        function = api_functions.find(backend, {"FunctionName": params["FunctionName"]})
        before = [str(one.version) for one in backend.versions_of(function)]
        made = api_functions.publish_version(backend, params)
        if made["Version"] in before:
            # As users of CloudFormation quote it: confidence M.
            raise aws_error(
                "ResourceConflictException",
                f"A version for this Lambda function exists ( {made['Version']} ). Modify the "
                "function to create a new version.",
            )
        return cls(made["FunctionArn"], made)

    def unmake(self, backend: LabLambdaBackend) -> None:
        api_functions.delete_function(backend, {"FunctionName": self.physical_resource_id})


class _Alias(_OfTemplate):
    attributes = ("AliasArn",)

    @classmethod
    def make(cls, backend: LabLambdaBackend, name: str, properties: Properties) -> Self:
        del name
        return cls._told(api_aliases.create_alias(backend, cls._params("CreateAlias", properties)))

    @classmethod
    def _params(cls, operation: str, properties: Properties) -> dict[str, Any]:
        routing = properties.get("RoutingConfig") or {}
        weights = {
            str(one["FunctionVersion"]): float(one["FunctionWeight"])
            for one in routing.get("AdditionalVersionWeights") or []
        }
        more = {} if operation == "CreateAlias" and not weights else {
            "RoutingConfig": {"AdditionalVersionWeights": weights}
        }  # fmt: skip
        plain = {key: value for key, value in properties.items() if key != "RoutingConfig"}
        return _asked(operation, plain, **more)

    @classmethod
    def _told(cls, answer: Mapping[str, Any]) -> Self:
        return cls(answer["AliasArn"], answer)

    def changed(self, backend: LabLambdaBackend, name: str, properties: Properties) -> Self:
        function, _, alias = self.physical_resource_id.rpartition(":")
        named = api_functions.find(backend, {"FunctionName": str(properties["FunctionName"])})
        if (str(properties["Name"]), named.unqualified_arn) != (alias, function):
            return super().changed(backend, name, properties)
        params = self._params("UpdateAlias", {"Description": "", **properties})
        return self._told(api_aliases.update_alias(backend, params))

    def unmake(self, backend: LabLambdaBackend) -> None:
        function, _, alias = self.physical_resource_id.rpartition(":")
        api_aliases.delete_alias(backend, {"FunctionName": function, "Name": alias})


class _LayerVersion(_OfTemplate):
    attributes = ("LayerVersionArn",)

    @classmethod
    def make(cls, backend: LabLambdaBackend, name: str, properties: Properties) -> Self:
        params = _asked("PublishLayerVersion", {"LayerName": name, **properties})
        arn = api_layers.publish_layer_version(backend, params)["LayerVersionArn"]
        return cls(arn, {"LayerVersionArn": arn})

    def unmake(self, backend: LabLambdaBackend) -> None:
        layer, _, number = self.physical_resource_id.rpartition(":")
        asked = {"LayerName": layer, "VersionNumber": int(number)}
        api_layers.delete_layer_version(backend, asked)


KINDS: Mapping[str, type[_OfTemplate]] = {
    "AWS::Lambda::Alias": _Alias,
    "AWS::Lambda::LayerVersion": _LayerVersion,
    "AWS::Lambda::Permission": _Permission,
    "AWS::Lambda::Version": _Version,
}
"""The kinds that are made here, in the place of moto's classes where it has one."""
