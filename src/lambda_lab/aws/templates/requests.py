"""Requests that bring a template: what CloudFormation asks of the caller before it looks further.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html

A template that makes identities is taken only from a caller who says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.s3.exceptions import S3ClientError

from lambda_lab.aws.refused import Refused
from lambda_lab.aws.templates.reading import invalid, read_template
from lambda_lab.aws.templates.shape import check_shape

__all__ = ["checked_template", "requests"]

_NAMES = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}
"""Kinds that need a capability, and the property that asks for the greater one."""


def checked_template(text: Any) -> dict[str, Any]:
    """Read a template and refuse what CloudFormation would not begin with."""
    template = read_template(text)
    check_shape(template)
    return template


def _capability(template: Mapping[str, Any]) -> tuple[str | None, list[str]]:
    """Return the capability that *template* needs, and the kinds that need it."""
    resources = [one for one in template["Resources"].values() if one["Type"] in _NAMES]
    if not resources:
        return None, []
    named = any(_NAMES[one["Type"]] in (one.get("Properties") or {}) for one in resources)
    capability = "CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"
    return capability, sorted({one["Type"] for one in resources})


def _check_capabilities(template: Mapping[str, Any], given: Iterable[str]) -> None:
    needed, _ = _capability(template)
    # Who may make identities with names of their own may make those without.
    enough = {*given} & {needed, "CAPABILITY_NAMED_IAM"}
    if needed is not None and not enough:
        # As many users of CloudFormation quote it: confidence M.
        raise Refused("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")


def _template_of(response: Any) -> dict[str, Any] | None:
    url, text = response._get_param("TemplateURL"), response._get_param("TemplateBody")
    if url and not text:
        try:
            text = response._get_stack_from_s3_url(url)
        except (S3ClientError, AttributeError, ValueError) as error:
            # As users quote it: confidence M.
            why = getattr(error, "message", "") or "Access Denied"
            raise invalid(f"S3 error: {why}") from error
    return checked_template(text) if text else None


def _checked(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def checked(self: Any) -> Any:
        template = _template_of(self)
        if template is not None:
            _check_capabilities(template, self._get_param("Capabilities", []))
        return call(self)

    return checked


def _validate_template(self: Any) -> Any:
    """Say what a template asks for; moto would ask a linter that is not installed."""
    from moto.core.responses import ActionResult

    template = _template_of(self) or {"Resources": {}}
    needed, kinds = _capability(template)
    told: dict[str, Any] = {
        "Description": template.get("Description"),
        "Parameters": [
            {
                "ParameterKey": name,
                "DefaultValue": None if slot.get("Default") is None else str(slot["Default"]),
                "NoEcho": str(slot.get("NoEcho", False)).lower() == "true",
                "Description": slot.get("Description"),
            }
            for name, slot in (template.get("Parameters") or {}).items()
        ],
    }
    if needed is not None:
        told["Capabilities"] = [needed]
        told["CapabilitiesReason"] = (
            f"The following resource(s) require capabilities: [{', '.join(kinds)}]"
        )
    return ActionResult(told)


def requests(responses: Any) -> dict[str, Callable[[Any], Any]]:
    """Return the operations of moto's *responses* that take a template, with these checks."""
    return {
        # A change set may be empty, and says so when it is asked; an update looks for itself.
        "_validate_different_update": lambda *_: None,
        "create_change_set": _checked(responses.create_change_set),
        "create_stack": _checked(responses.create_stack),
        "update_stack": _checked(responses.update_stack),
        "validate_template": _validate_template,
    }
