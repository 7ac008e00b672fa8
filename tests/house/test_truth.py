"""Numbers and names in the prose are those of the facts, and every fact has a use."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import truth
import unused
from amounts import amounts
from forms import wrong_forms
from lambda_lab import facts
from names import emitted_metrics, wrong_names
from passages import GAP, Page, markdown_page, notebook_page, python_page
from repository import ROOT

LISTS = ("tests/house/typed-numbers.toml", "tests/house/kept-numbers.txt")
READ = ("README.md", "intro.md", "chapters", "labs", *LISTS)
CODE = ("src/lambda_lab", "_ext", "benchmarks", "tools")


def test_the_book_holds() -> None:
    assert truth.findings(ROOT) == []


def numbers(text: str, *, page: Callable[[str, str], Page] = markdown_page) -> list[str]:
    return list(truth.wrong_numbers([page("chapters/a.md", text)], []))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("fifteen minutes", [("900", "time")]),
        ("a 15-minute limit", [("900", "time")]),
        ("900 s, 900 seconds", [("900", "time"), ("900", "time")]),
        ("10,240 MB or 10 GB", [("10737418240", "size"), ("10737418240", "size")]),
        ("one to two minutes", [("60", "time"), ("120", "time")]),
        ("a thousand concurrent executions", [("1000", "execution")]),
        ("two hundred and fifty megabytes", [("262144000", "size")]),
        ("six\nretries", [("6", "retry")]),
        ("$0.20 and 20 cents", [("0.20", "cents"), ("0.20", "money")]),
        ("an account of 1,000", [("1000", "bare")]),
        ("10%", [("10", "share")]),
        ("6 times, 2 versions", [("6", "times"), ("2", "versions")]),
        ("since 1 August 2025", [("20250801", "date")]),
        ("up to 65535, or 65,535", [("65535", "bare"), ("65535", "bare")]),
        ("in 2025, port :5432, SQLSTATE 08000, six times, 10", []),
        ("python3.11, 2018-06-01, a second, version 2, the 429", []),
    ],
)
def test_amounts(text: str, found: list[tuple[str, str]]) -> None:
    expected = [(Decimal(value), family.replace("cents", "money")) for value, family in found]
    assert [(one.value, one.family) for one in amounts(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "A run ends after 15 minutes.",
        "A run ends after fifteen minutes.",
        "> A 900-second limit.",
        "| timeout |\n| --- |\n| 900 s |",
        "- a list\n  - of six megabytes",
        "```{cost}\nA million costs $0.20.\n```",
        "```{exam-corner} Two retries\nSay so.\n```",
        "```{quiz}\nquestion: How?\nanswers:\n  - text: so\n    why: At most 6 MB.\n```",
        "```{quiz}\nquestion: How?\nanswers:\n  - text: 6 MB\n    correct: true\n    why: So.\n```",
        "````{grid} 1\n```{grid-item}\nTen seconds.\n```\n````",
        "*Emphasis: 15 minutes*, [a link of 6 MB](https://a.b), {ref}`five layers <ch-a>`",
        "An account has 1,000.",
        "Init is billed since 1 August 2025.",
        "| most |\n| --- |\n| 10 |",
        "| from, to |\n| --- |\n| 2 to 1,000 |",
        # An experiment of the page's own excuses no number of AWS's.
        "```{code-cell} python3\nclock.advance(minutes=15)\n```\n\nIt ends after 15 minutes.",
    ],
)
def test_a_typed_number_of_awss_is_found(text: str) -> None:
    assert any("is a fact's value" in one for one in numbers(text)), numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "A run ends after {{ timeout_maximum }}.",
        "`15 minutes` is code.",
        "```python\nlife = minutes(15)\n```",
        "```{code-cell} python3\nclock.advance(minutes=17)\n```\n\nThe clock moves by 17 minutes.",
        "One message, one environment.",
        "```{quiz}\nquestion: Is 6 MB much?\nanswers:\n  - text: 15 minutes\n    why: No.\n```",
        "```{notes-say}\n- *At most 9000 s.* {claim}`N004-51`\n  It is {{ timeout_maximum }}.\n```",
        "---\ntitle: 15 minutes\n---\n\nProse.",
    ],
)
def test_what_is_no_number_of_the_prose(text: str) -> None:
    assert numbers(text) == []


def test_a_number_out_of_the_air_is_found() -> None:
    assert "can say why" in numbers("It takes 17 minutes.")[0]


def test_a_number_of_the_code_is_one_of_its_section_and_of_its_kind() -> None:
    cell = "```{{code-cell}} python3\n{}\n```\n\n"
    assert numbers(cell.format("sleep(17)") + "It takes 17 seconds.") == []
    assert numbers(cell.format("minutes = 17") + "It takes 17 minutes.") == []
    assert numbers(cell.format("range(17)") + "It takes 17 seconds.")
    assert numbers(cell.format("sleep(17)") + "## Later\n\nIt takes 17 seconds.")


def test_every_measured_fact_would_be_seen() -> None:
    """Whatever fact is typed instead of substituted, in its own words, with its own unit."""
    plain = {
        "count",
        "ratio",
        "HTTP status",
        "port",
        "name",
        "names",
        "text",
        "pattern",
    }
    rare = {
        "addresses",
        "attributes",
        "file descriptors",
        "Mbps",
        "polls per second",
        "processes and threads",
        "targets",
        "test events",
    }
    unseen = [
        fact.key
        for fact in facts.all().values()
        if fact.unit not in plain | rare and not list(amounts(fact.text))
    ]
    # "nothing", and "about 16": their texts have no unit.
    assert set(unseen) == {"price.endpoint.gateway", "concurrency.recursion.limit"}


def test_a_note_is_quoted_as_it_is() -> None:
    box = "```{{notes-say}}\n- *At most {} s.* {{claim}}`N004-51`\n  Hardly.\n```"
    assert numbers(box.format(9000)) == []
    assert "N004-51 do not" in numbers(box.format(9001))[0]


def lab(markdown: str, code: str = "") -> str:
    cells = [("markdown", markdown), ("code", code)]
    return json.dumps({"cells": [{"cell_type": kind, "source": [text]} for kind, text in cells]})


def test_labs_name_their_facts() -> None:
    """JupyterLab shows a substitution as it is typed, so a lab's number is held by the list."""
    read = notebook_page("labs/L99-a.ipynb", lab("Stopped after 15 minutes.", "wait(seconds=3)"))
    assert "name it in" in next(truth.wrong_numbers([read], []))
    fits = truth.Listed("L99", "after 15 minutes", fact="timeout.maximum")
    assert list(truth.wrong_numbers([read], [fits])) == []
    other = truth.Listed("L99", "after 15 minutes", fact="timeout.default")
    assert "timeout.default is 3 seconds" in next(truth.wrong_numbers([read], [other]))
    own = notebook_page("labs/L99-a.ipynb", lab("Wait three seconds.", "wait(seconds=3)"))
    assert list(truth.wrong_numbers([own], [])) == []


def test_exercises_are_read() -> None:
    module = (
        'EXERCISES = (Exercise(question="Stopped after 16 minutes?", solution_source="a = 3"),)'
    )
    read = python_page("l99.py", module)
    assert "16 minutes" in next(truth.wrong_numbers([read], []))
    computed = python_page("l99.py", 'hint = f"Stopped after {limit} at 3 s."\nanswer = 3')
    assert computed.passages[0].text == f"Stopped after {GAP} at 3 s."
    assert list(truth.wrong_numbers([computed], [])) == []


def test_the_list_cannot_outlive_its_reasons() -> None:
    page = markdown_page("chapters/a.md", "It ends after fifteen minutes of talk.")
    talk = truth.Listed("chapters/a.md", "fifteen minutes of talk", why="a story")
    assert list(truth.wrong_numbers([page], [talk])) == []
    elsewhere = truth.Listed("chapters/b.md", "fifteen minutes of talk", why="a story")
    found = list(truth.wrong_numbers([page], [elsewhere]))
    assert len(found) == 2
    assert "is not needed" in found[1]
    assert "which is no fact" in " ".join(
        truth.wrong_numbers([page], [truth.Listed("*", "fifteen minutes of talk", fact="no.such")])
    )


def test_every_reason_is_given() -> None:
    listed = truth.read_listed(ROOT / truth.LISTED)
    assert len(listed) > 50
    assert all(bool(entry.why) != bool(entry.fact) for entry in listed)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Look at `Throttle`.", "is it Throttles"),
        ("A sum of `ConcurentExecutions`.", "is it ConcurrentExecutions"),
        ("The age is `IteratorAges`.", "is it IteratorAge"),
        ("It is a `ResourceNotFoundExeption`.", "ResourceNotFoundExeption"),
        ("It raises TooManyRequestsExceptions.", ""),
        ("It raises a TooManyRequestException.", "is it TooManyRequestsException"),
        ("It raises a TooManyRequestsExeption.", "is it TooManyRequestsException"),
        ("It is a NoSuchThingAtAllException.", "in no model"),
        ("The type is `Runtime.ExitErorr`.", "Runtime.ExitError"),
        ("The type is `Runtime.Nothing`.", "in no model"),
        ("Set `MaximumRetryAttempt`.", "in no model"),
        ("Its runtime is `python3.51`.", "no runtime"),
        ("Its runtime is `nodejs23.x`.", "no runtime"),
        ("```{code-cell} python3\nask(MetricName='Throttle')\n```", "is it Throttles"),
    ],
)
def test_names(text: str, complaint: str) -> None:
    found = " ".join(wrong_names([markdown_page("chapters/a.md", text)], ROOT, {}))
    assert complaint in found
    assert bool(found) == bool(complaint)


@pytest.mark.parametrize(
    "text",
    [
        "The status is 439.",
        "Port 444 is open.",
        "Since July 2024 it is billed.",
        "Before 2021 it was free.",
        "Up to 17, and no more.",
        "The target is 0.8.",
        "Java 18 has it.",
        "Python 3.13 and later have it.",
        "```{code-cell} python3\n# at most 901 seconds\nwait(1)\n```",
        "```{code-cell} python3\nshow.table(rows, caption='After 20 minutes')\n```",
    ],
)
def test_a_number_without_a_unit_is_found(text: str) -> None:
    assert len(numbers(text)) == 1, numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "A 429 or a 502, and 501 of ours; port 443, ports 80 and 443.",
        "In version 2, in versions 1 and 2, in Notes 003; reserved concurrency of 0.",
        "Python 3.12, Java 21, .NET 8; Python 3.12 and later.",
        "It is X-12 or 3:4, 5/6, 2x.",
        "```{code-cell} python3\n# its 17 seconds\nwait(seconds=17)\n```",
    ],
)
def test_small_numbers_that_say_what_they_are(text: str) -> None:
    assert numbers(text) == []


def test_a_lab_may_count_what_it_shows() -> None:
    read = notebook_page("labs/L99-a.ipynb", lab("Order 17 comes 3 times, 12 in all; status 439."))
    assert ["439" in one for one in truth.wrong_numbers([read], [])] == [False, True]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Let `s4.amazonaws.com` in.", "s4 is no principal"),
        ("Allow `lambda:InvokeFunctions`.", "no action"),
        ("Allow `sqs:SendMesage`.", "no action"),
        ("The header `X-Amz-Executing-Version`.", "no header"),
        ("Read `AWS_LAMBDA_FUNCTION_NAMES`.", "no variable"),
        ("Use `aws lambda add-permissions`.", "add-permissions is no command"),
        ("It is in us-east-9.", "no region"),
        ("```{code-cell} python3\nregion = 'us-west-7'\n```", "no region"),
        ("Let `sns.amazonaws.com` call `lambda:Get*`, `X-Amz-Function-Error`, us-west-2.", ""),
        ("`AWS_REGION`, `put-function-concurrency`, `s3:PutObject`, `own:Thing`.", ""),
    ],
)
def test_names_with_a_form_of_their_own(text: str, complaint: str) -> None:
    found = " ".join(wrong_forms([markdown_page("chapters/a.md", text)], {}))
    assert complaint in found
    assert bool(found) == bool(complaint)


def test_forms_that_are_listed_stand_somewhere() -> None:
    page = markdown_page("chapters/a.md", "Allow `lambda:InvokeFunction`.")
    assert list(wrong_forms([page], {}))
    assert list(wrong_forms([page], {"lambda:InvokeFunction": "of Invoke"})) == []
    assert "on no page" in next(wrong_forms([], {"lambda:InvokeFunction": "of Invoke"}))


def test_names_of_others_need_a_reason_and_a_place() -> None:
    page = markdown_page("chapters/a.md", "Set `AutoPublishAlias`.")
    assert list(wrong_names([page], ROOT, {}))
    assert list(wrong_names([page], ROOT, {"AutoPublishAlias": "of SAM"})) == []
    assert "on no page" in next(wrong_names([], ROOT, {"AutoPublishAlias": "of SAM"}))


def test_metrics_of_the_package_are_found() -> None:
    emitted = {name for _, name in emitted_metrics(ROOT / "src" / "lambda_lab" / "invoke")}
    assert {
        "Throttles", "Duration", "AsyncEventAge", "ProvisionedConcurrencyUtilization",
        "ProvisionedConcurrencySpilloverInvocations", "AsyncEventsDropped",
    } <= emitted  # fmt: skip


def test_a_fact_without_a_use_is_found(tmp_path: Path) -> None:
    shown = markdown_page("a.md", "```{quotas-sheet}\n```")
    without = list(unused.unused_facts([], tmp_path))
    assert len(without) == len(facts.all())
    left = list(unused.unused_facts([shown], tmp_path))
    assert any("price.requests is used" in one for one in left), "prices are not on the sheet"
    assert any("esm.stream.wait.first is" in one for one in left), "low confidence is not either"
    assert not any("timeout.maximum is" in one for one in left)
    named = markdown_page("a.md", "{{ price_requests }}")
    assert len(list(unused.unused_facts([named], tmp_path))) == len(facts.all()) - 1


# Errors planted in a copy of the tree; what is run on the copy is what is run on the tree.


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of all that is read, prose and code."""
    copy = tmp_path_factory.mktemp("planted")
    for name in (*READ, *CODE):
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return copy


@pytest.fixture(scope="module")
def unplanted(planted: Path) -> set[str]:
    """Return what is found without a planted error: nothing, when the first test above passes."""
    return set(truth.findings(planted))


def plant(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} has no {old!r} any more; plant the error elsewhere"
    path.write_text(text.replace(old, new), encoding="utf-8")


ASYNC, SYNC = "chapters/invocation/asynchronous.md", "chapters/invocation/synchronous.md"
L31 = "labs/L31-async-retries.ipynb"
TROUBLE = "chapters/reference/troubleshooting.md"
GLOSSARY = "chapters/reference/glossary.md"
ERRORS = "src/lambda_lab/facts/data/errors.toml"


@pytest.mark.parametrize(
    ("page", "old", "new", "complaint"),
    [
        (SYNC, "{{ timeout_maximum }}", "16 minutes", "'16 minutes' is no fact"),
        (SYNC, "{{ timeout_maximum }}", "15 minutes", "'15 minutes' is a fact's value"),
        (ASYNC, "`AsyncEventAge`", "`AsyncEventsAge`", "is it AsyncEventAge?"),
        (ASYNC, "{{ async_retries_default }}", "three retries", "'three retries' is no fact"),
        ("chapters/reference/metrics.md", "`Throttles`", "`Throttle`", "is it Throttles?"),
        ("chapters/polling/sqs.md", "{{ sqs_visibility_default }}", "31 seconds", "'31 seconds'"),
        ("chapters/cost/pricing.md", "{{ price_requests }}", "$0.25", "'$0.25' is a fact's value"),
        (L31, "two minutes after that", "four minutes after that", "'and two minutes after that'"),
        (L31, "grow to five minutes", "grow to 16 minutes", "'16 minutes' is no fact"),
        ("src/lambda_lab/invoke/telling.py", '"Throttles": 1', '"Throttle": 1', "metric Throttle,"),
        (
            "chapters/reference/troubleshooting.md",
            "| status 429",
            "| status 439",
            "'439' is no fact",
        ),
        (
            "chapters/reference/glossary.md",
            "`s3.amazonaws.com`",
            "`s4.amazonaws.com`",
            "no principal",
        ),
        ("chapters/releases/aliases.md", "`X-Amz-Executed", "`X-Amz-Executing", "no header"),
        (ERRORS, 'cure = "Wait until', 'cure = "Wait 17 minutes until', "'17 minutes' is no fact"),
    ],
)
def test_a_planted_error_is_found(
    planted: Path, unplanted: set[str], page: str, old: str, new: str, complaint: str
) -> None:
    path = planted / page
    whole = path.read_text(encoding="utf-8")
    plant(path, old, new)
    try:
        found = set(truth.findings(planted)) - unplanted
    finally:
        path.write_text(whole, encoding="utf-8")
    assert any(complaint in one for one in found), found


def run(folder: Path, *command: str) -> str:
    """Run a program on the copy's own package, and return what it says; it must complain."""
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert not ended.stderr
    return ended.stdout


def test_errors_planted_in_the_facts_are_found(planted: Path) -> None:
    data = planted / "src" / "lambda_lab" / "facts" / "data"
    plant(data / "function.toml", "value = 5400", "value = 5401")
    plant(data / "metrics.toml", 'name = "Throttles"', 'name = "Throttle"')
    plant(data / "runtimes.toml", 'name = "python3.14"', 'name = "python3.41"')
    plant(data / "errors.toml", 'name = "EC2ThrottledException"', 'name = "EC2ThrottleException"')
    plant(
        data / "rds.toml",
        '"rds.events.kept" = { value = 14',
        '"rds.events.kept" = { value = 15',
    )
    against_the_sdk = run(planted, "-m", "lambda_lab.facts", "diff")
    assert "timeout.api-maximum: stored 5401" in against_the_sdk
    assert "runtime python3.14: botocore offers it" in against_the_sdk
    assert "runtime python3.41: listed here" in against_the_sdk
    assert "error EC2ThrottleException: stored" in against_the_sdk
    against_the_book = run(planted, "tools/truth.py")
    assert "telling.py takes the metric Throttles" in against_the_book
    assert "python3.14 is no runtime of the facts" in against_the_book
    assert "L93: 'for fourteen days', but rds.events.kept is 15 days" in against_the_book
