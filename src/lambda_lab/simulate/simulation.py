"""The one call: simulate requests to a function, and say what becomes of each."""

from __future__ import annotations

from typing import Literal, TypeAlias

from lambda_lab.errors import shown

from . import arrays, pure
from .compiled import has_numba
from .errors import SimulationError
from .inputs import Times, checked_inputs
from .result import Result
from .settings import checked

__all__ = ["Engine", "simulate"]

Engine: TypeAlias = Literal["auto", "python", "numba", "arrays"]

WORTH_COMPILING = 1_000_000
"""Requests from which on compiled code, and loading it, pays off."""


def _engine(name: str, requests: int) -> str:
    """Return which engine to run.

    Raises
    ------
    SimulationError
        If there is no such engine, or numba is asked for and not installed.
    """
    if name == "auto":
        return "numba" if requests >= WORTH_COMPILING and has_numba() else "python"
    if name not in ("python", "numba", "arrays"):
        raise SimulationError(
            f"There is no engine {shown(name)}; give 'auto', 'python', 'numba' or 'arrays'."
        )
    if name == "numba" and not has_numba():
        raise SimulationError(
            "numba is not installed. Install the package with its extra 'simulate', or leave "
            "engine out: plain Python gives the same result, later."
        )
    return name


def simulate(
    arrivals: Times,
    durations: Times,
    inits: Times = 0,
    *,
    keep_alive: float,
    reserved: int | None = None,
    provisioned: int = 0,
    account_limit: float | None = None,
    burst: float | None = None,
    rate: float | None = None,
    requests_per_environment: float | None = None,
    engine: Engine = "auto",
    progress: pure.Progress | None = None,
) -> Result:
    """Simulate synchronous requests to one function.

    Each request runs alone in an environment, as on Lambda: a provisioned one if one is free, else
    the idle on-demand one that was used last, else a new one, whose Init it waits for. What the
    limits do not allow is throttled and does not come back. Departures come before arrivals of
    the same nanosecond.

    Parameters
    ----------
    arrivals
        When each request arrives, in nanoseconds, in order.
    durations
        How long each runs, in nanoseconds, or one number for all.
    inits
        How long an Init takes, in nanoseconds. Of several, request *n* would wait for number
        ``n % len(inits)``, whatever became of the requests before it.
    keep_alive
        How long an idle environment is kept, in nanoseconds; ``math.inf`` keeps it for ever.
        AWS does not publish this time.
    reserved
        Reserved concurrency; 0 throttles everything. ``None`` reserves nothing.
    provisioned
        Provisioned environments, ready before the first request and never recycled.
    account_limit
        Concurrency that the account leaves to this function: its limit, less what the others
        claim. ``None`` is AWS's default, which then keeps its unreserved minimum too.
    burst, rate
        Environments that may be added at once, and each second after that. ``None`` is AWS's
        scaling rate; provisioned environments do not count.
    requests_per_environment
        Requests a second for each unit of concurrency, counted on the whole. ``None`` is AWS's
        figure. It bounds requests of less than a tenth of a second before concurrency does.
    engine
        ``"python"``, ``"numba"``, or ``"auto"``: numba for many requests where it is installed.
        Both give the same result to the bit. ``"arrays"`` runs numba's loop, compiled or not.
    progress
        Called now and then with the number of requests done, and of all; see
        :class:`~lambda_lab.simulate.ProgressLine`.

    Returns
    -------
    Result
        What became of each request, and what follows from it.

    Raises
    ------
    SimulationError
        If a time or a setting is negative, not a number or of the wrong kind, or settings
        contradict each other. Nothing has run then. A limit given as ``math.inf`` is none.

    Examples
    --------
    A hundred requests a second of half a second each need fifty environments:

    >>> from lambda_lab.simulate import constant, nanoseconds, simulate
    >>> arrivals = constant(rate=100, seconds=10)
    >>> result = simulate(arrivals, nanoseconds(0.5), keep_alive=nanoseconds(600))
    >>> result.peak, result.counts
    (50, {<Outcome.WARM: 0>: 950, <Outcome.COLD: 1>: 50})

    With 40 reserved, a fifth of them is throttled:

    >>> result = simulate(arrivals, nanoseconds(0.5), keep_alive=nanoseconds(600), reserved=40)
    >>> result.throttled_share
    0.2
    >>> result.throttles
    {'ReservedFunctionConcurrentInvocationLimitExceeded': 200}
    """
    settings = checked(
        keep_alive=keep_alive,
        reserved=reserved,
        provisioned=provisioned,
        account_limit=account_limit,
        burst=burst,
        rate=rate,
        requests_per_environment=requests_per_environment,
    )
    if progress is not None and not callable(progress):
        raise SimulationError(f"progress is {shown(progress)}; give something that can be called.")
    starts, lengths, waits = checked_inputs(arrivals, durations, inits)
    name = _engine(engine, len(starts))
    run = pure.run if name == "python" else arrays.run
    return Result(
        settings, starts, lengths, waits, *run(starts, lengths, waits, settings, progress)
    )
