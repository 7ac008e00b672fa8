"""Lambda's API: whether a function that is called in a loop is stopped.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import Any

from lambda_lab.aws.api_functions import resolve_unqualified
from lambda_lab.aws.backend import LabLambdaBackend
from lambda_lab.aws.names import FunctionName

__all__ = [
    "get_function_recursion_config",
    "put_function_recursion_config",
    "stops_loops",
]

Params = dict[str, Any]
TERMINATE = "Terminate"


def put_function_recursion_config(backend: LabLambdaBackend, params: Params) -> Params:
    """Say whether loops of a function are cut (``PutFunctionRecursionConfig``)."""
    function = resolve_unqualified(backend, params)
    function.recursive_loop = params["RecursiveLoop"]
    return {"RecursiveLoop": function.recursive_loop}


def get_function_recursion_config(backend: LabLambdaBackend, params: Params) -> Params:
    """Read whether loops of a function are cut (``GetFunctionRecursionConfig``)."""
    return {"RecursiveLoop": resolve_unqualified(backend, params).recursive_loop}


def stops_loops(backend: LabLambdaBackend, named: FunctionName) -> bool:
    """Whether loops of a function are cut; it is one setting for all of its versions."""
    latest = backend.find(FunctionName(named.name, None, named.account))
    return latest.recursive_loop == TERMINATE
