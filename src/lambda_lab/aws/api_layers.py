"""Lambda's API: layers."""

from __future__ import annotations

import hashlib
from typing import Any

from lambda_lab.aws.backend import LabLambdaBackend, services
from lambda_lab.aws.checks import checked_zip, refuse_not_modelled
from lambda_lab.aws.code_checks import check_zip_size, unzipped_size
from lambda_lab.aws.code_storage import check_room
from lambda_lab.aws.errors import aws_error, not_authorized
from lambda_lab.aws.moto_seam import JsonRESTError, LayerVersion, read_object
from lambda_lab.aws.names import LayerName, parse_layer_name
from lambda_lab.aws.paging import paged
from lambda_lab.errors import AwsError
from lambda_lab.runtime.packages import code_sha256

__all__ = [
    "LabLayerVersion",
    "delete_layer_version",
    "find_layer_version",
    "get_layer_version",
    "get_layer_version_by_arn",
    "layer_arn",
    "list_layer_versions",
    "list_layers",
    "named_layer",
    "publish",
    "publish_layer_version",
]

Params = dict[str, Any]


class LabLayerVersion(LayerVersion):
    """A layer version: moto's record, with the policy that AWS keeps for it."""

    def __init__(self, spec: Params, account_id: str, region: str) -> None:
        super().__init__(spec, account_id, region)
        self.statements: dict[str, Params] = {}
        """By ``Sid``, oldest first."""
        self.policy_revision: str | None = None
        self.unzipped_size = 0


def publish_layer_version(backend: LabLambdaBackend, params: Params) -> Params:
    """Publish a layer version (``PublishLayerVersion``)."""
    name = named_layer(backend, params["LayerName"], "lambda:PublishLayerVersion").name
    return _describe(backend, publish(backend, {**params, "LayerName": name}))


def publish(backend: LabLambdaBackend, params: Params) -> LayerVersion:
    """Put a layer version into the region, its package checked against AWS's limits."""
    refuse_not_modelled({"Code": params["Content"]})
    code = checked_zip(_content(backend, params["Content"]))
    layer = LabLayerVersion(  # type: ignore[abstract]
        {**params, "Content": {"ZipFile": b""}}, backend.account_id, backend.region_name
    )
    layer.code_bytes, layer.code_size = code, len(code)
    layer.unzipped_size = unzipped_size(code)
    check_room(backend, layer.unzipped_size)
    layer.code_sha_256 = code_sha256(code)
    layer.code_digest = hashlib.sha256(code).hexdigest()
    layer.created_date = backend.timestamp()
    backend._layers.put_layer_version(layer)
    return layer


def _content(backend: LabLambdaBackend, content: Params) -> bytes:
    if content.get("ZipFile") is not None:
        code = bytes(content["ZipFile"])
        check_zip_size(code)
        return code
    if content.get("S3Bucket") and content.get("S3Key"):
        version = content.get("S3ObjectVersion")
        return read_object(backend.region_name, content["S3Bucket"], content["S3Key"], version)
    raise aws_error("InvalidParameterValueException", "Please provide a source for layer code.")


def named_layer(backend: LabLambdaBackend, text: str, action: str) -> LayerName:
    """Read a layer's name or ARN.

    Raises
    ------
    AwsError
        ``AccessDeniedException`` for *action* on a layer of another account,
        ``ResourceNotFoundException`` for one of another region.
    """
    named = parse_layer_name(text, backend.region_name, backend.account_id)
    if named.account != backend.account_id:
        raise not_authorized(action, text, backend.account_id)
    if named.region != backend.region_name:
        raise _no_such_layer()
    return named


def layer_arn(backend: LabLambdaBackend, name: str) -> str:
    """Return the ARN of a layer, without a version."""
    return f"arn:aws:lambda:{backend.region_name}:{backend.account_id}:layer:{name}"


def _describe(backend: LabLambdaBackend, layer: LayerVersion) -> Params:
    return {
        **_summary(backend, layer),
        "LayerArn": layer_arn(backend, layer.name),
        "Description": layer.description or "",
        "Content": {
            "Location": f"{services().endpoint()}/_lab/packages/{layer.code_digest}",
            "CodeSha256": layer.code_sha_256,
            "CodeSize": layer.code_size,
        },
    }


def _summary(backend: LabLambdaBackend, layer: LayerVersion) -> Params:
    return {
        "LayerVersionArn": f"{layer_arn(backend, layer.name)}:{layer.version}",
        "Version": int(layer.version),
        # Lists leave out what was not said, seen on AWS by moto's test_list_lambda_layers.
        "Description": layer.description or None,
        "CreatedDate": layer.created_date,
        "CompatibleRuntimes": layer.compatible_runtimes or None,
        "CompatibleArchitectures": layer.compatible_architectures or None,
        "LicenseInfo": layer.license_info or None,
    }


def _no_such_layer() -> AwsError:
    return aws_error("ResourceNotFoundException", "The resource you requested does not exist.")


def _find(backend: LabLambdaBackend, named: LayerName, version: int) -> LayerVersion:
    found = find_layer_version(backend, named.name, version)
    if found is None:
        raise _no_such_layer()
    return found


def find_layer_version(
    backend: LabLambdaBackend, name: str, version: int
) -> LabLayerVersion | None:
    """Return a version of a layer, if it is there.

    Raises
    ------
    AwsError
        For a number that no version can have.
    """
    _check_number(version)
    try:
        found: Any = backend.get_layer_version(name, str(version))
    except JsonRESTError:
        return None
    layer: LabLayerVersion = found
    return layer


def _check_number(version: int) -> None:
    if version < 1:
        raise aws_error("InvalidParameterValueException", "Layer Version Cannot be less than 1")


def get_layer_version(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe a layer version (``GetLayerVersion``)."""
    named = named_layer(backend, params["LayerName"], "lambda:GetLayerVersion")
    return _describe(backend, _find(backend, named, params["VersionNumber"]))


def get_layer_version_by_arn(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe a layer version by its ARN (``GetLayerVersionByArn``)."""
    named = named_layer(backend, params["Arn"], "lambda:GetLayerVersion")
    if named.version is None:
        raise _no_such_layer()
    return _describe(backend, _find(backend, named, int(named.version)))


def list_layer_versions(backend: LabLambdaBackend, params: Params) -> Params:
    """List the versions of a layer, newest first (``ListLayerVersions``)."""
    name = named_layer(backend, params["LayerName"], "lambda:ListLayerVersions").name
    versions = _versions(backend, name, params)
    listed = [_summary(backend, version) for version in versions]
    return paged("LayerVersions", listed, params, lambda layer: (-layer["Version"],))


def _versions(backend: LabLambdaBackend, name: str, params: Params) -> list[LayerVersion]:
    runtime, architecture = params.get("CompatibleRuntime"), params.get("CompatibleArchitecture")
    return [
        layer
        for layer in sorted(
            backend.list_layer_versions(name), key=lambda layer: -int(layer.version)
        )
        if runtime in (None, *(layer.compatible_runtimes or ()))
        and architecture in (None, *(layer.compatible_architectures or ()))
    ]


def list_layers(backend: LabLambdaBackend, params: Params) -> Params:
    """List layers with their newest version that suits (``ListLayers``)."""
    listed: list[Params] = []
    for known in backend.list_layers():
        name = known["LayerName"]
        versions = _versions(backend, name, params)
        if versions:
            listed.append(
                {
                    "LayerName": name,
                    "LayerArn": known["LayerArn"],
                    "LatestMatchingVersion": _summary(backend, versions[0]),
                }
            )
    return paged("Layers", listed, params, lambda layer: (layer["LayerName"],))


def delete_layer_version(backend: LabLambdaBackend, params: Params) -> Params:
    """Delete a layer version; functions that use it go on (``DeleteLayerVersion``)."""
    _check_number(params["VersionNumber"])
    name = named_layer(backend, params["LayerName"], "lambda:DeleteLayerVersion").name
    # Deleting what is not there succeeds.
    if any(True for _ in backend.list_layer_versions(name)):
        backend._layers.delete_layer_version(name, str(params["VersionNumber"]))
    return {}
