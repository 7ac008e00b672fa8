"""What a workload on Lambda costs: prices from ``facts``, exact sums, a bill with every line.

Workload        what runs in a month: requests, duration, memory and the rest
bill            its itemised bill
charge          one line for something beside Lambda: a NAT gateway's hours, a proxy's vCPUs
Bill, Line      lines with quantity, unit price and amount; a table, and the same in words
break_even      the requests a month at which a server of your choice costs the same
from_reports    the bill of the runs in a log, from their REPORT lines

Prices are those of us-east-1, on demand, without tax and discounts. Nothing is rounded before it is
printed; `lambda_lab.cost.money` says how printing rounds.

Examples
--------
The classic example of AWS's price page: 3 million requests of a second each, with 512 MB.

>>> from lambda_lab import cost
>>> print(cost.bill(cost.Workload(requests=3_000_000, duration_ms=1000, memory_mb=512)))
what                                quantity           unit price                      amount
Requests, free every month          1,000,000          free                            $0.00
Requests                            2,000,000          $0.20 per million               $0.40
Duration, free every month          400,000 GB-s       free                            $0.00
Duration, x86_64                    1,100,000 GB-s     $0.0000166667 per GB-s          $18.33
Total                                                                                  $18.73
"""

from .charges import bill
from .errors import WorkloadError
from .lines import Bill, Line
from .money import dollars
from .reports import from_reports
from .servers import BreakEven, break_even, hourly, instances, server
from .services import charge, services
from .workload import Workload

__all__ = [
    "Bill",
    "BreakEven",
    "Line",
    "Workload",
    "WorkloadError",
    "bill",
    "break_even",
    "charge",
    "dollars",
    "from_reports",
    "hourly",
    "instances",
    "server",
    "services",
]
