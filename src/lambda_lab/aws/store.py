"""What functions and layers a region has, and how they are found.

A subclass of moto's backend, so that every other moto service that knows Lambda - CloudFormation,
resource tagging - works with the same functions.
"""

from __future__ import annotations

import threading
from typing import Any

from lambda_lab.aws.errors import aws_error
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.mapping_shapes import LabMapping
from lambda_lab.aws.moto_seam import JsonRESTError, LambdaBackend, LayerVersion
from lambda_lab.aws.names import FunctionName, function_arn
from lambda_lab.aws.services import services
from lambda_lab.aws.vpc.interfaces import Interfaces

__all__ = ["FunctionStore"]


class FunctionStore(LambdaBackend):
    """The functions, layers and mappings of one region of the account.

    ``lock`` is held by every operation that reads or changes what functions there are, and by
    none that runs a function.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.lock = threading.RLock()
        # "Version numbers are never reused, even for a function that has been deleted and
        # recreated": Developer Guide, Manage Lambda function versions.
        self._last_numbers: dict[str, int] = {}
        self.mappings: dict[str, LabMapping] = {}
        self.interfaces = Interfaces(region_name)
        self.idle_watch = False

    def find(self, named: FunctionName) -> LabFunction:
        """Return the function, version or alias target that *named* means.

        Raises
        ------
        AwsError
            ``ResourceNotFoundException`` in AWS's words.
        """
        # moto reads $LATEST in any letters; for AWS, other ones name nothing.
        misspelt = named.qualifier != "$LATEST" and str(named.qualifier).upper() == "$LATEST"
        if named.account in (None, self.account_id) and not misspelt:
            try:
                found: Any = self._lambdas.get_function_by_name_with_qualifier(
                    named.name, named.qualifier
                )
            except JsonRESTError:
                pass
            else:
                function: LabFunction = found
                return function
        account = named.account or self.account_id
        arn = function_arn(self.region_name, account, named.name, named.qualifier)
        raise aws_error("ResourceNotFoundException", f"Function not found: {arn}")

    def functions(self) -> list[LabFunction]:
        """Return the latest version of every function, by name."""
        latest: Any = self._lambdas.latest()
        return sorted(latest, key=lambda function: str(function.function_name))

    def reserved_concurrency(self, name: str) -> int | None:
        """Return what is reserved for the function *name*, if anything."""
        found = self._lambdas._functions.get(name)
        reserved: int | None = None if found is None else found["latest"].reserved_concurrency
        return reserved

    def versions_of(self, function: LabFunction) -> list[LabFunction]:
        """Return the published versions, oldest first."""
        versions: list[LabFunction] = self._lambdas._functions[function.function_name]["versions"]
        return versions

    def package(self, digest: str) -> bytes | None:
        """Return the zip whose SHA-256 is *digest*: what ``Code.Location`` points to."""
        with self.lock:
            functions = self.functions()
            for function in (*functions, *(v for f in functions for v in self.versions_of(f))):
                if function.code_digest == digest:
                    return function.code_bytes
            for layer in self.layer_versions():
                if layer.code_digest == digest:
                    code: bytes = layer.code_bytes
                    return code
        return None

    def layer_versions(self) -> list[LayerVersion]:
        """Return every version of every layer."""
        layers = self._layers._layers.values()
        return [version for layer in layers for version in layer.layer_versions.values()]

    def holds(self, function: LabFunction) -> bool:
        """Whether *function* is the latest version of a function that is there."""
        known = self._lambdas._functions.get(function.function_name)
        return known is not None and known["latest"] is function

    def timestamp(self) -> str:
        """Return the region's time as ``LastModified`` has it."""
        moment = services().clock.now()
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
