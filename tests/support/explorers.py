"""Explorers as a reader meets them: on a phone, and in a notebook whose kernel answers."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devtools import Browser, chromium, find_chromium
from lambda_lab import show
from lambda_lab.show.explorer import Explorer

__all__ = ["holds_a_widget", "on_a_phone", "run_script"]


@contextmanager
def on_a_phone(folder: Path, *figures: str) -> Iterator[Browser]:
    """Open a page with *figures*; afterwards it must be no wider than the phone, and no error.

    Skips the test where there is no browser.
    """
    path = find_chromium()
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    phone = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    page = folder / "page.html"
    page.write_text(f"<!doctype html>{phone}{''.join(figures)}", encoding="utf-8")
    with chromium(path) as browser:
        browser.look(390, 800)
        browser.open(page.as_uri())
        assert browser.run("document.querySelector('fieldset').disabled") is False
        yield browser
        assert browser.run("document.documentElement.scrollWidth") <= 390
        assert browser.errors == []


def holds_a_widget(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether an explorer shows itself as a widget, and as a page, where a kernel answers."""
    # Not on the module: the doctests of the same run may have loaded that a second time.
    told = type(explorer)._repr_mimebundle_.__globals__
    monkeypatch.setitem(told, "is_live", lambda: True)
    bundle = explorer._repr_mimebundle_()
    return {"application/vnd.jupyter.widget-view+json", "text/html"} <= set(bundle)


def run_script(name: str, program: str, given: object) -> Any:
    """Run *program* after an explorer's script, with *given*; return the one thing it prints.

    Skips the test where there is no Node.js.
    """
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node.js on this machine")
    script = Path(show.__file__).with_name(f"{name}.js").read_text(encoding="utf-8")
    whole = f"""
        {script}
        const given = JSON.parse(require("fs").readFileSync(0, "utf-8"));
        {program}
    """
    done = subprocess.run(
        [node, "-e", whole], input=json.dumps(given), capture_output=True, text=True,
        encoding="utf-8", timeout=60, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)
