"""How much code a Region keeps: every version of every function and of every layer, unzipped.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from lambda_lab import facts
from lambda_lab.aws.errors import aws_error

if TYPE_CHECKING:
    from lambda_lab.aws.backend import LabLambdaBackend

__all__ = ["check_room", "unzipped_size"]

GIGABYTE = 1024**3


def unzipped_size(code: bytes) -> int:
    """Return the bytes that the files of a zip have together."""
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def check_room(backend: LabLambdaBackend, more: int) -> None:
    """Refuse what the Region has no room for any more.

    Parameters
    ----------
    backend
        The Region's functions and layers.
    more
        Bytes that are to be added, unzipped.

    Raises
    ------
    AwsError
        ``CodeStorageExceededException`` in the words users of AWS report (confidence M).
    """
    latest = backend.functions()
    kept = sum(one.unzipped_size for one in latest)
    kept += sum(one.unzipped_size for name in latest for one in backend.versions_of(name))
    layers: list[Any] = backend.layer_versions()
    kept += sum(layer.unzipped_size for layer in layers)
    if kept + more > int(facts.value("storage.code")) * GIGABYTE:
        raise aws_error("CodeStorageExceededException", "Code storage limit exceeded.")
