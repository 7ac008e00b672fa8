"""The record of what happened."""

from __future__ import annotations

import json
import threading

import pytest

from lambda_lab.timeline import Event, Kind, Timeline


def event(time_ns: int, function: str = "f", kind: Kind = Kind.RECEIVED) -> Event:
    return Event(time_ns, kind, function, request=f"r{time_ns}")


def test_oldest_first_whatever_the_order_of_arrival() -> None:
    timeline = Timeline()
    for time_ns in (30, 10, 20):
        timeline.add(event(time_ns))
    assert [one.time_ns for one in timeline] == [10, 20, 30]
    assert len(timeline) == 3


def test_events_of_the_same_time_keep_their_order() -> None:
    timeline = Timeline()
    kinds = [Kind.RECEIVED, Kind.STARTING, Kind.INIT]
    for kind in kinds:
        timeline.add(event(5, kind=kind))
    assert [one.kind for one in timeline] == kinds


def test_of_a_function_and_of_some_kinds() -> None:
    timeline = Timeline()
    for number, (function, kind) in enumerate(
        [("f", Kind.RECEIVED), ("g", Kind.RECEIVED), ("f", Kind.INIT), ("f", Kind.FROZEN)]
    ):
        timeline.add(event(number, function, kind))
    assert [one.time_ns for one in timeline.of("f")] == [0, 2, 3]
    assert [one.time_ns for one in timeline.of()] == [0, 1, 2, 3]
    assert [one.time_ns for one in timeline.of("f", [Kind.INIT, Kind.FROZEN])] == [2, 3]
    assert timeline.of("f", []) == []
    assert timeline.of("nobody") == []


def test_it_does_not_grow_without_bound() -> None:
    timeline = Timeline(limit=10)
    for number in range(100):
        timeline.add(event(number))
        assert len(timeline) <= 10
    times = [one.time_ns for one in timeline]
    assert times[-1] == 99
    assert times == list(range(times[0], 100)), "the newest stay"


def test_clear() -> None:
    timeline = Timeline()
    timeline.add(event(1))
    timeline.clear()
    assert list(timeline) == []


def test_an_event_as_json() -> None:
    one = Event(1_795_255_200_123_456_789, Kind.INIT_DONE, "f", "e1", None, {"status": "success"})
    assert json.loads(json.dumps(one.as_json())) == {
        "time": "2026-11-21T10:00:00.123Z",
        "time_ns": 1_795_255_200_123_456_789,
        "event": "init-done",
        "function": "f",
        "environment": "e1",
        "request": None,
        "detail": {"status": "success"},
    }
    assert "detail" not in event(1).as_json()


@pytest.mark.parametrize("time_ns", [0, 999_999_999, 1_795_255_199_999_999_999])
def test_the_time_is_cut_not_rounded_up(time_ns: int) -> None:
    assert event(time_ns).as_json()["time"].endswith("000Z" if time_ns == 0 else "999Z")


def test_many_threads_may_write() -> None:
    timeline = Timeline()

    def write(start: int) -> None:
        for number in range(500):
            timeline.add(event(start + number))

    threads = [threading.Thread(target=write, args=(start,)) for start in range(0, 4000, 500)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.time_ns for one in timeline] == list(range(4000))
