"""How a length of time is said."""

from __future__ import annotations

import pytest

from lambda_lab.clock import SECOND
from lambda_lab.show.times import say

MS = SECOND // 1_000


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (-5, "0 ms"), (0, "0 ms"), (400_000, "0.4 ms"), (9_960_000, "10 ms"), (120 * MS, "120 ms"),
        (999 * MS, "999 ms"), (999_600_000, "1 s"), (1_250 * MS, "1.25 s"), (59_900 * MS, "59.9 s"),
        (59_960 * MS, "1 min"), (60 * SECOND, "1 min"), (180 * SECOND, "3 min"),
        (182 * SECOND, "3 min 2 s"), (3_599 * SECOND + 700 * MS, "1 h"),
        (5_400 * SECOND, "1 h 30 min"),
        (86_400 * SECOND, "1 d"), (7 * 86_400 * SECOND, "7 d"), (86_399 * SECOND, "1 d"),
    ],
)  # fmt: skip
def test_a_reader_would_choose_this_unit(length: int, said: str) -> None:
    assert say(length) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [(1, "under 0.5 s"), (400 * MS, "under 0.5 s"), (SECOND // 2, "0.5 s"),
     (700 * MS, "0.5 s"), (3_100 * MS, "3 s"), (3_300 * MS, "3.5 s"),
     (180_100 * MS, "3 min")],
)  # fmt: skip
def test_steady_times_are_half_seconds(length: int, said: str) -> None:
    assert say(length, steady=True) == said
