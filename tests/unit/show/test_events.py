"""The lives of asynchronous events: what the drawing says of a record, and of odd ones."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

import pytest

from lambda_lab import show
from lambda_lab.show.lives import read_lives, seconds_of
from lambda_lab.timeline import Event, Kind

Lab = Callable[..., Sequence[Event]]
SVG = "{http://www.w3.org/2000/svg}"
SECOND = 1_000_000_000


def texts(figure: show.Figure) -> list[str]:
    return [str(element.text) for element in ET.fromstring(figure.svg).iter(f"{SVG}text")]


def waits(figure: show.Figure) -> list[float]:
    """Widths of the bars that stand for waiting, in order."""
    root = ET.fromstring(figure.svg)
    bars = [el for el in root.iter(f"{SVG}rect") if el.get("class") == "ll-waiting"]
    return [float(el.get("width", 0)) for el in bars if float(el.get("x", 0)) > 40]


def test_each_event_is_told_from_the_queue_to_its_end(async_lab: Lab) -> None:
    told = show.event_lives(async_lab()).words
    assert told[0].startswith("5 asynchronous events, 10 tries, in 4 min 7 s")
    assert "2 succeeded, 1 failed and went to a failure target, 1 ended nowhere" in told[0]
    assert told[1] == "Event 1: try 1 succeeded; it is done."
    assert told[2] == (
        "Event 2: try 1 ended in an error (ValueError); it waited 1 min in Lambda's queue; "
        "try 2 succeeded; it is done."
    )
    assert told[3].endswith(
        "try 2 timed out; it waited 2 min in Lambda's queue; try 3 ended in an error (ValueError); "
        "the event went to its dead-letter queue dead (RetriesExhausted)."
    )
    assert "try 3 was throttled and did not run; it waited 4 s" in told[4]
    assert told[4].endswith("it was dropped (EventAgeExceeded).")
    assert told[5].endswith("the next try is planned 1 min later.")


@pytest.mark.parametrize("steady", [False, True])
def test_waits_are_drawn_to_scale(region: type, steady: bool) -> None:
    one = region()
    one.send("bad")
    one.attempt("bad")
    one.again("bad", 2, 60, "FunctionError")
    one.attempt("bad")
    one.again("bad", 3, 120, "FunctionError")
    one.attempt("bad")
    one.add(Kind.DROPPED, request="bad", reason="RetriesExhausted")
    figure = show.event_lives(one.events, steady=steady)
    assert {"1 min", "2 min"} <= set(texts(figure))
    *_, first, second, sample = waits(figure)
    assert sample == 30  # of the legend
    # The bars begin where the box of a try ends; a try takes no time at this scale.
    assert second / first == pytest.approx(2, rel=0.25)


def test_where_an_event_ended_stands_in_its_row(async_lab: Lab) -> None:
    said = texts(show.event_lives(async_lab()))
    assert [text for text in said if text in ("done", "→ dead", "lost", "waiting")][:5] == [
        "done",
        "done",
        "→ dead",
        "lost",
        "waiting",
    ]


def test_an_event_keeps_the_number_it_has_among_all_calls(region: type) -> None:
    one = region()
    one.call("sync", cold=True)
    one.send("event")
    one.attempt("event", "success")
    assert "Event 2: try 1 succeeded; it is done." in show.event_lives(one.events).words


def test_a_success_and_a_lost_record_are_both_told(region: type) -> None:
    one = region()
    one.send("r")
    one.attempt("r", "success")
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/orders"
    one.add(Kind.DROPPED, request="r", reason="AccessDenied", target=bus)
    told = show.event_lives(one.events).words[1]
    assert told.endswith("it is done; nothing could be delivered to the bus orders (AccessDenied).")


def test_two_targets_are_counted(region: type) -> None:
    one = region()
    one.send("r")
    for kind in ("dead-letter", "destination"):
        target = f"arn:aws:sqs:us-east-1:123456789012:{kind}"
        one.add(Kind.DELIVERED, request="r", target=target, **{"as": kind})
    assert "→ 2 targets" in texts(show.event_lives(one.events))


def test_many_events_of_one_course_share_a_row(region: type) -> None:
    one = region()
    for number in range(40):
        one.send(f"r{number}")
    for number in range(40):
        one.attempt(f"r{number}", "success" if number % 4 else "error")
    for number in range(0, 40, 4):
        one.add(Kind.DROPPED, request=f"r{number}", reason="RetriesExhausted")
    figure = show.event_lives(one.events, steady=True)
    assert {"×30", "×10"} <= set(texts(figure))
    assert "10 events, of which the first is event 1" in figure.words[1]
    assert len(figure.words) == 3


def test_events_of_several_functions_stand_under_their_names(region: type) -> None:
    first, second = region(function="one"), region(function="two")
    for number, part in enumerate((first, second)):
        part.send(f"r{number}")
        part.attempt(f"r{number}", "success")
    figure = show.event_lives([*first.events, *second.events])
    assert {"one", "two"} <= set(texts(figure))
    assert figure.words[2].startswith("Event 2 of two: ")


@pytest.mark.parametrize("seed", range(1, 7))
def test_steady_figures_do_not_depend_on_what_was_measured(async_lab: Lab, seed: int) -> None:
    calm, jittered = async_lab(), async_lab(seed, jitter_ms=9)
    assert show.event_lives(calm, steady=True) == show.event_lives(jittered, steady=True)
    said = " ".join(show.event_lives(jittered, steady=True).words)
    assert not re.search(r"\d ms|UTC", said)


@pytest.mark.parametrize("seed", range(6))
def test_steady_figures_do_not_depend_on_races(region: type, seed: int) -> None:
    """Whether the first event runs before the second is accepted is chance."""
    chance = random.Random(seed)
    raced = [event for number in range(4) for event in _sent(region, number, chance.random() * 40)]
    calm = [event for number in range(4) for event in _sent(region, number, 1)]
    assert show.event_lives(raced, steady=True).svg == show.event_lives(calm, steady=True).svg


def _sent(region: type, number: int, delay_ms: float) -> list[Event]:
    """Accept an event some milliseconds after others, and try it after *delay_ms*."""
    one = region()
    one.wait(number)
    one.send(f"r{number}")
    one.wait(delay_ms)
    one.attempt(f"r{number}")
    one.again(f"r{number}", 2, 60, "FunctionError")
    one.attempt(f"r{number}", "success")
    events: list[Event] = one.events
    return events


def test_calls_that_are_no_events_are_passed_over(lab: Lab) -> None:
    calls = [event for event in lab() if event.kind is not Kind.QUEUED]
    assert "No asynchronous event" in show.event_lives(calls).words[0]


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("steady", [False, True])
def test_one_event_of_any_kind(kind: Kind, steady: bool) -> None:
    ET.fromstring(show.event_lives([Event(5, kind, "f", "e", "r")], steady=steady).svg)
    ET.fromstring(show.event_lives([Event(5, kind, "f")], steady=steady).svg)


@pytest.mark.parametrize("steady", [False, True])
def test_any_part_of_a_record_can_be_drawn(async_lab: Lab, steady: bool) -> None:
    events = async_lab()
    for cut in range(len(events)):
        ET.fromstring(show.event_lives(events[cut:], steady=steady).svg)
        figure = show.event_lives(events[:cut], steady=steady)
        ET.fromstring(figure.svg)
        assert all(sentence.endswith(".") for sentence in figure.words)


@pytest.mark.parametrize("steady", [False, True])
def test_nonsense_does_not_raise(steady: bool) -> None:
    chance = random.Random(11)
    details = [{}, {"status": 7}, {"reason": "<b>\x00"}, {"after_seconds": []}, {"target": 5},
               {"after_seconds": float("nan")}, {"after_seconds": 1e18}, {"as": None}]  # fmt: skip
    for _ in range(60):
        events = [
            Event(
                chance.choice([0, 1, 10**9, chance.randrange(10**15)]),
                chance.choice(list(Kind)),
                chance.choice(["f", "<g>&"]),
                chance.choice([None, "e1"]),
                chance.choice([None, "r1", "r2"]),
                chance.choice(details),
            )
            for _ in range(chance.randrange(1, 30))
        ]
        ET.fromstring(show.event_lives(events, steady=steady).svg)


def test_an_event_that_waits_for_its_first_turn_waits_to_the_end(region: type) -> None:
    one = region()
    one.send("first")
    one.send("second")
    one.wait(5_000)
    one.attempt("first", "success")
    lives = read_lives(one.events, steady=False).lives
    assert lives[1].waits[-1].open
    assert lives[1].end.at_ns == lives[0].end.at_ns
    assert "it waits in Lambda's queue" in show.event_lives(one.events).words[2]


def test_a_scaled_wait_is_said_as_it_was(region: type) -> None:
    """LAMBDA_LAB_RETRY_SCALE shortens waits; the engine records the seconds it really waits."""
    one = region()
    one.send("r")
    one.attempt("r")
    one.again("r", 2, 1.5, "FunctionError")
    one.attempt("r", "success")
    assert "it waited 1.5 s in Lambda's queue" in show.event_lives(one.events).words[1]
    assert seconds_of(1.5) == 1.5
