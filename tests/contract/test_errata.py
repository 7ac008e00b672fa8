"""The ledger of claims against the errata of the fact sheets: each error judged, and alike."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_lab import facts
from lambda_lab.facts import Verdict

ERRATA = Path(__file__).with_name("errata.toml")
ALLOWED = {
    "W": {Verdict.WRONG},
    "O": {Verdict.OUTDATED, Verdict.DEPENDS},
    "X": {Verdict.DEPENDS},
    "T": {Verdict.DEPENDS},
    "ok": {Verdict.HOLDS, Verdict.DEPENDS},
}
HARDER = {
    "N000-12": "the sheet calls `<<<` a slip; a shell refuses the command as it is printed",
    "N003-120": "the sheet calls it incomplete; a shell takes the braces for its own",
    "N002-58": "the sheet calls it misleading; what the notes call categories are types",
    "N002-44": "a slip of one letter, which our words do not repeat and the judgement names",
    "N004-29": "a slip of one letter, which our words do not repeat and the judgement names",
}
"""Claims judged otherwise than the sheet's code says, and why."""
COUNTS = {"000": 21, "001": 29, "002": 12, "003": 26, "004": 11}


def _read() -> dict[str, Any]:
    return tomllib.loads(ERRATA.read_text(encoding="utf-8"))


def errata() -> Iterator[tuple[str, str, list[str]]]:
    """Yield the number of each erratum, its code, and the claims that judge it."""
    for note, entries in _read()["errata"].items():
        for number, (code, *claims) in entries.items():
            yield f"{note}-{number}", code, claims


@pytest.fixture(scope="module")
def claims() -> dict[str, facts.Claim]:
    return {claim.id: claim for claim in facts.claims()}


def test_no_erratum_is_left_out() -> None:
    expected = [
        f"{note}-{number}" for note, last in COUNTS.items() for number in range(1, last + 1)
    ]
    assert [name for name, _, _ in errata()] == expected


def test_every_erratum_is_judged_as_the_sheet_has_it(claims: dict[str, facts.Claim]) -> None:
    other = [
        (name, claim, claims[claim].verdict.value)
        for name, code, judged in errata()
        for claim in judged
        if claims[claim].verdict not in ALLOWED[code] and claim not in HARDER
    ]
    assert other == []
    assert all(judged for _, _, judged in errata())


def test_what_is_judged_otherwise_is_so(claims: dict[str, facts.Claim]) -> None:
    """A reason that nothing needs would excuse a wrong verdict later."""
    codes = {claim: code for _, code, judged in errata() for claim in judged}
    assert [one for one in HARDER if claims[one].verdict in ALLOWED[codes[one]]] == []


def test_every_error_has_its_right_fact_and_its_source(claims: dict[str, facts.Claim]) -> None:
    wrong = [one for _, code, judged in errata() if code != "ok" for one in judged]
    assert [one for one in wrong if not claims[one].right] == []
    assert [one for one in wrong if not claims[one].sources] == []


def test_what_no_sheet_names_holds_or_says_why(claims: dict[str, facts.Claim]) -> None:
    """So a verdict that is turned round is seen, whichever it is."""
    named = {one for _, _, judged in errata() for one in judged}
    own = {one.id for one in claims.values() if one.verdict is not Verdict.HOLDS} - named
    assert own == set(_read()["judged"])
