"""From a learner's source to a deployed function: zips, roles and waits, by plain boto3 calls."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from lambda_lab.errors import PackagingError, SandboxError, shown

__all__ = [
    "default_handler",
    "driver_files",
    "make_zip",
    "plain",
    "role_arn",
    "source_files",
    "wait_until_active",
]

ROLE = "lambda-lab-role"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}
PERMISSIONS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                f"{service}:*"
                for service in (
                    *("dynamodb", "ec2", "events", "kinesis", "lambda", "logs"),
                    *("s3", "scheduler", "secretsmanager", "sns", "sqs"),
                )
            ],
            "Resource": "*",
        }
    ],
}
"""What the labs' functions may do. Broad, so that a lab meets IAM only where it means to."""
MODULE = "lambda_function"
"""The file that AWS's console names a Python function's code."""
CODE = (".py", ".mjs", ".js", ".cjs")
DRIVER = ("pg8000", "scramp", "asn1crypto", "python-dateutil", "six")
"""pg8000, a PostgreSQL driver in pure Python, and what it needs."""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
POLL_SECONDS = 0.02


def make_zip(files: Mapping[str, bytes | str]) -> bytes:
    """Pack *files*; the same files give the same bytes, so the same ``CodeSha256``.

    Raises
    ------
    PackagingError
        If they are not names of files and their text.

    Examples
    --------
    >>> make_zip({"a.py": "x = 1"}) == make_zip({"a.py": "x = 1"})
    True
    """
    files, target = _checked(files), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            content = files[name]
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.external_attr = (0o755 if name.endswith("bootstrap") else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target.getvalue()


def source_files(
    source: str | Path | Mapping[str, bytes | str], runtime: str
) -> dict[str, bytes | str]:
    """Return a package's files from a module's text, a file, a folder, or a mapping.

    Raises
    ------
    PackagingError
        If a path does not exist.
    """
    if isinstance(source, Mapping):
        return _checked(source)
    if isinstance(source, str) and ("\n" in source or "(" in source or not source.strip()):
        suffix = ".mjs" if str(runtime).startswith("nodejs") else ".py"
        return {("index" if suffix == ".mjs" else MODULE) + suffix: source}
    try:
        return _read(Path(source))
    except TypeError:
        raise PackagingError(
            f"The source is {shown(source)}. Give the text of a module, a path, or a dict of file "
            "names to text."
        ) from None
    except OSError as error:
        raise PackagingError(
            f"{shown(str(source))} cannot be read: {error.strerror or error}. "
            "Give the text of a module, or a path."
        ) from error


def _read(path: Path) -> dict[str, bytes | str]:
    """Return the file at a path, or all files below it.

    Raises
    ------
    PackagingError
        If there is nothing at the path.
    """
    if path.is_file():
        return {path.name: path.read_bytes()}
    if path.is_dir():
        return {
            str(file.relative_to(path)): file.read_bytes()
            for file in sorted(path.rglob("*"))
            if file.is_file() and "__pycache__" not in file.parts
        }
    raise PackagingError(
        f"There is no file or folder {shown(str(path))}. Give the text of a module, or a path."
    )


def _checked(files: Any) -> dict[str, bytes | str]:
    if not isinstance(files, Mapping):
        raise PackagingError(f"The package is {shown(files)}. Give a dict of file names to text.")
    for name, content in files.items():
        if not isinstance(name, str) or not isinstance(content, bytes | str):
            raise PackagingError(
                f"The file {shown(name)} holds {shown(content)}. Give a dict of file names to text."
            )
    return dict(files)


def default_handler(files: Mapping[str, bytes | str]) -> str:
    """Return the handler a package most likely means.

    Examples
    --------
    >>> default_handler({"lambda_function.py": "def lambda_handler(event, context): ..."})
    'lambda_function.lambda_handler'
    >>> default_handler({"README.md": "A shop.", "shop.py": "def handler(event, context): ..."})
    'shop.handler'
    """
    if not files:
        raise PackagingError("The package has no file. Give at least one, with the handler in it.")
    known = [name for name in (f"{MODULE}.py", "index.mjs") if name in files]
    name = (known or sorted(files, key=_unlike_code))[0]
    content = files[name]
    text = content.decode(errors="replace") if isinstance(content, bytes) else content
    function = "lambda_handler" if re.search(r"^def lambda_handler\b", text, re.M) else "handler"
    return f"{name.rsplit('.', 1)[0]}.{function}"


def _unlike_code(name: str) -> tuple[bool, int, str]:
    """Sort code before other files, and what is in no folder before what is in one."""
    return not name.endswith(CODE), name.count("/"), name


def plain(value: Any) -> Any:
    """Return a dict or a list for what is like one; botocore refuses the rest in its own words.

    Examples
    --------
    >>> plain(("a",)), plain("a")
    (['a'], 'a')
    """
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def driver_files() -> dict[str, bytes]:
    """Return the files of a layer with the PostgreSQL driver pg8000, as it is installed here.

    The ``*.dist-info`` folders belong to it: pg8000 and scramp ask for their own versions.

    Raises
    ------
    PackagingError
        If the extra ``rds`` is not installed.

    Examples
    --------
    >>> "python/pg8000/native.py" in driver_files()
    True
    """
    try:
        found = [metadata.distribution(name) for name in DRIVER]
    except metadata.PackageNotFoundError as missing:
        raise PackagingError(
            f"{missing.name} is not installed, so there is no driver to pack. "
            "Install the book with its extra 'rds'."
        ) from missing
    return {
        f"python/{file}": Path(str(one.locate_file(file))).read_bytes()
        for one in found
        for file in one.files or ()
        if ".." not in file.parts and (file.suffix == ".py" or ".dist-info" in file.parts[0])
    }


def role_arn(iam: Any) -> str:
    """Return a role that Lambda may assume and that may do what labs need, making it if needed."""
    try:
        return str(iam.get_role(RoleName=ROLE)["Role"]["Arn"])
    except iam.exceptions.NoSuchEntityException:
        made = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=json.dumps(PERMISSIONS))
        return str(made["Role"]["Arn"])


def wait_until_active(client: Any, name: str) -> dict[str, Any]:
    """Wait until a function may be invoked and no update is in progress.

    boto3's own waiter looks once a second; a learner should not wait that long.
    """
    pause = threading.Event()
    for _ in range(round(60 / POLL_SECONDS)):
        found: dict[str, Any] = client.get_function_configuration(FunctionName=name)
        if found["State"] == "Active" and found.get("LastUpdateStatus") == "Successful":
            found.pop("ResponseMetadata", None)
            return found
        if "Failed" in (found["State"], found.get("LastUpdateStatus")):
            why = found.get("LastUpdateStatusReason") or found.get("StateReason")
            raise SandboxError(f"The function {name} could not be set up. {why}")
        pause.wait(POLL_SECONDS)
    raise SandboxError(
        f"The function {name} did not become active. Restart the kernel and try again."
    )
