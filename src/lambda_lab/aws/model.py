"""The Lambda API as AWS publishes it: botocore's service model, read once.

Everything this folder knows about paths, members, types, bounds and error shapes comes from
this model, so that a newer botocore brings newer operations without a change here. botocore is
imported on first use: it takes about a tenth of a second.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

__all__ = ["operation_model", "service_model"]


@functools.cache
def service_model() -> ServiceModel:
    """Return botocore's model of the Lambda API.

    Examples
    --------
    >>> service_model().metadata["protocol"]
    'rest-json'
    """
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model("lambda", "service-2"), "lambda")


@functools.cache
def operation_model(operation: str) -> OperationModel:
    """Return the model of one operation.

    Parameters
    ----------
    operation
        AWS's name, for example ``CreateFunction``.

    Raises
    ------
    botocore.model.OperationNotFoundError
        If the Lambda API has no such operation.

    Examples
    --------
    >>> operation_model("CreateFunction").http["method"]
    'POST'
    """
    return service_model().operation_model(operation)
