"""Examples that AWS has worked on its price page, to the cent.

https://aws.amazon.com/lambda/pricing/ could not be reached when this was written; the workloads and
sums are those of the page as it is widely quoted (confidence M). Where the page multiplied with a
price of fewer digits, the difference is said beside the example.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from lambda_lab import cost, facts
from lambda_lab.cost import Workload


def cents(bill: cost.Bill) -> Decimal:
    return bill.total.quantize(Decimal("0.01"))


def sums(bill: cost.Bill) -> dict[str, str]:
    return {row["what"]: row["amount"] for row in bill.rows()}


@pytest.mark.fidelity("bills")
def test_a_mobile_backend() -> None:
    """3 million requests, 120 ms, 1,536 MB: 540,000 GB-s, 140,000 of them paid; $2.73."""
    bill = cost.bill(Workload(requests=3_000_000, duration_ms=120, memory_mb=1536))
    quantities = {line.what: line.quantity for line in bill.lines}
    assert quantities["Duration, x86_64"] == 140_000
    assert quantities["Requests"] == 2_000_000
    assert sums(bill)["Duration, x86_64"] == "$2.33"
    assert sums(bill)["Requests"] == "$0.40"
    assert sums(bill)["Total"] == "$2.73"


def test_telemetry_of_ten_thousand_vehicles() -> None:
    """24 x 31 x 10,000 requests of 2 s with 1,024 MB: $241.33 and $1.29 (the page cuts to 1.28)."""
    bill = cost.bill(Workload(requests=24 * 31 * 10_000, duration_ms=2000, memory_mb=1024))
    assert sums(bill)["Duration, x86_64"] == "$241.33"
    assert sums(bill)["Requests"] == "$1.29"
    assert cents(bill) == Decimal("242.62")


# With $0.00001667 for a GB-second, as the page wrote it then, the sums were 18.74 and 11.63.
@pytest.mark.parametrize(
    ("requests", "ms", "memory", "total", "then"),
    [(3_000_000, 1000, 512, "18.73", "18.74"), (30_000_000, 200, 128, "11.63", "11.63")],
)
@pytest.mark.fidelity("bills")
def test_the_classic_examples(requests: int, ms: int, memory: int, total: str, then: str) -> None:
    bill = cost.bill(Workload(requests=requests, duration_ms=ms, memory_mb=memory))
    assert cents(bill) == Decimal(total)
    (paid,) = [line for line in bill.lines if line.what == "Duration, x86_64"]
    with_old_price = bill.total - paid.amount + paid.quantity * Decimal("0.00001667")
    assert with_old_price.quantize(Decimal("0.01")) == Decimal(then)


def test_several_functions_share_one_free_tier() -> None:
    """25 M x 200 ms x 128 MB, 5 M x 500 ms x 448 MB, 2.5 M x 1 s x 1,024 MB: $69.96 then."""
    parts = (
        Workload(requests=25_000_000, duration_ms=200, memory_mb=128),
        Workload(requests=5_000_000, duration_ms=500, memory_mb=448),
        Workload(requests=2_500_000, duration_ms=1000, memory_mb=1024),
    )
    together = cost.Bill(())
    for part in parts:
        together += cost.bill(part, free_tier=False)
    seconds = sum(line.quantity for line in together.lines if line.unit == "GB-s")
    assert seconds == 4_218_750
    free = facts.value("price.free.duration") * facts.value("price.duration.x86")
    spared = free + facts.value("price.requests")
    assert (together.total - spared).quantize(Decimal("0.01")) == Decimal("69.95")
    old = (seconds - 400_000) * Decimal("0.00001667") + Decimal("31.5") * Decimal("0.2")
    assert old.quantize(Decimal("0.01")) == Decimal("69.96")


def test_provisioned_for_a_launch() -> None:
    """1,000 environments of 1,024 MB for 2 h, 1.2 million runs of a second: $30, $11.67, $0.24."""
    bill = cost.bill(
        Workload(
            requests=1_200_000, duration_ms=1000, memory_mb=1024,
            provisioned=1000, provisioned_hours=2,
        )
    )  # fmt: skip
    assert sums(bill) == {
        "Requests": "$0.24",
        "Provisioned concurrency": "$30.00",
        "Duration, provisioned": "$11.67",
        "Total": "$41.91",
    }


# Monthly price of the server divided by the price of a request, worked by hand.
@pytest.mark.parametrize(
    ("memory", "ms", "instance", "millions"),
    [
        (128, 50, "t4g.small", 43.3),
        (512, 100, "t4g.small", 14.2),
        (1024, 100, "m7g.large", 38.9),
        (1769, 500, "m7g.large", 5.1),
    ],
)
def test_break_even_worked_by_hand(memory: int, ms: int, instance: str, millions: float) -> None:
    workload = Workload(requests=0, duration_ms=ms, memory_mb=memory, architecture="arm64")
    found = cost.break_even(workload, instance)
    assert found.requests / 1e6 == pytest.approx(millions, abs=0.06)


def test_network_and_proxy_by_hand() -> None:
    """A NAT gateway $32.85 and an endpoint $7.30 a month; a proxy on 2 vCPUs $21.90."""
    hours = facts.value("price.month.hours")
    assert cost.charge("nat-gateway.hours", hours).total == Decimal("32.85")
    assert cost.charge("interface-endpoint.hours", hours).total == Decimal("7.30")
    assert cost.charge("rds-proxy.vcpu-hours", 2 * hours).total == Decimal("21.90")
    nine = cost.charge("interface-endpoint.hours", 9)
    assert nine.total == cost.charge("nat-gateway.hours", 2).total
    fargate = cost.charge("fargate-arm.vcpu-hours", hours) + cost.charge(
        "fargate-arm.gb-hours", 2 * hours
    )
    assert cents(fargate) == Decimal("28.84")
