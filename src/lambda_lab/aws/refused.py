"""An error of ours inside one of moto's services."""

from __future__ import annotations

from moto.core.exceptions import ServiceException

__all__ = ["Refused"]


class Refused(ServiceException):
    """A refusal that moto sends in the protocol of the service that it stands in.

    Parameters
    ----------
    code, message
        AWS's.
    """

    # moto looks an error up by the module of its class; this one is of no service of moto's.
