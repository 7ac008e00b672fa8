"""The execution environments of a region: which are idle, which belong to which function."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable

from lambda_lab.runtime.environment import Environment, State

__all__ = ["Pool", "pool_key"]

Key = tuple[str, str, bool]
PROVISIONED = "provisioned-concurrency"
"""``AWS_LAMBDA_INITIALIZATION_TYPE`` of environments that are kept ready."""
FINISHING_SECONDS = 1.0
"""Longest wait for an environment that has answered but not asked for more yet."""


def pool_key(environment: Environment) -> Key:
    """Return what environments are kept by: the function's ARN with version, and its revision.

    Those of provisioned concurrency are kept apart.
    """
    spec = environment.spec
    return f"{spec.arn}:{spec.version}", spec.revision, environment.init_type == PROVISIONED


class Pool:
    """Idle environments, most recently used first, and all that exist.

    The most recently used environment is taken first, so that a quiet function lets its others
    go idle. AWS does not document the order; traces of real functions show this one.
    """

    def __init__(self) -> None:
        self._idle: dict[Key, list[Environment]] = defaultdict(list)
        self._all: dict[str, Environment] = {}
        self._retired: set[str] = set()
        self._stays: dict[tuple[str, str], str] = {}
        self._finishing: Counter[Key] = Counter()
        self._closed = False
        self._lock = threading.Lock()
        self._returned = threading.Condition(self._lock)

    def take(
        self, qualified_arn: str, revision: str, *, provisioned: bool = False
    ) -> Environment | None:
        """Take an idle environment of this version and revision, if there is one.

        An environment that has answered is idle a moment later, when its runtime asks for more.
        A caller that comes in that moment waits for it rather than make a new one.
        """
        key = (qualified_arn, revision, provisioned)
        with self._lock:
            if self._finishing[key] and not self._idle.get(key):
                self._returned.wait_for(
                    lambda: self._idle.get(key) or not self._finishing[key], FINISHING_SECONDS
                )
            idle = self._idle.get(key)
            return idle.pop() if idle else None

    def finishing(self, environment: Environment) -> None:
        """Note that *environment* has answered and will be idle in a moment."""
        with self._lock:
            if environment.identity in self._all:  # else it is forgotten, and does not come back
                self._finishing[pool_key(environment)] += 1

    def add(self, environment: Environment) -> bool:
        """Remember a new environment, which is busy; false once the pool is closed."""
        with self._lock:
            if not self._closed:
                self._all[environment.identity] = environment
            return not self._closed

    def wait_returned(self) -> None:
        """Wait until every environment that has answered is idle."""
        with self._lock:
            self._returned.wait_for(lambda: not any(self._finishing.values()), FINISHING_SECONDS)

    def put_back(self, environment: Environment) -> bool:
        """Make *environment* available again; false if it was retired and must be closed."""
        key = pool_key(environment)
        with self._lock:
            self._finishing[key] = max(0, self._finishing[key] - 1)
            self._returned.notify_all()
            spec = environment.spec
            # A call that came just before a change may have made its environment just after it.
            stays = self._stays.get((spec.arn, spec.version), spec.revision)
            retired = environment.identity in self._retired or stays != spec.revision
            forgotten = environment.identity not in self._all
            if retired or forgotten or environment.state is State.GONE:
                return False
            self._idle[key].append(environment)
            return True

    def take_expired(self, before_ns: int) -> tuple[list[Environment], int | None]:
        """Take the environments that are idle since *before_ns* or longer.

        Those of provisioned concurrency stay. Returns them, and since when the one that is idle
        longest of the others is; ``None`` if there is none.
        """
        with self._lock:
            idle = [
                one for many in self._idle.values() for one in many if one.init_type != PROVISIONED
            ]
            expired = [one for one in idle if one.idle_since_ns <= before_ns]
            for one in expired:
                self._idle[pool_key(one)].remove(one)
            left = [one.idle_since_ns for one in idle if one.idle_since_ns > before_ns]
            return expired, min(left, default=None)

    def drop(self, environment: Environment) -> None:
        """Forget an environment that is gone."""
        with self._lock:
            self._all.pop(environment.identity, None)
            self._retired.discard(environment.identity)
            idle = self._idle.get(pool_key(environment), [])
            if environment in idle:
                idle.remove(environment)

    def retire(self, arn: str, version: str | None, keep_revision: str | None) -> list[Environment]:
        """Retire environments of a function whose code or configuration changed.

        Idle ones are returned, to be closed now. Busy ones finish their call and are closed then.

        Parameters
        ----------
        arn
            Unqualified function ARN.
        version
            Only this version, or ``None`` for all.
        keep_revision
            The revision that stays, or ``None`` when the function is deleted.
        """
        with self._lock:
            if version is not None and keep_revision is not None:
                self._stays[arn, version] = keep_revision
            else:
                for key in [key for key in self._stays if key[0] == arn]:
                    if version in (None, key[1]):
                        del self._stays[key]
        return self.release(
            environment
            for environment in self.all()
            if environment.spec.arn == arn
            and environment.spec.revision != keep_revision
            and version in (None, environment.spec.version)
        )

    def release(self, environments: Iterable[Environment]) -> list[Environment]:
        """Retire these environments, as :meth:`retire` does."""
        closing: list[Environment] = []
        with self._lock:
            for environment in environments:
                idle = self._idle.get(pool_key(environment), [])
                if environment in idle:
                    idle.remove(environment)
                    closing.append(environment)
                elif environment.identity in self._all:
                    self._retired.add(environment.identity)
        return closing

    def all(self) -> list[Environment]:
        """Return every environment, oldest first."""
        with self._lock:
            return list(self._all.values())

    def clear(self, *, close: bool = False) -> list[Environment]:
        """Forget everything and return what there was; with *close*, take nothing new."""
        with self._lock:
            self._closed = self._closed or close
            environments = list(self._all.values())
            self._all.clear()
            self._idle.clear()
            self._retired.clear()
            self._stays.clear()
            self._finishing.clear()
            return environments
