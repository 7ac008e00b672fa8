"""A private AWS region in this process: everything that belongs to it, opened and closed as one."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from lambda_lab._version import __version__
from lambda_lab.aws.application import Application
from lambda_lab.aws.backend import LabLambdaBackend, Services, backend_of, use_services
from lambda_lab.aws.cloudwatch import exact_dimensions
from lambda_lab.aws.guard import region_settings
from lambda_lab.aws.moto_seam import credentials_for_role, install_backend, moto_reads, reset_moto
from lambda_lab.aws.resolve import RegionFunctions
from lambda_lab.clock import Clock
from lambda_lab.errors import SandboxError
from lambda_lab.ids import Ids
from lambda_lab.invoke.afterwards import Afterwards
from lambda_lab.invoke.caller import Caller
from lambda_lab.invoke.event_queue import EventQueue
from lambda_lab.invoke.plane import DataPlane
from lambda_lab.invoke.workers import Workers
from lambda_lab.observe import BufferedTelemetry
from lambda_lab.records import FunctionSpec
from lambda_lab.runtime.environment import Workshop
from lambda_lab.runtime.fork_server import remove_folder
from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.launcher import Launcher, scratch_folder
from lambda_lab.runtime.memory import MemoryWatch
from lambda_lab.runtime.packages import PackageStore
from lambda_lab.runtime.report import iso_time
from lambda_lab.timeline import Timeline

__all__ = ["Region"]

_open_region = threading.Lock()


class Region:
    """A private AWS region. A context manager: leaving it leaves nothing behind.

    moto keeps one world per process, so there is one open region per process.

    Parameters
    ----------
    name
        The region's AWS name.
    port
        Loopback port of the endpoint; 0 takes a free one.
    clock, seed
        The region's clock, and a seed for its ids (``None`` draws at random).
    isolate
        Whether to give functions a private root where the system allows it.

    Raises
    ------
    SandboxError
        If another region is open in this process, or the port is taken.
    """

    def __init__(
        self,
        name: str = "us-east-1",
        port: int = 0,
        *,
        clock: Clock | None = None,
        seed: int | None = None,
        isolate: bool = True,
    ) -> None:
        if not _open_region.acquire(blocking=False):
            raise SandboxError(
                "A region is open in this process already. Close it first: lab.close()."
            )
        self.name = name
        self.clock = clock or Clock()
        self.timeline = Timeline()
        self.telemetry = BufferedTelemetry()
        # Three sources, so that a client's polling does not change the ids of its calls.
        self._ids = Ids(seed)
        self._call_ids = Ids(None if seed is None else seed + 1)
        self._run_ids = Ids(None if seed is None else seed + 2)
        self._stack = ExitStack()
        self._stack.callback(_open_region.release)
        self.closed = False
        try:
            self._open(port, isolate)
        except BaseException:
            self._stack.close()
            raise

    def _open(self, port: int, isolate: bool) -> None:
        from lambda_lab.aws.http_server import HttpServer

        stack = self._stack
        self.folder = scratch_folder()
        stack.callback(remove_folder, str(self.folder))
        stack.enter_context(self.clock)
        install_backend(LabLambdaBackend)
        reset_moto()
        stack.callback(reset_moto)
        stack.enter_context(moto_reads(self.clock.now))
        stack.enter_context(exact_dimensions())
        use_services(
            Services(
                clock=self.clock,
                ids=self._ids,
                call_ids=self._call_ids,
                plane=lambda: self.plane,
                events=lambda: self.events,
                endpoint=lambda: self.url,
            )
        )
        stack.callback(use_services, None)
        self._server = stack.enter_context(HttpServer(Application(self), port))
        loop = stack.enter_context(IoLoop())
        memory = stack.enter_context(MemoryWatch())
        self.launcher = stack.enter_context(
            Launcher(loop, self.folder, self.url, self.name, isolate=isolate)
        )
        self.workers = stack.enter_context(Workers())
        self.plane = stack.enter_context(
            DataPlane(
                Workshop(loop, self.launcher, memory, self._credentials),
                PackageStore(self.folder / "packages"),
                clock=self.clock,
                timeline=self.timeline,
                telemetry=self.telemetry,
                ids=self._run_ids,
                reserved_concurrency=self._reserved,
            )
        )
        self.caller = Caller(RegionFunctions(), self.plane, self._run_ids)
        self.events = EventQueue(
            self.caller, workers=self.workers, clock=self.clock, timeline=self.timeline
        )
        # First no more jobs; then the environments end, and with them the jobs that wait for one.
        stack.callback(self.workers.stop)
        self.clock.on_settle(self.settle)
        stack.enter_context(region_settings(self.url, self.name))

    @property
    def port(self) -> int:
        """The endpoint's port."""
        return self._server.port

    @property
    def url(self) -> str:
        """The region's endpoint."""
        return self._server.url

    # -- for the data plane --------------------------------------------------------------------

    def _credentials(self, spec: FunctionSpec) -> Mapping[str, str]:
        return credentials_for_role(spec.region, spec.role, spec.name)

    def _reserved(self, spec: FunctionSpec) -> int | None:
        return backend_of(spec.region).reserved_concurrency(spec.name)

    @property
    def afterwards(self) -> Afterwards:
        """What calls leave to be done once they are answered."""
        return self.plane.afterwards

    # -- for the application -------------------------------------------------------------------

    def before_moto(self, service: str) -> None:
        """Hand logs and metrics on before a client may read them."""
        self.plane.afterwards.wait()
        if service in ("logs", "monitoring", "cloudwatch", ""):
            self.telemetry.flush()

    def moto_reset(self) -> None:
        """Empty what moto's own reset does not know."""
        self.settle()
        self.plane.reset()
        self.telemetry.clear()
        self.timeline.clear()

    def settle(self) -> None:
        """Return when nothing runs: no job, no invocation, and nothing that they caused."""
        while True:
            self.workers.wait_idle()
            self.plane.settle()
            if self.workers.idle:
                return

    def reset(self) -> None:
        """Make the region empty."""
        self.moto_reset()
        reset_moto()

    def handle(
        self, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
    ) -> tuple[int, str, bytes]:
        """Answer a control path under ``/_lab``."""
        from lambda_lab.region.control import control

        self.plane.afterwards.wait()
        return control(self, method, path, query, body)

    # -- reading -------------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        """Describe the region as ``GET /_lab/health`` does."""
        return {"status": "ok", "version": __version__, "clock": iso_time(self.clock.now_ns())}

    def package(self, digest: str) -> bytes | None:
        """Return the zip whose SHA-256 is *digest*: what ``Code.Location`` points to."""
        import hashlib

        backend = backend_of(self.name)
        functions = backend.functions()
        versions = [v for function in functions for v in backend.versions_of(function)]
        for function in (*functions, *versions):
            if function.code_digest == digest:
                code: bytes = function.code_bytes
                return code
        for layer in backend.list_layers():
            for version in backend.list_layer_versions(layer["LayerName"]):
                found: bytes = version.code_bytes
                if hashlib.sha256(found).hexdigest() == digest:
                    return found
        return None

    # -- ending --------------------------------------------------------------------------------

    def close(self) -> None:
        """End every process, free the port, remove every file."""
        if not self.closed:
            self.closed = True
            self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
