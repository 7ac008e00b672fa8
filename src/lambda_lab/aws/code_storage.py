"""How much code a Region keeps: every version of every function and of every layer, unzipped.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

from typing import Any

from lambda_lab import facts
from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.store import FunctionStore

__all__ = ["check_room"]

GIGABYTE = 1024**3


def check_room(store: FunctionStore, more: int) -> None:
    """Refuse what the Region has no room for any more.

    Parameters
    ----------
    store
        The Region's functions and layers.
    more
        Bytes that are to be added, unzipped.

    Raises
    ------
    AwsError
        ``CodeStorageExceededException`` in the words users of AWS report (confidence M).
    """
    latest = store.functions()
    kept = sum(one.unzipped_size for one in latest)
    kept += sum(one.unzipped_size for function in latest for one in store.versions_of(function))
    layers: list[Any] = store.layer_versions()
    kept += sum(layer.unzipped_size for layer in layers)
    if kept + more > int(facts.value("storage.code")) * GIGABYTE:
        raise aws_error("CodeStorageExceededException", "Code storage limit exceeded.")
