"""nbmake, whose kernels listen on sockets in a folder and not on ports: a plugin of pytest's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from nbclient import NotebookClient

from notebooks import kernels_on_sockets


class Client(NotebookClient):
    """Runs a notebook as nbclient does, with a kernel on sockets."""

    def execute(self, *args: Any, **more: Any) -> Any:
        """Run every cell."""
        with kernels_on_sockets() as config:
            self.update_config(config)
            return super().execute(*args, **more)


@contextmanager
def _swapped() -> Iterator[None]:
    from nbmake import nb_run  # late: pytest must see a plugin before it is imported

    plain = nb_run.NotebookClient
    nb_run.NotebookClient = Client
    try:
        yield
    finally:
        nb_run.NotebookClient = plain


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Iterator[None]:
    """Let nbmake use the client while tests run."""
    with _swapped():
        return (yield)


def main(arguments: list[str]) -> int:
    """Run pytest with this plugin; xdist hands this folder on to its workers."""
    return int(pytest.main(["-p", "nbmake_on_sockets", *arguments]))


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
