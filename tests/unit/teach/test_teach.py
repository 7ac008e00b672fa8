"""Every exercise: right, wrong, untouched, and whatever else an answer may be."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from lambda_lab import teach
from lambda_lab.teach import Exercise, Verdict
from lambda_lab.teach.exercises import REGISTRY

ALL = list(REGISTRY.values())
IDS = list(REGISTRY)


class Lambda:
    """Runs deployed handlers as Invoke does, as far as a check looks."""

    def __init__(self, sources: dict[str, str]) -> None:
        self._sources = sources

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        module: dict[str, Any] = {}
        if FunctionName not in self._sources:
            raise LookupError(f"Function not found: {FunctionName}")
        exec(self._sources[FunctionName], module)
        try:
            body, error = module["handler"](json.loads(Payload), None), {}
        except Exception as problem:  # noqa: BLE001
            body, error = {"errorMessage": str(problem)}, {"FunctionError": "Unhandled"}
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(body).encode()), **error}


class Lab:
    """A lab of one client."""

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}

    def function(self, name: str, source: str) -> None:
        self.sources[name] = source

    def client(self, service: str) -> Lambda:
        assert service == "lambda"
        return Lambda(self.sources)


@pytest.fixture(autouse=True)
def _begin_again() -> Iterator[None]:
    teach.forget()
    yield
    teach.forget()


def answer_of(source: str, lab: Lab) -> Any:
    cell: dict[str, Any] = {"lab": lab}
    exec(source, cell)
    return cell["answer"]


@pytest.mark.parametrize("exercise", ALL, ids=IDS)
def test_it_is_complete(exercise: Exercise) -> None:
    assert exercise.question.strip()
    assert len(exercise.hints) >= 2
    assert len(exercise.mistakes) >= 1
    assert exercise.lab in exercise.id
    assert len(set(exercise.hints)) == len(exercise.hints)


@pytest.mark.parametrize("exercise", ALL, ids=IDS)
def test_the_solution_is_right(exercise: Exercise) -> None:
    lab = Lab()
    outcome = teach.check(exercise.id, answer_of(exercise.solution_source, lab), lab)
    assert outcome.verdict is Verdict.RIGHT, outcome
    assert outcome.right
    assert str(outcome).startswith("Right. ")


@pytest.mark.parametrize(
    ("exercise", "number"),
    [(exercise, number) for exercise in ALL for number in range(len(exercise.mistakes))],
    ids=[f"{exercise.id}-{n}" for exercise in ALL for n in range(len(exercise.mistakes))],
)
def test_each_mistake_is_wrong_and_gets_its_own_hint(exercise: Exercise, number: int) -> None:
    mistake = exercise.mistakes[number]
    outcome = teach.check(exercise.id, mistake.answer, Lab())
    assert outcome.verdict is Verdict.NOT_YET, outcome
    assert outcome.hint == mistake.hint
    assert outcome.reason


@pytest.mark.parametrize("exercise", ALL, ids=IDS)
def test_untouched_is_not_attempted(exercise: Exercise) -> None:
    lab = Lab()
    untouched = [..., None, "", "...", answer_of(exercise.placeholder, lab)]
    for answer in untouched:
        assert teach.check(exercise.id, answer, lab).verdict is Verdict.NOT_ATTEMPTED
    assert teach.check(exercise.id).verdict is Verdict.NOT_ATTEMPTED


class Hostile:
    """An answer of which every look raises."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("<b>no</b>")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    def __hash__(self) -> int:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __str__(self) -> str:
        raise RuntimeError("no")

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("no")

    def __len__(self) -> int:
        raise RuntimeError("no")

    def __bool__(self) -> bool:
        raise RuntimeError("no")


class HostileHandler(Hostile):
    def __call__(self, event: Any, context: Any) -> Any:
        return self


def _recurses(event: Any, context: Any) -> Any:
    return _recurses(event, context)


def _exits(event: Any, context: Any) -> Any:
    raise SystemExit(3)


def _interrupted(event: Any, context: Any) -> Any:
    raise KeyboardInterrupt


def _gives_itself(event: Any, context: Any) -> Any:
    loop: list[Any] = []
    loop.append(loop)
    return {"keys": loop, "function": loop, "request": loop, "memory": loop, "when": loop}


ODD: list[Any] = [
    0, -1, 3.5, float("nan"), True, b"REPORT", [], {}, set(), object(), int, "hello", "<script>",
    [Hostile()], {"raises": Hostile()}, (Hostile(), 1), ("3", "1"), (3, True), (1, 2, 3), [[]],
    Hostile(), HostileHandler(), _recurses, _exits, _interrupted, _gives_itself,
    lambda: None, lambda event, context: event, lambda *_: HostileHandler(), lambda *_: {1, 2},
]  # fmt: skip


@pytest.mark.parametrize("exercise", ALL, ids=IDS)
@pytest.mark.parametrize("number", range(len(ODD)))
@pytest.mark.parametrize("with_lab", [False, True])
def test_no_answer_raises(exercise: Exercise, number: int, with_lab: bool) -> None:
    outcome = teach.check(exercise.id, ODD[number], Lab() if with_lab else None)
    assert outcome.verdict in (Verdict.NOT_YET, Verdict.NOT_ATTEMPTED)
    for said in (str(outcome), outcome._repr_html_()):
        assert "Traceback" not in said
        assert "lambda_lab" not in said
    assert "<script" not in outcome._repr_html_()
    assert "<b>" not in outcome._repr_html_()


def test_values_of_the_learner_are_escaped() -> None:
    for exercise_id, answer in [
        ("L00.2", "<img src=x onerror=alert(1)>"),
        ("L10.1", lambda *_: "<img src=x>"),
        ("<img src=x>", 1),
    ]:
        assert "<img" not in teach.check(exercise_id, answer)._repr_html_()
    assert "<img" not in teach.hint("<img src=x>")._repr_html_()
    assert "<img" not in teach.solution("<img src=x>")._repr_html_()


UNKNOWN = ["L99.1", "", "l10", None, 3, Hostile()]


@pytest.mark.parametrize("number", range(len(UNKNOWN)))  # pytest would look at the values
def test_an_unknown_exercise_is_a_sentence(number: int) -> None:
    unknown = UNKNOWN[number]
    outcome = teach.check(unknown, "answer")
    assert outcome.verdict is Verdict.NOT_ATTEMPTED
    for said in (outcome, teach.hint(unknown), teach.solution(unknown)):
        assert "There is no exercise" in str(said)
        assert "There is no exercise" in said._repr_html_()
    assert teach.solution_source(unknown).startswith("# There is no exercise")


def test_a_near_miss_is_met_with_a_suggestion() -> None:
    assert "Did you mean L10.1?" in str(teach.check("L1O.1", 1))
    assert teach.check(" l30.3 ", "caller").right


def test_hints_come_one_after_the_other() -> None:
    of = len(REGISTRY["L10.1"].hints)
    given = [teach.hint("L10.1") for _ in range(of + 2)]
    assert [hint.number for hint in given] == [*range(1, of + 1), of, of]
    assert str(given[0]) == f"Hint 1 of {of}. {REGISTRY['L10.1'].hints[0]}"
    assert teach.hint("L10.2").number == 1


def test_not_yet_without_a_known_mistake_brings_the_next_hint() -> None:
    hints = REGISTRY["L00.2"].hints
    assert teach.check("L00.2", "Tuesday").hint == hints[0]
    teach.hint("L00.2")
    assert teach.check("L00.2", "Tuesday").hint == hints[1]


def test_exercises_belong_to_labs() -> None:
    assert [e.id for e in teach.exercises("L00")] == ["L00.1", "L00.2"]
    assert [e.id for e in teach.exercises("l10")] == ["L10.1", "L10.2", "L10.3"]
    assert teach.exercises("L99") == ()
    assert len(teach.exercises()) == len(ALL)


def test_the_solution_can_be_read() -> None:
    shown = teach.solution("L10.1")
    assert teach.solution_source("L10.1") in str(shown)
    assert "<pre" in shown._repr_html_()


@pytest.mark.parametrize("wording", ["caller", "The caller", "client", "the client.", "my code"])
def test_wording_of_a_short_answer_does_not_matter(wording: str) -> None:
    assert teach.check("L30.3", wording).right


def test_a_function_of_the_lab_is_invoked() -> None:
    lab = Lab()
    lab.function("hello", "def handler(event, context):\n    return 'Hello, world'")
    assert "the name is not in it" in teach.check("L00.1", "hello", lab).reason
    lab.function("hello", "def handler(event, context):\n    return 'Hello, ' + event['name']")
    assert "failed" in teach.check("L00.1", "hello", lab).reason
    assert "could not be invoked" in teach.check("L00.1", "other", lab).reason
    assert "lab.check" in teach.check("L00.1", "hello").reason


def test_a_handler_that_returns_a_constant_was_attempted() -> None:
    def constant(event: Any, context: Any) -> Any:
        return "a constant"

    def described(event: Any, context: Any) -> Any:
        """Not written yet."""

    assert teach.check("L10.1", constant).verdict is Verdict.NOT_YET
    assert teach.check("L10.1", described).verdict is Verdict.NOT_ATTEMPTED
