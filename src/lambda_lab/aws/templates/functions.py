"""Functions of a template that moto does not compute, or computes wrong.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from itertools import islice
from typing import Any

from lambda_lab.aws.templates.reading import invalid
from lambda_lab.errors import NotModelledError

__all__ = ["computed"]


def computed(clean: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return moto's ``clean_json`` with what it leaves out."""

    def clean_and_compute(part: Any, resources: Any) -> Any:
        if not isinstance(part, dict) or len(part) != 1:
            return clean(part, resources)
        ((name, value),) = part.items()
        if name == "Fn::Cidr":
            return _cidr(clean_and_compute(value, resources))
        if name == "Fn::GetAZs":
            return _zones(clean_and_compute(value, resources) or resources["AWS::Region"])
        if name == "Fn::Select" and isinstance(value, list):
            return _selected(clean_and_compute(value, resources))
        if name == "Fn::GetAtt" and isinstance(value, str):
            part = {name: value.split(".", 1)}
        try:
            answer = clean(part, resources)
        except (KeyError, IndexError, TypeError) as problem:
            if name == "Fn::FindInMap":
                path = "::".join(str(clean_and_compute(one, resources)) for one in value)
                raise invalid(f"Template error: Unable to get mapping for {path}") from problem
            raise
        if name == "Fn::GetAtt" and isinstance(answer, dict) and name in answer:
            # moto says so in its log, and takes the function itself for the value.
            raise NotModelledError(f"Fn::GetAtt of {'.'.join(map(str, value))} in a template")
        return answer

    return clean_and_compute


def _cidr(value: Any) -> list[str]:
    try:
        block, count, *bits = value
        network = ipaddress.ip_network(str(block))
        prefix = network.max_prefixlen - int(bits[0] if bits else 8)
        found = [str(one) for one in islice(network.subnets(new_prefix=prefix), int(count))]
    except (TypeError, ValueError):
        found = []
    if not found or len(found) < int(count):
        raise invalid(f"Template error: Fn::Cidr cannot be computed of {value}")
    return found


def _zones(region: str) -> list[str]:
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

    return [str(zone.name) for zone in RegionsAndZonesBackend.zones.get(region, [])]


def _selected(value: list[Any]) -> Any:
    index, items = value
    try:
        return items[int(index)]
    except (IndexError, TypeError, ValueError):
        raise invalid(
            f"Template error: Fn::Select cannot select nonexistent value at index {index}"
        ) from None
