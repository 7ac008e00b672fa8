"""moto's own names for the ways into Lambda, and what becomes of each.

moto's services hand events to Lambda inside the process. Sources that push have modules of their
own under ``aws/pushes``, mappings poll; what is left comes through here. Who calls by a way that
is not modelled is told so: docs/decisions/0030-triggers-of-moto.md.
"""

from __future__ import annotations

import logging
from typing import Any

from lambda_lab.aws.pushes.logs import send_log_events
from lambda_lab.errors import NotModelledError

__all__ = ["Triggers", "not_delivered"]

log = logging.getLogger("lambda_lab")


def not_delivered(source: str, function: str) -> NotModelledError:
    """Say on the log that *source* did not call *function*; return the error that says so too."""
    error = NotModelledError(
        f"{source} calling a function",
        f"Nothing was sent to {function}. Call Invoke with such an event instead.",
    )
    log.warning("%s", error)
    return error


class Triggers:
    """A base of the region's backend, in front of moto's.

    A way that is not named here - moto's pushes to mappings it made itself - ends in
    ``LabFunction.invoke``, which refuses it.
    """

    region_name: str

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

    # -- event source mappings of templates: moto's names ------------------------------------------

    def create_event_source_mapping(self: Any, spec: dict[str, Any]) -> Any:
        """Make a mapping that a template describes."""
        from lambda_lab.aws.mapping_template import create_mapping

        return create_mapping(self, spec)

    def update_event_source_mapping(self: Any, uuid: str, spec: dict[str, Any]) -> Any:
        """Bring a mapping to what a template describes now."""
        from lambda_lab.aws.mapping_template import update_mapping

        return update_mapping(self, uuid, spec)

    def delete_event_source_mapping(self: Any, uuid: str) -> None:
        """Delete a mapping of a template."""
        from lambda_lab.aws.mapping_template import delete_mapping

        delete_mapping(self, uuid)

    def list_event_source_mappings(
        self: Any, event_source_arn: str, function_name: str
    ) -> list[Any]:
        """Return the mappings of a source and a function."""
        from lambda_lab.aws.mapping_template import mappings_of

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
