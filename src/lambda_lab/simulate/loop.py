"""The engine as one loop over arrays of numbers, in a form that numba compiles.

It follows the same rules as ``pure.py`` with nothing but whole numbers in arrays: a heap of busy
environments (times and numbers side by side, ordered by both), a stack of idle ones, a stack of
free provisioned ones, and rings of the requests that began last. Without numba it runs as it is,
slowly, on the arrays of the standard library.
"""

from __future__ import annotations

from typing import Any

from lambda_lab.clock import SECOND

from .compiled import compiled

__all__ = ["STATES", "run_requests"]

# Places in the array of settings. What becomes of a request is written as these say, so that
# compiled code that is kept does not depend on the numbers of the outcomes.
KEEP, LIMIT, HELD, PRICE, REFILL, SIZE = range(6)
WARM, COLD, PROVISIONED, NO_CONCURRENCY, NO_RATE, SCALING = range(6, 12)
# Places in the array of what changes.
BUSY, IDLE, FREE, NEXT, LEVEL, SINCE, RING, PROVISIONED_RING = range(8)
STATES = 8


@compiled
def _push(times: Any, ids: Any, size: int, time: int, number: int) -> None:
    """Put an environment that ends at *time* on the heap of *size* busy ones."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if times[above] < time or (times[above] == time and ids[above] < number):
            break
        times[at] = times[above]
        ids[at] = ids[above]
        at = above
    times[at] = time
    ids[at] = number


@compiled
def _pop(times: Any, ids: Any, size: int) -> None:
    """Take the environment that ends first off the heap of *size* busy ones."""
    last = size - 1
    time = times[last]
    number = ids[last]
    at = 0
    below = 1
    while below < last:
        # Which of the two is smaller cannot be foreseen: no branch hangs on it.
        other = below + 1
        sooner = times[other] < times[below]
        tie = (times[other] == times[below]) & (ids[other] < ids[below])
        below += int((sooner | tie) & (other < last))
        if times[below] > time or (times[below] == time and ids[below] > number):
            break
        times[at] = times[below]
        ids[at] = ids[below]
        at = below
        below = 2 * at + 1
    times[at] = time
    ids[at] = number


@compiled
def _bucket_gives(now: int, rules: Any, state: Any) -> bool:
    """Take a new environment out of the bucket; false if it holds none."""
    if rules[PRICE] == 0:
        return True
    room = rules[SIZE] - state[LEVEL]
    passed = now - state[SINCE]
    # The product is taken only where it fits in 64 bits: before the bucket is full.
    if passed >= (room + rules[REFILL] - 1) // rules[REFILL]:
        state[LEVEL] = rules[SIZE]
    else:
        state[LEVEL] += passed * rules[REFILL]
    state[SINCE] = now
    if state[LEVEL] < rules[PRICE]:
        return False
    state[LEVEL] -= rules[PRICE]
    return True


@compiled
def _full(now: int, ring: Any, at: int) -> bool:
    """Whether the oldest request in a ring began less than a second ago; an empty ring is none."""
    return len(ring) > 0 and now - ring[at] < SECOND


@compiled
def _begin(now: int, ring: Any, at: int) -> int:
    """Note in a ring that a request begins; return the place of the next."""
    if len(ring) == 0:
        return 0
    ring[at] = now
    return at + 1 if at + 1 < len(ring) else 0


@compiled
def run_requests(span: Any, inputs: Any, memory: Any, rings: Any, results: Any) -> None:
    """Simulate some requests; every argument is a tuple.

    Parameters
    ----------
    span
        Numbers of the first request, and of the one after the last.
    inputs
        Arrivals, durations, inits.
    memory
        Settings, what changes, busy environments and their numbers, idle ones and theirs, free
        provisioned ones; with room for one more of each for every request.
    rings
        When the last requests began, of all and of those in provisioned environments.
    results
        Outcomes and numbers of environments, to be filled in.
    """
    arrivals, durations, inits = inputs
    rules, state, busy, busy_ids, idle, idle_ids, free = memory
    ring, provisioned_ring = rings
    outcomes, environment_ids = results
    keep, limit, held = rules[KEEP], rules[LIMIT], rules[HELD]
    in_use, asleep, unused = state[BUSY], state[IDLE], state[FREE]
    at, provisioned_at = state[RING], state[PROVISIONED_RING]
    for request in range(span[0], span[1]):
        now, stay = arrivals[request], durations[request]
        while in_use > 0 and busy[0] <= now:  # departures come before arrivals
            if busy_ids[0] < held:
                free[unused] = busy_ids[0]
                unused += 1
            else:
                idle[asleep] = busy[0]
                idle_ids[asleep] = busy_ids[0]
                asleep += 1
            _pop(busy, busy_ids, in_use)
            in_use -= 1
        number = -1
        provisioned = unused > 0 and not _full(now, provisioned_ring, provisioned_at)
        if not provisioned and in_use - (held - unused) >= limit:
            outcome = rules[NO_CONCURRENCY]
        elif _full(now, ring, at):
            outcome = rules[NO_RATE]
        elif provisioned:
            unused -= 1
            number = free[unused]
            provisioned_at = _begin(now, provisioned_ring, provisioned_at)
            outcome = rules[PROVISIONED]
        elif asleep > 0 and now - idle[asleep - 1] <= keep:
            asleep -= 1
            number = idle_ids[asleep]
            outcome = rules[WARM]
        else:
            asleep = 0  # the one used last is too old, so all below it are
            outcome = rules[SCALING]
            if _bucket_gives(now, rules, state):
                number = state[NEXT]
                state[NEXT] += 1
                stay += inits[request % len(inits)]
                outcome = rules[COLD]
        outcomes[request] = outcome
        environment_ids[request] = number
        if number >= 0:
            at = _begin(now, ring, at)
            _push(busy, busy_ids, in_use, now + stay, number)
            in_use += 1
    state[BUSY], state[IDLE], state[FREE] = in_use, asleep, unused
    state[RING], state[PROVISIONED_RING] = at, provisioned_at
