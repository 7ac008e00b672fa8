"""A function sees its package, its layers and the SDK; nothing of the reader's machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import six

from lambda_lab.deploy import make_zip
from live_region import LiveRegion, alive, open_region, private_root, until

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's own example of a key
REAL_LOOKING = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_SESSION_TOKEN": "a-session-of-the-reader",
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL_S3": "https://s3.eu-west-1.amazonaws.com",
    "AWS_REGION": "eu-west-1",
    "DATABASE_PASSWORD": "a-secret-of-the-reader",
    "PYTHONPATH": "/nonexistent/of-the-reader",
}
FILES = {
    "credentials": "[default]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\n"
    f"aws_secret_access_key={SECRET}\n"
    "[production]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=x\n",
    "config": "[default]\nregion=eu-west-1\n[profile production]\nregion=eu-west-1\n",
}


@pytest.fixture(scope="module", params=[True, False], ids=["private", "shared"])
def lab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveRegion]:
    """Return a region that was opened by somebody with an AWS account and secrets."""
    home = tmp_path_factory.mktemp("home")
    (home / ".aws").mkdir()
    for name, text in FILES.items():
        (home / ".aws" / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**REAL_LOOKING, "HOME": str(home)}.items():
            patch.setenv(name, value)
        patch.delenv("AWS_CONFIG_FILE", raising=False)
        patch.delenv("AWS_SHARED_CREDENTIALS_FILE", raising=False)
        with open_region(isolate=request.param) as live:
            if request.param and not live.isolated:
                pytest.skip(f"no private root on this system: {live.region.launcher.weaker}")
            yield live
        kept = {name: os.environ.get(name) for name in REAL_LOOKING}
        assert kept == REAL_LOOKING, "what the reader had set is there again"


DUMP = """
import os, sys
def handler(event, context):
    import boto3
    session = boto3.session.Session()
    found = session.get_credentials().get_frozen_credentials()
    return {"environ": dict(os.environ), "argv": sys.argv, "path": sys.path,
            "key": found.access_key, "secret": found.secret_key, "region": session.region_name,
            "profiles": session.available_profiles, "profile": session.profile_name,
            "s3": session.client("s3").meta.endpoint_url,
            "home": os.path.expanduser("~")}
"""


@pytest.mark.fidelity("variables")
def test_nothing_of_the_readers_environment(lab: LiveRegion) -> None:
    answer = lab.run(DUMP)
    seen = answer.value
    text = answer.raw.decode()
    for name, value in REAL_LOOKING.items():
        if name != "AWS_REGION":
            assert seen["environ"].get(name) != value, name
            assert value not in text, name
    assert "HOME" not in seen["environ"]
    assert "VIRTUAL_ENV" not in seen["environ"]
    assert seen["region"] == "us-east-1"
    assert seen["key"] == seen["environ"]["AWS_ACCESS_KEY_ID"]
    assert seen["secret"] != SECRET
    assert seen["profile"] == "default"
    assert "production" not in seen["profiles"]
    assert seen["s3"] == lab.region.url


@private_root
@pytest.mark.fidelity("wall-of-files")
def test_nothing_of_the_readers_files(lab: LiveRegion) -> None:
    secret = Path(os.environ["HOME"], ".aws", "credentials")
    assert secret.exists()
    places = [str(secret), f"/.host{secret}", str(Path.cwd()), str(lab.region.folder),
              f"/proc/{os.getpid()}/root{secret}", f"/proc/{os.getppid()}/environ",
              f"/proc/{os.getpid()}/environ", f"/proc/{os.getpid()}/mem",
              "/etc/shadow"]  # fmt: skip
    code = """
import os
def handler(event, context):
    seen = []
    for place in event:
        try:
            inside = os.listdir if os.path.isdir(place) else lambda at: open(at, "rb").read(9)
            seen.append(inside(place))
        except OSError:
            seen.append(None)
    return [None if not one else str(one)[:200] for one in seen]
"""
    assert dict(zip(places, lab.run(code, places).value, strict=True)) == dict.fromkeys(places)


@private_root
def test_the_user_and_the_folders_are_lambdas(lab: LiveRegion) -> None:
    code = """
import os, pwd
def handler(event, context):
    return [os.getcwd(), pwd.getpwuid(os.getuid()).pw_name, os.getuid(), sorted(os.listdir("/tmp")),
            sorted(os.listdir("/var/task")), os.listdir("/opt"), os.path.realpath(__file__)]
"""
    where, user, uid, tmp, task, opt, file = lab.run(code).value
    assert where == "/var/task"
    assert (user, uid) == ("sbx_user1051", 993)
    assert (tmp, opt) == ([], [])
    assert task == ["lambda_function.py"]
    assert file == "/var/task/lambda_function.py"


IMPORTS = """
import importlib
def handler(event, context):
    seen = {}
    for name in event:
        try:
            importlib.import_module(name)
            seen[name] = True
        except ImportError:
            seen[name] = False
    return seen
"""
THERE = ["boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six", "json",
         "sqlite3", "ssl", "ctypes", "zoneinfo", "awslambdaric", "unittest", "asyncio"]  # fmt: skip
NOT_THERE = ["moto", "cheroot", "lambda_lab", "pytest", "flask", "httptools", "psutil", "yaml",
             "requests", "pydantic", "rich", "werkzeug", "live_region", "pip"]  # fmt: skip


@pytest.mark.fidelity("only-the-package")
def test_only_the_package_its_layers_and_the_sdk_can_be_imported(lab: LiveRegion) -> None:
    seen = lab.run(IMPORTS, THERE + NOT_THERE).value
    assert [name for name in THERE if not seen[name]] == []
    assert [name for name in NOT_THERE if seen[name]] == []


def test_nothing_of_ours_is_loaded_in_a_function(lab: LiveRegion) -> None:
    code = "import sys\ndef handler(event, context):\n    return sorted(sys.modules)\n"
    loaded = {name.partition(".")[0] for name in lab.run(code).value}
    assert "boto3" in loaded, "the SDK is preloaded"
    assert loaded & {"lambda_lab", "moto", "cheroot", "httptools", "psutil", "pytest"} == set()


@pytest.mark.fidelity("sdk-in-the-environment")
def test_a_function_reaches_the_region_through_the_sdk(lab: LiveRegion) -> None:
    code = """
import boto3
def handler(event, context):
    boto3.client("s3").create_bucket(Bucket="of-a-function")
    return boto3.client("sts").get_caller_identity()["Arn"]
"""
    answer = lab.run(code)
    assert answer.error is None, answer.raw
    assert ":assumed-role/lambda-lab-role/" in answer.value
    names = [bucket["Name"] for bucket in lab.client("s3").list_buckets()["Buckets"]]
    assert names == ["of-a-function"]
    lab.client("s3").delete_bucket(Bucket="of-a-function")


@private_root
def test_a_name_outside_this_machine_does_not_resolve(lab: LiveRegion) -> None:
    code = """
import socket
def handler(event, context):
    try:
        return socket.getaddrinfo(event, 443)
    except OSError as error:
        return type(error).__name__
"""
    assert lab.run(code, "www.python.org").value == "gaierror"


# -- files -----------------------------------------------------------------------------------------

WRITES = """
import os
def handler(event, context):
    seen = {}
    for place in event:
        try:
            with open(place, "w") as file:
                file.write("x")
            seen[place] = "written"
        except OSError as error:
            seen[place] = os.strerror(error.errno)
    return seen
"""


@private_root
@pytest.mark.fidelity("read-only-code", "files-kept")
def test_only_tmp_can_be_written(lab: LiveRegion) -> None:
    files = {"lambda_function.py": WRITES, "data/own.txt": "mine"}
    fixed = ["/var/task/new", "/var/task/data/own.txt", "/var/task/lambda_function.py",
             "/opt/new", "/var/runtime/new", "/new", "/etc/hosts", "/usr/new"]  # fmt: skip
    name = lab.deploy(files)
    assert lab.call(name, [*fixed, "/tmp/new"]).value == {
        **dict.fromkeys(fixed, "Read-only file system"),
        "/tmp/new": "written",
    }


@private_root
@pytest.mark.fidelity("wall-of-files")
def test_a_function_cannot_mount_or_become_more(lab: LiveRegion) -> None:
    code = """
import ctypes, os
def handler(event, context):
    libc = ctypes.CDLL(None, use_errno=True)
    status = open("/proc/self/status").read()
    capabilities = [line.split()[1] for line in status.splitlines() if line.startswith("Cap")]
    return {"mount": libc.mount(b"x", b"/tmp", b"tmpfs", 0, None),
            "unmount": libc.umount2(b"/var/task", 2),
            "capabilities": [one for one in capabilities[:3] if int(one, 16)]}
"""
    assert lab.run(code).value == {"mount": -1, "unmount": -1, "capabilities": []}


FILL = """
import os, shutil
def handler(event, context):
    total = shutil.disk_usage("/tmp").total
    with open("/tmp/large", "wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, event << 20)
            said = "fits"
        except OSError as error:
            said = os.strerror(error.errno)
    os.unlink("/tmp/large")
    return [total >> 20, said]
"""


@private_root
@pytest.mark.parametrize("size", [512, 700])
@pytest.mark.fidelity("private-tmp")
def test_tmp_has_the_configured_size(lab: LiveRegion, size: int) -> None:
    name = lab.deploy(FILL, EphemeralStorage={"Size": size})
    assert lab.call(name, 100).value == [size, "fits"]
    assert lab.call(name, size + 1).value == [size, "No space left on device"]


@private_root
@pytest.mark.fidelity("private-tmp")
def test_tmp_is_each_environments_own(lab: LiveRegion) -> None:
    code = "import os\ndef handler(event, context):\n    open('/tmp/mine', 'w').close()\n"
    lab.run(code)
    other = "import os\ndef handler(event, context):\n    return os.listdir('/tmp')\n"
    assert lab.run(other).value == []
    assert not Path("/tmp/mine").exists()


# -- packages and layers ---------------------------------------------------------------------------


def layer(lab: LiveRegion, name: str, files: dict[str, str]) -> str:
    content = {"ZipFile": make_zip(files)}
    return str(lab.lam.publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"])


@pytest.mark.fidelity("sdk-in-the-environment")
def test_a_package_that_brings_its_own_boto3_uses_it(lab: LiveRegion) -> None:
    files = {
        "lambda_function.py": "import boto3\ndef handler(e, c):\n    return boto3.whose\n",
        "boto3/__init__.py": "whose = 'mine'\n",
    }
    assert lab.run(files).value == "mine"


def test_a_package_that_brings_a_part_of_the_sdk(lab: LiveRegion) -> None:
    files = {
        "lambda_function.py": "import boto3, six\n"
        "def handler(event, context):\n    return [six.whose, boto3.__name__]\n",
        "six.py": Path(six.__file__).read_text() + "\nwhose = 'mine'\n",
    }
    assert lab.run(files).value == ["mine", "boto3"]


@pytest.mark.fidelity("layers")
def test_later_layers_win_and_the_package_wins_over_all(lab: LiveRegion) -> None:
    first = layer(lab, "one", {"python/a.py": "v = 1", "python/b.py": "v = 1", "data/x": "1"})
    second = layer(lab, "two", {"python/b.py": "v = 2", "python/c.py": "v = 2", "data/x": "2"})
    files = {
        "lambda_function.py": "import a, b, c, os\nimport pathlib\n"
        "def handler(event, context):\n"
        "    opt = pathlib.Path(a.__file__).parents[1]\n"
        "    return [a.v, b.v, c.v, (opt / 'data/x').read_text()]\n",
        "c.py": "v = 'package'",
    }
    assert lab.run(files, Layers=[first, second]).value == [1, 2, "package", "2"]
    assert lab.run(files, Layers=[second, first]).value == [1, 1, "package", "1"]


def test_the_layer_folder_of_one_python_version(lab: LiveRegion) -> None:
    path = "python/lib/python3.13/site-packages/only.py"
    arn = layer(lab, "versioned", {path: "v = 1"})
    code = "import only\ndef handler(event, context):\n    return only.v\n"
    assert lab.run(code, Layers=[arn], Runtime="python3.13").value == 1
    lab.run(code, Layers=[arn], Runtime="python3.12").fails("Runtime.ImportModuleError")


# -- what a function leaves running ----------------------------------------------------------------

LEAVES = """
import os, subprocess, sys, threading, time
def daemon():
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        pid = os.fork()
        if pid == 0:
            os.close(reading); os.close(writing)
            time.sleep(300)
            os._exit(0)
        os.write(writing, str(pid).encode())
        os._exit(0)
    os.wait()
    return int(os.read(reading, 20))
def handler(event, context):
    if event == "end":
        os._exit(1)
    threading.Thread(target=time.sleep, args=(300,)).start()
    child = subprocess.Popen(["sleep", "300"])
    own_group = subprocess.Popen(["sleep", "300"], start_new_session=True)
    return [os.getpid(), child.pid, own_group.pid, *([daemon()] if event == "daemon" else [])]
"""


@pytest.mark.fidelity("children-end")
def test_threads_and_children_die_with_the_process(lab: LiveRegion) -> None:
    name = lab.deploy(LEAVES, MemorySize=256)
    pids = lab.call(name, "children").value
    assert all(alive(pid) for pid in pids)
    lab.call(name, "end").fails("Runtime.ExitError")
    until(lambda: not any(alive(pid) for pid in pids))


@pytest.mark.fidelity("children-end")
def test_daemons_die_with_the_environment(lab: LiveRegion) -> None:
    name = lab.deploy(LEAVES, MemorySize=256)
    pids = lab.call(name, "daemon").value
    assert len(pids) == 4
    assert all(alive(pid) for pid in pids)
    lab.lam.delete_function(FunctionName=name)
    until(lambda: not any(alive(pid) for pid in pids))


def test_daemons_die_with_the_process(lab: LiveRegion) -> None:
    name = lab.deploy(LEAVES, MemorySize=256)
    pids = lab.call(name, "daemon").value
    lab.call(name, "end").fails("Runtime.ExitError")
    until(lambda: not any(alive(pid) for pid in pids))


def test_the_reader_keeps_dummy_credentials_while_the_region_is_open(lab: LiveRegion) -> None:
    import boto3

    found = boto3.session.Session().get_credentials().get_frozen_credentials()
    assert found.secret_key != SECRET
    assert SECRET not in json.dumps(dict(os.environ))
    assert lab.client("s3").meta.endpoint_url == lab.region.url
