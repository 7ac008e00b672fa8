"""One region for each module of tests about databases."""

from __future__ import annotations

from rds_fixtures import lab, rds, set_aside, sockets_of_pg8000

__all__ = ["lab", "rds", "set_aside", "sockets_of_pg8000"]
