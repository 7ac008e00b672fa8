"""A private AWS region in this process: everything that belongs to it, opened and closed as one."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from lambda_lab._version import __version__
from lambda_lab.aws.application import Application
from lambda_lab.aws.backend import Services, use_services
from lambda_lab.aws.deliveries import AwsDeliveries
from lambda_lab.aws.find_package import find_package
from lambda_lab.aws.guard import region_settings
from lambda_lab.aws.mended import mended_moto
from lambda_lab.aws.moto_seam import credentials_for_role, install_backend, moto_reads, reset_moto
from lambda_lab.aws.pushes.eventbridge import EventBridgeServices
from lambda_lab.aws.pushes.logs import is_followed
from lambda_lab.aws.pushes.opened import service_pushes
from lambda_lab.aws.resolve import RegionFunctions
from lambda_lab.aws.sources.queue import queue_writes
from lambda_lab.aws.sources.stream import stream_writes
from lambda_lab.aws.triggers import RegionBackend
from lambda_lab.clock import Clock
from lambda_lab.closing import Closing
from lambda_lab.errors import LabError, SandboxError, shown
from lambda_lab.ids import Ids
from lambda_lab.invoke.afterwards import Afterwards
from lambda_lab.invoke.caller import Caller
from lambda_lab.invoke.event_queue import EventQueue
from lambda_lab.invoke.limits import Limits
from lambda_lab.invoke.limits import account_concurrency as account_concurrency_of
from lambda_lab.invoke.mapping.engine import MappingEngine
from lambda_lab.invoke.plane import DataPlane
from lambda_lab.invoke.routing import Routing
from lambda_lab.invoke.workers import Workers
from lambda_lab.observe import BufferedTelemetry
from lambda_lab.records import FunctionSpec
from lambda_lab.region.control import control
from lambda_lab.region.databases import open_databases
from lambda_lab.region.egress import open_egress
from lambda_lab.region.metric_readers import metric_readers
from lambda_lab.region.pollers import Pollers
from lambda_lab.runtime.environment import Workshop
from lambda_lab.runtime.fork_server import remove_folder
from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.memory import MemoryWatch
from lambda_lab.runtime.packages import PackageStore
from lambda_lab.runtime.report import iso_time
from lambda_lab.runtime.sandbox_contents import scratch_folder
from lambda_lab.timeline import Timeline

__all__ = ["Region"]

_open_region = threading.Lock()
_NAME = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
LOG_SECONDS = 1
"""From a log line to the subscription filters of its group. AWS says near real time, no number."""


class Region(Closing):
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
    idle_expiry_seconds
        After how long an idle execution environment is shut down, on the region's clock. ``None``
        takes ``LAMBDA_LAB_IDLE_EXPIRY``, or ten minutes; AWS publishes no number.
    account_concurrency
        Concurrent executions of the account; ``None``: ``LAMBDA_LAB_CONCURRENCY``, or AWS's.

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
        idle_expiry_seconds: float | None = None,
        account_concurrency: int | None = None,
    ) -> None:
        if not _NAME.fullmatch(str(name)):
            raise LabError(
                f"{shown(name)} is no region. Give AWS's name of one, such as 'us-east-1'."
            )
        self._limits = Limits.of_aws(account_concurrency_of(account_concurrency))
        if not _open_region.acquire(blocking=False):
            raise SandboxError(
                "A region is open in this process already. Close it first: lab.close()."
            )
        self.name = name
        self.clock = clock or Clock()
        self.timeline = Timeline()
        self.telemetry = BufferedTelemetry()
        # Several sources, so that a client's polling does not change the ids of its calls.
        sources = (Ids(None if seed is None else seed + number) for number in range(5))
        self._ids, self._call_ids, self._run_ids, self._push_ids, draws = sources
        self._routing = Routing(draws)
        self._idle_expiry = idle_expiry_seconds
        self._stack = ExitStack()
        self._stack.callback(_open_region.release)
        self.closed = False
        try:
            self._open(port, isolate)
        except BaseException:
            self._stack.close()
            raise

    def _open(self, port: int, isolate: bool) -> None:
        stack = self._stack
        self.folder = scratch_folder()
        stack.callback(remove_folder, str(self.folder))
        stack.enter_context(self.clock)
        self._open_control_plane(port)
        self._open_data_plane(isolate)
        self._open_events()
        # First no more jobs; then the environments end, and with them the jobs that wait for one.
        stack.callback(self.workers.stop)
        stack.callback(self.events.clear)
        self.clock.on_settle(self.settle)
        stack.enter_context(region_settings(self.url, self.name))
        # What falls due while the region ends would find one half of it there.
        stack.callback(self.clock.stop)

    def _open_control_plane(self, port: int) -> None:
        """Put our Lambda into moto, on the region's clock, and answer on the port."""
        from lambda_lab.aws.http_server import HttpServer

        stack = self._stack
        install_backend(RegionBackend)
        reset_moto()
        stack.callback(reset_moto)
        stack.enter_context(moto_reads(self.clock.now))
        stack.enter_context(mended_moto())
        use_services(
            Services(
                clock=self.clock,
                ids=self._ids,
                call_ids=self._call_ids,
                routing=self._routing,
                plane=lambda: self.plane,
                events=lambda: self.events,
                mappings=lambda: self.mappings,
                endpoint=lambda: self.url,
            )
        )
        stack.callback(use_services, None)
        stack.callback(self.clock.close)
        self._server = stack.enter_context(HttpServer(Application(self), port))

    def _open_data_plane(self, isolate: bool) -> None:
        """Make what runs functions."""
        enter = self._stack.enter_context
        loop, memory = enter(IoLoop()), enter(MemoryWatch())
        self.egress = enter(open_egress(self.name, self._server, lambda: self.databases))
        self.launcher = enter(self.egress.launcher(loop, self.folder, isolate=isolate))
        self.workers = enter(Workers())
        self.plane = enter(
            DataPlane(
                Workshop(loop, self.launcher, memory, self._credentials),
                PackageStore(self.folder / "packages"),
                clock=self.clock,
                timeline=self.timeline,
                telemetry=self.telemetry,
                ids=self._run_ids,
                limits=self._limits,
                idle_expiry=self._idle_expiry,
            )
        )
        self.caller = Caller(RegionFunctions(), self.plane, self._run_ids, self._routing)

    def _open_events(self) -> None:
        """Let events, queues, streams and schedules call functions."""
        enter = self._stack.enter_context
        self.deliveries = AwsDeliveries()
        self.events = EventQueue(
            self.caller,
            deliveries=self.deliveries,
            telemetry=self.telemetry,
            workers=self.workers,
            clock=self.clock,
            timeline=self.timeline,
        )
        pollers = Pollers(
            self.caller, self.deliveries, self.workers, self.clock, self.timeline, self.telemetry
        )
        self.mappings = enter(MappingEngine(pollers.make, self.clock, self.workers))
        enter(queue_writes(self.mappings.wake))
        enter(stream_writes(self.mappings.wake))
        self.schedules = enter(
            EventBridgeServices(self.clock, self.workers, self.timeline, self._push_ids)
        )
        enter(service_pushes(self.caller, self.workers, self.clock))
        enter(metric_readers(self.clock, self.workers, partial(self.before_moto, "monitoring")))
        self.databases = enter(open_databases(self.clock, self.workers))
        self.telemetry.follow(is_followed, self._hand_on_logs)

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

    @property
    def afterwards(self) -> Afterwards:
        """What calls leave to be done once they are answered."""
        return self.plane.afterwards

    def _hand_on_logs(self) -> None:
        hand_on = partial(self.before_moto, "logs")
        self.clock.call_later(LOG_SECONDS, lambda: self.workers.submit(hand_on))

    # -- for the application -------------------------------------------------------------------

    def before_moto(self, service: str) -> None:
        """Hand logs and metrics on before a client may read them."""
        self.plane.afterwards.wait()
        if service in ("logs", "monitoring", "cloudwatch", ""):
            self.telemetry.flush()

    @contextmanager
    def resetting(self) -> Iterator[None]:
        """Empty what moto's own reset does not know; moto is to be emptied in the block.

        The clock is quiet meanwhile: an event would find one half of the region there.
        """
        with self.clock.quiet():
            self._clear()
            yield

    def _clear(self) -> None:
        self.events.clear()
        self.mappings.reset()
        self.schedules.clear()
        self.databases.clear()
        self.settle()
        self.events.clear()
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
        with self.resetting():
            reset_moto()

    def handle(
        self, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
    ) -> tuple[int, str, bytes]:
        """Answer a control path under ``/_lab``."""
        self.plane.afterwards.wait()
        return control(self, method, path, query, body)

    # -- reading -------------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        """Describe the region as ``GET /_lab/health`` does."""
        return {"status": "ok", "version": __version__, "clock": iso_time(self.clock.now_ns())}

    def package(self, digest: str) -> bytes | None:
        """Return the zip whose SHA-256 is *digest*: what ``Code.Location`` points to."""
        return find_package(self.name, digest)

    # -- ending --------------------------------------------------------------------------------

    def close(self) -> None:
        """End every process, free the port, remove every file."""
        if not self.closed:
            self.closed = True
            self._stack.close()
