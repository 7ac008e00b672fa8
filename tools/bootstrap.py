"""Make the project's environments from the locked sets, and make them again only when needed.

``python tools/bootstrap.py`` makes ``.venv`` (everything the project needs) and
``python tools/bootstrap.py cli`` makes ``.venv-cli`` (the AWS CLI alone, for it pins docutils below
what Sphinx needs). It runs on the system's own Python, so it uses the standard library only.

pip installs uv from the lock's own hashes, then uv installs the rest: seconds where pip takes a
minute. Where uv cannot be had, pip installs everything. Every file is checked against the lock's
hashes either way, so mirrors and extra indexes set up on this machine cannot change the result.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
STAMP = "lambda-lab-stamp.json"


class SetupError(Exception):
    """The environment could not be made; the message says what to do."""


@dataclass(frozen=True)
class Environment:
    """One environment: its folder, its lock, and whether the project itself goes in."""

    folder: Path
    lock: Path
    with_project: bool

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        if os.name == "nt":
            return self.folder / "Scripts" / "python.exe"
        return self.folder / "bin" / "python"

    def stamp(self) -> dict[str, str]:
        """Return what the environment depends on; another value means it must be made anew."""
        digest = hashlib.sha256(self.lock.read_bytes())
        if self.with_project:
            digest.update(project_table())
        # The folder is part of it: scripts in an environment carry its absolute path.
        return {
            "locked": digest.hexdigest(),
            "python": sys.version,
            "folder": str(self.folder),
        }

    def is_current(self) -> bool:
        """Whether the environment was finished from this lock, here, by this Python."""
        try:
            found = json.loads((self.folder / STAMP).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(found == self.stamp()) and self.python.exists()


ENVIRONMENTS = {
    "main": Environment(ROOT / ".venv", ROOT / "requirements" / "dev.txt", with_project=True),
    "cli": Environment(ROOT / ".venv-cli", ROOT / "requirements" / "cli.txt", with_project=False),
}


def project_table() -> bytes:
    """Return what ``pyproject.toml`` says of the package; the tools' settings do not matter."""
    import tomllib  # new in 3.11, and an older Python must get as far as the message in main()

    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return json.dumps([content["project"], content["build-system"]]).encode()


def run(*command: str | Path) -> None:
    """Run *command* quietly; what it printed is shown only if it fails."""
    environ = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME"}}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        shown = " ".join(str(part) for part in command)
        raise SetupError(f"this command failed:\n  {shown}\n{done.stdout}")


def uv_requirement(lock: str) -> str:
    r"""Return the lines of *lock* that pin uv with its hashes, or an empty text.

    Examples
    --------
    >>> print(uv_requirement("a==1 \\\n    --hash=x\nuv==2 \\\n    --hash=y\nz==3\n"))
    uv==2 \
        --hash=y
    """
    lines = lock.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("uv==")]
    if not starts:
        return ""
    kept = [lines[starts[0]]]
    for line in lines[starts[0] + 1 :]:
        if not line.startswith(" ") or line.lstrip().startswith("#"):
            break
        kept.append(line)
    return "\n".join(kept)


def install_uv(environment: Environment) -> bool:
    """Put the locked uv into *environment*; return whether that went well."""
    if os.environ.get("LAMBDA_LAB_NO_UV"):
        return False
    pinned = uv_requirement(ENVIRONMENTS["main"].lock.read_text(encoding="utf-8"))
    if not pinned:
        return False
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "uv.txt"
        wanted.write_text(pinned + "\n", encoding="utf-8")
        try:
            run(environment.python, "-m", "pip", "install", "-q", "--only-binary=:all:",
                "--require-hashes", "-r", wanted)  # fmt: skip
        except SetupError:
            return False
    return True


def install_locked(environment: Environment) -> str:
    """Install the locked set into *environment*; return the name of the tool that did it."""
    if install_uv(environment):
        try:
            run(environment.python, "-m", "uv", "pip", "install", "-q",
                # Compiled once here, not again at every start: a reader waits for imports.
                "--compile-bytecode", "--python", environment.python,
                "--require-hashes", "-r", environment.lock)  # fmt: skip
        except SetupError as error:
            print(f"uv could not install the locked set, trying pip. uv said: {error}")
        else:
            return "uv"
    run(environment.python, "-m", "pip", "install", "-q", "--require-hashes", "-r",
        environment.lock)  # fmt: skip
    return "pip"


def make(environment: Environment) -> None:
    """Make *environment* from nothing."""
    name = environment.folder.name
    print(f"Making {name} from {environment.lock.relative_to(ROOT)} ...", flush=True)
    if environment.folder.exists():
        shutil.rmtree(environment.folder)
    try:
        run(sys.executable, "-m", "venv", environment.folder)
    except SetupError as error:
        raise SetupError(
            f"this Python ({sys.executable}) cannot make a virtual environment. On Debian and "
            "Ubuntu run 'apt-get install python3-venv'; elsewhere name another Python, for "
            f"example 'make book PYTHON=python3.12'.\n{error}"
        ) from error
    tool = install_locked(environment)
    if environment.with_project:
        # The build backend is in the locked set, so nothing is fetched here.
        run(environment.python, "-m", "pip", "install", "-q", "--no-deps", "--no-index",
            "--no-build-isolation", "-e", ROOT)  # fmt: skip
        # pip compiles what it copies, and an editable package is not copied: where Python may write
        # no byte code (PYTHONDONTWRITEBYTECODE), every start would compile it all again.
        run(environment.python, "-m", "compileall", "-q", ROOT / "src")
    (environment.folder / STAMP).write_text(json.dumps(environment.stamp()), encoding="utf-8")
    print(f"{name} is ready (installed by {tool}).", flush=True)


def main() -> int:
    """Make the environment that was asked for, if it is not there already."""
    parser = argparse.ArgumentParser(description="Make the project's environments.")
    parser.add_argument("which", nargs="?", choices=sorted(ENVIRONMENTS), default="main")
    environment = ENVIRONMENTS[parser.parse_args().which]
    if sys.version_info < OLDEST:
        print(
            f"This needs Python {OLDEST[0]}.{OLDEST[1]} or newer; {sys.executable} is "
            f"{sys.version.split()[0]}. Name a newer one: make book PYTHON=python3.12",
            file=sys.stderr,
        )
        return 1
    if environment.is_current():
        return 0
    try:
        make(environment)
    except SetupError as error:
        print(f"The environment could not be made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
