"""The Lambda Lab Book's helper package: a private AWS region whose Lambda really runs.

>>> import lambda_lab
>>> lambda_lab.__version__
'0.1.0'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_lab._version import __version__

if TYPE_CHECKING:
    from lambda_lab.lab import Lab

__all__ = ["Lab", "__version__"]


def __getattr__(name: str) -> Any:
    # Lab brings boto3 and moto along; importing the package alone must stay light.
    if name == "Lab":
        from lambda_lab.lab import Lab

        return Lab
    raise AttributeError(f"module 'lambda_lab' has no attribute {name!r}")
