"""A region that is closed while interfaces are being made says nothing of it."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_lab.clock import SECOND, Clock, wall_time_ns
from lambda_lab.region import region as opened
from live_region import open_region
from vpc_tools import HELLO, network, vpc


def test_what_falls_due_while_it_closes_is_forgotten(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ahead = [0]
    clock = Clock(real_time_ns=lambda: wall_time_ns() + ahead[0])
    use_services = opened.use_services

    def use(services: Any) -> None:
        use_services(services)
        if services is None:  # the region is half gone: an hour passes at this moment
            ahead[0] = 3600 * SECOND
            clock.run_due()

    monkeypatch.setattr(opened, "use_services", use)
    with open_region(isolate=False, clock=clock) as lab:
        net = network(lab)
        name = lab.deploy(HELLO, VpcConfig=vpc(net.subnet(), groups=[net.group()]))
        lab.region.clock.advance(minutes=1)
        lab.lam.update_function_configuration(
            FunctionName=name, VpcConfig=vpc(net.subnet(1), groups=[net.group("other")])
        )
        lab.create(HELLO, VpcConfig=vpc(net.subnet(2), groups=[net.group("third")]))
    assert ahead[0]
    assert not caplog.records, caplog.text
