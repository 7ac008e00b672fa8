"""Giving an instance the extensions: files beside its data, and the word where they are."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from lambda_lab.rds.instance import Instance
from lambda_lab.rds.keeper import NOBODY
from lambda_lab.rds.kept import way_to_run
from lambda_lab.rds.ready import EXTENSIONS_SINCE

__all__ = ["give_extensions"]


def give_extensions(instance: Instance, address: tuple[str, int], token: str) -> None:
    """Make ``CREATE EXTENSION aws_lambda CASCADE`` work in every database of *instance*.

    Parameters
    ----------
    instance
        Its server runs.
    address
        Where the bridge listens.
    token
        What the instance shows the bridge. It is in a table that only the superuser may read.
    """
    server = instance.server
    if server.binaries.major < EXTENSIONS_SINCE:
        return
    folder = server.folder / "extensions"
    _write(folder, instance.resource_id, address, token)
    server.sql(
        f"ALTER SYSTEM SET extension_control_path = {_text(f'{folder}{os.pathsep}$system')}",
        "SELECT pg_reload_conf()",
    )


def _write(folder: Path, user: str, address: tuple[str, int], token: str) -> None:
    place = folder / "extension"  # PostgreSQL looks in a folder of this name
    place.mkdir(parents=True)
    host, port = address
    conninfo = (
        f"host={host} port={port} user={user} dbname=aws_lambda "
        "sslmode=disable gssencmode=disable connect_timeout=5"
    )
    for source in resources.files(__package__).joinpath("sql").iterdir():
        text = source.read_text("utf-8")
        text = text.replace("<conninfo>", _text(conninfo)).replace("<token>", _text(token))
        target = place / source.name
        target.touch(mode=0o600)
        target.write_text(text, encoding="utf-8")
    # The server reads them, and nobody else may: there is a token.
    if way_to_run() == "setuid":
        for path in (folder, place, *place.iterdir()):
            os.chown(path, NOBODY, NOBODY)


def _text(text: str) -> str:
    """Return *text* as an SQL string.

    Examples
    --------
    >>> _text("it's")
    "'it''s'"
    """
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
