"""Lambda's API: layers."""

from __future__ import annotations

from typing import Any

from lambda_lab.aws.api_functions import paged
from lambda_lab.aws.backend import LabLambdaBackend, checked_zip, services
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.moto_seam import JsonRESTError, LayerVersion, read_object
from lambda_lab.runtime.packages import code_sha256

__all__: list[str] = []

Params = dict[str, Any]


def publish_layer_version(backend: LabLambdaBackend, params: Params) -> Params:
    """Publish a layer version (``PublishLayerVersion``)."""
    content = params["Content"]
    if content.get("ZipFile") is not None:
        code = bytes(content["ZipFile"])
    elif content.get("S3Bucket") and content.get("S3Key"):
        code = read_object(
            backend.region_name, content["S3Bucket"], content["S3Key"], content.get("S3ObjectVersion")
        )
    else:
        raise aws_error("InvalidParameterValueException", "Please provide a source for layer code.")
    checked_zip(code)
    name = params["LayerName"].rsplit(":", 1)[-1]
    layer: LayerVersion = backend.publish_layer_version(
        {**params, "LayerName": name, "Content": {"ZipFile": b""}}
    )
    layer.code_bytes, layer.code_size, layer.code_sha_256 = code, len(code), code_sha256(code)
    moment = services().clock.now()
    layer.created_date = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
    return _describe(backend, layer)


def _describe(backend: LabLambdaBackend, layer: LayerVersion) -> Params:
    arn = f"arn:aws:lambda:{backend.region_name}:{backend.account_id}:layer:{layer.name}"
    return {
        **_summary(backend, layer),
        "LayerArn": arn,
        "Content": {
            "Location": f"{services().endpoint()}/_lab/packages/{_digest(layer)}",
            "CodeSha256": layer.code_sha_256,
            "CodeSize": layer.code_size,
        },
    }


def _digest(layer: LayerVersion) -> str:
    import hashlib

    return hashlib.sha256(layer.code_bytes).hexdigest()


def _summary(backend: LabLambdaBackend, layer: LayerVersion) -> Params:
    return {
        "LayerVersionArn": f"arn:aws:lambda:{backend.region_name}:{backend.account_id}:"
        f"layer:{layer.name}:{layer.version}",
        "Version": int(layer.version),
        "Description": layer.description or "",
        "CreatedDate": layer.created_date,
        "CompatibleRuntimes": layer.compatible_runtimes or None,
        "CompatibleArchitectures": layer.compatible_architectures or None,
        "LicenseInfo": layer.license_info or None,
    }


def _find(backend: LabLambdaBackend, name: str, version: int | str) -> LayerVersion:
    try:
        found: LayerVersion = backend.get_layer_version(name, str(version))
        return found
    except JsonRESTError:
        raise aws_error(
            "ResourceNotFoundException", "The resource you requested does not exist."
        ) from None


def get_layer_version(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe a layer version (``GetLayerVersion``)."""
    name = params["LayerName"].rsplit(":", 1)[-1]
    return _describe(backend, _find(backend, name, params["VersionNumber"]))


def get_layer_version_by_arn(backend: LabLambdaBackend, params: Params) -> Params:
    """Describe a layer version by its ARN (``GetLayerVersionByArn``)."""
    name, version = params["Arn"].split(":")[-2:]
    return _describe(backend, _find(backend, name, version))


def list_layer_versions(backend: LabLambdaBackend, params: Params) -> Params:
    """List the versions of a layer, newest first (``ListLayerVersions``)."""
    name = params["LayerName"].rsplit(":", 1)[-1]
    try:
        versions = list(backend.list_layer_versions(name))
    except JsonRESTError:
        versions = []
    wanted = params.get("CompatibleRuntime")
    listed = [
        _summary(backend, layer)
        for layer in sorted(versions, key=lambda layer: -int(layer.version))
        if wanted is None or wanted in (layer.compatible_runtimes or [])
    ]
    return paged("LayerVersions", listed, params, 50)


def list_layers(backend: LabLambdaBackend, params: Params) -> Params:
    """List layers with their newest version (``ListLayers``)."""
    listed: list[Params] = []
    for known in backend.list_layers():
        name = known["LayerName"]
        versions = list(backend.list_layer_versions(name))
        if versions:
            newest = max(versions, key=lambda layer: int(layer.version))
            listed.append(
                {
                    "LayerName": name,
                    "LayerArn": known["LayerArn"],
                    "LatestMatchingVersion": _summary(backend, newest),
                }
            )
    return paged("Layers", listed, params, 50)


def delete_layer_version(backend: LabLambdaBackend, params: Params) -> Params:
    """Delete a layer version; functions that use it go on (``DeleteLayerVersion``)."""
    name = params["LayerName"].rsplit(":", 1)[-1]
    try:
        backend.delete_layer_version(name, str(params["VersionNumber"]))
    except JsonRESTError:
        pass  # deleting what is not there succeeds
    return {}
