"""Every command of every page, run with the real AWS CLI: it prints what the page shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import commands
from command_pages import Block, Page, blocks_in, pages, read_page, strays_in, with_output
from command_runs import Printed, Served, find_cli, run_blocks, served, steady

PAGES = commands.pages_with_commands()
FENCE = "```"


@pytest.fixture(scope="module")
def region() -> Iterator[Served]:
    cli = find_cli()
    if cli is None:
        pytest.skip("the AWS CLI is not installed: run 'make setup-cli'")
    with served(cli) as region:
        yield region


@pytest.mark.aws_cli
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_the_page_shows_what_its_commands_print(region: Served, page: Page) -> None:
    wrong = commands.check_page(page, commands.run_page(region, page))
    assert wrong == [], "\n".join([*wrong, "To take what was printed: tools/commands.py --update"])


def test_no_command_stands_outside_a_block() -> None:
    strays = [
        f"{page.name}: line {line}"
        for page in pages()
        for text in page.texts
        for line in strays_in(text)
    ]
    assert strays == []


def test_every_block_is_run() -> None:
    """A mark would leave one out. Whoever needs it again has to say here which, and why."""
    assert commands.marks() == []


def test_the_labs_and_the_cookbook_are_among_the_pages() -> None:
    names = {page.name for page in PAGES}
    assert {"README.md", "chapters/start/setup.md", "chapters/reference/cli-cookbook.md"} <= names
    assert sum(name.startswith("labs/") for name in names) >= 25


def run(region: Served, script: str, shown: str, *, refused: bool = False) -> list[str]:
    block = Block(1, script, shown, (0, 0), refused)
    (printed,) = run_blocks(region, [block])
    return commands.complaints(block, printed)


GOOD = "aws sts get-caller-identity --query Account --output text\n"


@pytest.mark.aws_cli
def test_a_page_that_lies_is_found_out(region: Served) -> None:
    assert run(region, GOOD, "123456789012\n") == []
    (other,) = run(region, GOOD, "210987654321\n")
    assert "-210987654321" in other
    assert "+123456789012" in other
    (silent,) = run(region, GOOD, "")
    assert "+123456789012" in silent


@pytest.mark.aws_cli
@pytest.mark.parametrize(
    "script",
    [
        "aws lambda get-function --function-name nobody >/dev/null 2>&1\n" + GOOD,
        "NAME=$(aws lambda get-function --function-name nobody 2>/dev/null)\n" + GOOD,
        "aws lambda no-such-command >/dev/null 2>&1\n" + GOOD,
    ],
)
def test_a_command_that_fails_on_the_way_is_found_out(region: Served, script: str) -> None:
    (failed,) = run(region, script, "123456789012\n")
    assert failed.startswith("a command failed with status ")


@pytest.mark.aws_cli
def test_a_refusal_must_come_where_it_is_announced(region: Served) -> None:
    refusal = "aws lambda get-function --function-name nobody\n"
    shown = (
        "An error occurred (ResourceNotFoundException) when calling the GetFunction operation: "
        "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody\n"
    )
    assert run(region, refusal, shown, refused=True) == []
    (unasked,) = run(region, refusal, shown)
    assert "failed" in unasked
    (none,) = run(region, GOOD, "123456789012\n", refused=True)
    assert "nothing was refused" in none


@pytest.mark.aws_cli
def test_blocks_share_a_shell_and_pages_share_nothing(region: Served) -> None:
    first = [
        Block(1, "BUCKET=one\naws s3api create-bucket --bucket $BUCKET\n", "", (0, 0)),
        Block(1, 'printf "%s\\n" "$BUCKET" > note; ls\n', "", (0, 0)),
        Block(1, "aws s3api list-buckets --query 'length(Buckets)'\n", "", (0, 0)),
    ]
    outputs = [printed.output for printed in run_blocks(region, first)]
    assert outputs[1:] == ["note\n", "1\n"]
    other = Block(
        1, "ls\necho \"[$BUCKET]\"\naws s3api list-buckets --query 'length(Buckets)'\n", "", (0, 0)
    )
    (printed,) = run_blocks(region, [other])
    assert printed == Printed("[]\n0\n", ())


@pytest.mark.aws_cli
def test_the_address_on_a_page_is_the_regions(region: Served) -> None:
    script = "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n" + GOOD + 'echo "$AWS_ENDPOINT_URL"\n'
    assert run(region, script, "123456789012\nhttp://127.0.0.1:4566\n") == []


def test_fences_in_boxes_count_and_fences_that_show_markdown_do_not() -> None:
    text = f"""````{{on-real-aws}}
{FENCE}bash
aws x y
{FENCE}
````

````markdown
{FENCE}bash
aws shown only
{FENCE}
````

{FENCE}{{code-cell}} python3
{FENCE}

{FENCE}bash
aws z
{FENCE}
"""
    assert [block.script for block in blocks_in(text)] == ["aws x y\n", "aws z\n"]


def test_marks_and_outputs() -> None:
    text = f"""<!-- not run: needs a moon -->
{FENCE}bash
aws moon land
{FENCE}

And an output that belongs to nothing:

{FENCE}output
one small step
{FENCE}
"""
    (block,) = blocks_in(text)
    assert (block.not_run, block.refused, block.output) == ("needs a moon", False, "")
    changed = with_output(text, block, "landed\n")
    assert blocks_in(changed)[0].output == "landed\n"
    assert with_output(changed, blocks_in(changed)[0], "") == text


def test_an_update_changes_the_outputs_alone(tmp_path: Path) -> None:
    for page in PAGES:
        shown = [[block.output for block in blocks] for blocks in page.blocks()]
        assert page.with_outputs(shown) == page
        copy = tmp_path / page.path.name
        copy.write_bytes(page.path.read_bytes())
        replace(page, path=copy).write()
        assert copy.read_bytes() == page.path.read_bytes()
        assert read_page(copy).texts == page.texts


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("0f8fad5b-d9cb-469f-a165-70867728950e", "…"),
        ("1795254000.123", "…"),
        ("2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef", "…/[$LATEST]…"),
        ("Billed Duration: 3 ms", "Billed Duration: … ms"),
        ("123456789012 512 2026-11-21 arn:aws:sns:us-east-1:123456789012:life", None),
        ("\n\nAn error occurred  \n", "An error occurred"),
    ],
)
def test_only_what_differs_is_masked(printed: str, shown: str | None) -> None:
    assert steady(printed) == f"{printed if shown is None else shown}\n"
