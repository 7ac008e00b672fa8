"""What pins a client to its database connection.

A connection may serve another client after each transaction only if a client leaves nothing on it.
SQL that leaves something - a setting, a temporary table, a lock - pins: the client keeps that
connection until it disconnects, and the proxy is of no more use to it than a direct connection.

The list is AWS's for PostgreSQL. AWS's proxy reads SQL, it does not run it: a function that sets
something inside is not noticed, there or here.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html
"""

from __future__ import annotations

import functools
import re

from lambda_lab import facts

__all__ = ["LONGEST_STATEMENT", "reason_to_pin"]

LONGEST_STATEMENT: int = facts.value("rds.proxy.pinning.statement")
"""Bytes of SQL above which AWS's proxy does not look, and pins."""

_SETTINGS = (
    "SQL changed session settings that the proxy doesn't track. Consider moving session "
    "configuration to the proxy's initialization query."
)
_TOO_LONG = f"The connection ran a SQL query which exceeded the {LONGEST_STATEMENT} byte limit."
# The first text is AWS's (confidence M), and so is the one above; the others are worded close to
# it (confidence L).
_REASONS = {
    "set": _SETTINGS,
    "prepare": "SQL used a prepared statement: PREPARE, EXECUTE, DEALLOCATE or DISCARD.",
    "temporary": "SQL created a temporary object.",
    "cursor": "SQL declared a cursor.",
    "listen": "SQL listened to a notification channel.",
    "load": "SQL loaded a library module.",
    "lock": "SQL used a session-level advisory lock.",
    "sequence": "SQL used a sequence.",
}

# Cheap: most SQL has none of these words, and is not looked at more closely.
_SUSPICIOUS = re.compile(
    rb"\b(?:set|reset|set_config|prepare|execute|deallocate|discard|temp|temporary|declare|listen"
    rb"|unlisten|load|nextval|setval|currval|lastval|pg_(?:try_)?advisory_\w+)\b|pg_temp",
    re.IGNORECASE,
)
# Texts, quoted names, line comments. Each may also be unfinished: the end of the text ends it.
_QUOTED = re.compile(
    rb"""[eE]'(?:\\.|''|[^'\\])*(?:'|\Z)
    | '[^']*(?:'|\Z)
    | "(?P<name>[^"]*)(?:"|\Z)
    | --[^\n]*
    | (?P<tag>\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$).*?(?:(?P=tag)|\Z)
    | (?P<comment>/\*)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(rb"/\*|\*/")
_STATEMENT = re.compile(
    rb"""^\s*(?:
      (?P<set>SET\b(?!\s+(?:CONSTRAINTS|TRANSACTION)\b)|RESET\b)
    | (?P<prepare>PREPARE\b(?!\s+TRANSACTION\b)|EXECUTE\b|DEALLOCATE\b|DISCARD\b)
    | (?P<temporary>CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:LOCAL|GLOBAL)\s+)?TEMP(?:ORARY)?\b)
    | (?P<cursor>DECLARE\b)
    | (?P<listen>(?:UN)?LISTEN\b)
    | (?P<load>LOAD\b)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# Transaction-level locks (pg_advisory_xact_lock ...) end with the transaction and do not pin.
_ANYWHERE = re.compile(
    rb"""(?P<lock>\bpg_(?:try_)?advisory_(?!xact_)\w+\s*\()
    | (?P<sequence>\b(?:nextval|setval|currval|lastval)\s*\()
    | (?P<set>\bset_config\s*\()
    | (?P<temporary>\bINTO\s+(?:LOCAL\s+|GLOBAL\s+)?TEMP(?:ORARY)?\b|\bpg_temp\s*\.)""",
    re.IGNORECASE | re.VERBOSE,
)


def reason_to_pin(sql: bytes) -> str | None:
    """Return why *sql* pins the client that runs it, or ``None``.

    Parameters
    ----------
    sql
        The text of one message; it may hold several statements.

    Examples
    --------
    >>> reason_to_pin(b"SELECT 'SET x' -- nothing is set")
    >>> reason_to_pin(b"BEGIN; DECLARE c CURSOR FOR SELECT 1")
    'SQL declared a cursor.'
    >>> reason_to_pin(b"SELECT pg_advisory_xact_lock(1)")
    >>> reason_to_pin(b"SELECT " + b"1" * 16384)
    'The connection ran a SQL query which exceeded the 16384 byte limit.'
    """
    if len(sql) > LONGEST_STATEMENT:
        return _TOO_LONG
    return _looked_closely(sql) if _SUSPICIOUS.search(sql) else None


@functools.lru_cache(maxsize=1024)
def _looked_closely(sql: bytes) -> str | None:
    text = _bare(sql)
    found = _ANYWHERE.search(text)
    for statement in text.split(b";"):
        found = found or _STATEMENT.search(statement)
    return _REASONS[str(found.lastgroup)] if found else None


def _bare(sql: bytes) -> bytes:
    """Return *sql* with comments and texts taken out: what is left is keywords and names."""
    parts, at = [], 0
    while (found := _QUOTED.search(sql, at)) is not None:
        parts += [sql[at : found.start()], b" "]
        at = found.end()
        if found["comment"]:
            at = _end_of_comment(sql, at)
        elif found["name"] is not None:
            parts += [found["name"].replace(b";", b""), b" "]
    return b"".join([*parts, sql[at:]])


def _end_of_comment(sql: bytes, at: int) -> int:
    """Return where the comment that is open at *at* ends; comments nest."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(sql, at):
        depth += 1 if edge.group() == b"/*" else -1
        if depth == 0:
            return edge.end()
    return len(sql)
