"""Work on threads of its own, where there may be none."""

from __future__ import annotations

import threading

import pytest

from lambda_lab.invoke.errands import Errands


def test_nobody_waits_for_a_thread_that_never_began(monkeypatch: pytest.MonkeyPatch) -> None:
    errands = Errands()

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError, match="new thread"):
            errands.run(list, "lab-test")
    waiting = threading.Thread(target=errands.wait, daemon=True)
    waiting.start()
    waiting.join(10)
    assert not waiting.is_alive()
