"""The one object a notebook holds: a private AWS region, and what a learner does with it."""

from __future__ import annotations

import atexit
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lambda_lab import notebook, steady
from lambda_lab.clock import Clock
from lambda_lab.deploy import (
    default_handler,
    make_zip,
    plain,
    role_arn,
    source_files,
    wait_until_active,
)
from lambda_lab.errors import LabError
from lambda_lab.region import Region
from lambda_lab.timeline import Event

if TYPE_CHECKING:  # a lab that draws nothing and checks nothing does not wait for them
    from lambda_lab import show, teach

__all__ = ["Lab"]

_current: Lab | None = None


class Lab:
    """A private AWS region for one notebook.

    While it is open, plain boto3 in this process talks to it. Opening another closes this one.

    Parameters
    ----------
    name
        The lab's id, for example ``"L00"``.
    region
        AWS region.
    isolate
        Whether functions get a private root where the system allows it.
    account_concurrency
        How many calls the account may run at once; ``None`` is AWS's default. A small number makes
        the limit bind on a laptop.
    databases
        Whether the lab needs databases: a machine that cannot run them says so now.

    Raises
    ------
    SandboxError
        If it needs databases and this machine cannot run them; the text says what to do.

    Examples
    --------
    >>> import boto3
    >>> with Lab("doc") as lab:
    ...     _ = lab.function("hello", "def handler(event, context): return event['n'] + 1")
    ...     answer = boto3.client("lambda").invoke(FunctionName="hello", Payload=b'{"n": 1}')
    ...     answer["Payload"].read()
    b'2'
    """

    def __init__(
        self,
        name: str,
        region: str = "us-east-1",
        *,
        isolate: bool = True,
        account_concurrency: int | None = None,
        databases: bool = False,
    ) -> None:
        global _current  # noqa: PLW0603 - one open region per process: moto has one world
        if _current is not None:
            _current._end()  # noqa: SLF001 - another Lab
        if databases:
            from lambda_lab.rds.ready import check_ready

            check_ready()
        steady.whole_output()
        self.name = name
        self._region = Region(
            region,
            clock=Clock(steady.real_time()),
            seed=steady.seed_for(name),
            isolate=isolate,
            account_concurrency=account_concurrency,
        )
        _current = self
        atexit.register(self._end)
        self._in_notebook = notebook.attach(lambda: _current, _stopped)

    # -- the region ----------------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        """The region's clock: ``lab.clock.advance(minutes=3)``."""
        return self._region.clock

    @property
    def endpoint_url(self) -> str:
        """The region's endpoint, for tools that must be told."""
        return self._region.url

    def client(self, service: str) -> Any:
        """Return a boto3 client; the same as ``boto3.client(service)``."""
        import boto3

        if self._region.closed:
            raise LabError("This lab is closed. Open another one: Lab(...).")
        return boto3.client(service)

    # -- functions -----------------------------------------------------------------------------

    def function(
        self,
        name: str,
        source: str | Path | Mapping[str, bytes | str],
        *,
        handler: str | None = None,
        runtime: str = "python3.14",
        timeout: int = 3,
        memory: int = 128,
        environment: Mapping[str, str] | None = None,
        layers: Sequence[str] = (),
        ephemeral_storage: int = 512,
        **more: Any,
    ) -> dict[str, Any]:
        """Create a function, or update the one of that name, and wait until it may be invoked.

        Parameters
        ----------
        name
            The function's name.
        source
            The text of a module, a path to a file or folder, or a mapping of file names to text.
        handler
            ``file.function``; by default ``handler`` (or ``lambda_handler``) of the module.
        timeout, memory, ephemeral_storage
            Seconds, MB, MB. The defaults are AWS's.
        environment, layers
            Variables, and layer version ARNs in order.
        more
            Further parameters of ``CreateFunction``, by AWS's names.

        Returns
        -------
        dict
            The configuration, as ``GetFunctionConfiguration`` answers.
        """
        files = source_files(source, runtime)
        client = self.client("lambda")
        settings: dict[str, Any] = {
            "Runtime": runtime,
            "Handler": handler or default_handler(files),
            "Timeout": timeout,
            "MemorySize": memory,
            "EphemeralStorage": {"Size": ephemeral_storage},
            "Layers": plain(layers),
            **({"Environment": {"Variables": plain(environment)}} if environment else {}),
            **more,
        }
        role = settings.pop("Role", None) or role_arn(self.client("iam"))
        package = make_zip(files)
        if self._exists(client, name):
            client.update_function_code(FunctionName=name, ZipFile=package)
            wait_until_active(client, name)
            client.update_function_configuration(FunctionName=name, Role=role, **settings)
        else:
            client.create_function(
                FunctionName=name, Role=role, Code={"ZipFile": package}, **settings
            )
        return wait_until_active(client, name)

    def _exists(self, client: Any, name: str) -> bool:
        try:
            client.get_function_configuration(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            return False
        return True

    def layer(self, name: str, source: str | Path | Mapping[str, bytes | str]) -> str:
        """Publish a layer version and return its ARN."""
        content = {"ZipFile": make_zip(source_files(source, "python"))}
        answer = self.client("lambda").publish_layer_version(LayerName=name, Content=content)
        return str(answer["LayerVersionArn"])

    # -- looking -------------------------------------------------------------------------------

    def logs(self, name: str) -> list[str]:
        """Return a function's log messages, oldest first, without their line ends.

        On a published page measured numbers are masked, so that two builds agree.
        """
        group = self._log_group(name)
        client = self.client("logs")
        try:
            pages = client.get_paginator("filter_log_events").paginate(logGroupName=group)
            events = [event for page in pages for event in page["events"]]
        except client.exceptions.ResourceNotFoundException:
            return []
        events.sort(key=lambda event: event["timestamp"])
        messages = [event["message"].rstrip("\n") for event in events]
        return [steady.mask(message) for message in messages] if steady.is_steady() else messages

    def _log_group(self, name: str) -> str:
        config = self.client("lambda").get_function_configuration(FunctionName=name)
        return str(config["LoggingConfig"]["LogGroup"])

    def events(self, name: str | None = None) -> list[Event]:
        """Return what happened to a function (or to all), oldest first."""
        self._region.settle()
        return self._region.timeline.of(name)

    def _drawn(self, name: str | None) -> list[Event]:
        events = self.events(name)
        return steady.without_idle(events, self.clock.jumps) if steady.is_steady() else events

    def environments(self, name: str | None = None) -> list[dict[str, Any]]:
        """Describe the execution environments of a function (or all): id, state, invocations."""
        return self._region.plane.environments(name)

    def timeline(self, name: str | None = None, title: str | None = None) -> show.Figure:
        """Draw the lanes of a function's execution environments, from what happened."""
        from lambda_lab import show

        return show.lanes(self._drawn(name), title=title, steady=steady.is_steady())

    def sequence(
        self, name: str, request_id: str | None = None, title: str | None = None
    ) -> show.Figure:
        """Draw one call step by step: the last one, or the one with *request_id*."""
        from lambda_lab import show

        return show.sequence(self._drawn(name), request_id, title=title, steady=steady.is_steady())

    def events_figure(self, name: str | None = None, title: str | None = None) -> show.Figure:
        """Draw what became of each asynchronous event: waits to scale, tries, and its end."""
        from lambda_lab import show

        return show.event_lives(self._drawn(name), title=title, steady=steady.is_steady())

    def batches(
        self,
        name: str | None = None,
        title: str | None = None,
        *,
        mapping: str | None = None,
        names: Mapping[str, str] | None = None,
    ) -> show.Figure:
        """Draw which records a function's mappings handed over together, and what became of them.

        *mapping* is a UUID or the ARN of a source; *names* names records by their ids.
        """
        from lambda_lab import show

        return show.batch_lives(
            self._drawn(name),
            mapping=mapping,
            names=names,
            title=title,
            steady=steady.is_steady(),
        )

    def reach(self, name: str, destination: str, port: int = 443) -> show.NetworkPath:
        """Say whether a function reaches something, hop by hop; in a notebook it draws itself.

        Parameters
        ----------
        name
            The function.
        destination
            A service (``"s3"``), a host name, a database's identifier, an address, or the id of an
            instance or interface.
        port
            TCP port.
        """
        from lambda_lab import show
        from lambda_lab.region.reaching import ask, destination_of, names_of

        config = self.client("lambda").get_function_configuration(FunctionName=name)
        known = self._region.egress.policy.stand_ins()
        meant = destination_of(destination, known)
        topology, verdict = ask(self._region.name, config, meant, port)
        return show.NetworkPath(verdict, topology, names_of(self.client("ec2")))

    # -- exercises -----------------------------------------------------------------------------

    def check(self, exercise: str, answer: Any = ...) -> teach.Outcome:
        """Check an answer: right, not yet (with a hint), or not attempted."""
        from lambda_lab import teach

        return teach.check(exercise, answer, self)

    def hint(self, exercise: str) -> teach.Hint:
        """Return the next hint."""
        from lambda_lab import teach

        return teach.hint(exercise)

    def solution(self, exercise: str) -> teach.Solution:
        """Return a worked answer."""
        from lambda_lab import teach

        return teach.solution(exercise)

    # -- ending --------------------------------------------------------------------------------

    def close(self) -> None:
        """End the region and say what is left behind: nothing, and this line was measured.

        In a notebook, where cells run again, boto3 then reaches nothing until the next lab.
        """
        if self._region.closed:
            print("The lab is closed already.")
            return
        self._end()
        if self._in_notebook:
            notebook.point_nowhere(self._region.name)
        left = self._left_behind()
        if left:
            raise LabError(f"The lab left something behind: {', '.join(left)}. Please report this.")
        print("Closed. Nothing is left behind: no process, no port, no file.")

    def _left_behind(self) -> list[str]:
        left = []
        if self._region.launcher.alive:
            left.append("a process")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self._region.port)) == 0:
                left.append("an open port")
        if self._region.folder.exists():
            left.append("files")
        return left

    def _end(self) -> None:
        global _current  # noqa: PLW0603 - one open region per process: moto has one world
        self._region.close()
        atexit.unregister(self._end)
        if _current is self:
            _current = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._end()

    def __repr__(self) -> str:
        return f"<Lab {self.name}: {'closed' if self._region.closed else 'open'}>"


def _stopped(exercise: str, error: BaseException) -> teach.Outcome:
    from lambda_lab import teach

    return teach.stopped(exercise, error)
