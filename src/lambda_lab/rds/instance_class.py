"""What an instance class has, and the formulas of parameter groups that depend on it.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ParamValuesRef.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping

from lambda_lab import facts

__all__ = [
    "GIB",
    "MAX_CONNECTIONS",
    "class_memory",
    "evaluate",
    "is_formula",
    "known_classes",
    "max_connections",
]

GIB = 1 << 30
MAX_CONNECTIONS = "LEAST({DBInstanceClassMemory/9531392},5000)"
"""PostgreSQL's default of ``max_connections``, as its default parameter groups spell it."""
_CLASS = re.compile(r"db\.(?P<family>[a-z]\w*)\.(?P<size>micro|small|medium|large|(\d*)xlarge)")
_LARGEST = {"t3": 2, "t4g": 2, "m5d": 24, "m5": 24, "m6g": 16, "m6gd": 16, "r5": 24, "r6g": 16}
"""The largest N of Nxlarge in a family; of those not named here, as AWS's tables list them."""
_LARGEST_OF_OTHERS = 48
_MULTIPLES = (2, 4, 8, 16)
"""Of xlarge: sizes that every family has which is not burstable (confidence M)."""


def class_memory(name: str) -> int | None:
    """Return the memory of an instance class in bytes; ``None`` if RDS has no such class.

    Parameters
    ----------
    name
        For example ``db.t4g.micro``.

    Examples
    --------
    >>> class_memory("db.t4g.micro") // GIB, class_memory("db.r6g.2xlarge") // GIB
    (1, 64)
    >>> class_memory("db.t4g.gigantic") is None, class_memory("db.t4g.24xlarge") is None
    (True, True)
    """
    found = _CLASS.fullmatch(name)
    if found is None:
        return None
    family, size = found["family"], found["size"]
    bursts = family in facts.value("rds.classes.burstable")
    if size in ("micro", "small", "medium"):
        return int(facts.value(f"rds.memory.{size}")) * GIB if bursts else None
    if bursts or family in facts.value("rds.classes.general"):
        large = int(facts.value("rds.memory.large"))
    elif family in facts.value("rds.classes.memory-optimised"):
        large = int(facts.value("rds.memory.memory-optimised.large"))
    else:
        return None
    if size == "large":
        return large * GIB
    times = int(size.removesuffix("xlarge") or 1)
    if times > _LARGEST.get(family, _LARGEST_OF_OTHERS):
        return None
    return 2 * large * times * GIB


def known_classes() -> list[str]:
    """Return the names of classes, up to 16xlarge; some families have larger ones.

    Examples
    --------
    >>> names = known_classes()
    >>> names[0], "db.r8g.16xlarge" in names, "db.t4g.4xlarge" in names
    ('db.t3.micro', True, False)
    """
    kinds = ("burstable", "general", "memory-optimised")
    families = [family for kind in kinds for family in facts.value(f"rds.classes.{kind}")]
    sizes = ("micro", "small", "medium", "large", "xlarge", *(f"{n}xlarge" for n in _MULTIPLES))
    names = [f"db.{family}.{size}" for family in families for size in sizes]
    return [name for name in names if class_memory(name)]


def max_connections(memory: int) -> int:
    """Return PostgreSQL's default of ``max_connections`` by AWS's formula.

    Parameters
    ----------
    memory
        ``DBInstanceClassMemory`` in bytes. AWS subtracts what the system and RDS take and does not
        publish how much, so the whole memory of a class gives an upper bound.

    Examples
    --------
    >>> [max_connections(gib * GIB) for gib in (1, 2, 8, 64)]
    [112, 225, 901, 5000]
    """
    return evaluate(MAX_CONNECTIONS, {"DBInstanceClassMemory": memory})


_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "LEAST": lambda *values: min(values),
    "GREATEST": lambda *values: max(values),
    "SUM": lambda *values: sum(values),
}


def is_formula(text: str) -> bool:
    """Whether the value of a parameter is a formula.

    Examples
    --------
    >>> is_formula("{DBInstanceClassMemory/9531392}"), is_formula("20")
    (True, False)
    """
    return "{" in text or text.partition("(")[0].upper() in _FUNCTIONS


def evaluate(formula: str, variables: Mapping[str, int]) -> int:
    """Return the value of a parameter group's formula, rounded down.

    Parameters
    ----------
    formula
        For example ``{DBInstanceClassMemory/9531392}`` or ``LEAST({...},5000)``. AWS allows
        multiplication and division, and the functions LEAST, GREATEST and SUM.
    variables
        By AWS's names: ``DBInstanceClassMemory``, ``AllocatedStorage``, ``EndPointPort``.

    Raises
    ------
    ValueError
        If it is not such a formula.

    Examples
    --------
    >>> evaluate("GREATEST({DBInstanceClassMemory*3/4},100)", {"DBInstanceClassMemory": 1000})
    750
    """
    text = formula.replace("{", "(").replace("}", ")")
    try:
        return int(_value(ast.parse(text.strip(), mode="eval").body, variables))
    except (SyntaxError, TypeError, KeyError, ZeroDivisionError, OverflowError) as error:
        raise ValueError(f"{formula} is not a formula of RDS") from error


def _value(node: ast.expr, variables: Mapping[str, int]) -> float:
    match node:
        case ast.Constant(value=int() as value):
            return value
        case ast.Name(id=name):
            return variables[name]
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left, variables) * _value(right, variables)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _value(left, variables) / _value(right, variables)
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as values, keywords=[]):
            return _FUNCTIONS[name.upper()](*(_value(one, variables) for one in values))
        case _:
            raise ValueError(f"{ast.unparse(node)} may not stand in a formula of RDS")
