"""Blocks of loopback addresses, each of one region at a time, whatever process it is in.

Whether somebody listens at an address does not say whose it is: an instance that is stopped, or
whose server has died a moment ago, comes back at the address that it had. So a region holds the
blocks that its addresses are of, each by a name in Linux's abstract namespace of sockets: the
kernel gives a name to one socket only, leaves no file, and takes it back when the process ends,
however it ends.

https://man7.org/linux/man-pages/man7/unix.7.html
"""

from __future__ import annotations

import errno
import socket
import weakref
from collections.abc import Iterator

__all__ = ["AddressBlocks"]

_PREFIX = "127.83"
"""Addresses for endpoints; nothing else on a machine uses these."""
_NAME = "\0lambda-lab/addresses/{}"
_BLOCKS = 250
_SIZE = 254


class AddressBlocks:
    """The blocks that one region holds. Linux only.

    Examples
    --------
    >>> import sys
    >>> mine, others = AddressBlocks(), AddressBlocks()
    >>> if sys.platform == "linux":
    ...     assert next(mine.addresses()) != next(others.addresses())
    >>> mine.release(), others.release()
    (None, None)
    """

    def __init__(self) -> None:
        self._held: dict[int, socket.socket] = {}
        weakref.finalize(self, _close, self._held)

    def addresses(self) -> Iterator[str]:
        """Yield the addresses of this region, taking one more block when those before are through.

        None are left where other regions hold every block.
        """
        for block in range(_BLOCKS):
            if block in self._held or self._take(block):
                yield from (f"{_PREFIX}.{block}.{last}" for last in range(1, _SIZE + 1))

    def release(self) -> None:
        """Leave every block to others."""
        _close(self._held)

    def _take(self, block: int) -> bool:
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            name.bind(_NAME.format(block))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                name.close()
                return False
            # Whatever forbids names here forbids them to the others too: share, as there is no
            # other way.
        self._held[block] = name
        return True


def _close(held: dict[int, socket.socket]) -> None:
    while held:
        held.popitem()[1].close()
