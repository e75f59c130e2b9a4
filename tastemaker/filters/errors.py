"""What goes wrong with a filter, and where in its text.

FilterError(InvalidInput)
├── FilterSyntaxError   the expression is not one of the language
└── FilterValueError    the values given with a request do not fit the expression's parameters
"""

from __future__ import annotations

from tastemaker.errors import InvalidInput

AROUND = 40
"""How many characters of the expression a message shows on either side of the place it points at."""


class FilterError(InvalidInput):
    """A filter that cannot be accepted.

    With a position (characters from the start of the expression), the message shows the place with a caret.
    """

    def __init__(self, problem: str, expression: str = "", position: int | None = None) -> None:
        self.problem, self.expression, self.position = problem, expression, position
        super().__init__(problem if position is None else f"{problem}\n{_excerpt(expression, position)}")


class FilterSyntaxError(FilterError):
    """The expression is not one of the filter language."""


class FilterValueError(FilterError):
    """A parameter is missing, unknown, or has a value of the wrong form."""


def _excerpt(expression: str, position: int) -> str:
    start, end = max(0, position - AROUND), min(len(expression), position + AROUND)
    before = ("…" if start else "") + expression[start:position]
    after = expression[position:end] + ("…" if end < len(expression) else "")
    # An expression may be written on several lines; the caret needs one.
    line = "".join(" " if letter.isspace() else letter for letter in before + after)
    return f"at position {position}:\n  {line}\n  {' ' * len(before)}^"
