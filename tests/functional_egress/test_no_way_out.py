"""A function in no VPC: AWS and the stand-in internet answer, and nothing leaves this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from egress_tools import PROBE, Probe
from lambda_lab.runtime.egress_filter import FAMILIES
from live_region import LiveRegion

TIMED_OUT = "TimeoutError: timed out"


@pytest.fixture(scope="module")
def probe(lab: LiveRegion) -> Probe:
    """Return a function in no VPC."""
    return Probe(lab)


@pytest.fixture
def host() -> Iterator[socket.socket]:
    """Return a server of this machine, on all its addresses, that nobody may reach."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        server.setblocking(False)
        yield server


def never_hit(server: socket.socket) -> bool:
    try:
        server.accept()
    except BlockingIOError:
        return True
    return False


@pytest.mark.fidelity("internet")
def test_the_internet_is_a_site_that_says_who_asks(probe: Probe) -> None:
    assert '"source": "192.0.2.1"' in probe.tries("get", "http://www.example.com/")
    assert probe.tries("get", "http://checkip.amazonaws.com/") == "192.0.2.1\n"
    assert probe.tries("aio", "example.org", 80) == "connected"
    assert probe.tries("child", "example.org", 80) == "connected"


@pytest.mark.parametrize("service", ["sqs:list_queues", "s3:list_buckets", "iam:list_roles"])
def test_aws_answers(probe: Probe, service: str) -> None:
    assert probe.tries("aws", *service.split(":")) == 200


@pytest.mark.fidelity("real-hosts")
def test_a_real_host_name_of_aws_leads_to_the_region(probe: Probe) -> None:
    assert probe.tries("look_up", "sqs.us-east-1.amazonaws.com") == ["198.51.100.10"]
    assert "<" in probe.tries("get", "http://s3.us-east-1.amazonaws.com/")


@pytest.mark.parametrize("name", ["nowhere.invalid", "www.python.org", "no-such.internal"])
def test_other_names_do_not_exist(probe: Probe, name: str) -> None:
    assert "Name or service not known" in probe.tries("look_up", name)


@pytest.mark.parametrize("address", ["8.8.8.8", "142.250.80.46", "10.0.0.5", "169.254.169.254"])
@pytest.mark.fidelity("real-hosts")
def test_other_addresses_do_not_answer(probe: Probe, address: str) -> None:
    before = probe.lab.region.egress.runtime.decisions
    assert probe.tries("tcp", address, 443) == TIMED_OUT
    assert probe.lab.region.egress.runtime.decisions > before


def test_ipv6_has_no_way(probe: Probe) -> None:
    assert "Network is unreachable" in probe.tries("tcp", "2001:4860:4860::8888", 443)
    assert probe.tries("tcp", "::ffff:8.8.8.8", 443) == TIMED_OUT


def test_this_machines_own_servers_are_not_reached(probe: Probe, host: socket.socket) -> None:
    port = host.getsockname()[1]
    assert "ConnectionRefusedError" in probe.tries("tcp", "127.0.0.1", port)
    assert "ConnectionRefusedError" in probe.tries("tcp", "::ffff:127.0.0.1", port)
    for own in {one[4][0] for one in socket.getaddrinfo(socket.gethostname(), None)}:
        assert "connected" not in probe.tries("tcp", own, port)
    assert "connected" not in probe.tries("nonblocking", "127.0.0.1", port)
    assert never_hit(host)


def test_a_functions_own_server_is_its_own(probe: Probe) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        assert probe.tries("own_server") == "hello"


def test_raw_sockets_and_other_families_are_refused(probe: Probe) -> None:
    assert "PermissionError" in probe.tries("made", socket.AF_INET, socket.SOCK_RAW, 1)
    for family in (17, 40, 31):  # packet, vsock, bluetooth
        assert family not in FAMILIES
        assert "not supported" in probe.tries("made", family, socket.SOCK_STREAM)


def test_datagrams_vanish(probe: Probe, host: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind(("0.0.0.0", 0))
        here.setblocking(False)
        for address in ("127.0.0.1", "8.8.8.8", "192.0.2.2"):
            assert probe.tries("udp", address, here.getsockname()[1]) == 1
        with pytest.raises(BlockingIOError):
            here.recv(9)


def test_many_hang_at_once_and_nobody_else_waits(lab: LiveRegion, probe: Probe) -> None:
    names = [lab.create(PROBE, Timeout=2) for _ in range(6)]
    lab.settle()
    hung = [
        threading.Thread(target=lab.call, args=(name, {"do": "hang", "with": ["8.8.8.8", 80]}))
        for name in names
    ]
    for one in hung:
        one.start()
    assert probe.tries("get", "http://example.com/")
    for one in hung:
        one.join()
