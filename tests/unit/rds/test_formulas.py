"""Instance classes and formulas."""

from __future__ import annotations

import pytest

from lambda_lab.rds.instance_class import GIB, class_memory, evaluate, max_connections


@pytest.mark.parametrize(
    ("name", "connections"),
    [
        ("db.t3.micro", 112), ("db.t4g.small", 225), ("db.t3.medium", 450), ("db.t3.large", 901),
        ("db.m7g.large", 901), ("db.m6g.xlarge", 1802), ("db.r6g.large", 1802),
        ("db.r6g.xlarge", 3604), ("db.m6g.2xlarge", 3604), ("db.m6g.4xlarge", 5000),
    ],
)  # fmt: skip
def test_the_table_of_aws(name: str, connections: int) -> None:
    memory = class_memory(name)
    assert memory is not None
    assert max_connections(memory) == connections


@pytest.mark.parametrize(
    "name",
    ["", "db", "db.t3", "t3.micro", "db.t3.nano", "db.m5.micro", "db.x9.large", "db.t3.24xlarge",
     "db.r6g.small", "DB.T3.MICRO", "db.t3.micro ", "db.t3.micro\n"],
)  # fmt: skip
def test_classes_that_rds_does_not_have(name: str) -> None:
    assert class_memory(name) is None


@pytest.mark.parametrize(
    "formula",
    ["{", "{}", "", "LEAST()", "{DBInstanceClassMemory/0}", "{Unknown*2}", "__import__('os')",
     "{DBInstanceClassMemory**9}", "LEAST(1,x=2)", "{'a'*9}", "EXPLODE(1)", "{1/", "(lambda: 1)()"],
)  # fmt: skip
def test_what_is_no_formula(formula: str) -> None:
    with pytest.raises(ValueError, match="formula"):
        evaluate(formula, {"DBInstanceClassMemory": GIB})


def test_formulas_in_one_another() -> None:
    text = "GREATEST(LEAST({DBInstanceClassMemory/1024},{AllocatedStorage}),SUM(1,2,3))"
    assert evaluate(text, {"DBInstanceClassMemory": 1 << 20, "AllocatedStorage": 10}) == 10
