"""Lambda's API: layers."""

from __future__ import annotations

import hashlib
from typing import Any

from lambda_lab import facts
from lambda_lab.aws.api_functions import paged
from lambda_lab.aws.backend import LabLambdaBackend, services
from lambda_lab.aws.checks import checked_zip, request_too_large
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.moto_seam import JsonRESTError, LayerVersion, read_object
from lambda_lab.aws.names import LayerName, parse_layer_name
from lambda_lab.errors import AwsError
from lambda_lab.runtime.packages import code_sha256

__all__ = [
    "delete_layer_version",
    "get_layer_version",
    "get_layer_version_by_arn",
    "list_layer_versions",
    "list_layers",
    "publish",
    "publish_layer_version",
]

Params = dict[str, Any]


def publish_layer_version(backend: LabLambdaBackend, params: Params) -> Params:
    """Publish a layer version (``PublishLayerVersion``)."""
    name = _named(backend, params["LayerName"]).name
    return _describe(backend, publish(backend, {**params, "LayerName": name}))


def publish(backend: LabLambdaBackend, params: Params) -> LayerVersion:
    """Put a layer version into the region, its package checked against AWS's limits."""
    code = checked_zip(_content(backend, params["Content"]))
    layer = LayerVersion(  # type: ignore[abstract]
        {**params, "Content": {"ZipFile": b""}}, backend.account_id, backend.region_name
    )
    layer.code_bytes, layer.code_size = code, len(code)
    layer.code_sha_256 = code_sha256(code)
    layer.code_digest = hashlib.sha256(code).hexdigest()
    layer.created_date = backend.timestamp()
    backend._layers.put_layer_version(layer)
    return layer


def _content(backend: LabLambdaBackend, content: Params) -> bytes:
    if content.get("ZipFile") is not None:
        code = bytes(content["ZipFile"])
        if len(code) > int(facts.value("package.zip.direct-maximum")):
            raise request_too_large("PublishLayerVersion")
        return code
    if content.get("S3Bucket") and content.get("S3Key"):
        version = content.get("S3ObjectVersion")
        return read_object(backend.region_name, content["S3Bucket"], content["S3Key"], version)
    raise aws_error("InvalidParameterValueException", "Please provide a source for layer code.")


def _named(backend: LabLambdaBackend, text: str) -> LayerName:
    return parse_layer_name(text, backend.region_name, backend.account_id)


def _arn(backend: LabLambdaBackend, layer: LayerVersion) -> str:
    return f"arn:aws:lambda:{backend.region_name}:{backend.account_id}:layer:{layer.name}"


def _describe(backend: LabLambdaBackend, layer: LayerVersion) -> Params:
    return {
        **_summary(backend, layer),
        "LayerArn": _arn(backend, layer),
        "Content": {
            "Location": f"{services().endpoint()}/_lab/packages/{layer.code_digest}",
            "CodeSha256": layer.code_sha_256,
            "CodeSize": layer.code_size,
        },
    }


def _summary(backend: LabLambdaBackend, layer: LayerVersion) -> Params:
    return {
        "LayerVersionArn": f"{_arn(backend, layer)}:{layer.version}",
        "Version": int(layer.version),
        "Description": layer.description or "",
        "CreatedDate": layer.created_date,
        "CompatibleRuntimes": layer.compatible_runtimes or None,
        "CompatibleArchitectures": layer.compatible_architectures or None,
        "LicenseInfo": layer.license_info or None,
    }


def _no_such_layer() -> AwsError:
    return aws_error("ResourceNotFoundException", "The resource you requested does not exist.")


def _find(backend: LabLambdaBackend, named: LayerName, version: int) -> LayerVersion:
    _check_number(version)
    if (named.region, named.account) != (backend.region_name, backend.account_id):
        raise _no_such_layer()
    try:
        found: LayerVersion = backend.get_layer_version(named.name, str(version))
    except JsonRESTError:
        raise _no_such_layer() from None
    return found


def _check_number(version: int) -> None:
    if version < 1:
        raise aws_error("InvalidParameterValueException", "Layer Version Cannot be less than 1")


def get_layer_version(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe a layer version (``GetLayerVersion``)."""
    named = _named(backend, params["LayerName"])
    return _describe(backend, _find(backend, named, params["VersionNumber"]))


def get_layer_version_by_arn(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe a layer version by its ARN (``GetLayerVersionByArn``)."""
    named = _named(backend, params["Arn"])
    if named.version is None:
        raise _no_such_layer()
    return _describe(backend, _find(backend, named, int(named.version)))


def list_layer_versions(backend: LabLambdaBackend, params: Params) -> Params:
    """List the versions of a layer, newest first (``ListLayerVersions``)."""
    versions = _versions(backend, _named(backend, params["LayerName"]).name, params)
    return paged("LayerVersions", [_summary(backend, v) for v in versions], params, 50)


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
    return paged("Layers", listed, params, 50)


def delete_layer_version(backend: LabLambdaBackend, params: Params) -> Params:
    """Delete a layer version; functions that use it go on (``DeleteLayerVersion``)."""
    _check_number(params["VersionNumber"])
    name = _named(backend, params["LayerName"]).name
    # Deleting what is not there succeeds.
    if any(True for _ in backend.list_layer_versions(name)):
        backend._layers.delete_layer_version(name, str(params["VersionNumber"]))
    return {}
