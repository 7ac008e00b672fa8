"""How large the storm is: a word on the command line."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--storm",
        type=int,
        default=150,
        help="events, and as many messages, in the stress test (make stress: 10000)",
    )
