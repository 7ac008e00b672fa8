"""Secrets Manager calling a function to rotate a secret.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html

``RotateSecret`` answers at once. Then the function is called four times, in order, each time after
the step before has succeeded; it does the work itself, with calls of its own to Secrets Manager. A
step that fails ends the rotation, which is tried again at its next date.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    OperationNotPermittedOnReplica,
    ResourceNotFoundException,
    SecretNotFoundException,
)
from moto.secretsmanager.models import ReplicaSecret, SecretsManagerBackend

from lambda_lab.aws.moto_seam import ACCOUNT
from lambda_lab.aws.policy_check import may_invoke
from lambda_lab.aws.pushes.patches import replaced
from lambda_lab.aws.pushes.pushing import exists, region_of
from lambda_lab.clock import Clock, Scheduled
from lambda_lab.errors import AwsError, NotModelledError
from lambda_lab.invoke.caller import Caller
from lambda_lab.invoke.workers import Workers

__all__ = ["PRINCIPAL", "STEPS", "rotations"]

log = logging.getLogger("lambda_lab")
PRINCIPAL = "secretsmanager.amazonaws.com"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
DAY_SECONDS = 86_400
LONGEST_DAYS = 1000
"""https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html"""


@contextmanager
def rotations(caller: Caller, workers: Workers, clock: Clock) -> Iterator[None]:
    """Let secrets be rotated by functions while the block runs.

    Parameters
    ----------
    caller, workers, clock
        What runs functions, what does it in the background, and what says when it is time.
    """
    rotating = _Rotations(caller, workers, clock)
    managed, move = (
        SecretsManagerBackend.rotate_secret,
        SecretsManagerBackend.update_secret_version_stage,
    )

    def rotate_secret(
        self: Any,
        secret_id: str,
        *,
        client_request_token: str | None = None,
        rotation_lambda_arn: str | None = None,
        rotation_rules: dict[str, Any] | None = None,
        rotate_immediately: bool = True,
    ) -> Any:
        secret = _find(self, secret_id)
        arn = rotation_lambda_arn or secret.rotation_lambda_arn
        if not arn and secret.owning_service:  # the service rotates it, without a function
            return managed(
                self,
                secret_id,
                client_request_token=client_request_token,
                rotation_rules=rotation_rules,
                rotate_immediately=rotate_immediately,
            )
        _check(self, secret, arn, rotation_rules)
        token: str = self._from_client_request_token(client_request_token)
        rotating.begin(secret, arn, token, rotation_rules, rotate_immediately)
        return secret.to_short_dict(version_id=token)

    def update_secret_version_stage(self: Any, secret_id: str, *args: Any, **more: Any) -> Any:
        answer = move(self, secret_id, *args, **more)
        # moto would go on to read the version that was current before.
        _read_current(self.secrets[secret_id])
        return answer

    with replaced(
        SecretsManagerBackend,
        rotate_secret=rotate_secret,
        update_secret_version_stage=update_secret_version_stage,
    ):
        yield


def _find(backend: Any, secret_id: str) -> Any:
    if not backend._is_valid_identifier(secret_id):
        raise SecretNotFoundException
    secret = backend.secrets[secret_id]
    if isinstance(secret, ReplicaSecret):
        raise OperationNotPermittedOnReplica
    if secret.is_deleted():
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    return secret


def _check(backend: Any, secret: Any, arn: str, rules: Mapping[str, Any] | None) -> None:
    """Refuse what Secrets Manager refuses; its texts as users report them, confidence M."""
    if not arn:
        raise InvalidRequestException(
            "No Lambda rotation function ARN is associated with this secret."
        )
    _check_rules(rules or {})
    if not exists(arn):
        raise ResourceNotFoundException(f"Resource not found for ARN '{arn}'.")
    if not _may_rotate(secret, arn):
        raise AwsError(
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
            f"policy grants access to the principal {PRINCIPAL}.",
        )
    pending = _version_with(secret, "AWSPENDING")
    if pending is not None and pending != _version_with(secret, "AWSCURRENT"):
        raise InvalidRequestException(
            "A previous rotation isn't complete. That rotation will be reattempted."
        )


def _check_rules(rules: Mapping[str, Any]) -> None:
    if "ScheduleExpression" in rules:
        raise NotModelledError(
            "A ScheduleExpression of RotationRules", "Use AutomaticallyAfterDays instead."
        )
    days = rules.get("AutomaticallyAfterDays")
    if days is not None and not 1 <= int(days) <= LONGEST_DAYS:
        raise InvalidParameterException(
            f"RotationRules.AutomaticallyAfterDays must be within 1-{LONGEST_DAYS}."
        )


def _may_rotate(secret: Any, arn: str) -> bool:
    return may_invoke(
        region_of(arn),
        arn,
        service=PRINCIPAL,
        source_arn=secret.arn,
        source_account=ACCOUNT,
    )


def _version_with(secret: Any, stage: str) -> str | None:
    for name, version in list(secret.versions.items()):
        if stage in version["version_stages"]:
            return str(name)
    return None


def _read_current(secret: Any) -> None:
    """Let a reader who names no version get the one that has ``AWSCURRENT``."""
    current = _version_with(secret, "AWSCURRENT")
    if current is not None:
        secret.set_default_version_id(current)


class _Rotations:
    """The rotations of a region: those that run, and those that are planned."""

    def __init__(self, caller: Caller, workers: Workers, clock: Clock) -> None:
        self._caller = caller
        self._workers = workers
        self._clock = clock
        self._planned: dict[str, Scheduled] = {}

    def begin(
        self,
        secret: Any,
        arn: str,
        token: str,
        rules: Mapping[str, Any] | None,
        immediately: bool,
    ) -> None:
        """Configure the rotation of *secret* and start it, or only test it."""
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = arn
        if rules and rules.get("AutomaticallyAfterDays"):
            secret.auto_rotate_after_days = int(rules["AutomaticallyAfterDays"])
        self._plan(secret)
        # "Secrets Manager tests the rotation configuration by running the testSecret step":
        # RotateSecret in the API reference, RotateImmediately.
        self._start(secret, token, STEPS if immediately else ("testSecret",))

    def _start(self, secret: Any, token: str, steps: Sequence[str]) -> None:
        secret.versions.setdefault(
            token,
            {
                "createdate": self._now(),
                "version_id": token,
                "version_stages": ["AWSPENDING"],
            },
        )
        self._workers.submit(partial(self._run, secret, token, steps))

    def _run(self, secret: Any, token: str, steps: Sequence[str]) -> None:
        for step in steps:
            problem = self._call(secret, token, step)
            if problem is not None:
                log.warning("The rotation of %s failed in %s: %s", secret.name, step, problem)
                break
        else:
            if steps == STEPS:
                secret.last_rotation_date = self._now()
                _read_current(secret)
                return
        if steps != STEPS:  # a test leaves nothing behind
            secret.versions.pop(token, None)

    def _call(self, secret: Any, token: str, step: str) -> str | None:
        """Call the function for one step; returns what went wrong."""
        arn = secret.rotation_lambda_arn
        event = {"Step": step, "SecretId": secret.arn, "ClientRequestToken": token}
        if not _may_rotate(secret, arn):
            return f"the function {arn} does not let {PRINCIPAL} call it."
        try:
            result = self._caller.call(arn, json.dumps(event).encode())
        except AwsError as error:
            return error.message
        if result.function_error is not None:
            return result.payload.decode(errors="replace")
        return None

    # -- again and again -------------------------------------------------------------------------

    def _plan(self, secret: Any) -> None:
        earlier = self._planned.pop(secret.arn, None)
        if earlier is not None:
            earlier.cancel()
        days = secret.auto_rotate_after_days
        if not days:
            return
        seconds = days * DAY_SECONDS
        secret.next_rotation_date = self._now() + seconds
        self._planned[secret.arn] = self._clock.call_later(seconds, partial(self._again, secret))

    def _again(self, secret: Any) -> None:
        self._planned.pop(secret.arn, None)
        if not secret.rotation_enabled or secret.is_deleted() or not _is_kept(secret):
            return
        self._plan(secret)
        # One that failed goes on with the version it began.
        pending = _version_with(secret, "AWSPENDING")
        unfinished = pending is not None and pending != _version_with(secret, "AWSCURRENT")
        token = pending if unfinished and pending else self._caller.request_id()
        self._start(secret, token, STEPS)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _is_kept(secret: Any) -> bool:
    """Whether the region still has this secret: not deleted for good, not emptied by a reset."""
    from moto.secretsmanager.models import secretsmanager_backends

    kept = secretsmanager_backends[secret.account_id][secret.region].secrets.get(secret.arn)
    return kept is secret
