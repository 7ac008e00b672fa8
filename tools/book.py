"""Build the site: run every chapter and lab, some side by side, then write ``_build/html``.

Strict: a warning, a broken reference or a failing cell ends the build with a non-zero status.
Steady: the labs' clock, identifiers and figures are fixed, so two builds give the same pages.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

import beside
import notebooks
from notebooks import Page

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
OUTPUTS = ROOT / "_build" / ".jupyter_cache"
CACHE = ROOT / ".cache"


def environment() -> dict[str, str]:
    """Return the environment of the build: steady, and without the reader's own settings."""
    return {
        **os.environ,
        "LAMBDA_LAB_STEADY": "1",
        "PYTHONHASHSEED": "0",
        # A reader's start-up files and kernels must not reach the pages.
        "IPYTHONDIR": str(CACHE / "ipython"),
        "JUPYTER_CONFIG_DIR": str(CACHE / "jupyter"),
        "JUPYTER_DATA_DIR": str(CACHE / "jupyter-data"),
    }


def check_configuration(config: dict[str, Any]) -> str | None:
    """Return what is wrong with ``_config.yml``, or ``None``.

    Outputs are kept by their cells, not by ``src``: those of an earlier build could show what the
    package no longer does. So they stay in ``_build``, which every build empties before it runs.
    """
    execute = config.get("execute") or {}
    mode, kept = execute.get("execute_notebooks"), execute.get("cache")
    if mode != "cache":
        return f"_config.yml must take outputs that this build made (cache); it says {mode!r}."
    if kept:
        return f"_config.yml must leave outputs in _build, which is emptied; it names {kept!r}."
    return None


def pages(config: dict[str, Any]) -> list[Page]:
    """Return every page of the table of contents that has cells to run."""
    from sphinx_external_toc.parsing import parse_toc_yaml

    extensions = frozenset(config["parse"]["myst_enable_extensions"])
    found = []
    for name in parse_toc_yaml(ROOT / "_toc.yml"):
        files = [ROOT / f"{name}{ending}" for ending in (".md", ".ipynb")]
        found += [notebooks.read(file, extensions) for file in files if file.exists()]
    return [page for page in found if page is not None]


def run_pages(config: dict[str, Any], workers: int) -> bool:
    """Run every page and keep its outputs for Sphinx; return whether all went well."""
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    OUTPUTS.mkdir(parents=True)
    kept = get_cache(OUTPUTS)
    todo = pages(config)
    problems = []
    print(f"Running {len(todo)} pages and labs, {workers} at once.", flush=True)
    for ran in notebooks.run(todo, workers, config["execute"]["timeout"]):
        path = ran.page.path.relative_to(ROOT).as_posix()
        if ran.problem is None:
            print(f"{path}: {ran.seconds:.1f} s", flush=True)
            bundle = CacheBundleIn(ran.page.notebook, path, data={"execution_seconds": ran.seconds})
            kept.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        else:
            print(f"{path}: FAILED", flush=True)
            problems.append(f"{path} failed:\n{ran.problem}")
            report = (SITE / "reports" / path).with_suffix(".err.log")
            report.parent.mkdir(parents=True, exist_ok=True)
            report.write_text(ran.problem, encoding="utf-8")
    print("\n\n".join(problems), file=sys.stderr, end="\n" if problems else "", flush=True)
    return not problems


def main() -> int:
    """Build, and say where the site is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=2, help="how many pages run at once")
    parser.add_argument("--beside", nargs=argparse.REMAINDER, default=[], metavar="COMMAND",
                        help="what to run beside Sphinx, which needs one core alone")  # fmt: skip
    settings = parser.parse_args()
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    problem = check_configuration(config)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    # Pages of an earlier build must not stand among this one's.
    shutil.rmtree(ROOT / "_build", ignore_errors=True)
    CACHE.mkdir(exist_ok=True)
    os.environ.update(environment())
    if not run_pages(config, settings.workers):
        print("The book was not built: what stands above failed when it ran.", file=sys.stderr)
        return 1
    # jupyter-book has no __main__: its script stands beside the interpreter.
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", ".", "-W", "-n", "--keep-going", "--all"]
    # Only now: what runs beside a page would take its core, and figures would change.
    statuses = beside.run([one for one in (command, settings.beside) if one], ROOT)
    if statuses[0]:
        print("The book was not built; the first error above says why.", file=sys.stderr)
        return statuses[0]
    if not (SITE / "index.html").exists():
        print(f"The build ended well but wrote no {SITE}/index.html.", file=sys.stderr)
        return 1
    if any(statuses):
        print(f"The book is built, but this failed: {' '.join(settings.beside)}", file=sys.stderr)
        return max(statuses)
    print(f"\nThe book is ready: {SITE / 'index.html'}\nTo read it in a browser: make serve")
    return 0


if __name__ == "__main__":
    sys.exit(main())
