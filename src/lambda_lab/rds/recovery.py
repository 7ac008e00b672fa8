"""What an instance does by itself: start again, fail over, keep a standby.

What RDS does without being asked, and ``RebootDBInstance`` with ``ForceFailover``. The steps
themselves are in :mod:`.standby`; this decides which are taken, and when.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from lambda_lab.errors import LabError, SandboxError
from lambda_lab.invoke.workers import Workers
from lambda_lab.rds.instance import Instance
from lambda_lab.rds.server import PostgresServer
from lambda_lab.rds.standby import follow, let_go, make_standby, take_over

__all__ = ["Recovery"]

log = logging.getLogger(__name__)


class Recovery:
    """Watches the servers of instances. Every method but :meth:`watch` wants the instance's lock.

    Parameters
    ----------
    workers
        What starts a server that was killed again.
    is_kept
        Whether an instance has not been deleted.
    say
        Tells what happened to an instance, by the words of
        :class:`~lambda_lab.aws.rds.records.LifecycleEvent`.
    """

    def __init__(
        self,
        workers: Workers,
        is_kept: Callable[[Instance], bool],
        say: Callable[[Instance, str], None],
    ) -> None:
        self.on_switched: list[Callable[[Instance], None]] = []
        """Called when another server has taken an instance's place, at the same address."""
        self._workers, self._is_kept, self._say = workers, is_kept, say

    def watch(self, instance: Instance, server: PostgresServer) -> None:
        """Do something when *server* ends by itself."""
        server.on_crash = lambda: self._workers.submit(partial(self._recover, instance, server))

    def complete(self, instance: Instance) -> None:
        """See to it that the standby of a running server follows, if it is to have one.

        Raises
        ------
        SandboxError
            If none can be made.
        """
        if not (instance.multi_az and instance.server.alive):
            return
        if instance.standby is not None and not instance.standby.alive:
            try:
                follow(instance.server, instance.standby)
            except LabError:
                self.drop_standby(instance)
        if instance.standby is None:
            instance.standby = make_standby(instance.server)
            self.watch(instance, instance.standby)

    def drop_standby(self, instance: Instance) -> None:
        """End the standby of an instance, if it has one."""
        if instance.standby is not None:
            let_go(instance.server)
            instance.standby.close()
            instance.standby = None

    def fail_over(self, instance: Instance) -> None:
        """Put the standby in the place of the server; a new one is made in the background."""
        self.complete(instance)  # the one before may have taken over a moment ago
        self._switch(instance)
        self._workers.submit(partial(self._make_anew, instance))

    # -- in a worker -----------------------------------------------------------------------------

    def _recover(self, instance: Instance, ended: PostgresServer) -> None:
        """Do what RDS does when a server ends by itself: fail over, or start it again."""
        if ended is instance.standby:
            let_go(instance.server)  # before anything else: commits wait for it
        with instance.lock:
            if not self._is_kept(instance) or ended.alive:
                return
            if ended is instance.standby:
                self.drop_standby(instance)
            elif ended is instance.server:
                self._replace(instance)
        self._make_anew(instance)

    def _make_anew(self, instance: Instance) -> None:
        with instance.lock:
            if not self._is_kept(instance):
                return
            try:
                self.complete(instance)
            except LabError as error:
                # If the server has ended meanwhile, its own recovery comes next. If the disk is
                # full, the instance goes on alone, as RDS's does while it makes a new standby.
                log.warning("%s has no standby now: %s", instance.identifier, error)

    def _replace(self, instance: Instance) -> None:
        if instance.standby is not None and instance.standby.alive:
            self._say(instance, "failing-over")
            self._switch(instance)
            self._say(instance, "failed-over")
            return
        try:
            instance.server.start()
        except LabError as error:
            instance.status = "failed"
            log.warning("%s did not start again: %s", instance.identifier, error)
            return
        self._say(instance, "recovered")

    def _switch(self, instance: Instance) -> None:
        old, new = instance.server, instance.standby
        if new is None:
            raise SandboxError(f"The instance {instance.identifier} has no standby.")
        instance.standby = None
        try:
            take_over(old, new)
        except BaseException:
            new.close()
            let_go(old)
            old.start()
            raise
        instance.server = new
        instance.failovers += 1
        for heard in self.on_switched:
            heard(instance)
        old.close()
