"""What an upgrade of the SDK changed for us: the API of Lambda then and now, in words.

``tests/contract/sdk-lambda.json`` holds what we rely on of botocore's model of the Lambda API: the
operations that are made here, the shapes they use, and the names of all operations.

    python tools/sdk.py            what botocore has changed since then, and what of ours it touches
    python tools/sdk.py --write    take the installed botocore as the new state
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lambda_lab import facts
from lambda_lab.facts.upgrade import lambda_model

__all__ = ["SNAPSHOT", "changes", "installed", "main", "snapshot", "touched"]

ROOT = Path(__file__).resolve().parents[1]
SNAPSHOT = ROOT / "tests" / "contract" / "sdk-lambda.json"
BOUNDS = ("min", "max", "pattern", "enum")

Snapshot = Mapping[str, Any]


def snapshot(model: Mapping[str, Any], version: str, made: list[str]) -> Snapshot:
    """Return what we rely on: *made* operations, every shape they reach, and those of facts.

    Of a shape it keeps its members with what is required, or its bounds and values.
    """
    operations = {name: _operation(model["operations"][name]) for name in sorted(made)}
    names = {fact.model.partition(".")[0] for fact in facts.all().values() if fact.model}
    waiting = [*names, "Runtime"]
    for one in operations.values():
        waiting += [*one["errors"], *filter(None, (one["input"], one["output"]))]
    shapes: dict[str, Any] = {}
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = _shape(model["shapes"][name])
            waiting += [*shapes[name].get("members", {}).values(), *shapes[name].get("holds", [])]
    return {
        "botocore": version,
        "every operation": sorted(model["operations"]),
        "operations": operations,
        "shapes": dict(sorted(shapes.items())),
    }


def _operation(operation: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "http": f"{operation['http']['method']} {operation['http']['requestUri']}",
        "input": operation.get("input", {}).get("shape", ""),
        "output": operation.get("output", {}).get("shape", ""),
        "errors": sorted(error["shape"] for error in operation.get("errors", ())),
    }


def _shape(shape: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"type": shape["type"]}
    kept |= {name: shape[name] for name in BOUNDS if name in shape}
    if "members" in shape:
        kept["members"] = {name: one["shape"] for name, one in sorted(shape["members"].items())}
    if shape.get("required"):
        kept["required"] = sorted(shape["required"])
    if inner := [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]:
        kept["holds"] = inner
    if "error" in shape:
        kept["status"] = shape["error"].get("httpStatusCode")
    return kept


def installed() -> Snapshot:
    """Return the snapshot of the botocore that is installed."""
    import botocore

    from lambda_lab.aws.lambda_api import OPERATIONS

    return snapshot(lambda_model(), botocore.__version__, ["Invoke", *OPERATIONS])


def changes(old: Snapshot, new: Snapshot) -> list[str]:
    """Return one sentence for each difference, and what of ours it touches.

    Examples
    --------
    >>> old = {"every operation": ["Invoke"], "operations": {}, "shapes": {}}
    >>> changes(old, {**old, "every operation": ["Invoke", "Nap"]})
    ['Nap is a new operation. Here it answers 501.']
    """
    return [*_operations(old, new), *_shapes(old["shapes"], new["shapes"])]


def _operations(old: Snapshot, new: Snapshot) -> Iterator[str]:
    before, after = set(old["every operation"]), set(new["every operation"])
    for name in sorted(after - before):
        yield f"{name} is a new operation. Here it answers 501."
    for name in sorted(before - after):
        yield f"{name} is no operation any more.{touched(name)}"
    for name in sorted(old["operations"].keys() & new["operations"].keys()):
        then, now = old["operations"][name], new["operations"][name]
        for error in sorted({*now["errors"]} - {*then["errors"]}):
            yield f"{name} may now raise {error}.{touched(name)}"
        for error in sorted({*then["errors"]} - {*now["errors"]}):
            yield f"{name} raises {error} no more.{touched(error)}"
        for part in ("http", "input", "output"):
            if then[part] != now[part]:
                yield f"{name}: its {part} {_was(then[part], now[part])}.{touched(name)}"


def _shapes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(old.keys() - new.keys()):
        yield f"{name} is used no more.{touched(name)}"
    for name in sorted(old.keys() & new.keys()):
        yield from _shape_changes(name, old[name], new[name])


def _shape_changes(name: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for part in ("enum", "required", "members"):
        before, after = then.get(part, ()), now.get(part, ())
        gained = sorted({*after} - {*before})
        lost = sorted({*before} - {*after})
        words = {"enum": "the value", "required": "the required", "members": "the member"}[part]
        for one in gained:
            yield f"{name} has gained {words} {one}.{touched(name, part)}"
        for one in lost:
            yield f"{name} has lost {words} {one}.{touched(name, part, one)}"
    for member in sorted(then.get("members", {}).keys() & now.get("members", {}).keys()):
        was, became = then["members"][member], now["members"][member]
        if was != became:
            yield f"{name}.{member} {_was(was, became)}.{touched(member)}"
    for part in ("type", "min", "max", "pattern", "holds", "status"):
        if then.get(part) != now.get(part):
            yield f"{name}.{part} {_was(then.get(part), now.get(part))}.{touched(name, part)}"


def _was(old: Any, new: Any) -> str:
    then, now = ("not set" if one in (None, "") else one for one in (old, new))
    return f"was {then} and is {now}"


def touched(name: str, part: str = "", value: str = "") -> str:
    """Return which facts and modules a change of a shape, an operation or a value touches."""
    keys = [one.key for one in facts.all().values() if one.model == f"{name}.{part}"]
    if (name, part) == ("Runtime", "enum"):
        keys.append("facts/data/runtimes.toml")
    if part == "status" or value.endswith("Exception"):
        keys += ["facts/data/errors.toml"] if name in {e.name for e in facts.errors()} else []
    quoted = f'"{value or name}"'
    files = [path for path, text in _sources().items() if quoted in text]
    said = f" Facts: {', '.join(keys)}." if keys else ""
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return f"{said} Named in {', '.join(files[:3])}{more}." if files else said


@cache
def _sources() -> Mapping[str, str]:
    package = ROOT / "src" / "lambda_lab"
    return {
        path.relative_to(package).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(package.rglob("*.py"))
    }


def written(state: Snapshot) -> str:
    """Return a snapshot as text: an entry is a line, so that a difference reads well."""
    lines = [f' "botocore": {json.dumps(state["botocore"])}']
    lines.append(f' "every operation": {json.dumps(state["every operation"])}')
    for part in ("operations", "shapes"):
        entries = [f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in state[part].items()]
        lines.append(f' "{part}": {{\n' + ",\n".join(entries) + "\n }")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Print what changed; 0 when nothing did, 1 when something did, 2 when not understood."""
    now = installed()
    if arguments == ["--write"]:
        SNAPSHOT.write_text(written(now), encoding="utf-8")
        print(f"{SNAPSHOT.relative_to(ROOT)} is that of botocore {now['botocore']} now.")
        return 0
    if arguments:
        print("Usage: python tools/sdk.py [--write]", file=sys.stderr)
        return 2
    old = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    found = changes(old, now)
    print(f"Lambda's API in botocore {old['botocore']}, and now in {now['botocore']}:")
    print("\n".join(f"- {one}" for one in found) or "- nothing that we rely on has changed.")
    if found:
        print("Mend what is touched, then run: python tools/sdk.py --write")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
