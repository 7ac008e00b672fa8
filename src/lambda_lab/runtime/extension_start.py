"""Starting and ending an environment with extensions: the order, and who gets how much time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from lambda_lab import facts
from lambda_lab.errors import PackagingError
from lambda_lab.runtime.extensions import (
    LAUNCH_ERROR,
    Extension,
    ExtensionFailure,
    Extensions,
    grace_seconds,
)
from lambda_lab.runtime.launcher import Launcher, Program

__all__ = ["grace", "launch"]

RUNTIME_SECONDS = 0.3
"""What the runtime has of the time, where there are external extensions; they share the rest
(https://github.com/aws-samples/graceful-shutdown-with-aws-lambda, confidence M)."""


def launch(
    extensions: Extensions, programs: Sequence[Program], launcher: Launcher, log_fd: int
) -> ExtensionFailure | None:
    """Start every external extension; returns the first that cannot be."""
    limit = int(facts.value("extensions.maximum"))
    for number, program in enumerate(programs):
        name = program.identity.rpartition("/")[2]
        extension = Extension(name)
        extensions.add(extension)
        sentence, kind = "", ""
        if number >= limit:
            sentence, kind = f"Extension limit ({limit}) reached", "TooManyExtensions"
        else:
            try:
                extension.process = launcher.start(
                    program, log_fd, partial(extensions.exited, extension)
                )
            except PackagingError as error:
                sentence = str(error)
                kind = "PermissionDenied" if "permission" in sentence else "UnknownError"
        if sentence:
            extension.state, extension.error = "LaunchError", kind
            return ExtensionFailure(name, LAUNCH_ERROR, sentence)
    return None


def grace(extensions: Extensions) -> tuple[float, float]:
    """Return the seconds a shutdown may take: the runtime, and then the extensions.

    Examples
    --------
    >>> class Nobody:
    ...     on_extension_news = on_extension_failure = None
    >>> grace(Extensions(Nobody()))
    (0.0, 0.0)
    >>> grace(Extensions(Nobody(), [Extension("inside", identifier="1")]))
    (0.5, 0.0)
    """
    if extensions.external:
        return RUNTIME_SECONDS, grace_seconds("external") - RUNTIME_SECONDS
    if extensions.there:
        return grace_seconds("internal"), 0.0
    return grace_seconds("none"), 0.0
