"""Which SQL pins, by AWS's list for PostgreSQL, and which only looks as if it did."""

from __future__ import annotations

import pytest

from lambda_lab.rds.proxy.pinning import LONGEST_STATEMENT, reason_to_pin


@pytest.mark.parametrize(
    "sql",
    [
        "SET x = 1", "set local x to 1", "SET SESSION x = 1", "RESET ALL", "  /* a */ SET x = 1",
        "-- a\nSET x = 1", "/* a /* b */ c */ SET x = 1", "SELECT 1; SET x = 1", "BEGIN;SET x=1",
        "SELECT set_config('a', 'b', true)", "PREPARE p AS SELECT 1", "EXECUTE p", "DEALLOCATE p",
        "DISCARD ALL", "CREATE TEMP TABLE t ()", "create local temporary table t ()",
        "CREATE OR REPLACE TEMP VIEW v AS SELECT 1", "SELECT 1 INTO TEMP t",
        "DECLARE c CURSOR FOR S",
        "CREATE TABLE pg_temp.t ()", "LISTEN a", "UNLISTEN *", "LOAD 'x'", "SELECT nextval('s')",
        "SELECT setval('s', 1)", "SELECT lastval()", "SELECT currval ('s')",
        "SELECT pg_advisory_lock(1)", "SELECT pg_try_advisory_lock_shared(1)",
        "SELECT pg_advisory_unlock_all()", 'SELECT "pg_advisory_lock"(1)',
        "SELECT 'a''b'; SET x = 1",
        r"SELECT E'a\''; SET x = 1", "SELECT $$a$$; SET x = 1", "SELECT $q$a$$b$q$; SET x = 1",
        "SELECT " + "1" * LONGEST_STATEMENT,
    ],
)  # fmt: skip
@pytest.mark.fidelity("proxy-pinning")
def test_pins(sql: str) -> None:
    assert reason_to_pin(sql.encode())


@pytest.mark.parametrize(
    "sql",
    [
        "", ";", "SELECT 1", "UPDATE t SET x = 1", "INSERT INTO t VALUES ('; SET x = 1')",
        "SELECT 'nextval(1)'", "SELECT $$; SET x = 1$$", "DO $$ BEGIN SET x = 1; END $$",
        "SELECT 1 -- ; SET x = 1", "SELECT /* ; SET x = 1; */ 1",
        "SELECT 1 /* /* */ ; SET x = 1; */",
        "SELECT pg_advisory_xact_lock(1)", "SELECT pg_try_advisory_xact_lock_shared(1)",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SET CONSTRAINTS ALL DEFERRED",
        "PREPARE TRANSACTION 'x'", "BEGIN", "COMMIT", "NOTIFY news", "CREATE TABLE temp_things ()",
        'SELECT "; SET x = 1" FROM t', "SELECT listen FROM t", "SELECT 'unfinished; SET x = 1",
        "SELECT 1 /* unfinished; SET x = 1", "CALL set_things()", "SELECT my_nextval(1)",
        r"SELECT E'\'; SET x = 1'", "SELECT " + "1" * (LONGEST_STATEMENT - 7),
    ],
)  # fmt: skip
def test_does_not_pin(sql: str) -> None:
    assert reason_to_pin(sql.encode()) is None


@pytest.mark.parametrize(
    "text", ["'", '"', "/*", "$$", "E'\\", "$a$", "''" * 3, "--", "/**/", "'\\'"]
)
def test_nothing_takes_long(text: str) -> None:
    """No text makes the reader of SQL slow: every pattern is read once, from left to right."""
    from lambda_lab.clock import stopwatch_ns

    def shortest(text: str) -> int:
        sql = (b"SET " + text.encode() * LONGEST_STATEMENT)[:LONGEST_STATEMENT]
        took = []
        for _ in range(3):
            began = stopwatch_ns()
            reason_to_pin(sql)
            took.append(stopwatch_ns() - began)
        return min(took)

    # Reading any text twice for each of its letters would take thousands of times as long.
    assert shortest(text) < 300 * shortest("x ")


def test_bytes_that_are_no_text() -> None:
    assert reason_to_pin(b"SELECT '\xff\xfe'; SET \xff = 1")
    assert reason_to_pin(bytes(range(256))) is None
