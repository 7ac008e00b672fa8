"""The control plane as the data plane sees it: what an ARN means now."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lambda_lab.aws.aliases import Pointing, pointing
from lambda_lab.aws.api_recursion import stops_loops
from lambda_lab.aws.backend import LabLambdaBackend, backend_of
from lambda_lab.aws.function import LabFunction
from lambda_lab.aws.names import parse_function_name
from lambda_lab.aws.variables_key import check_key
from lambda_lab.aws.vpc.attachment import admit
from lambda_lab.errors import AwsError
from lambda_lab.invoke.targets import EventInvokeConfig, Share, Target

__all__ = ["RegionFunctions"]


class RegionFunctions:
    """Finds functions by ARN in every region of the account."""

    def target(self, arn: str) -> Target | None:
        """Return what *arn* (qualified or not) means now; ``None`` if it is gone."""
        region = arn.split(":")[3]
        backend = backend_of(region)
        named = parse_function_name(arn, None, region)
        try:
            with backend.lock:
                points = pointing(backend, named)
        except AwsError:
            return None
        function = points.function
        settings = function.event_settings.get(named.qualifier or "$LATEST")
        return Target(
            spec=function.spec,
            stops_loops=stops_loops(backend, named),
            invoked_arn=arn,
            qualifier=named.qualifier,
            state=function.lab_state,
            events=EventInvokeConfig.default() if settings is None else settings.resolved(),
            dead_letter_arn=function.dead_letter_arn,
            reserved=backend.reserved_concurrency(named.name),
            additional=_share(backend, points),
            admit=_admission(backend, function),
        )


def _share(backend: LabLambdaBackend, points: Pointing) -> Share | None:
    other = points.additional
    if other is None:
        return None
    return Share(other.spec, other.lab_state, points.weight, _admission(backend, other))


def _admission(backend: LabLambdaBackend, function: LabFunction) -> Callable[[], None] | None:
    """Return what a call asks first, where that is more than whether the state is Active."""
    if function.vpc is None and not function.kms_key_arn:
        return None
    return partial(_admit, backend, function)


def _admit(backend: LabLambdaBackend, function: LabFunction) -> None:
    admit(backend, function)
    check_key(function)
