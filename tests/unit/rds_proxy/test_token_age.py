"""How old a token is, whoever moves which clock."""

from __future__ import annotations

import pytest

from lambda_lab.clock import SECOND, Clock
from lambda_lab.rds.token_age import TokenAge


class Machine:
    """A machine's time that a test sets, a region's clock on it, and ages."""

    def __init__(self, begins: int = 0) -> None:
        self.ns, self.moments = 1_000 * SECOND, list[int]()
        self.clock = Clock(lambda: self.ns + begins * SECOND)
        self.age_of = TokenAge(self.clock, self.moments, lambda: self.ns)

    def wait(self, seconds: float) -> None:
        self.ns += round(seconds * SECOND)

    def sign(self, *, known: bool = True) -> int:
        """Return the date of a token that is signed now."""
        if known:
            self.moments.append(self.ns)
        return self.ns // SECOND * SECOND


@pytest.mark.parametrize("begins", [0, 86_400, -86_400])
def test_waiting_and_moving_add_up(begins: int) -> None:
    machine = Machine(begins)
    machine.clock.advance(hours=2)
    machine.wait(30)
    date = machine.sign()
    machine.wait(100)
    machine.clock.advance(minutes=10)
    machine.wait(100)
    assert machine.age_of(date) == 800
    machine.clock.advance(minutes=5)
    assert machine.age_of(date) == 1100


def test_before_and_after_a_move_in_one_second() -> None:
    machine = Machine()
    machine.wait(0.2)
    before = machine.sign()
    machine.wait(0.2)
    machine.clock.advance(hours=1)
    assert machine.age_of(before) == pytest.approx(3600.4)
    machine.wait(0.2)
    after = machine.sign()
    assert after == before
    assert machine.age_of(after) == pytest.approx(0.6)


def test_one_that_was_signed_elsewhere_is_taken_for_the_newer() -> None:
    machine = Machine()
    machine.wait(0.5)
    machine.clock.advance(hours=1)
    assert machine.age_of(machine.sign(known=False)) == 0.5
    machine.wait(60)
    machine.clock.advance(hours=1)
    assert machine.age_of(machine.sign(known=False) - 2 * SECOND) == 3602.5


def test_a_date_to_come_stays_one() -> None:
    machine = Machine()
    machine.clock.advance(hours=1)
    assert machine.age_of(machine.sign() + 600 * SECOND) == -600


def test_a_clock_that_was_moved_before() -> None:
    machine = Machine()
    machine.clock.advance(hours=5)
    machine.wait(10)
    age_of = TokenAge(machine.clock, wall_ns=lambda: machine.ns)
    assert age_of(machine.sign() - 4 * SECOND) == 4
