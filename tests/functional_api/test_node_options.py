"""Node.js starts with the options Lambda gives it."""

from __future__ import annotations

import shutil

import pytest

from api_region import ApiRegion, package
from lambda_lab.runtime.runtimes import node_flags

NODE = shutil.which("node")
SAYS_OPTIONS = "export const handler = async () => process.execArgv;\n"


@pytest.mark.skipif(NODE is None, reason="there is no `node` on PATH")
@pytest.mark.parametrize("runtime", ["nodejs20.x", "nodejs22.x", "nodejs24.x"])
@pytest.mark.parametrize("options", ["", "--experimental-detect-module"])
def test_what_a_function_is_started_with(api: ApiRegion, runtime: str, options: str) -> None:
    variables = {"NODE_OPTIONS": options} if options else {}
    name = api.active(
        Runtime=runtime,
        Code={"ZipFile": package({"index.mjs": SAYS_OPTIONS})},
        Environment={"Variables": variables},
    )
    wanted = [*node_flags(str(NODE), runtime, variables)]
    assert api.invoke(name) == wanted
    if runtime == "nodejs20.x":
        assert wanted == []
    assert f"--no-{options.removeprefix('--')}" not in wanted
