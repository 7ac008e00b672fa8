"""``LAMBDA_LAB_EGRESS``, and what ``lambda-lab doctor`` says of it."""

from __future__ import annotations

import pytest

from lambda_lab import doctor
from lambda_lab.errors import SandboxError
from lambda_lab.runtime.egress import EGRESS_VARIABLE
from live_region import open_region


@pytest.mark.parametrize(
    ("mode", "said"),
    [("off", "nothing limits what functions connect to"), ("filter", "names do not resolve")],
)
def test_doctor_says_so(monkeypatch: pytest.MonkeyPatch, mode: str, said: str) -> None:
    monkeypatch.setenv(EGRESS_VARIABLE, mode)
    finding = doctor._network()
    assert finding.state == "weaker"
    assert said in finding.what
    assert EGRESS_VARIABLE in finding.mend


def test_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EGRESS_VARIABLE, "on")
    with pytest.raises(SandboxError, match=EGRESS_VARIABLE), open_region():
        pytest.fail("it opened")
