"""The compiled form of a filter: it is applied without the parser library, which takes long to import."""

from __future__ import annotations

import json
from typing import Any

from tastemaker.filters.filter import Filter
from tastemaker.filters.syntax import (
    Condition,
    Everything,
    Expression,
    Field,
    Literals,
    Operand,
    Placeholder,
)

FORMAT = 1
"""The version of the form. If the version differs, the expression is parsed again."""


def dump(filter: Filter) -> str:
    """Return the compiled form of a filter, as JSON."""
    parts = [
        {
            "action": expression.action,
            "target": expression.target,
            "where": [list(map(_dump_condition, those)) for those in expression.alternatives],
            "if": list(map(_dump_condition, expression.only_if)),
        }
        for expression in filter.expressions
    ]
    return json.dumps({"format": FORMAT, "text": filter.text, "expressions": parts}, separators=(",", ":"))


def load(compiled: str) -> Filter:
    """Return the filter that `dump` wrote. It has no positions in the text."""
    content = json.loads(compiled)
    if content["format"] != FORMAT:
        from tastemaker.filters.parser import parse  # imports the parser library

        return parse(content["text"])
    expressions = tuple(
        Expression(
            action=part["action"],
            target=part["target"],
            alternatives=tuple(tuple(map(_load_condition, those)) for those in part["where"]),
            only_if=tuple(map(_load_condition, part["if"])),
        )
        for part in content["expressions"]
    )
    return Filter(content["text"], expressions)


def _dump_condition(condition: Condition) -> list[Any]:
    return [
        condition.field.dataset,
        condition.field.name,
        condition.operator,
        *_dump_operand(condition.operand),
    ]


def _dump_operand(operand: Operand) -> list[Any]:
    match operand:
        case Literals(values):
            return ["values", *values]
        case Placeholder(name):
            return ["parameter", name]
        case Field(dataset=dataset, name=name):
            return ["field", dataset, name]
        case Everything():
            return ["everything"]


def _load_condition(parts: list[str]) -> Condition:
    dataset, name, operator, operand_type, *rest = parts
    operand: Operand
    match operand_type:
        case "values":
            operand = Literals(tuple(rest))
        case "parameter":
            operand = Placeholder(rest[0])
        case "field":
            operand = Field(rest[0], rest[1])
        case _:
            operand = Everything()
    return Condition(Field(dataset, name), operator, operand)
