"""What a forked child does to become a Python function: AWS's own runtime client.

The parent has imported the AWS SDK already (:func:`preload`). The child takes on the function's
environment variables and search path, forgets every module that the function's package or layers
bring themselves, and hands over to ``awslambdaric``, the client that AWS's Python runtime runs:
https://github.com/aws/aws-lambda-python-runtime-interface-client
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import types
from typing import Any

# Imported before the fork: a function's own search path does not lead here.
from lambda_lab.runtime import native_client
from lambda_lab.runtime.own_modules import taken
from lambda_lab.runtime.snapshot import hold

__all__ = ["SDK_PACKAGES", "preload", "run_python"]

SDK_PACKAGES = (
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "dateutil",
    "six",
    "urllib3",
)
"""What AWS's Python runtimes ship beside the standard library."""

RUNTIME_PACKAGES = ("awslambdaric", "simplejson", "snapshot_restore_py", "runtime_client")
"""What the runtime client itself needs."""

_PRELOAD = (
    "boto3.session",
    "botocore.auth",
    "botocore.httpsession",
    "botocore.parsers",
    "botocore.retryhandler",
    "botocore.signers",
    "concurrent.futures",
    "decimal",
    "http.client",
    "json",
    "logging",
    "random",
    "simplejson",
    "snapshot_restore_py",
    "traceback",
    "urllib.request",
    "uuid",
    "zoneinfo",
    "awslambdaric.lambda_context",
    "awslambdaric.lambda_runtime_exception",
    "awslambdaric.lambda_runtime_hooks_runner",
    "awslambdaric.lambda_runtime_marshaller",
)


def preload(sdk: str) -> None:
    """Import what most functions import from the folder *sdk*, so that a fork has it already.

    Not ``awslambdaric.bootstrap`` and its native client: they read the environment at import.
    """
    sys.path.insert(0, sdk)
    for name in _PRELOAD:
        importlib.import_module(name)


def _forget(names: tuple[str, ...]) -> None:
    for loaded in list(sys.modules):
        if loaded.partition(".")[0] in names:
            del sys.modules[loaded]


def _brings_own_sdk(paths: list[str]) -> bool:
    """Whether the package or a layer carries any part of the SDK: then none of ours is used.

    AWS advises to package boto3 with all it needs or not at all, because half-overrides break
    (https://docs.aws.amazon.com/lambda/latest/dg/python-package.html).
    """
    for path in paths:
        for name in SDK_PACKAGES:
            if os.path.exists(os.path.join(path, name)) or os.path.exists(
                os.path.join(path, f"{name}.py")
            ):
                return True
    return False


def run_python(
    handler: str,
    env: dict[str, str],
    paths: dict[str, list[str]],
    orders_fd: int | None = None,
    *,
    shared: bool = False,
) -> None:
    """Become the function: set its world up and run AWS's runtime client.

    Parameters
    ----------
    handler
        ``file.function``, as in the function's configuration.
    env
        The complete environment; nothing of the host's remains.
    paths
        ``own``: package and layers in search order; ``standard``: the standard library;
        ``sdk``: where the AWS SDK lies; ``executable``: what ``sys.executable`` says.
    orders_fd
        Where orders for copies come, if this process is to become a snapshot (:mod:`.snapshot`).
    shared
        Whether it has no private root, but what stands in for one (:mod:`.shared_root`).
    """
    if shared:
        from lambda_lab.runtime.shared_root import hide_from_traces
    os.environ.clear()
    os.environ.update(env)
    own = [path for path in paths["own"] if os.path.isdir(path)]
    # The last two remember the program and the interpreter that this process was forked from.
    _forget(("lambda_lab", "pydantic", "rich", "multiprocessing", "__mp_main__"))
    if _brings_own_sdk(own):
        _forget(SDK_PACKAGES)
    _forget(taken(own))
    sys.path[:] = [*own, *paths["sdk"], *paths["standard"]]
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    sys.argv = [handler]
    sys.executable = paths["executable"][0]
    sys.dont_write_bytecode = True
    if orders_fd is None:
        _use_native_client()
    else:
        # AWS's binary goes by the address there is when it is loaded, and each copy has another: it
        # is loaded in the copy. Until then nobody speaks through it.
        sys.modules["runtime_client"] = native_client
    from awslambdaric import bootstrap
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

    if shared:
        hide_from_traces(bootstrap)
    client = LambdaRuntimeClient(env["AWS_LAMBDA_RUNTIME_API"], True)
    wait = client.wait_next_invocation

    def wait_next_invocation() -> Any:
        # AWS's newer runtimes wait on a second thread, so that the main thread can run a handler
        # for SIGTERM. That costs each warm call a new thread; who has no handler needs none.
        client.use_thread_for_polling_next = callable(signal.getsignal(signal.SIGTERM))
        return wait()

    client.wait_next_invocation = wait_next_invocation
    if orders_fd is not None:
        del sys.modules["runtime_client"]
        hold(client, _use_native_client, orders_fd)
    # There must be one: pickle, unittest and multiprocessing look at it. Ours is not to be seen.
    sys.modules["__main__"] = types.ModuleType("__main__")
    bootstrap.run(handler, client)


def _use_native_client() -> Any:
    """Return who speaks HTTP for the runtime client: AWS's binary, or ours where there is none."""
    try:
        return importlib.import_module("runtime_client")
    except ImportError:
        sys.modules["runtime_client"] = native_client
        return native_client
