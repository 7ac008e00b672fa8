"""What a notebook gets beside the lab itself: ``%%function``, and words under a cell that failed.

A notebook is seldom run from top to bottom. Its reader runs a cell twice, begins in the middle,
or comes back after the lab was closed; the error that follows is true, and says nothing of that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol

__all__ = ["Aid", "OpenLab", "advice", "attach", "exercise_in", "point_nowhere"]

ABOVE = "in JupyterLab: Run, then Run All Above Selected Cell"
ANEW = (
    "To begin anew, run the first code cell: Lab(...) opens an empty region. "
    f"Then run what follows, down to this cell ({ABOVE})."
)
NOWHERE = "http://127.0.0.1:9/the-lab-is-closed"
"""Nothing listens on port 9, which is ``discard``'s; what boto3 says shows the words."""
_CHECK = re.compile(r"""^[^#\n]*\blab\.check\(\s*["']([^"']+)["']""", re.MULTILINE)
_THERE = re.compile(r"Exist|Conflict|InUse|AlreadyOwned|Duplicate")
_MISSING = re.compile(r"NotFound|NoSuch|DoesNotExist|NonExistent")


class OpenLab(Protocol):
    """The part of a lab that a notebook uses."""

    def function(self, name: str, source: str, **settings: Any) -> Mapping[str, Any]:
        """Create or update a function; returns its configuration."""


Current = Callable[[], OpenLab | None]


class Aid:
    """Looks at cells that failed, and says below the error what to do next.

    Parameters
    ----------
    current
        Returns the open lab.
    stopped
        Returns what the exercise of an id says if its cell ended before its check.
    """

    def __init__(self, current: Current, stopped: Callable[[str, BaseException], object]) -> None:
        self._current, self._stopped = current, stopped
        self._ran: set[str] = set()
        self._repeated = False

    def opened(self) -> None:
        """Forget which cells ran: the region is empty."""
        self._ran.clear()
        self._repeated = False

    def after(self, result: Any) -> None:
        """Look at a cell that has run; IPython calls this with its ``ExecutionResult``."""
        cell = str(result.info.raw_cell or "").strip() if result.info else ""
        error = result.error_before_exec or result.error_in_exec
        if error is None:
            self._repeated |= cell in self._ran
            self._ran.add(cell)
        elif exercise := exercise_in(cell):
            from IPython.display import display

            show: Callable[[object], object] = display
            show(self._stopped(exercise, error))
        else:
            closed, again = self._current() is None, cell in self._ran
            if said := advice(error, closed=closed, again=again, repeated=self._repeated):
                print(f"\n{said}")


def exercise_in(cell: str) -> str:
    r"""Return the id of the exercise that *cell* checks, or an empty text.

    Examples
    --------
    >>> exercise_in('answer = REPORT\nlab.check("L00.2", answer)')
    'L00.2'
    >>> exercise_in('# lab.check("L00.2", answer)')
    ''
    """
    found = _CHECK.search(cell)
    return found[1] if found else ""


def advice(
    error: BaseException, *, closed: bool = False, again: bool = False, repeated: bool = False
) -> str:
    """Return what to do about *error*, or an empty text where nobody but the author knows.

    Parameters
    ----------
    error
        What ended a cell.
    closed
        Whether the lab is closed.
    again, repeated
        Whether this cell, or any, has run before since the lab was opened.

    Examples
    --------
    >>> print(advice(NameError("name 'call' is not defined", name="call")).partition(":")[0])
    A cell above this one makes 'call', or its spelling differs
    >>> advice(ValueError("the shop is closed"))
    ''
    """
    if isinstance(error, (KeyboardInterrupt, SyntaxError)):
        return ""
    if isinstance(error, NameError):
        name = repr(error.name) if error.name else "it"
        return f"A cell above this one makes {name}, or its spelling differs: {ABOVE}."
    code = _aws_code(error)
    cases = (
        (closed, f"The lab is closed. {ANEW}"),
        (again, f"This cell has run before. You can go on with the next one. {ANEW}"),
        (_MISSING.search(code), f"What is asked for is not there. A cell above makes it: {ABOVE}."),
        (_THERE.search(code), f"A cell has made this before; go on with the next one. {ANEW}"),
        (repeated, f"Cells ran more than once: the region holds more than on the page. {ANEW}"),
    )
    return next((said for holds, said in cases if holds), "")


def _aws_code(error: BaseException) -> str:
    """Return AWS's code of an error that boto3 raised, or an empty text."""
    response = getattr(error, "response", None)
    found = response.get("Error", {}) if isinstance(response, dict) else {}
    return str(found.get("Code", ""))


def attach(current: Current, stopped: Callable[[str, BaseException], object]) -> bool:
    """Offer all of it in this notebook, for a lab that was just opened.

    Parameters are those of :class:`Aid`.

    Returns
    -------
    bool
        Whether this is a notebook.
    """
    import sys

    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None:
        return False
    aid = getattr(shell, "_lambda_lab_aid", None)
    if aid is None:
        aid = shell._lambda_lab_aid = Aid(current, stopped)  # noqa: SLF001 - our own mark on it
        shell.register_magic_function(_function_magic(current), "cell", "function")
        shell.events.register("post_run_cell", aid.after)
    aid.opened()
    return True


def point_nowhere(region: str) -> None:
    """Let no AWS client of this process find an account of the reader's.

    In a notebook cells are run again, also when the lab is closed. Then a plain
    ``boto3.client("dynamodb").create_table(...)`` would be a table in the reader's account.
    A new lab, or a new kernel, ends this.
    """
    import boto3

    from lambda_lab.aws.guard import LOOPBACK_NAMES, aws_variables

    # One of a service's own, such as AWS_ENDPOINT_URL_S3, would go before.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(aws_variables(NOWHERE, region))
    for name in ("NO_PROXY", "no_proxy"):
        spared = [one for one in os.environ.get(name, "").split(",") if one]
        os.environ[name] = ",".join(dict.fromkeys((*spared, *LOOPBACK_NAMES)))
    boto3.DEFAULT_SESSION = None


def _function_magic(current: Current) -> Callable[[str, str], None]:
    import argparse
    import shlex

    class Options(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise ValueError(message)

    parser = Options(prog="%%function", add_help=False)
    parser.add_argument("name")
    parser.add_argument("--timeout", type=int, default=3)
    parser.add_argument("--memory", type=int, default=128)
    parser.add_argument("--runtime", default="python3.14")
    parser.add_argument("--handler")

    def function(line: str, cell: str) -> None:
        """Deploy the cell as a function: ``%%function hello --timeout 3 --memory 128``."""
        lab = current()
        if lab is None:
            print("No lab is open. Run the first code cell: lab = Lab(...).")
            return
        try:
            options = parser.parse_args(shlex.split(line))
        except ValueError as error:
            print(
                f"%%function NAME [--timeout 3] [--memory 128] [--handler file.function]: {error}"
            )
            return
        config = lab.function(
            options.name,
            cell if "\n" in cell else cell + "\n",
            timeout=options.timeout,
            memory=options.memory,
            runtime=options.runtime,
            handler=options.handler,
        )
        print(f"{config['FunctionName']} is {config['State']}.")

    return function
