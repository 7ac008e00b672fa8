"""Batches of event source mappings: what the drawing says of a record, and of odd ones."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

import pytest

from lambda_lab import show
from lambda_lab.errors import LabError
from lambda_lab.show.batch_history import read_batches
from lambda_lab.show.batch_words import span_of
from lambda_lab.timeline import Event, Kind

Lab = Callable[..., Sequence[Event]]
SVG = "{http://www.w3.org/2000/svg}"
FIFO = "arn:aws:sqs:us-east-1:123456789012:orders.fifo"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-11-21T10:00:00.000"


def texts(figure: show.Figure) -> list[str]:
    return [str(element.text) for element in ET.fromstring(figure.svg).iter(f"{SVG}text")]


def tips(figure: show.Figure) -> list[str]:
    return [str(element.text) for element in ET.fromstring(figure.svg).iter(f"{SVG}title")]


def boxes(figure: show.Figure, tip: str) -> list[ET.Element]:
    """The rectangles of the batch whose tip begins with *tip*."""
    for group in ET.fromstring(figure.svg).iter(f"{SVG}g"):
        title = group.find(f"{SVG}title")
        if title is not None and str(title.text).startswith(tip):
            return [r for r in group.iter(f"{SVG}rect") if "ll-run" in str(r.get("class"))]
    raise AssertionError(tip)


def test_a_partial_batch_is_told(queue_lab: Lab) -> None:
    told = show.batch_lives(queue_lab()).words
    assert told[0].startswith("4 messages of the queue jobs in 3 batches, in 1 min")
    assert told[0].endswith("At the end: 1 filtered out and 3 deleted from the queue.")
    assert (
        "At the start, batch 1 held messages 2–4: the function succeeded; 2 and 3 were deleted "
        "from the queue; 4 was left in the queue, hidden until the visibility timeout ends."
    ) in told
    assert told[-1] == (
        "After 1 min, batch 3 held message 4: the function succeeded; "
        "it was deleted from the queue."
    )


def test_a_batch_is_one_box_around_its_records(queue_lab: Lab) -> None:
    figure = show.batch_lives(queue_lab())
    (one,) = boxes(figure, "batch 1: 3 messages")
    (two,) = boxes(figure, "batch 2: 1 message, error")
    assert float(one.get("height", 0)) > 2.5 * float(two.get("height", 0))
    assert texts(figure).count("30 s") >= 2
    signs = " ".join(str(el.get("class")) for el in ET.fromstring(figure.svg).iter())
    for key in ("ll-done", "ll-returned", "ll-filtered", "ll-waiting", "ll-error"):
        assert key in signs


def test_a_shard_waits_behind_its_bad_record(stream_lab: Lab) -> None:
    figure = show.batch_lives(stream_lab())
    assert {"shard 0", "shard 1"} <= set(texts(figure))
    blocked, other = boxes(figure, "batch 6"), boxes(figure, "batch 2")
    given_up = boxes(figure, "batch 5")
    assert float(blocked[0].get("x", 0)) > float(given_up[0].get("x", 0))
    assert float(other[0].get("x", 0)) < float(given_up[0].get("x", 0))
    told = " ".join(figure.words)
    assert "it was kept for another try 1 s later" in told
    assert "a report went to the topic alarm (RetryAttemptsExhausted)" in told


def test_records_of_a_batch_that_stand_apart_are_tied_together(region: type) -> None:
    one = region()
    one.batch("b1", ["a1", "b1"], "deleted", lanes=["a", "b"], source=FIFO)
    one.batch("b2", ["a2"], "deleted", lanes=["a"], source=FIFO)
    figure = show.batch_lives(one.events)
    tie, first, second = boxes(figure, "batch 1")
    assert float(tie.get("width", 0)) < float(first.get("width", 0))
    assert float(tie.get("y", 0)) <= float(first.get("y", 0)) < float(second.get("y", 0))
    assert {"group a", "group b"} <= set(texts(figure))


def test_the_order_within_a_group_is_the_order_of_the_boxes(region: type) -> None:
    one = region()
    for number in range(3):
        one.batch(f"b{number}", [f"m{number}"], "deleted", lanes=["g"], source=FIFO)
    for steady in (False, True):
        record = read_batches(one.events, steady=steady)
        ends = [batch.end.at_ns for batch in record.batches]
        starts = [batch.start.at_ns for batch in record.batches]
        assert all(end < start for end, start in zip(ends, starts[1:], strict=False))


def test_records_may_have_names(queue_lab: Lab) -> None:
    figure = show.batch_lives(queue_lab(), names={"c": "poison", "nobody": "x"})
    assert "poison" in texts(figure)
    assert any("batch 2 held message poison" in sentence for sentence in figure.words)


def test_one_mapping_of_several(queue_lab: Lab, stream_lab: Lab) -> None:
    events = [*queue_lab(), *stream_lab()]
    both = show.batch_lives(events)
    assert "queue jobs" in texts(both)
    assert "stream clicks, shard 0" in texts(both)
    one = show.batch_lives(events, mapping="arn:aws:sqs:us-east-1:123456789012:jobs")
    assert one.title == "Batches of the queue jobs over time"
    with pytest.raises(LabError, match=r"no batch of a mapping 'other'.*clicks.*jobs"):
        show.batch_lives(events, mapping="other")
    assert "No mapping has worked" in show.batch_lives([], mapping="other").words[0]


def test_a_table_is_named_without_the_time_in_its_stream(region: type) -> None:
    one = region()
    shard = "shardId-00000001732183200000-abcdef12"
    one.batch("b", ["1"], "passed", lanes=[shard], source=TABLE)
    figure = show.batch_lives(one.events)
    assert figure.title == "Batches of the table orders over time"
    assert "shard 0" in texts(figure)
    assert "2026-11-21" not in figure.svg


def test_more_than_twenty_records_share_rows(region: type) -> None:
    one = region()
    for batch in range(5):
        names = [f"{batch}-{number}" for number in range(10)]
        one.batch(f"b{batch}", names, "deleted", kept=names[:1])
    figure = show.batch_lives(one.events)
    assert {"1", "2–10", "11", "12–20", "42–50"} <= set(texts(figure))
    assert len([tip for tip in tips(figure) if tip.startswith("batch ")]) == 5
    assert figure.words[0].startswith("50 messages")


def test_more_rows_than_fit_are_said(region: type) -> None:
    one = region()
    for number in range(40):
        one.batch(f"b{number}", [f"m{number}"], "deleted")
    figure = show.batch_lives(one.events)
    assert "12 more messages are not drawn" in texts(figure)


def test_runs_of_numbers_are_short() -> None:
    assert span_of([]) == ""
    assert span_of(["1", "2", "4", "5", "6", "9"]) == "1, 2, 4–6 and 9"


@pytest.mark.parametrize("seed", range(1, 7))
def test_steady_figures_do_not_depend_on_what_was_measured(
    queue_lab: Lab, stream_lab: Lab, seed: int
) -> None:
    for recorded in (queue_lab, stream_lab):
        calm, jittered = recorded(), recorded(seed, jitter_ms=9)
        assert show.batch_lives(calm, steady=True) == show.batch_lives(jittered, steady=True)
        said = " ".join(show.batch_lives(jittered, steady=True).words)
        assert not re.search(r"\d ms|UTC", said)


@pytest.mark.parametrize("seed", range(6))
def test_steady_figures_do_not_depend_on_races_between_groups(region: type, seed: int) -> None:
    """Three groups are worked at the same time; which starts first is chance."""
    chance = random.Random(seed)
    order = list("abc")
    chance.shuffle(order)
    assert _three_groups(region, order, chance) == _three_groups(region, list("abc"), None)


def _three_groups(region: type, order: list[str], chance: random.Random | None) -> show.Figure:
    events: list[Event] = []
    for place, group in enumerate(order):
        one = region()
        one.wait(place)
        for number in range(2):
            one.wait(chance.random() * 9 if chance else 0)
            request, record = f"{place}-{number}", f"{group}{number}"
            one.batch(request, [record], "deleted", lanes=[group], source=FIFO)
        events += one.events
    return show.batch_lives(events, steady=True)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("steady", [False, True])
def test_one_event_of_any_kind(kind: Kind, steady: bool) -> None:
    ET.fromstring(show.batch_lives([Event(5, kind, "f", "e", "r")], steady=steady).svg)
    ET.fromstring(show.batch_lives([Event(5, kind, "f")], steady=steady).svg)


@pytest.mark.parametrize("steady", [False, True])
def test_any_part_of_a_record_can_be_drawn(queue_lab: Lab, stream_lab: Lab, steady: bool) -> None:
    for events in (queue_lab(), stream_lab()):
        for cut in range(0, len(events), 2):
            ET.fromstring(show.batch_lives(events[cut:], steady=steady).svg)
            figure = show.batch_lives(events[:cut], steady=steady)
            ET.fromstring(figure.svg)
            assert all(sentence.endswith(".") for sentence in figure.words)


@pytest.mark.parametrize("steady", [False, True])
def test_nonsense_does_not_raise(steady: bool) -> None:
    chance = random.Random(5)
    details: list[dict[str, object]] = [
        {}, {"records": 7}, {"records": ["a", "b"], "lanes": ["x"]}, {"records": [None, 3]},
        {"records": ["a"], "outcome": 5, "mapping": "m"}, {"records": ["a"], "attempt": "x"},
        {"records": ["<b>\x00"], "source": "arn", "after_seconds": float("inf")},
        {"records": ["a", "a"], "lanes": ["shardId-1", "shardId-x"]}, {"status": 7},
    ]  # fmt: skip
    kinds = [Kind.BATCH, Kind.RECORDS, Kind.RECEIVED, Kind.INVOKE_DONE, Kind.THROTTLED]
    for _ in range(120):
        events = [
            Event(
                chance.choice([0, 1, 10**9, chance.randrange(10**15)]),
                chance.choice(kinds),
                "f",
                None,
                chance.choice([None, "r1", "r2"]),
                chance.choice(details),
            )
            for _ in range(chance.randrange(1, 25))
        ]
        ET.fromstring(show.batch_lives(events, steady=steady).svg)


def test_a_throttled_batch_is_tried_again(region: type) -> None:
    one = region()
    one.batch("b1", ["a"], "retry", status="throttled", after_seconds=2, reason="Throttled")
    one.wait(2_000)
    one.batch("b2", ["a"], "deleted")
    told = show.batch_lives(one.events, steady=True).words
    assert told[1] == (
        "At the start, batch 1 held message a1: the call was throttled; "
        "it was kept for another try 2 s later."
    ).replace("a1", "1")
    assert told[2].startswith("After 2 s, batch 2 held message 1: the function succeeded")


def test_a_batch_that_is_under_way_lasts_to_the_end_of_the_record(region: type) -> None:
    one = region()
    one.batch("b1", ["a"], "deleted")
    shared = {"mapping": "m", "source": FIFO, "lanes": [""], "attempt": 1}
    one.events.insert(0, Event(one.events[0].time_ns, Kind.BATCH, "hello", None, "b0",
                               {**shared, "records": ["z"]}))  # fmt: skip
    record = read_batches(one.events, steady=False)
    under_way = next(batch for batch in record.batches if batch.request == "b0")
    assert under_way.status == "open"
    assert under_way.end.at_ns == max(batch.end.at_ns for batch in record.batches)
