"""Every error this package raises, as one tree.

::

    LabError
    +-- SandboxError            the machine cannot run what was asked (no interpreter, no space ...)
    +-- PackagingError          a deployment package that cannot be used
    +-- EnvironmentGone         an execution environment ended while it was needed
    +-- NotModelledError        AWS does something here that this package does not
    +-- CheckError              a lab's exercise was asked something it does not know
    +-- AwsError                what AWS itself would answer: code, message and HTTP status

Each message says what happened and what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "AwsError",
    "CheckError",
    "EnvironmentGone",
    "LabError",
    "NotModelledError",
    "PackagingError",
    "SandboxError",
    "shown",
]


class LabError(Exception):
    """Base of every error raised by this package."""


class SandboxError(LabError):
    """This machine cannot do what was asked; the message says how to mend it.

    A notebook shows the message alone: where in this package it was raised, mends nothing.
    """

    def _render_traceback_(self) -> list[str]:
        # IPython asks an error for this first:
        # https://ipython.readthedocs.io/en/stable/config/integrating.html
        return [str(self)]


class PackagingError(LabError):
    """A deployment package or layer that cannot be unpacked or is too large."""


class EnvironmentGone(LabError):
    """An execution environment ended before it could take the invocation."""


class CheckError(LabError):
    """An exercise was asked for something it does not have."""


class NotModelledError(LabError):
    """AWS does this; this package does not, and will not pretend.

    Over HTTP it becomes status 501 with code ``NotModelledException``: no AWS client
    retries a 501, and no AWS service answers with that code, so it cannot be taken for AWS's.

    Parameters
    ----------
    what
        The behaviour asked for, in AWS's terms.
    instead
        What the reader can do here.
    """

    def __init__(self, what: str, instead: str = "See the chapter 'What is real here'.") -> None:
        super().__init__(f"{what} is not modelled by lambda_lab. {instead}")
        self.what = what
        self.instead = instead


class AwsError(LabError):
    """An error answer of an AWS API, as a REST-JSON service sends it.

    Parameters
    ----------
    code
        AWS's error code, for example ``ResourceNotFoundException``: the client's exception class.
    message
        AWS's text.
    status
        HTTP status, from the service model (400 where the model is silent).
    members
        Further members of the error shape, for example ``{"Type": "User", "Reason": "..."}``.
    message_key
        Lambda spells the message member ``Message`` in some shapes and ``message`` in others.
    headers
        Further HTTP headers, for example ``{"Retry-After": "1"}``.

    Examples
    --------
    >>> error = AwsError("ResourceNotFoundException", "Function not found: f", status=404)
    >>> error.code, error.status
    ('ResourceNotFoundException', 404)
    >>> error.body()
    {'Type': 'User', 'Message': 'Function not found: f'}
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        members: Mapping[str, Any] | None = None,
        message_key: str = "Message",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members: dict[str, Any] = {"Type": "User"} if members is None else dict(members)
        self.message_key = message_key
        self.headers: dict[str, str] = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """Return the JSON body of the answer."""
        return {**self.members, self.message_key: self.message}


def shown(value: object, limit: int = 60) -> str:
    r"""Return what a message may say of a value that was given: its repr, cut where it is long.

    Examples
    --------
    >>> shown("x" * 9, limit=8), shown(10**5000)
    ("'xxxxxx…", 'a int that cannot be printed')
    """
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a repr may raise anything, and a huge int does
        text = f"a {type(value).__name__} that cannot be printed"
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
