"""A trigger calls a function: in the transaction, and whatever becomes of that."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

from lambda_caller import Caller
from live_region import LiveRegion, alive, until

WELCOME = """
def handler(event, context):
    print("welcome", event["mail"])
    if event["mail"] == "bad":
        raise ValueError("no such mail")
    return {"sent": event["mail"]}
"""
HELD = """
import os, time
def handler(event, context):
    while not os.path.exists(event):
        time.sleep(0.02)
"""
TABLES = (
    "CREATE TABLE person (mail text, answer text)",
    """CREATE FUNCTION welcome() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      SELECT payload ->> 'sent' INTO NEW.answer FROM aws_lambda.invoke(
        aws_commons.create_lambda_function_arn('welcome'), json_build_object('mail', NEW.mail));
      RETURN NEW;
    END $$""",
    "CREATE TRIGGER welcome BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION welcome()",
)


@pytest.fixture(scope="module", autouse=True)
def tables(caller: Caller, lab: LiveRegion) -> None:
    lab.deploy(WELCOME, name="welcome")
    lab.deploy(
        "import time\ndef handler(event, context):\n    time.sleep(event)\n    return 1\n",
        name="slow",
    )
    lab.deploy(HELD, name="held", Timeout=60)
    with caller.session() as session:
        for sql in TABLES:
            session.execute(sql)


@pytest.fixture
def session(caller: Caller) -> Iterator[psycopg.Connection]:
    with caller.session() as found:
        yield found
        found.execute("TRUNCATE person")


def seen(lab: LiveRegion, mail: str) -> int:
    return sum(line == f"welcome {mail}" for line in lab.logs("welcome"))


def test_an_insert_calls_for_each_row(session: psycopg.Connection, lab: LiveRegion) -> None:
    session.execute("INSERT INTO person SELECT 'm' || n FROM generate_series(1, 5) n")
    rows = session.execute("SELECT mail, answer FROM person ORDER BY 1").fetchall()
    assert rows == [(f"m{n}", f"m{n}") for n in range(1, 6)]
    assert [seen(lab, f"m{n}") for n in range(1, 6)] == [1] * 5


@pytest.mark.fidelity("database-calls")
def test_what_is_rolled_back_has_called_all_the_same(
    session: psycopg.Connection, lab: LiveRegion
) -> None:
    session.execute("BEGIN")
    session.execute("INSERT INTO person VALUES ('ghost')")
    session.execute("ROLLBACK")
    assert session.execute("SELECT count(*) FROM person").fetchone() == (0,)
    assert seen(lab, "ghost") == 1


def test_a_function_that_fails_takes_the_insert_with_it(
    session: psycopg.Connection, lab: LiveRegion
) -> None:
    with pytest.raises(psycopg.Error, match="lambda invocation failed"):
        session.execute("INSERT INTO person VALUES ('bad')")
    assert session.execute("SELECT count(*) FROM person").fetchone() == (0,)
    session.execute("INSERT INTO person VALUES ('good')")  # the line is of use still
    assert seen(lab, "good") == 1


def test_savepoints(session: psycopg.Connection, lab: LiveRegion) -> None:
    with session.transaction():
        session.execute("INSERT INTO person VALUES ('one')")
        with pytest.raises(psycopg.Error), session.transaction():
            session.execute("INSERT INTO person VALUES ('bad')")
        session.execute("INSERT INTO person VALUES ('two')")
    assert session.execute("SELECT count(*) FROM person").fetchone() == (2,)


def test_many_sessions_at_once(caller: Caller, lab: LiveRegion) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with caller.session() as mine:
                for turn in range(10):
                    mine.execute("INSERT INTO person VALUES (%s)", (f"w{number}-{turn}",))
        except BaseException as failure:  # noqa: BLE001 - told below
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    sql = "SELECT count(*) FROM person WHERE mail LIKE 'w%' AND answer = mail"
    assert caller.run(sql) == (80,)
    with caller.session() as mine:
        mine.execute("TRUNCATE person")


def test_a_statement_that_is_cancelled(session: psycopg.Connection) -> None:
    """What cancels it waits for the function, as for any call that is not interrupted."""
    session.execute("SET statement_timeout = '100ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        session.execute("SELECT aws_lambda.invoke('slow', '0.5'::json)")
    session.execute("RESET statement_timeout")
    row = session.execute("SELECT status_code FROM aws_lambda.invoke('slow', '0'::json)").fetchone()
    assert row == (200,)


class Waiting:
    """A session whose statement calls a function, which answers when it is told to."""

    def __init__(self, caller: Caller, lab: LiveRegion) -> None:
        self.caller, self.goes_on = caller, lab.meeting_place()
        self.pid = 0
        self.failures: list[psycopg.Error] = []
        self.thread = threading.Thread(target=self._work)

        def busy() -> bool:
            return any(one["state"] == "busy" for one in lab.environments("held"))

        until(lambda: not busy())  # with the call of another test
        self.thread.start()
        until(busy)

    def _work(self) -> None:
        with self.caller.session() as mine:
            self.pid = mine.info.backend_pid
            mine.execute("SET aws_lambda.request_timeout_ms = '60s'")
            try:
                mine.execute(f"SELECT aws_lambda.invoke('held', '\"{self.goes_on}\"'::json)")
            except psycopg.Error as failure:
                self.failures.append(failure)


def test_a_session_that_is_killed(caller: Caller, lab: LiveRegion) -> None:
    waiting = Waiting(caller, lab)
    caller.run("SELECT pg_terminate_backend(%s)", waiting.pid)
    waiting.goes_on.touch()
    waiting.thread.join(30)
    assert [failure.sqlstate for failure in waiting.failures] == ["57P01"]
    until(lambda: not alive(waiting.pid))
    assert caller.run("SELECT status_code FROM aws_lambda.invoke('slow', '0'::json)") == (200,)


def test_a_reboot_does_not_wait_for_a_function(caller: Caller, lab: LiveRegion) -> None:
    waiting = Waiting(caller, lab)
    caller.rds.api.reboot_db_instance(DBInstanceIdentifier=caller.identifier)
    waiting.thread.join(30)
    assert len(waiting.failures) == 1
    assert any(one["state"] == "busy" for one in lab.environments("held"))
    waiting.goes_on.touch()
    caller.rds.settle()
    row = caller.run("SELECT status_code FROM aws_lambda.invoke('slow', '0'::json)")
    assert row == (200,)  # the extension and its settings are still there


def test_a_database_hides_a_loop(caller: Caller, lab: LiveRegion, session: object) -> None:
    """Lambda follows a chain of requests through SQS, SNS and S3; not through a database."""
    source = (
        "import os\ndef handler(event, context):\n    return os.environ.get('_X_AMZN_TRACE_ID')\n"
    )
    lab.deploy(source, name="trace")
    sql = "SELECT payload #>> '{}' FROM aws_lambda.invoke('trace', '1'::json)"
    first, second = caller.run(sql)[0], caller.run(sql)[0]
    assert "Lineage" not in first.partition("Lineage=")[0]
    assert first != second
