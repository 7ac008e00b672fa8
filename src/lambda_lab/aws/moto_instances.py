"""What moto remembers of what is gone, and why it does not here.

moto lists every object that it ever made on a page of its own server, so it keeps each of them:
also messages that were deleted and functions that are no more. Nobody opens that page here, and a
region may serve for days: ten thousand messages of 20 kB that came and went were 200 MB.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from moto.core.common_models import BaseModel

__all__ = ["keep_no_instances"]

_KEPT = "moto.s3."
"""At a reset, moto closes the files of S3's objects through these lists."""


def keep_no_instances() -> None:
    """Let moto forget the objects of every service that it has loaded so far, now and later."""
    for model in _models(BaseModel):
        if not model.__module__.startswith(_KEPT):
            model.instances_tracked = deque(maxlen=0)


def _models(base: Any) -> Iterator[Any]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)
