"""What changed between the API bounds stored here and the SDK that is installed.

Run ``python -m lambda_lab.facts diff`` after an upgrade of botocore.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lambda_lab import facts

__all__ = ["differences", "lambda_model", "model_value"]


def lambda_model() -> Mapping[str, Any]:
    """Return botocore's model of the Lambda API. Imported here, so that facts need no SDK."""
    from botocore import loaders

    model: Mapping[str, Any] = loaders.create_loader().load_service_model("lambda", "service-2")
    return model


def model_value(model: Mapping[str, Any], pointer: str) -> Any:
    """Return what the model holds at ``Shape.property``, or ``None`` when it has no such thing.

    Examples
    --------
    >>> model_value({"shapes": {"Timeout": {"max": 5400}}}, "Timeout.max")
    5400
    >>> model_value({"shapes": {}}, "Timeout.max") is None
    True
    """
    shape, _, name = pointer.partition(".")
    found = model["shapes"].get(shape, {}).get(name)
    return tuple(found) if isinstance(found, list) else found


def differences(model: Mapping[str, Any]) -> Iterator[str]:
    """Yield one sentence per bound, runtime or error that the model no longer agrees with."""
    for fact in facts.all().values():
        if fact.model and (now := model_value(model, fact.model)) != fact.value:
            yield f"{fact.key}: stored {fact.value!r}, botocore's {fact.model} is {now!r}"
    listed = {runtime.name for runtime in facts.runtimes()}
    offered = set(model_value(model, "Runtime.enum") or ())
    for name in sorted(offered - listed):
        yield f"runtime {name}: botocore offers it, facts/data/runtimes.toml does not list it"
    for name in sorted(listed - offered):
        yield f"runtime {name}: listed here, no longer offered by botocore"
    for error in facts.errors():
        if error.family == "api":
            now = (model_value(model, f"{error.name}.error") or {}).get("httpStatusCode")
            if now != error.status:
                yield f"error {error.name}: stored status {error.status}, botocore says {now}"
