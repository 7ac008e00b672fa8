"""Openings that wait for a module of moto's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType

import pytest

from lambda_lab.aws.first_use import moto_may_have_loaded, when_loaded

MODULE = "moto.of_a_test"


class Opening:
    """Something to open; it counts."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self) -> AbstractContextManager[None]:
        return self._opened()

    @contextmanager
    def _opened(self) -> Iterator[None]:
        self.seen.append("opened")
        yield
        self.seen.append("closed")


@pytest.fixture
def opening() -> Opening:
    return Opening()


def test_nothing_is_opened_for_what_is_not_loaded(opening: Opening) -> None:
    with when_loaded(MODULE, opening):
        moto_may_have_loaded()
    moto_may_have_loaded()
    assert opening.seen == []


def test_it_is_opened_once_when_it_is_loaded(
    opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    with when_loaded(MODULE, opening):
        monkeypatch.setitem(sys.modules, MODULE, ModuleType(MODULE))
        assert opening.seen == []
        moto_may_have_loaded()
        moto_may_have_loaded()
        assert opening.seen == ["opened"]
    assert opening.seen == ["opened", "closed"]


def test_what_is_loaded_already_is_opened_at_once(
    opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, MODULE, ModuleType(MODULE))
    with when_loaded(MODULE, opening):
        assert opening.seen == ["opened"]
    assert opening.seen == ["opened", "closed"]


def test_an_end_by_an_error_closes_and_forgets(
    opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyError), when_loaded(MODULE, opening):
        raise KeyError("on purpose")
    monkeypatch.setitem(sys.modules, MODULE, ModuleType(MODULE))
    moto_may_have_loaded()
    assert opening.seen == []
