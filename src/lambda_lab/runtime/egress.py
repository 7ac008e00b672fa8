"""Where a function's connections lead: each ``connect`` is decided and made by the owner.

A filter (:mod:`.egress_filter`) stops a function's ``connect``. The owner reads where it wants to
go, asks its policy, and connects to what stands in for that address on this machine - or lets it
hang, or refuses, as a network would. The function's socket is then the connected one, so nothing
stands between the two: a request costs what it cost before, and only a connection costs more.

Where the environment has a network of its own (:mod:`.network_namespace`), its sockets belong to
that, and lead nowhere; the owner puts one of this machine's network in the place of the function's.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import struct
from collections.abc import Mapping

from lambda_lab.closing import Closing
from lambda_lab.errors import SandboxError
from lambda_lab.runtime import notifications
from lambda_lab.runtime.connecting import (
    Attempt,
    address_for,
    datagrams,
    make_socket,
    other_family,
    target_of,
)
from lambda_lab.runtime.egress_filter import numbers
from lambda_lab.runtime.egress_terms import Connect, Decide, Decision, Guest, Refusal
from lambda_lab.runtime.io_loop import IoLoop
from lambda_lab.runtime.notifications import Notification

__all__ = ["Connect", "Decide", "Decision", "Egress", "Guest", "Refusal", "egress_wanted"]

log = logging.getLogger(__name__)

EGRESS_VARIABLE = "LAMBDA_LAB_EGRESS"
TCP_CLOSED = 7
_ADDRESS_BYTES = 128


def egress_wanted(variables: Mapping[str, str] = os.environ) -> str:
    """Return what may keep connections in: ``LAMBDA_LAB_EGRESS``.

    ``full`` (the default): the filter, and a network for each environment. ``filter``: without
    these networks, as in containers that have none. ``off``: as on systems without the filter;
    functions connect to whatever they like, the internet included.

    Raises
    ------
    SandboxError
        If the variable is none of these.

    Examples
    --------
    >>> egress_wanted({}), egress_wanted({"LAMBDA_LAB_EGRESS": "off"})
    ('full', 'off')
    """
    text = variables.get(EGRESS_VARIABLE, "full")
    if text not in ("full", "filter", "off"):
        raise SandboxError(
            f"{EGRESS_VARIABLE} is {text!r}. Unset it, or set it to filter, or to off."
        )
    return text


class Egress(Closing):
    """Decides the connections of a region's environments, on one thread. A context manager.

    Parameters
    ----------
    decide
        The policy.
    """

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self._loop = IoLoop()
        self._hole = _Hole()
        self._watched: dict[int, _Listener] = {}
        self._resolvers: dict[str, socket.socket] = {}
        self._copies: dict[tuple[str, int], tuple[str, Guest]] = {}
        self._closed = False
        self.decisions = 0
        """How many connections were decided."""

    def watch(self, guest: Guest, listener: int, *, confined: bool) -> None:
        """Decide what the processes behind a filter connect to; takes the descriptor over.

        Parameters
        ----------
        confined
            Whether the environment has a network of its own.
        """
        one = _Listener(listener, confined)
        self._watched[listener] = one
        self._loop.add_soon(one, lambda: self._on_call(guest, one))

    def resolve(self, guest: Guest, resolver: socket.socket) -> None:
        """Answer the DNS questions that arrive at a socket; takes it over."""
        self.forget(guest.identity)
        self._resolvers[guest.identity] = resolver
        self._loop.add_soon(resolver, lambda: self._on_query(guest, resolver))

    def copied(self, guest: Guest, template: str) -> None:
        """Hear of a copy of the environment *template*: it is behind the same filter.

        Its Runtime API has another address, and that is how it is known from the others.
        """
        self._copies[guest.api] = (template, guest)

    def _who(self, guest: Guest, address: tuple[str, int]) -> Guest:
        template, copy = self._copies.get(address, ("", guest))
        return copy if template == guest.identity else guest

    def forget(self, identity: str) -> None:
        """Release what is kept for an environment that is gone for good."""
        for api, (template, copy) in list(self._copies.items()):
            if identity in (template, copy.identity):
                self._copies.pop(api, None)
        resolver = self._resolvers.pop(identity, None)
        if resolver is not None:
            self._end(resolver)

    def _end(self, resolver: socket.socket) -> None:
        def end() -> None:
            self._loop.remove(resolver)
            resolver.close()

        self._loop.call_soon(end)

    # -- on the loop's thread ------------------------------------------------------------------

    def _on_query(self, guest: Guest, resolver: socket.socket) -> None:
        try:
            query, asker = resolver.recvfrom(512)
        except OSError:
            return
        answer = self._decide.answer(guest, query)
        if answer is not None:
            with contextlib.suppress(OSError):
                resolver.sendto(answer, asker)

    def _on_call(self, guest: Guest, listener: _Listener) -> None:
        call = notifications.receive(listener.fd)
        if call is None:
            if notifications.gone(listener.fd):
                self._drop(listener)
            return
        try:
            self._handle(guest, listener, call)
        except (OSError, ValueError, struct.error) as error:
            number = error.errno if isinstance(error, OSError) and error.errno else errno.EINVAL
            notifications.answer(call, error=number)
        except Exception:
            # Whoever asked must not wait for ever for a fault of ours.
            log.exception("a connection could not be decided")
            notifications.answer(call, error=errno.EACCES)

    def _drop(self, listener: _Listener) -> None:
        self._loop.remove(listener)
        self._watched.pop(listener.fd, None)
        for held in listener.held.values():
            self._loop.remove(held)
            held.close()
        os.close(listener.fd)
        listener.fd = -1

    def _handle(self, guest: Guest, listener: _Listener, call: Notification) -> None:
        known = numbers()
        if known is not None and call.number == known.socket:
            make_socket(call)
            return
        self._release(listener, call.pid)
        place = notifications.read(call, call.arguments[1], _size(call.arguments[2]))
        family = struct.unpack_from("H", place)[0] if len(place) > 1 else socket.AF_UNSPEC
        if family not in (socket.AF_INET, socket.AF_INET6):
            other_family(call, family, place)
            return
        with notifications.borrow(call, call.arguments[0]) as theirs:
            if theirs.type != socket.SOCK_STREAM:
                datagrams(call, target_of(family, place)[0], confined=listener.confined)
                return
            self._connect(guest, listener, Attempt(call, theirs, *target_of(family, place)))

    def _connect(self, guest: Guest, listener: _Listener, attempt: Attempt) -> None:
        state = attempt.theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        if state != TCP_CLOSED:
            notifications.answer(attempt.call, run_it=True)  # the kernel says EISCONN, or EALREADY
            return
        self.decisions += 1
        address = str(attempt.address), attempt.port
        decision = self._decide.connect(self._who(guest, address), *address)
        match decision:
            case Refusal.REFUSED:
                notifications.answer(attempt.call, error=errno.ECONNREFUSED)
            case Refusal.UNREACHABLE:
                notifications.answer(attempt.call, error=errno.ENETUNREACH)
            case Refusal.DROPPED:
                self._hang(listener, attempt)
            case Refusal.OWN:
                attempt.within(confined=listener.confined)
            case Connect():
                attempt.to(decision, self._decide.connected)

    def _hang(self, listener: _Listener, attempt: Attempt) -> None:
        """Connect to a listener that takes no one any more: the kernel itself loses patience."""
        line = attempt.outside()
        line.setblocking(False)
        line.connect_ex(address_for(line, *self._hole.address))
        if not attempt.blocking:
            attempt.put(line)
            notifications.answer(attempt.call, error=errno.EINPROGRESS)
            line.close()
            return
        listener.held[attempt.call.pid] = line

        def give_up() -> None:
            if self._release(listener, attempt.call.pid):
                notifications.answer(attempt.call, error=errno.ETIMEDOUT)

        self._loop.add(line, give_up)

    def _release(self, listener: _Listener, thread: int) -> bool:
        """Forget the connection a thread waited for: it has ended, or a signal woke the thread."""
        held = listener.held.pop(thread, None)
        if held is None:
            return False
        self._loop.remove(held)
        held.close()
        return True

    # -- ending --------------------------------------------------------------------------------

    def close(self) -> None:
        """End the thread; what still waits is told that nothing answers any more."""
        if self._closed:
            return
        self._closed = True
        self._loop.close()
        for listener in list(self._watched.values()):
            for held in listener.held.values():
                held.close()
            os.close(listener.fd)
        for resolver in self._resolvers.values():
            resolver.close()
        self._hole.close()


class _Listener:
    """The owner's end of one filter, and the calls behind it that hang."""

    def __init__(self, fd: int, confined: bool) -> None:
        self.fd = fd
        self.confined = confined
        self.held: dict[int, socket.socket] = {}

    def fileno(self) -> int:
        return self.fd


class _Hole:
    """A listener whose queue is full: what connects to it is dropped, as by a firewall."""

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._queue = [socket.socket() for _ in range(2)]
        for one in self._queue:
            one.setblocking(False)
            one.connect_ex(self.address)

    def close(self) -> None:
        for one in (*self._queue, self._listener):
            one.close()


def _size(length: int) -> int:
    """Return how much to read of an address; the kernel takes the length as an ``int``."""
    return min(length & 0xFFFFFFFF, _ADDRESS_BYTES)
