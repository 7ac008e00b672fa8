"""Environments without a private root change nothing of the machine's but what is their own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_lab.runtime.guard import WORDS
from live_region import LiveRegion, open_region, until


@pytest.fixture(scope="module")
def lab() -> Iterator[LiveRegion]:
    """Return a region whose environments have no private root."""
    with open_region(isolate=False) as live:
        assert not live.isolated
        yield live


@pytest.fixture(params=["/tmp", "/var/tmp"])
def decoy(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder of the reader's, in the ``/tmp`` that functions name and elsewhere."""
    folder = Path(tempfile.mkdtemp(prefix="lambda-lab-decoy-", dir=request.param))
    (folder / "folder").mkdir()
    for name in ("file", "folder/file"):
        (folder / name).write_text("kept")
    yield folder
    shutil.rmtree(folder)


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else ""
        for path in folder.rglob("*")
    }


KEPT = {"file": "kept", "folder": "", "folder/file": "kept"}
CHANGES = """
import os, shutil, subprocess
def handler(event, context):
    told = {}
    def tries(name, do):
        try:
            do()
            told[name] = "done"
        except OSError as error:
            told[name] = str(error)
    folder = event["folder"]
    # By another way as well, which says no `/tmp` at its beginning.
    for at in (folder, f"/proc/self/root{folder}"):
        file = f"{at}/file"
        tries(f"remove {at}", lambda: os.remove(file))
        tries(f"remove a tree {at}", lambda: shutil.rmtree(f"{at}/folder"))
        tries(f"write {at}", lambda: open(file, "w"))
        open("/tmp/mine", "w").close()
        tries(f"replace {at}", lambda: os.replace("/tmp/mine", file))
        tries(f"make {at}", lambda: os.mkdir(f"{at}/new"))
    shell = subprocess.run(["sh", "-c", event["script"]], cwd="/", capture_output=True, text=True)
    return [told, shell.stderr]
"""
SHELL = "rm -r {0}/file {0}/folder; echo x > {0}/file; touch {0}/new"


@pytest.mark.fidelity("files-kept")
def test_a_handler_cannot_change_the_readers_files(lab: LiveRegion, decoy: Path) -> None:
    # Without Landlock nothing but Python itself is held.
    script = SHELL.format(decoy) if lab.region.launcher.walled else "true"
    told, shell = lab.run(CHANGES, {"folder": str(decoy), "script": script}).value
    assert content(decoy) == KEPT
    assert "done" not in told.values()
    by_the_way = told[f"remove /proc/self/root{decoy}"]
    assert by_the_way == f"[Errno 13] {WORDS}: '/proc/self/root{decoy}/file'"
    # A folder of its own is where `/tmp` is, and the decoy does not lie there.
    said = "No such file" if decoy.parent == Path("/tmp") else WORDS
    assert said in told[f"write {decoy}"]
    if lab.region.launcher.walled:
        assert shell.count("Permission denied") == 4, shell


NODE = """
import fs, { writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { readFile, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
export const handler = async (at) => {
  const told = {};
  const tries = (name, act) => {
    try { act(); told[name] = "done"; } catch (error) { told[name] = error.code; }
  };
  tries("remove", () => fs.unlinkSync(`${at}/file`));
  tries("remove a tree", () => fs.rmSync(`${at}/folder`, { recursive: true }));
  tries("write", () => writeFileSync(`${at}/file`, "x"));
  await writeFile("/tmp/note", "here");
  const note = [await readFile("/tmp/note", "utf8"), fs.readFileSync(`${tmpdir()}/note`, "utf8")];
  const script = "cat \\"$TMPDIR/note\\"";
  note.push(execFileSync("sh", ["-c", script], { encoding: "utf8" }));
  process.chdir("/tmp");
  note.push(fs.readFileSync("note", "utf8"));
  process.chdir(process.env.LAMBDA_TASK_ROOT);
  const listed = fs.readdirSync("/tmp");
  await unlink("/tmp/note");
  return { told, note, listed, left: fs.existsSync("/tmp/note") };
};
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js")
@pytest.mark.fidelity("files-kept")
def test_nor_can_one_of_node(lab: LiveRegion, decoy: Path) -> None:
    if decoy.parent != Path("/tmp") and not lab.region.launcher.walled:
        pytest.skip("this kernel has no Landlock, and nothing else holds Node.js")
    answer = lab.run({"index.mjs": NODE}, str(decoy), Runtime="nodejs22.x").value
    assert content(decoy) == KEPT
    code = "ENOENT" if decoy.parent == Path("/tmp") else "EACCES"
    assert answer["told"] == dict.fromkeys(("remove", "remove a tree", "write"), code)
    assert answer["note"] == ["here"] * 4
    assert (answer["listed"], answer["left"]) == (["note"], False)


OWN = """
import os, shutil, tempfile
def handler(event, context):
    before = sorted(os.listdir("/tmp"))
    with open("/tmp/calls", "a") as calls:
        calls.write("x")
    os.makedirs("/tmp/work/inner", exist_ok=True)
    with tempfile.NamedTemporaryFile(dir="/tmp/work") as made:
        made.write(b"x")
    shutil.rmtree("/tmp/work")
    with open("/tmp/calls") as calls:
        return [before, calls.read(), os.environ["TMPDIR"]]
"""


@pytest.mark.fidelity("private-tmp")
def test_what_is_its_own_it_may_change_and_it_ends_with_it(lab: LiveRegion) -> None:
    one, other = lab.deploy(OWN), lab.deploy(OWN)
    assert [lab.call(one).value[:2] for _ in range(2)] == [[[], "x"], [["calls"], "xx"]]
    assert lab.call(other).value[:2] == [[], "x"], "each environment has its own"
    folder = Path(lab.call(one).value[2])
    assert folder.is_relative_to(lab.region.folder)
    assert (folder / "calls").read_text() == "xxx"
    lab.lam.delete_function(FunctionName=one)
    until(lambda: not folder.parent.exists())
    assert lab.call(other).value[1] == "xx"


def test_a_trace_tells_no_frames_but_the_functions(lab: LiveRegion) -> None:
    code = "import os\ndef handler(event, context):\n    open(event, 'w')\n"
    for path in ("/tmp/no/such", f"/proc/{os.getpid()}/comm"):
        document = lab.run(code, path).value
        assert path in document["errorMessage"]
        (frame,) = document["stackTrace"]
        assert "in handler" in frame
