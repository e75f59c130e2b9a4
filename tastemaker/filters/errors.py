"""Errors of filters.

FilterError(InvalidInput)
├── FilterSyntaxError   the expression is not valid
└── FilterValueError    the values of a request do not fit the parameters of the filter
"""

from __future__ import annotations

from tastemaker.errors import InvalidInput

EXCERPT_CHARACTERS = 40
"""Characters of the expression that a message shows on each side of the position."""


class FilterError(InvalidInput):
    """A filter that cannot be accepted.

    If `position` (characters from the start of the expression) is given, the message marks it with a caret.
    """

    def __init__(self, problem: str, expression: str = "", position: int | None = None) -> None:
        self.problem, self.expression, self.position = problem, expression, position
        super().__init__(problem if position is None else f"{problem}\n{_excerpt(expression, position)}")


class FilterSyntaxError(FilterError):
    """The expression is not valid."""


class FilterValueError(FilterError):
    """A parameter is missing, unknown, or has a value of the wrong form."""


def _excerpt(expression: str, position: int) -> str:
    start, end = max(0, position - EXCERPT_CHARACTERS), min(len(expression), position + EXCERPT_CHARACTERS)
    before = ("…" if start else "") + expression[start:position]
    after = expression[position:end] + ("…" if end < len(expression) else "")
    # The caret needs a single line, and an expression may have several.
    line = "".join(" " if letter.isspace() else letter for letter in before + after)
    return f"at position {position}:\n  {line}\n  {' ' * len(before)}^"
