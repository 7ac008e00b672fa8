"""What CloudWatch would do with functions and their logs, and nothing here does.

moto stores these settings and does nothing with them. Here they are refused with 501, so that
nobody waits for a call or a metric that never comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from lambda_lab.aws.deliveries import service_of
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.errors import NotModelledError

__all__ = ["unsent_refused"]

_OF_SUBSCRIPTIONS = ("applyOnTransformedLogs", "emitSystemFields", "fieldSelectionCriteria")
"""Members of ``PutSubscriptionFilter`` that change what a function gets; moto drops them."""
_OF_ALARMS = ("alarm_actions", "ok_actions", "insufficient_data_actions")


@contextmanager
def unsent_refused() -> Iterator[None]:
    """Refuse, while the block runs, what would have no effect."""
    put_alarm = CloudWatchBackend.put_metric_alarm
    subscribe = LogsResponse.put_subscription_filter

    def put_metric_alarm(self: Any, *args: Any, **asked: Any) -> Any:
        actions = [action for member in _OF_ALARMS for action in asked.get(member) or ()]
        _check_actions(actions)
        return put_alarm(self, *args, **asked)

    def put_metric_filter(self: Any, *args: Any, **asked: Any) -> None:
        del self, args, asked
        raise NotModelledError(
            "A metric filter", "Count the lines in the log group, or call PutMetricData."
        )

    def put_subscription_filter(self: Any) -> str:
        for member in _OF_SUBSCRIPTIONS:
            if self._get_param(member):
                raise NotModelledError(f"A subscription filter with {member}")
        return str(subscribe(self))

    with (
        replaced(CloudWatchBackend, put_metric_alarm=put_metric_alarm),
        replaced(LogsBackend, put_metric_filter=put_metric_filter),
        replaced(LogsResponse, put_subscription_filter=put_subscription_filter),
    ):
        yield


def _check_actions(actions: Iterable[str]) -> None:
    """Refuse an alarm that would call a function."""
    if any(service_of(action) == "lambda" for action in actions):
        raise NotModelledError("An alarm that calls a function")
