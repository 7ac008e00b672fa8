"""Lambda as moto's other services call it: moto's own names for the ways in.

moto's services hand events to Lambda inside the process. Sources that push have modules of their
own under ``aws/pushes``, mappings poll; what is left comes through here. Who calls by a way that
is not modelled is told so: docs/decisions/0030-triggers-of-moto.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_lab.aws import formation
from lambda_lab.aws.api_layers import publish
from lambda_lab.aws.backend import LabLambdaBackend
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.mapping_template import (
    create_mapping,
    delete_mapping,
    mappings_of,
    update_mapping,
)
from lambda_lab.aws.moto_seam import LayerVersion
from lambda_lab.aws.pushes.logs import send_log_events
from lambda_lab.aws.undelivered import not_delivered

__all__ = ["RegionBackend"]


class RegionBackend(LabLambdaBackend):
    """The backend that a region hands to moto.

    A way that is not named here - moto's pushes to mappings it made itself - ends in
    ``LabFunction.invoke``, which refuses it.
    """

    def send_log_event(
        self,
        function_arn: str,
        filter_name: str,
        log_group_name: str,
        log_stream_name: str,
        log_events: Any,
    ) -> None:
        """CloudWatch Logs has a subscription filter for events that were written together."""
        send_log_events(
            self.region_name,
            function_arn,
            filter_name=filter_name,
            group=log_group_name,
            stream=log_stream_name,
            events=log_events,
        )

    # -- what CloudFormation's templates describe --------------------------------------------------

    def create_from_template(self, name: str, properties: Mapping[str, Any]) -> LabFunction:
        """Create a function that a template describes; it is Active at once."""
        return formation.create_function(self, name, properties)

    def update_from_template(
        self, function: LabFunction, properties: Mapping[str, Any]
    ) -> LabFunction:
        """Update a function to what a template describes now."""
        return formation.update_function(self, function, properties)

    def publish_layer_version(self, spec: dict[str, Any]) -> LayerVersion:
        """Publish a layer version that a template describes."""
        with self.lock:
            return publish(self, spec)

    def create_event_source_mapping(self, spec: dict[str, Any]) -> Any:
        """Make a mapping that a template describes."""
        return create_mapping(self, spec)

    def update_event_source_mapping(self, uuid: str, spec: dict[str, Any]) -> Any:
        """Bring a mapping to what a template describes now."""
        return update_mapping(self, uuid, spec)

    def delete_event_source_mapping(self, uuid: str) -> None:
        """Delete a mapping of a template."""
        delete_mapping(self, uuid)

    def list_event_source_mappings(self, event_source_arn: str, function_name: str) -> list[Any]:
        """Return the mappings of a source and a function."""
        return list(mappings_of(self, event_source_arn, function_name))

    def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: Any,
    ) -> bytes:
        """Refuse moto's own event for ``CreateBucket``, and whoever comes next.

        On AWS a rule hears of that call only through a trail of CloudTrail.

        Raises
        ------
        NotModelledError
            Always. moto drops it here, as nobody waits for a rule's target.
        """
        del qualifier, body, headers, response_headers
        raise not_delivered("This service", function_name)
