"""What is not installed changes how fast a simulation runs, and nothing else.

Each case runs in a process of its own: once loaded, numba and NumPy cannot be taken away.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import random_cases

SUPPORT = Path(random_cases.__file__).parent
PROGRAM = """
import hashlib, json, sys

hidden, support = json.loads(sys.argv[1]), sys.argv[2]
for name in hidden:
    sys.modules[name] = None  # an import of it fails, as where it is not installed
sys.path.insert(0, support)

from lambda_lab.simulate import SimulationError, simulate, simulation
from lambda_lab.simulate.compiled import counting, has_numba, numpy
from random_cases import draw

simulation.WORTH_COMPILING = 20  # so that "auto" has to choose in small cases too


def counted(result):
    told = [result.outcomes.tobytes(), result.environment_ids.tobytes(), result.counts, result.peak]
    told += [result.environments, result.averages(), result.cost(memory=1024), result.throttles]
    told += [result.concurrency(10**8, end=result.start + 5 * 10**8)]
    if result.ran:
        told.append(result.percentiles(0, 0.5, 0.99, 1))
    return repr(told).encode()


digests = {}
for engine in ("python", "arrays", "auto"):
    digest = hashlib.sha256()
    for seed in range(150):
        case = draw(seed)
        digest.update(counted(simulate(*case.inputs, **case.settings, engine=engine)))
    digests[engine] = digest.hexdigest()
try:
    simulate([0], 1, keep_alive=0, engine="numba")
    refused = ""
except SimulationError as error:
    refused = str(error)
print(json.dumps({"numba": has_numba(), "numpy": numpy() is not None, "refused": refused,
                  "counts": counting().__name__.rpartition(".")[2], "digests": digests}))
"""


def told(*hidden: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(hidden), str(SUPPORT)],
        capture_output=True, text=True, encoding="utf-8", timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def bare() -> dict[str, Any]:
    """What a process says that has neither."""
    return told("numba", "numpy")


def test_neither_is_needed(bare: dict[str, Any]) -> None:
    assert (bare["numba"], bare["numpy"], bare["counts"]) == (False, False, "scalar")
    assert len(set(bare["digests"].values())) == 1
    assert bare["refused"].startswith("numba is not installed.")


def test_numpy_without_numba_counts_the_same(bare: dict[str, Any]) -> None:
    pytest.importorskip("numpy", reason="the extra 'simulate' is not installed")
    found = told("numba")
    assert (found["numba"], found["numpy"], found["counts"]) == (False, True, "vector")
    assert found["digests"] == bare["digests"]
    assert found["refused"] == bare["refused"]


def test_compiled_code_says_the_same(bare: dict[str, Any]) -> None:
    pytest.importorskip("numba", reason="the extra 'simulate' is not installed")
    found = told()
    assert (found["numba"], found["numpy"], found["counts"]) == (True, True, "vector")
    assert found["digests"] == bare["digests"]
    assert found["refused"] == ""
