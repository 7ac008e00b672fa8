"""Lanes: what the drawing says of a record, and what it makes of odd ones."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

import pytest

from lambda_lab import show
from lambda_lab.show.history import read
from lambda_lab.show.lanes import lanes_axis
from lambda_lab.timeline import Event, Kind

Lab = Callable[..., Sequence[Event]]


def classes(figure: show.Figure) -> list[str]:
    root = ET.fromstring(figure.svg)
    return [str(el.get("class")) for el in root.iter() if el.get("class")]


def texts(figure: show.Figure) -> list[str]:
    return [
        str(el.text) for el in ET.fromstring(figure.svg).iter("{http://www.w3.org/2000/svg}text")
    ]


def test_each_phase_is_drawn_and_told(lab: Lab) -> None:
    figure = show.lanes(lab())
    drawn = " ".join(classes(figure))
    for key in ("init", "run", "frozen", "error", "timeout", "shutdown", "throttled"):
        assert f"ll-{key}" in drawn
    told = " ".join(figure.words)
    assert "ran call 1 (cold)" in told
    assert "ran call 2 (warm)" in told
    assert "call 3 (warm) in 2.4 ms; it ended in an error" in told
    assert "it timed out" in told
    assert "Call 6 was throttled" in told
    assert "Environment 2 was shut down: idle." in told
    assert "2 execution environments, 2 init phases, 6 runs" in told
    assert "from 2026-11-21 10:00:00 UTC" in told


def test_a_call_keeps_its_number_and_shade(lab: Lab) -> None:
    lanes, sequence = show.lanes(lab()), show.sequence(lab(), "r7")
    assert "7" in texts(lanes)
    assert "7" in texts(sequence)
    assert any(show.shade(7) in name for name in classes(lanes))
    assert any(show.shade(7) in name for name in classes(sequence))


def test_long_idle_stretches_are_cut_and_labelled(lab: Lab) -> None:
    figure = show.lanes(lab())
    assert "3 min" in texts(figure)
    assert "10 min" in texts(figure)
    assert classes(figure).count("ll-break") == 4


def test_time_runs_to_the_right(lab: Lab) -> None:
    for steady in (False, True):
        axis = lanes_axis(read(lab()), 70, 540, steady)
        places = [axis.x(event.time_ns) for event in lab()]
        assert places == sorted(places)
        assert places[0] == 70
        assert places[-1] <= 540
        labels = [tick.x for tick in axis.ticks()]
        assert labels == sorted(labels)


def test_the_order_of_the_record_does_not_matter(lab: Lab) -> None:
    shuffled = list(lab())
    random.Random(1).shuffle(shuffled)
    assert show.lanes(shuffled).svg == show.lanes(lab()).svg


@pytest.mark.parametrize("seed", range(1, 9))
def test_steady_figures_do_not_depend_on_what_was_measured(lab: Lab, seed: int) -> None:
    calm, jittered = lab(), lab(seed, jitter_ms=9)
    assert [e.time_ns for e in calm] != [e.time_ns for e in jittered]
    assert show.lanes(calm, steady=True) == show.lanes(jittered, steady=True)
    for request in ("r1", "r3", "r5", "r6"):
        assert show.sequence(calm, request, steady=True) == show.sequence(
            jittered, request, steady=True
        )


@pytest.mark.parametrize("seed", range(4))
def test_steady_figures_do_not_depend_on_races(region: type, seed: int) -> None:
    """Five callers at once: who comes first, and under which ids, is chance."""
    order = list(range(5))
    random.Random(seed).shuffle(order)
    events: list[Event] = []
    for place, caller in enumerate(order):
        one = region(seed * 7 + caller, jitter_ms=8)
        one.wait(place)
        one.call(f"{seed}-{caller}", f"e{seed}-{caller}", cold=True, run_ms=1_000)
        events += one.events
    calm: list[Event] = []
    for caller in range(5):
        one = region()
        one.wait(caller)
        one.call(str(caller), f"e{caller}", cold=True, run_ms=1_000)
        calm += one.events
    assert show.lanes(events, steady=True).svg == show.lanes(calm, steady=True).svg


@pytest.mark.parametrize("early_ms", [-40, -1, 1, 40])
def test_a_caller_who_waits_half_a_second_may_be_seen_early_or_late(
    region: type, early_ms: int
) -> None:
    """Calls that overlap, half a second apart: each one's way to Lambda takes its own time."""

    def overlapping(off: float) -> list[Event]:
        events: list[Event] = []
        for number in range(3):
            one = region()
            one.wait(500 * number + (off if number else 0))
            one.call(f"{number}", f"e{number}", cold=True, run_ms=1_900)
            events += one.events
        return events

    calm, moved = overlapping(20), overlapping(-early_ms)
    assert show.lanes(moved, steady=True) == show.lanes(calm, steady=True)
    assert "in 3 s of the region's time" in show.lanes(calm, steady=True).words[0]
    async_calm, async_moved = region(), region()
    for record, wait in ((async_calm, 500), (async_moved, 500 - early_ms)):
        for number in range(3):
            record.send(f"{number}")
            record.wait(wait)
    assert show.event_lives(async_calm.events, steady=True) == show.event_lives(
        async_moved.events, steady=True
    )


@pytest.mark.parametrize("took_ms", [20, 249, 251, 300, 480])
def test_an_init_on_a_busy_machine_is_said_alike(region: type, took_ms: int) -> None:
    def once(milliseconds: float) -> list[Event]:
        record = region()
        record.add(Kind.RECEIVED, request="r")
        record.add(Kind.STARTING, "e")
        record.add(Kind.INIT, "e")
        record.wait(milliseconds)
        record.add(Kind.INIT_DONE, "e", status="success", duration_ms=float(milliseconds))
        record.add(Kind.INVOKE, "e", "r")
        record.wait(milliseconds)
        record.add(Kind.INVOKE_DONE, "e", "r", status="success", duration_ms=float(milliseconds))
        record.add(Kind.RESPONDED, request="r")
        return list(record.events)

    assert show.lanes(once(took_ms), steady=True) == show.lanes(once(80), steady=True)
    assert show.sequence(once(took_ms), steady=True) == show.sequence(once(80), steady=True)


def test_steady_figures_hold_no_measured_time(lab: Lab) -> None:
    said = " ".join(
        [*show.lanes(lab(), steady=True).words, *show.sequence(lab(), steady=True).words]
    )
    assert "under 0.5 s" in said
    assert not re.search(r"\d ms|UTC", said)


def test_an_empty_record_says_what_to_do() -> None:
    for steady in (False, True):
        assert "call the function" in show.lanes([], steady=steady).words[0]


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("steady", [False, True])
@pytest.mark.parametrize("named", [False, True])
def test_one_event_of_any_kind(kind: Kind, steady: bool, named: bool) -> None:
    event = Event(5, kind, "f", "e" if named else None, "r" if named else None)
    ET.fromstring(show.lanes([event], steady=steady).svg)


@pytest.mark.parametrize("steady", [False, True])
def test_any_part_of_a_record_can_be_drawn(lab: Lab, steady: bool) -> None:
    """The timeline drops its oldest half when it is full, and a figure may be drawn at any time."""
    events = lab()
    for cut in range(0, len(events), 3):
        ET.fromstring(show.lanes(events[cut:], steady=steady).svg)
        ET.fromstring(show.lanes(events[:cut], steady=steady).svg)


@pytest.mark.parametrize("steady", [False, True])
def test_nonsense_does_not_raise(steady: bool) -> None:
    chance = random.Random(3)
    details = [{}, {"status": None}, {"status": 7}, {"reason": "<b>\x00"}, {"after_seconds": []},
               {"after_seconds": float("nan")}, {"after_seconds": -1}]  # fmt: skip
    for _ in range(60):
        events = [
            Event(
                chance.choice([0, 1, 10**9, chance.randrange(10**15)]),
                chance.choice(list(Kind)),
                chance.choice(["f", "<g>&"]),
                chance.choice([None, "e1", "e2"]),
                chance.choice([None, "r1", "r2"]),
                chance.choice(details),
            )
            for _ in range(chance.randrange(1, 30))
        ]
        ET.fromstring(show.lanes(events, steady=steady).svg)
        for request in {event.request for event in events if event.request}:
            ET.fromstring(show.sequence(events, request, steady=steady).svg)


@pytest.mark.parametrize("steady", [False, True])
def test_a_thousand_events(region: type, steady: bool) -> None:
    one = region()
    for number in range(60):
        one.call(f"c{number}", f"e{number}", cold=True)
    for number in range(160):
        one.call(f"w{number}", f"e{number % 60}")
    assert len(one.events) > 1_000
    figure = show.lanes(one.events, steady=steady)
    ET.fromstring(figure.svg)
    assert "36 more environments are not drawn" in texts(figure)
    assert len(figure.words) <= 61
    assert "further things happened" in figure.words[-1]


def test_a_further_call_shows_the_queue(region: type) -> None:
    one = region()
    one.add(Kind.RECEIVED, request="a")
    one.add(Kind.QUEUED, request="a")
    one.add(Kind.RESPONDED, request="a")
    one.add(Kind.RETRY, request="a", after_seconds=60)
    one.wait(60_000)
    one.add(Kind.DROPPED, request="a")
    figure = show.lanes(one.events)
    assert {"ll-queued", "ll-retry", "ll-lost"} <= set(classes(figure))
    assert "A further try of call 1 was planned, 1 min later." in figure.words


def test_tries_of_one_event_are_counted(async_lab: Lab) -> None:
    told = " ".join(show.lanes(async_lab()).words)
    assert "ran call 3 (warm) in" in told
    assert "ran call 3 (warm, try 2) in" in told
    assert "ran call 3 (warm, try 3) in" in told
    assert "The event of call 3 was delivered to the queue dead." in told


def test_a_run_while_the_clock_is_moved_says_what_it_took(region: type) -> None:
    """The region's time stands still then, and the record holds what was measured."""
    one = region()
    moment = one.now
    for kind, detail in (
        (Kind.INVOKE, {}),
        (Kind.INVOKE_DONE, {"status": "success", "duration_ms": 12.5}),
        (Kind.FROZEN, {}),
    ):
        one.events.append(Event(moment, kind, "hello", "e1", "r", detail))
    one.events.append(Event(moment, Kind.INVOKE, "hello", "e1", "s"))
    told = " ".join(show.lanes(one.events).words)
    assert "ran call 1 (cold) in 12 ms" in told
    assert "frozen for 0 ms" not in told


def test_a_call_is_cold_where_it_waited_for_an_init(region: type) -> None:
    one = region()
    one.add(Kind.STARTING, "ahead")
    one.add(Kind.INIT, "ahead")
    one.add(Kind.INIT_DONE, "ahead", status="success")
    one.add(Kind.FROZEN, "ahead")
    one.call("a", "ahead")
    one.call("b", "later", cold=True)
    one.call("c", "later")
    one.call("d", "later", cold=True)  # a crash ended the process, and it was started anew
    told = " ".join(show.lanes(one.events).words)
    kinds = [f"ran call {number} ({kind})" in told for number, kind in
             ((1, "warm"), (2, "cold"), (3, "warm"), (4, "cold"))]  # fmt: skip
    assert kinds == [True] * 4
