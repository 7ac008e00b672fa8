"""What no laptop holds: a thousand environments and ten million requests, simulated.

The rules are those of the region's admission - reserved concurrency, provisioned concurrency first
and spillover after, the account's limit, the scaling rate - and the times are whole nanoseconds,
so a run can be repeated to the bit.

simulate        requests to one function; returns a `Result`
nanoseconds     of seconds
constant, poisson, bursts, daily_curve      arrivals
fixed, exponential, lognormal               durations
read_trace      arrivals and durations from a CSV file
ProgressLine    shows how far a long run has come
concurrency, erlang_b, cold_share_of_one, most_recently_used      closed formulas beside it
"""

from .cost import Cost
from .draws import exponential, fixed, lognormal
from .errors import SimulationError
from .formulas import cold_share_of_one, concurrency, erlang_b, most_recently_used
from .inputs import nanoseconds
from .outcomes import Outcome
from .progress import ProgressLine
from .records import Concurrency, EnvironmentLife
from .result import Result
from .settings import Settings
from .simulation import Engine, simulate
from .trace import Trace, read_trace
from .workloads import bursts, constant, daily_curve, poisson

__all__ = [
    "Concurrency",
    "Cost",
    "Engine",
    "EnvironmentLife",
    "Outcome",
    "ProgressLine",
    "Result",
    "Settings",
    "SimulationError",
    "Trace",
    "bursts",
    "cold_share_of_one",
    "concurrency",
    "constant",
    "daily_curve",
    "erlang_b",
    "exponential",
    "fixed",
    "lognormal",
    "most_recently_used",
    "nanoseconds",
    "poisson",
    "read_trace",
    "simulate",
]
