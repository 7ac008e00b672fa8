"""The servers of a region's instances: one PostgreSQL each, by the instance's resource id."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from lambda_lab.aws.rds.records import LifecycleEvent, Listener, ParameterInfo, Plan, Running
from lambda_lab.clock import Clock
from lambda_lab.closing import Closing
from lambda_lab.errors import SandboxError
from lambda_lab.invoke.workers import Workers
from lambda_lab.rds.binaries import Binaries, all_binaries, find_binaries
from lambda_lab.rds.data_folder import ADMIN
from lambda_lab.rds.endpoints import Endpoint, Endpoints, aws_name
from lambda_lab.rds.instance import Instance
from lambda_lab.rds.instance_class import (
    MAX_CONNECTIONS,
    class_memory,
    evaluate,
    is_formula,
    known_classes,
)
from lambda_lab.rds.parameters import HELD, known_parameters, refused
from lambda_lab.rds.recovery import Recovery
from lambda_lab.rds.server import PostgresServer, free_port
from lambda_lab.rds.tls_front import TlsFronts, asks_for_tls
from lambda_lab.rds.users import give_password, make_users

__all__ = ["Databases"]

_BEHIND = "127.0.0.1"
"""Where a server listens that has somebody with TLS in front of it."""
_ATTEMPTS = 3
"""Tries to listen on a free address before giving up: somebody may take it in between."""


_CLIENTS = f"""SELECT count(*) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND usename <> '{ADMIN}'"""


class Databases(Closing):
    """Every database of a region. A context manager: leaving it leaves no server and no file.

    Parameters
    ----------
    clock
        The time of events.
    workers
        What starts a server that was killed again.
    """

    def __init__(self, clock: Clock, workers: Workers) -> None:
        self.endpoints = Endpoints()
        """Which address is which instance or proxy."""
        self.on_created: list[Callable[[Instance], None]] = []
        """Called with each new instance before it is available, for example to add extensions."""
        self.defaults: dict[str, str] = {}
        """Server parameters that every instance starts with; parameter groups win."""
        self.on_clear: list[Callable[[], None]] = []
        """Called before every server is ended: what stands in front of them ends first."""
        self.may_reach: Callable[[Instance], bool] = lambda instance: True
        """Whether an instance reaches Lambda's endpoint; the network model says so."""
        self._clock = clock
        self._fronts = TlsFronts(clock)
        self._recovery = Recovery(workers, self._is_kept, self._say)
        self.on_switched = self._recovery.on_switched
        """Called when another server has taken an instance's place, at the same address."""
        self._lock = threading.Lock()
        self._instances: dict[str, Instance] = {}
        self._listeners: list[Listener] = []

    # -- asking --------------------------------------------------------------------------------

    def get(self, identifier: str) -> Instance | None:
        """Return an instance by its name (in any case) or its resource id."""
        wanted = identifier.lower()
        for instance in self.all():
            if wanted in (instance.identifier, instance.resource_id.lower()):
                return instance
        return None

    def all(self) -> list[Instance]:
        """Return every instance that has a server, oldest first."""
        with self._lock:
            return list(self._instances.values())

    def listen(self, listener: Listener) -> None:
        """Call *listener* with everything that happens to instances."""
        self._listeners.append(listener)

    def tell(self, event: LifecycleEvent) -> None:
        """Hand an event on to whoever listens."""
        for listener in list(self._listeners):
            listener(event)

    # -- for the seam --------------------------------------------------------------------------

    def version(self, asked: str) -> str:
        """Return the version that would run for an asked one; empty takes the best."""
        major, _, _ = asked.partition(".")
        return find_binaries(int(major) if major.isdigit() else None).version

    def versions(self) -> list[str]:
        """Return the versions that this machine can run, best first."""
        return list(dict.fromkeys(one.version for one in all_binaries()))

    def classes(self) -> list[str]:
        """Return the names of the instance classes."""
        return known_classes()

    def connections(self) -> dict[tuple[str, str], int]:
        """Return how many clients each instance has; a stopped one has none."""
        found = {}
        for instance in self.all():
            try:
                rows = instance.server.sql(_CLIENTS) if instance.server.alive else [[0]]
            except Exception:  # noqa: BLE001 - the driver's: the server is about to end or begin
                rows = [[0]]
            found[instance.region, instance.identifier] = int(rows[0][0])
        return found

    def create(self, plan: Plan) -> Running:
        """Make a server with RDS's roles, the master user and the first database."""
        binaries = _of_version(plan.version)
        parameters = {**self.defaults, **plan.parameters}
        endpoint, server = self._listening(plan, binaries, parameters)
        instance = Instance(
            plan.identifier,
            plan.region,
            plan.key,
            endpoint,
            server,
            plan.master_username,
            iam=plan.iam,
        )
        self._recovery.watch(instance, server)
        try:
            make_users(server, plan)
            for prepare in self.on_created:
                prepare(instance)
            instance.multi_az = plan.multi_az
            self._recovery.complete(instance)
            self._open(instance)
        except BaseException:
            server.close()
            self.endpoints.remove(endpoint)
            raise
        with self._lock:
            self._instances[plan.key] = instance
        return Running(endpoint.address, endpoint.port)

    def _listening(
        self, plan: Plan, binaries: Binaries, parameters: Mapping[str, str]
    ) -> tuple[Endpoint, PostgresServer]:
        name = aws_name(plan.identifier, plan.account, plan.region)
        for attempt in range(1, _ATTEMPTS + 1):
            endpoint = self.endpoints.claim("instance", plan.identifier, name, plan.port)
            try:
                behind = asks_for_tls(parameters)
                server = PostgresServer.create(
                    host=_BEHIND if behind else endpoint.address,
                    port=0 if behind else endpoint.port,
                    parameters=parameters,
                    binaries=binaries,
                )
            except BaseException as error:
                self.endpoints.remove(endpoint)
                if attempt == _ATTEMPTS or "Address already in use" not in str(error):
                    raise
            else:
                return endpoint, server
        raise AssertionError("the last attempt returns or raises")

    def start(self, key: str, parameters: Mapping[str, str]) -> None:
        """Start a stopped server with these parameters."""
        instance = self._instances[key]
        with instance.lock:
            self._give(instance, parameters)
            self._place(instance)
            instance.server.start()
            try:
                self._open(instance)
            except BaseException:
                instance.server.stop()
                raise
            self._recovery.complete(instance)

    def stop(self, key: str) -> None:
        """Stop a server; its connections are cut."""
        instance = self._instances[key]
        with instance.lock:
            self._shut(instance)
            instance.server.stop()
            if instance.standby is not None:
                instance.standby.stop()

    def _place(self, instance: Instance) -> None:
        """Let a stopped server listen at the endpoint, or behind what speaks TLS there."""
        server, endpoint = instance.server, instance.endpoint
        if not asks_for_tls(server.parameters):
            server.host, server.port = endpoint.address, endpoint.port
            instance.certificate = ""
        elif (server.host, server.port) == (endpoint.address, endpoint.port):
            server.host, server.port = _BEHIND, free_port(_BEHIND)

    def _open(self, instance: Instance) -> None:
        if asks_for_tls(instance.server.parameters):
            at = instance.endpoint.address, instance.endpoint.port
            instance.certificate = self._fronts.open(
                at, instance.endpoint.name, lambda: (instance.server.host, instance.server.port)
            )

    def _shut(self, instance: Instance) -> None:
        self._fronts.shut((instance.endpoint.address, instance.endpoint.port))

    def reload(self, key: str, parameters: Mapping[str, str]) -> None:
        """Give a server other parameters, as far as they need no restart."""
        instance = self._instances[key]
        with instance.lock:
            self._give(instance, parameters)
            instance.server.reload()

    def _give(self, instance: Instance, parameters: Mapping[str, str]) -> None:
        for server in (instance.server, instance.standby):
            if server is not None:
                server.set_parameters({**self.defaults, **parameters})

    def move(self, key: str, identifier: str, port: int) -> Running:
        """Rename an instance, or give its stopped server another port."""
        instance = self._instances[key]
        with instance.lock:
            old = instance.endpoint
            name = identifier + old.name.removeprefix(old.identifier)
            self.endpoints.remove(old)
            if port == old.port:
                new = Endpoint(old.address, old.port, old.kind, identifier, name)
                self.endpoints.add(new)
            else:
                new = self.endpoints.claim("instance", identifier, name, port)
            instance.identifier, instance.endpoint = identifier, new
            if not asks_for_tls(instance.server.parameters):
                instance.server.host, instance.server.port = new.address, new.port
            return Running(new.address, new.port)

    def set_password(self, key: str, password: str) -> None:
        """Give the master user another password."""
        instance = self._instances[key]
        give_password(instance.server, instance.master_username, password)

    def note(self, key: str, *, status: str | None = None, iam: bool | None = None) -> None:
        """Keep what others ask of an instance."""
        instance = self._instances.get(key)
        if instance is not None:
            instance.status = instance.status if status is None else status
            instance.iam = instance.iam if iam is None else iam

    def delete(self, key: str) -> None:
        """End a server and remove its data."""
        with self._lock:
            instance = self._instances.pop(key, None)
        if instance is not None:
            with instance.lock:
                self._shut(instance)
                self._recovery.drop_standby(instance)
                instance.server.close()
            self.endpoints.remove(instance.endpoint)

    def clear(self) -> None:
        """End every server, and what stands in front of them."""
        for end in self.on_clear:
            end()
        for instance in self.all():
            self.delete(instance.resource_id)

    def parameters(self, version: str) -> Mapping[str, ParameterInfo]:
        """Return the server parameters of a version, by name in small letters."""
        return known_parameters(_of_version(version))

    def accepts(self, version: str, name: str, value: str) -> bool:
        """Whether a server of a version takes *value* for a parameter."""
        return not refused(_of_version(version), name, value)

    def system_values(self) -> Mapping[str, str]:
        """Return the values that default parameter groups have, as far as they are of RDS's own."""
        return {"max_connections": MAX_CONNECTIONS}

    def held(self) -> Mapping[str, str]:
        """Return the parameters that readers cannot set here."""
        return HELD

    def memory(self, instance_class: str) -> int | None:
        """Return the memory of an instance class in bytes, or ``None``."""
        return class_memory(instance_class)

    def value(self, text: str, variables: Mapping[str, int]) -> str:
        """Return a parameter's value, worked out if it is a formula."""
        return str(evaluate(text, variables)) if is_formula(text) else text

    # -- what happens by itself, and standbys --------------------------------------------------

    def _is_kept(self, instance: Instance) -> bool:
        return self._instances.get(instance.resource_id) is instance

    def _say(self, instance: Instance, what: str) -> None:
        at = self._clock.now_ns()
        self.tell(LifecycleEvent(instance.region, instance.identifier, what, at))

    def protect(self, key: str, wanted: bool) -> None:
        """Give an instance a standby, or take it away."""
        instance = self._instances[key]
        with instance.lock:
            instance.multi_az = wanted
            if not wanted:
                self._recovery.drop_standby(instance)
            self._recovery.complete(instance)

    def fail_over(self, key: str) -> None:
        """Put the standby of an instance in the place of its server; make a new standby."""
        instance = self._instances[key]
        with instance.lock:
            self._recovery.fail_over(instance)

    def failovers(self, key: str) -> int:
        """Return how often a standby of an instance has taken over."""
        instance = self._instances.get(key)
        return instance.failovers if instance else 0

    def close(self) -> None:
        """End every server, and give up the addresses."""
        self.clear()
        self._fronts.close()
        self.endpoints.clear()


def _of_version(version: str) -> Binaries:
    for binaries in all_binaries():
        if binaries.version == version:
            return binaries
    raise SandboxError(f"PostgreSQL {version} is not on this machine any more.")
