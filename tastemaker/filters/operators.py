"""The operators of the filter language. The grammar, the checks and the evaluation read them from here."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

IN, NOT_IN = "IN", "NOT IN"
"""Operators that take a list of values."""

COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""Operators that compare numbers. Each function takes numbers, or an array and a number."""

LIST_RULES = {"in": IN, "not_in": NOT_IN}
"""Rules of `filter.lark` → the operators that they stand for."""


def comparison_terminal() -> str:
    """Return the definition of the grammar's terminal COMPARISON."""
    longest_first = sorted(COMPARISONS, key=len, reverse=True)
    return "COMPARISON: " + " | ".join(f'"{symbol}"' for symbol in longest_first)
