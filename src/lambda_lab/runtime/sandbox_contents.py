"""What a function's sandbox shows: the interpreters, the SDK, and a few small files."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from lambda_lab.runtime.linux_sandbox import AWS_CONFIG, VPC_AWS_CONFIG, SandboxUser
from lambda_lab.runtime.network_namespace import RESOLVER
from lambda_lab.runtime.python_process import RUNTIME_PACKAGES, SDK_PACKAGES
from lambda_lab.runtime.runtimes import NODE_BOOTSTRAP

__all__ = [
    "aws_settings",
    "interpreter_folders",
    "python_paths",
    "sandbox_files",
    "scratch_folder",
    "sdk_packages",
]


def scratch_folder() -> Path:
    """Make a region's scratch folder, readable by its owner only."""
    return Path(tempfile.mkdtemp(prefix="lambda-lab-"))


def sdk_packages() -> dict[str, str]:
    """Find the SDK and the runtime client: name in ``/var/runtime`` to host path."""
    found: dict[str, str] = {}
    for name in (*SDK_PACKAGES, *RUNTIME_PACKAGES):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue  # runtime_client has no binary on this system
        origin = Path(spec.origin).resolve()
        source = origin.parent if origin.name == "__init__.py" else origin
        found[source.name] = str(source)
    found["node"] = str(NODE_BOOTSTRAP)
    return found


def python_paths() -> dict[str, list[str]]:
    """Return where the standard library lies, and the interpreter."""
    # In a virtual environment the standard library is the base interpreter's.
    base = {"installed_base": sys.base_prefix, "installed_platbase": sys.base_exec_prefix}
    base |= {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    platform = sysconfig.get_path("platstdlib", vars=base)
    standard = [sysconfig.get_path("stdlib", vars=base), platform]
    standard.append(str(Path(platform) / "lib-dynload"))
    executable = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    return {"standard": list(dict.fromkeys(standard)), "executable": [executable]}


def interpreter_folders() -> list[str]:
    """Return the folders outside the system's own that the interpreters lie in."""
    wanted = [sys.base_prefix]
    node = shutil.which("node")
    if node:
        wanted.append(str(Path(node).resolve().parent.parent))
    found = [os.path.realpath(folder) for folder in wanted]
    return [path for path in dict.fromkeys(found) if not path.startswith(("/usr", "/bin", "/lib"))]


def aws_settings(endpoint: str, region: str) -> str:
    """Return the text of ``~/.aws/config``: one endpoint for every service."""
    return f"[default]\nregion = {region}\nendpoint_url = {endpoint}\n"


def sandbox_files(user: SandboxUser, settings: str, vpc_settings: str) -> dict[str, str]:
    """Return the small files of a private root, path to text.

    Parameters
    ----------
    user
        Who functions run as.
    settings, vpc_settings
        The text of ``~/.aws/config``, and what stands there for functions in a VPC.
    """
    return {
        "/etc/passwd": f"root:x:0:0:root:/root:/sbin/nologin\n"
        f"{user.name}:x:{user.uid}:{user.gid}::{user.home}:/sbin/nologin\n",
        "/etc/group": f"root:x:0:\n{user.name}:x:{user.gid}:\n",
        "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
        # The region answers there; no name of it leads outside this machine.
        "/etc/resolv.conf": f"options timeout:1 attempts:5\nnameserver {RESOLVER}\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        "/etc/os-release": Path("/etc/os-release").read_text()
        if os.path.exists("/etc/os-release")
        else "",
        f"{user.home}/{AWS_CONFIG}": settings,
        f"{user.home}/{VPC_AWS_CONFIG}": vpc_settings,
    }
