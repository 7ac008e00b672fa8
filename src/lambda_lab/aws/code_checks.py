"""What a request may say about a function's code: where it is, of what kind, and what it holds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from lambda_lab import facts
from lambda_lab.aws.errors import aws_error
from lambda_lab.errors import AwsError

__all__ = [
    "check_layout",
    "check_package_type",
    "check_source",
    "check_zip_size",
    "refuse_image",
    "unzipped_size",
]

LONGEST_NAME = 255
"""Bytes in the name of one file (NAME_MAX of Linux, which functions run on)."""
LONGEST_PATH = 3_840
"""Bytes in a path within a package: PATH_MAX of Linux, 4,096, less the folder it is unpacked in."""

_ELSEWHERE = ("S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri")


def _refuse(text: str) -> NoReturn:
    raise aws_error("InvalidParameterValueException", text)


def check_source(code: Mapping[str, Any]) -> None:
    """Check that code comes from one place, and that an upload is not too large.

    Parameters
    ----------
    code
        ``Code`` of CreateFunction, or the parameters of UpdateFunctionCode.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException`` in the words users of AWS report (confidence M), or
        ``RequestEntityTooLargeException``.
    """
    if code.get("ZipFile") is None:
        return
    if any(code.get(member) for member in _ELSEWHERE):
        _refuse("Please do not provide other FunctionCode parameters when providing a ZipFile.")
    check_zip_size(code["ZipFile"])


def check_zip_size(archive: bytes) -> None:
    """Check the size of a package that came with the request itself.

    Raises
    ------
    AwsError
        ``RequestEntityTooLargeException`` in the words users of AWS report (confidence M).
    """
    limit = int(facts.value("package.zip.direct-maximum"))
    if len(archive) > limit:
        raise AwsError(
            "RequestEntityTooLargeException",
            f"Zipped size must be smaller than {limit} bytes",
            status=413,
            members={},
        )


def check_package_type(params: Mapping[str, Any]) -> None:
    """Check that the parameters of CreateFunction suit its ``PackageType``.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``. Users of AWS report the words about mandatory
        parameters and about an image with a handler (confidence M); the others follow the ones
        for updates (confidence L).
    """
    code = params.get("Code") or {}
    if params.get("PackageType", "Zip") == "Zip":
        if not (params.get("Runtime") and params.get("Handler")):
            _refuse(
                "Runtime and Handler are mandatory parameters for functions created with "
                "deployment packages."
            )
        refuse_image(params)
        if code.get("ImageUri") and code.get("ZipFile") is None:
            _refuse("Please don't provide ImageUri when the package type is Zip.")
        return
    if any(params.get(member) for member in ("Runtime", "Handler", "Layers")):
        _refuse("Please don't provide handler or runtime or layer when the package type is Image.")
    if not code.get("ImageUri"):
        _refuse("Please provide ImageUri when the package type is Image.")


def refuse_image(params: Mapping[str, Any]) -> None:
    """Check that a request about a function with a zip asks for nothing that images have.

    Raises
    ------
    AwsError
        ``InvalidParameterValueException``. Users of AWS report the words about ``ImageUri``
        (confidence M); the others follow them (confidence L).
    """
    if params.get("ImageUri"):
        _refuse("Please don't provide ImageUri when updating a function with packageType Zip.")
    if params.get("ImageConfig"):
        _refuse("Please don't provide ImageConfig when the package type is Zip.")


def check_layout(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Check that what a zip holds can be laid out as files and folders.

    Raises
    ------
    ValueError
        If a name is too long for the file system, or a file stands where a folder must be.
    """
    files: set[str] = set()
    folders: set[str] = set()
    for entry in entries:
        parts = [part for part in entry.filename.split("/") if part not in ("", ".")]
        path = "/".join(parts)
        longest = max((len(part.encode()) for part in parts), default=0)
        if longest > LONGEST_NAME or len(path.encode()) > LONGEST_PATH:
            raise ValueError(f"name too long: {path[:80]}")
        (folders if entry.is_dir() else files).add(path)
        folders.update("/".join(parts[:length]) for length in range(1, len(parts)))
    clashes = files & folders
    if clashes:
        raise ValueError(f"both a file and a folder: {min(clashes)}")


def unzipped_size(code: bytes) -> int:
    """Return the bytes that the files of a zip have together."""
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        return sum(entry.file_size for entry in archive.infolist())
