"""What every figure keeps: valid XML, ids of its own, words, themes, readable text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from lambda_lab import show
from lambda_lab.errors import LabError
from lambda_lab.show.canvas import text_width
from lambda_lab.show.style import LINES, MARKS, SHADES, TEXT_SIZE, WIDTH, svg_css
from lambda_lab.timeline import Event, Kind

Lab = Callable[..., Sequence[Event]]
SVG = "{http://www.w3.org/2000/svg}"


FIGURES: dict[str, Callable[[dict[str, Lab]], show.Figure]] = {
    "lanes": lambda labs: show.lanes(labs["lab"]()),
    "lanes-steady": lambda labs: show.lanes(labs["lab"](), steady=True),
    "sequence": lambda labs: show.sequence(labs["lab"](), "r3"),
    "tries": lambda labs: show.sequence(labs["async_lab"](), "bad"),
    "events": lambda labs: show.event_lives(labs["async_lab"]()),
    "events-steady": lambda labs: show.event_lives(labs["async_lab"](), steady=True),
    "queue": lambda labs: show.batch_lives(labs["queue_lab"]()),
    "stream-steady": lambda labs: show.batch_lives(labs["stream_lab"](), steady=True),
    "curve": lambda _: show.curve({"a": [(0, 1), (9, 4)]}, x="x", y="y", limits={"most": 3}),
    "legend": lambda _: show.legend(),
    "empty": lambda _: show.lanes([]),
    "no-events": lambda _: show.event_lives([]),
    "no-batches": lambda _: show.batch_lives([]),
}


@pytest.fixture(params=FIGURES)
def figure(
    request: pytest.FixtureRequest, lab: Lab, async_lab: Lab, queue_lab: Lab, stream_lab: Lab
) -> show.Figure:
    labs = {"lab": lab, "async_lab": async_lab, "queue_lab": queue_lab, "stream_lab": stream_lab}
    return FIGURES[request.param](labs)


def test_it_is_an_image_with_a_name_and_a_description(figure: show.Figure) -> None:
    root = ET.fromstring(figure.svg)
    assert root.get("role") == "img"
    named = root.get("aria-labelledby", "").split()
    texts = {el.get("id"): el.text for el in root.iter() if el.get("id")}
    assert [bool(texts[name]) for name in named] == [True, True]
    assert texts[named[0]] == figure.title
    assert figure.words[0] in str(texts[named[1]])


def test_every_reference_inside_has_a_target(figure: show.Figure) -> None:
    root = ET.fromstring(figure.svg)
    ids = [el.get("id") for el in root.iter() if el.get("id")]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", figure.svg)) <= set(ids)
    assert "\ue000" not in figure.svg


def test_nothing_is_loaded_from_elsewhere(figure: show.Figure) -> None:
    html = figure._repr_html_().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|<script|<image|@import|href=", html)


def test_everything_is_drawn_on_the_sheet(figure: show.Figure) -> None:
    root = ET.fromstring(figure.svg)
    _, _, width, height = (float(part) for part in root.get("viewBox", "").split())
    assert width == WIDTH
    drawn = list(root.iterfind(f".//{SVG}rect")) + list(root.iterfind(f".//{SVG}text"))
    assert drawn
    for element in drawn:
        assert -1 <= float(element.get("x", 0)) <= width
        assert -1 <= float(element.get("y", 0)) <= height
        assert float(element.get("x", 0)) + float(element.get("width", 0)) <= width + 1


def _written(element: ET.Element) -> tuple[float, float]:
    """Return where a text begins and ends, as a sheet on a phone counts on."""
    x, width = float(element.get("x", 0)), text_width(element.text or "")
    begin = {"start": x, "middle": x - width / 2, "end": x - width}
    left = begin[element.get("text-anchor", "start")]
    return left, left + width


@pytest.mark.parametrize("letter", ["a", "長"])
@pytest.mark.parametrize("steady", [False, True])
def test_the_longest_names_stay_on_the_sheet(letter: str, steady: bool) -> None:
    """Of two functions, a queue for dead letters and a message group."""
    functions, queue = (letter * 64, letter * 63 + "b"), f"arn:aws:sqs:us-east-1:1:{letter * 80}"
    events, now = [], 0
    for function in functions:
        run: dict[str, Any] = {"source": queue, "records": ["m1"], "lanes": [letter * 128]}
        run |= {"mapping": function, "attempt": 1}
        for kind, environment, detail in (
            (Kind.QUEUED, None, {"source": queue}),
            (Kind.BATCH, None, run),
            (Kind.RECEIVED, None, {}),
            (Kind.STARTING, "e", {}),
            (Kind.INVOKE, "e", {}),
            (Kind.INVOKE_DONE, "e", {"status": "error", "error_type": letter * 300}),
            (Kind.SHUTDOWN, "e", {"reason": letter * 300}),
            (Kind.DELIVERED, None, {"as": "dead-letter", "target": queue}),
        ):
            now += 500_000_000
            request = None if kind is Kind.SHUTDOWN else function
            events.append(Event(now, kind, function, environment, request, detail))
    for figure in (
        show.lanes(events, title=letter * 300, steady=steady),
        show.event_lives(events, steady=steady),
        show.batch_lives(events, names={"m1": letter * 300}, steady=steady),
        show.sequence(events, steady=steady),
    ):
        texts = list(ET.fromstring(figure.svg).iterfind(f".//{SVG}text"))
        assert texts
        for element in texts:
            left, right = _written(element)
            assert -0.5 <= left < right <= WIDTH + 0.5, element.text


def test_two_figures_do_not_share_ids_and_the_same_one_keeps_its_own(lab: Lab) -> None:
    def ids(figure: show.Figure) -> set[str]:
        return set(re.findall(r'id="([^"]+)"', figure.svg))

    first, second = show.sequence(lab(), "r1"), show.sequence(lab(), "r2")
    assert not ids(first) & ids(second)
    assert first.svg == show.sequence(lab(), "r1").svg


def test_the_words_stand_under_the_picture(figure: show.Figure) -> None:
    html = figure._repr_html_()
    assert html.index("</svg>") < html.index('<details class="ll-words">')
    assert html.count("<li>") == len(figure.words)
    bundle = figure._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert all(sentence in bundle["text/plain"] for sentence in figure.words)
    assert all(sentence.endswith(".") for sentence in figure.words)


def test_text_is_readable_on_a_phone() -> None:
    text_width_on_a_phone = 390 - 2 * 16  # the margins of the book's pages
    assert TEXT_SIZE * text_width_on_a_phone / WIDTH >= 11
    assert f"text{{font-size:{TEXT_SIZE}px" in svg_css()


def test_both_themes_define_every_variable() -> None:
    css = svg_css()
    blocks = re.findall(r"\{((?:--c-[^;{}]+;)+)", css)
    names = [set(re.findall(r"(--c-[\w-]+):", block)) for block in blocks]
    assert len(names) >= 4
    assert all(block == names[0] for block in names)
    assert set(re.findall(r"var\((--c-[\w-]+)\)", css)) <= names[0]
    assert "html[data-theme=dark] .ll-svg" in css
    assert "prefers-color-scheme:dark" in css
    for key in ("init", "run", "frozen", "throttled", "queued", "delivered", "lost", "error"):
        assert f".ll-{key}" in css
        assert f"var(--ll-{key}," in css


def test_colours_differ_and_numbers_can_be_read_on_them() -> None:
    from lambda_lab.show import style

    for theme in ("light", "dark"):
        colours = [getattr(mark, theme) for mark in MARKS.values()]
        assert len(set(colours)) == len(colours)
    for shades, ink in zip(
        (style._SHADE_LIGHT, style._SHADE_DARK), style._INK["on-run"], strict=True
    ):
        assert len(shades) == SHADES
        assert min(_contrast(shade, ink) for shade in shades) >= 4.5
    for text in ("text", "soft"):
        for paper, ink in zip(style._INK["paper"], style._INK[text], strict=True):
            assert _contrast(paper, ink) >= 4.5


def test_signs_and_lines_can_be_seen_on_the_sheet() -> None:
    """WCAG 2.2, 1.4.11: three to one for what a picture is made of."""
    from lambda_lab.show import style

    keys = {key for key, mark in MARKS.items() if mark.pattern == "shape"}
    keys |= {key for key, _ in LINES} | {"error", "timeout", "run"}
    for theme, paper in zip(("light", "dark"), style._INK["paper"], strict=True):
        faint = {
            key: round(_contrast(getattr(MARKS[key], theme), paper), 2)
            for key in keys
            if _contrast(getattr(MARKS[key], theme), paper) < 3
        }
        assert faint == {}


def _contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_title_cannot_break_the_page(lab: Lab) -> None:
    nasty = "<script>alert(1)</script>\x00\ue000 & \"'"
    for figure in (
        show.lanes(lab(), title=nasty),
        show.sequence(lab(), title=nasty),
        show.event_lives(lab(), title=nasty),
        show.batch_lives(lab(), title=nasty),
        show.curve({nasty: [(0, 1)]}, x=nasty, y=nasty, limits={nasty: 1}),
    ):
        ET.fromstring(figure.svg)
        assert "<script" not in figure._repr_html_()


def test_it_is_saved_as_picture_or_page(lab: Lab, tmp_path: Path) -> None:
    figure = show.lanes(lab())
    assert figure.save(tmp_path / "a.svg").read_text(encoding="utf-8").strip() == figure.svg
    assert "<details" in figure.save(tmp_path / "a.html").read_text(encoding="utf-8")
    with pytest.raises(LabError, match=r"\.svg or \.html"):
        figure.save(tmp_path / "a.png")
    with pytest.raises(LabError, match="Choose a folder"):
        figure.save(tmp_path / "nowhere" / "a.svg")


def test_a_table_escapes_and_names_its_columns() -> None:
    table = show.table([{"a": 1, "b": "<i>"}, {"b": None, "c": 2.5}], caption="Two <rows>")
    html = table._repr_html_()
    assert "<i>" not in html
    assert "<rows>" not in html
    assert html.count('<th scope="col">') == 3
    assert str(show.table([])) == ""
    with pytest.raises(LabError, match="give a dict"):
        show.table([["a"]])  # type: ignore[list-item]
