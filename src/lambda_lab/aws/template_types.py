"""Kinds of resources in CloudFormation templates: one that nothing here makes is refused.

moto warns in its log and reports ``CREATE_COMPLETE``, so a stack seems to have what it has not: an
alias, a function URL, an alarm. Of some kinds it reads a few properties and passes over the rest,
such as a bucket's notifications; those are refused, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.errors import NotModelledError

__all__ = ["known_types"]

WITHOUT_EFFECT = ("AWS::CDK::Metadata",)
"""AWS makes nothing of it either: it counts how the CDK is used.

https://docs.aws.amazon.com/cdk/v2/guide/usage-data.html
"""

READ = {
    "AWS::Lambda::LayerVersion": (
        "CompatibleRuntimes", "Content", "Description", "LayerName", "LicenseInfo",
    ),
    "AWS::Lambda::Version": ("FunctionName",),
    "AWS::S3::Bucket": ("BucketEncryption", "BucketName", "Tags"),
}  # fmt: skip
"""The properties that moto reads, for kinds of which it drops what a function would feel."""


@contextmanager
def known_types() -> Iterator[None]:
    """Refuse templates with what is not made here, while it is open."""
    from moto.cloudformation import parsing

    find, parse = parsing.resource_class_from_type, parsing.parse_resource
    resource_map = parsing.ResourceMap

    def check_and_find(kind: str) -> Any:
        _check_kind(kind)
        return find(kind)

    def check_and_parse(resource: dict[str, Any], resources: Any) -> Any:
        _check(resource)
        # moto warns of each kind without a class.
        return None if resource["Type"] in WITHOUT_EFFECT else parse(resource, resources)

    with (
        replaced(parsing, resource_class_from_type=check_and_find, parse_resource=check_and_parse),
        replaced(
            resource_map,
            load=_checked_first(resource_map.load),
            build_resource_diff=_checked_first(resource_map.build_resource_diff),
            # What was not made is not listed; moto lists it without a name.
            values=lambda self: [one for one in map(self.get, self) if one is not None],
        ),
    ):
        yield


def _checked_first(call: Callable[..., Any]) -> Callable[..., Any]:
    """Check a template before anything of it is made or changed."""

    def checked(self: Any, *given: Any) -> Any:
        template = given[0] if given else self._template
        for resource in (template.get("Resources") or {}).values():
            # What stands under a condition may never be made.
            if isinstance(resource, Mapping) and "Condition" not in resource:
                _check(resource)
        return call(self, *given)

    return checked


def _check(resource: Mapping[str, Any]) -> None:
    kind, properties = resource.get("Type"), resource.get("Properties")
    _check_kind(kind)
    if kind in READ and isinstance(properties, Mapping):
        for name in properties:
            if name not in READ[kind]:
                raise NotModelledError(
                    f"The property {name} of {kind} in a template",
                    "Take it out, and set it by its own service's call.",
                )


def _check_kind(kind: Any) -> None:
    from moto.cloudformation import parsing

    if not isinstance(kind, str) or kind.startswith("Custom::"):
        return
    if kind not in {*WITHOUT_EFFECT, *parsing.NULL_MODELS, *parsing.get_model_map()}:
        raise NotModelledError(
            f"{kind} in a template", "Take it out, and make it by its own service's call."
        )
