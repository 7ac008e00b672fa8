"""What a lab is given by mistake: it says what is wrong, and goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError

from lambda_lab import Lab
from lambda_lab.deploy import default_handler, make_zip
from lambda_lab.errors import LabError, PackagingError
from lambda_lab.region import Region

SOURCE = "def handler(event, context):\n    return 1\n"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab("bad-input") as opened:
        opened._region.launcher.wait_ready()
        yield opened


@pytest.mark.parametrize("name", ["", "x", "us-east", "US-EAST-1", None, 5, math.nan, [], True])
def test_a_region_has_a_name_of_awss(name: Any) -> None:
    with pytest.raises(LabError, match=r"is no region\. Give AWS's name of one"):
        Region(name)


@pytest.mark.parametrize("source", [None, 5, math.nan, True, ["a.py"], b"code", object()])
def test_a_source_is_text_a_path_or_a_dict(lab: Lab, source: Any) -> None:
    with pytest.raises(PackagingError, match="Give the text of a module, a path, or a dict"):
        lab.function("made", source)
    with pytest.raises(PackagingError, match="Give the text of a module, a path, or a dict"):
        lab.layer("made", source)


@pytest.mark.parametrize("files", [{"a.py": None}, {"a.py": 5}, {"a.py": []}, {5: "text"}])
def test_files_hold_text(lab: Lab, files: Any) -> None:
    with pytest.raises(PackagingError, match="Give a dict of file names to text"):
        lab.function("made", files)


def test_a_package_has_a_file(lab: Lab) -> None:
    with pytest.raises(PackagingError, match="has no file"):
        lab.function("made", {})


@pytest.mark.parametrize(
    ("settings", "parameter"),
    [
        ({"environment": "text"}, "Environment.Variables"),
        ({"environment": 5}, "Environment.Variables"),
        ({"layers": "arn:aws:lambda:us-east-1:123456789012:layer:one:1"}, "Layers"),
        ({"layers": None}, "Layers"),
        ({"runtime": None}, "Runtime"),
        ({"runtime": 3.12}, "Runtime"),
        ({"timeout": 1.5}, "Timeout"),
        ({"memory": math.nan}, "MemorySize"),
    ],
)
def test_settings_are_named_as_aws_names_them(lab: Lab, settings: Any, parameter: str) -> None:
    with pytest.raises(ParamValidationError, match=parameter):
        lab.function("made", SOURCE, **settings)


@pytest.mark.parametrize("how_far", ["3", None, [], {}, b"3"])
def test_the_clock_moves_by_a_number(lab: Lab, how_far: Any) -> None:
    with pytest.raises(TypeError, match="the clock moves by a number"):
        lab.clock.advance(how_far)
    with pytest.raises(TypeError, match="the clock moves by a number"):
        lab.clock.advance(minutes=how_far)


def test_a_lab_that_is_closed_says_so() -> None:
    closed = Lab("closed")
    closed.close()
    for ask in (
        lambda: closed.client("lambda"),
        lambda: closed.function("made", SOURCE),
        lambda: closed.logs("made"),
        lambda: closed.reach("made", "s3"),
    ):
        with pytest.raises(LabError, match=r"This lab is closed\. Open another one"):
            ask()


def test_what_is_no_code_on_one_line_is_a_path_that_is_not_there(lab: Lab) -> None:
    with pytest.raises(PackagingError, match=r"\. Give the text of a module"):
        lab.function("made", "x" * 5000)


@pytest.mark.parametrize("files", [None, 5, "text", b"text", ["a.py"], {"a.py": None}, {5: ""}])
def test_a_zip_is_made_of_names_and_text(files: Any) -> None:
    with pytest.raises(PackagingError, match="Give a dict of file names to text"):
        make_zip(files)


@pytest.mark.parametrize(
    ("names", "handler"),
    [
        (["README.md", "shop.py"], "shop.handler"),
        (["a/tools.py", "shop.py"], "shop.handler"),
        (["data.json", "app.mjs"], "app.handler"),
        (["app.py", "lambda_function.py"], "lambda_function.handler"),
        (["bootstrap"], "bootstrap.handler"),
    ],
)
def test_the_handler_is_looked_for_in_code(names: list[str], handler: str) -> None:
    assert default_handler(dict.fromkeys(names, "")) == handler
