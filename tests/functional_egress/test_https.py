"""HTTPS is refused at once, and the log says why; what the network drops still hangs."""

from __future__ import annotations

import pytest

from egress_tools import Net, Probe
from live_region import LiveRegion

SAID = "nothing answers HTTPS here"


@pytest.mark.parametrize("host", ["www.example.com", "sqs.us-east-1.amazonaws.com"])
@pytest.mark.fidelity("https")
def test_refused_with_a_reason_once(
    lab: LiveRegion, caplog: pytest.LogCaptureFixture, host: str
) -> None:
    probe = Probe(lab)
    for _ in range(2):
        assert "ConnectionRefusedError" in probe.tries("tcp", host, 443)
    (said,) = [one.getMessage() for one in caplog.records if SAID in one.getMessage()]
    assert said.startswith(probe.name)


def test_no_reason_where_the_network_drops_it(
    lab: LiveRegion, net: Net, caplog: pytest.LogCaptureFixture
) -> None:
    probe = Probe(lab, VpcConfig=net.config())
    assert probe.tries("tcp", "www.example.com", 443) == "TimeoutError: timed out"
    assert SAID not in caplog.text
