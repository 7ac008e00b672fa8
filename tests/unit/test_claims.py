"""The ledger of claims: complete, in order, and each judgement on its feet."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import notes
from lambda_lab import facts
from lambda_lab.facts import ledger
from repository import ROOT

HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
LABEL = re.compile(r"^\((ch-[a-z0-9-]+)\)=$", re.MULTILINE)
ENTRY: dict[str, Any] = {
    "id": "N000-01",
    "paragraphs": [1],
    "claim": "It does.",
    "verdict": "depends",
    "right": "Up to {{ timeout_maximum }}.",
    "sources": ["DG:snapstart"],
    "confidence": "H",
}


def read(*entries: dict[str, Any]) -> tuple[facts.Claim, ...]:
    return ledger.read_claims({"000": {"checked": date(2026, 11, 21), "claim": list(entries)}})


def test_every_paragraph_is_covered_and_every_claim_in_its_place() -> None:
    assert list(ledger.gaps(facts.claims(), facts.paragraphs())) == []


def test_a_claim_that_is_gone_is_missed() -> None:
    """Every single one, those whose paragraph another claim covers too."""
    claims = facts.claims()
    unnoticed = [
        claim.id
        for at, claim in enumerate(claims)
        if not list(ledger.gaps(claims[:at] + claims[at + 1 :], facts.paragraphs()))
    ]
    assert unnoticed == []


def test_a_paragraph_that_is_gone_is_missed() -> None:
    paragraphs = facts.paragraphs()
    for at, paragraph in enumerate(paragraphs):
        if not paragraph.none:
            rest = paragraphs[:at] + paragraphs[at + 1 :]
            assert list(ledger.gaps(facts.claims(), rest)), paragraph


def test_the_five_notes_are_there() -> None:
    assert list(dict.fromkeys(claim.note for claim in facts.claims())) == [
        "000", "001", "002", "003", "004",
    ]  # fmt: skip
    assert len(facts.paragraphs()) == 594
    assert len(facts.claims()) > 400
    assert {claim.verdict for claim in facts.claims()} == set(facts.Verdict)


def test_a_paragraph_without_a_claim_is_no_sentence() -> None:
    """Reasons are few and name a kind of line, so none can be waved through."""
    reasons = {paragraph.none for paragraph in facts.paragraphs() if paragraph.none}
    assert reasons == {
        "a heading",
        "a label; what it announces follows",
        "a link to another file",
        "a rule between sections",
        "an ellipsis",
        "the name of a picture that is not with the notes",
        "what the note says of itself",
    }


def sections() -> Mapping[str, set[str]]:
    """Return the anchors of every chapter, by label, and of every lab, by id."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "chapters").rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        anchors = {slug(heading) for heading in HEADING.findall(text)}
        found |= dict.fromkeys(LABEL.findall(text), anchors)
    for path in (ROOT / "labs").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] != "code")
        found[path.name.partition("-")[0]] = {slug(heading) for heading in HEADING.findall(text)}
    return found


def slug(heading: str) -> str:
    """Return the anchor docutils gives a heading."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def test_what_is_said_to_show_a_claim_exists() -> None:
    known = sections()
    targets = {target for claim in facts.claims() for target in claim.shown}
    assert len(targets) > 50
    lost = [
        target
        for target in sorted(targets)
        for name, _, anchor in [target.partition("#")]
        if name not in known or (anchor and anchor not in known[name])
    ]
    assert lost == []


def test_pages_are_aws_or_its_projects() -> None:
    hosts = (
        "https://docs.aws.amazon.com/", "https://aws.amazon.com/", "https://github.com/aws/",
        "https://github.com/boto/botocore/",
    )  # fmt: skip
    for claim in facts.claims():
        for source in claim.sources:
            assert source.url.startswith(hosts) or source.key in ledger.OWN_EVIDENCE, claim.id
            assert source.text


def test_repeated_claims_share_their_judgement() -> None:
    claims = {claim.id: claim for claim in facts.claims()}
    repeated = [claim for claim in claims.values() if claim.same_as]
    assert repeated
    for claim in repeated:
        first = claims[claim.same_as]
        assert (claim.verdict, claim.right, claim.sources) == (
            first.verdict, first.right, first.sources,
        )  # fmt: skip


def test_numbers_come_from_the_facts() -> None:
    (claim,) = read(ENTRY)
    assert claim.right == "Up to 900 seconds (15 minutes)."
    assert claim.sources[0].url == "https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"
    (claim,) = read({**ENTRY, "sources": ["timeout.maximum"]})
    assert claim.sources[0].url == facts.get("timeout.maximum").url


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"verdict": "true"}, "true"),
        ({"confidence": "X"}, "X"),
        ({"sources": []}, "needs a source"),
        ({"verdict": "not checked"}, "has no source"),
        ({"sources": ["WIKI:Lambda"]}, r"pages\.toml"),
        ({"sources": ["timeout.maximun"]}, r"timeout\.maximun"),
        ({"sources": ["own:run"]}, "must be shown"),
        ({"sources": ["own:general"]}, "low confidence"),
        ({"right": ""}, "what is right"),
        ({"right": "{{ timeout_maximun }}"}, "no printable fact"),
        ({"right": "{{ price_ec2_t4g_small }}"}, "no printable fact"),
        ({"paragraphs": []}, "paragraphs"),
        ({"claim": ""}, "its claim"),
        ({"claim": ...}, "missing or unknown claim"),
        ({"colour": "red"}, "missing or unknown colour"),
        ({"id": "N001-01"}, "bad or taken"),
        ({"id": "1"}, "bad or taken"),
        ({"as": "N000-02"}, "names a claim"),
    ],
)
def test_a_bad_claim_is_refused(change: dict[str, Any], complaint: str) -> None:
    entry = {key: value for key, value in {**ENTRY, **change}.items() if value is not ...}
    with pytest.raises(facts.FactsDataError, match=complaint):
        read(entry)


def test_an_id_is_used_once() -> None:
    with pytest.raises(facts.FactsDataError, match="taken"):
        read(ENTRY, ENTRY)


def test_a_claim_repeats_one_that_is_judged() -> None:
    again = {"id": "N000-02", "paragraphs": [2], "claim": "So they say again.", "as": "N000-01"}
    first, second = read(ENTRY, again)
    assert (second.verdict, second.same_as) == (first.verdict, "N000-01")
    third = {**again, "id": "N000-03", "as": "N000-02"}
    with pytest.raises(facts.FactsDataError, match="names a claim"):
        read(ENTRY, again, third)


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"id": "N000-03"}, "number 1 comes next"),
        ({"paragraphs": [3]}, "no paragraph 3"),
        ({"paragraphs": [2, 1]}, "later paragraph"),
        ({"paragraphs": [1]}, "no claim and no reason"),
    ],
)
def test_gaps_are_named(entry: dict[str, Any], complaint: str) -> None:
    paragraphs = [facts.Paragraph("000", number, "so it goes", "0" * 64) for number in (1, 2)]
    found = list(ledger.gaps(read({**ENTRY, **entry}), paragraphs))
    assert any(complaint in one for one in found), found


def test_a_paragraph_with_a_reason_has_no_claim() -> None:
    paragraphs = [facts.Paragraph("000", 1, "title", "0" * 64, "a heading")]
    assert "though it holds none" in " ".join(ledger.gaps(read(ENTRY), paragraphs))


def notes_folder() -> Path:
    folder = os.environ.get("LAMBDA_LAB_NOTES")
    if not folder:
        pytest.skip("The notes are not here: LAMBDA_LAB_NOTES names no folder.")
    return Path(folder)


def test_the_paragraphs_are_those_of_the_notes() -> None:
    assert notes.compare(notes_folder()) == []


def test_notes_that_differ_are_found_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = len([one for one in facts.paragraphs() if one.note == "000"])
    (tmp_path / "notes-000.txt").write_text("- one line\n" * (count + 1), encoding="utf-8")
    found = notes.compare(tmp_path)
    assert f"notes 000, paragraph {count + 1}: only in the notes." in found
    assert "notes 000, paragraph 1: the text is another one." in found
    assert sum("is not there" in one for one in found) == 4
    assert notes.main([str(tmp_path)]) == 1
    assert notes.main([str(tmp_path / "nowhere")]) == 2
    assert "Name the folder" in capsys.readouterr().err
