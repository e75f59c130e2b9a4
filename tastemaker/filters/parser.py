"""Parse a filter. The grammar is in `filter.lark`, the rules on names are in `rules`.

The parser library takes longer to import than the rest of the domain. A function that only applies filters
does not need it: it reads the compiled form (`compiled.load`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.filters import rules
from tastemaker.filters.errors import FilterSyntaxError
from tastemaker.filters.filter import Filter
from tastemaker.filters.operators import COMPARISONS, LIST_RULES, comparison_terminal
from tastemaker.filters.syntax import (
    Condition,
    Everything,
    Expression,
    Field,
    Literals,
    Operand,
    Placeholder,
)

if TYPE_CHECKING:
    from lark import Lark

Tree = Any  # the library's types do not tell which children are trees and which are tokens
Token = Any

MAX_LENGTH = 2500
_CURLY_QUOTES = "“”„‟‘’‚«»"
_WORD_AS_VALUE = re.compile(r"(?:[=<>]|\(|,|\bIN)\s*([A-Za-z_]\w*)\s*$", re.IGNORECASE)

_NAMES = {
    "NAME": "a name",
    "WHERE": "WHERE",
    "IF": "IF",
    "AND": "AND",
    "OR": "OR",
    "NOT": "NOT IN",
    "IN": "IN",
    "COMPARISON": f"a comparison ({' '.join(COMPARISONS)})",
    "PLACEHOLDER": "a $PARAMETER",
    "NUMBER": "a number",
    "STRING": "a quoted value",
    "STAR": '"*"',
    "LPAR": '"("',
    "RPAR": '")"',
    "COMMA": '","',
    "DOT": '"."',
    "VBAR": '"|" and another expression',
    "$END": "the end",
}


def parse(text: str) -> Filter:
    """Return the filter of an expression. Raises FilterSyntaxError, which points to the position."""
    from lark import UnexpectedCharacters, UnexpectedToken

    if not text.strip():
        raise FilterSyntaxError('a filter expression is "INCLUDE ItemID WHERE …" or "EXCLUDE ItemID WHERE …"')
    if len(text) > MAX_LENGTH:
        raise FilterSyntaxError(
            f"a filter expression has at most {MAX_LENGTH} characters, this one has {len(text)}"
        )
    try:
        tree = _parser().parse(text)
    except UnexpectedToken as error:
        expected = error.accepts or error.expected
        unquoted = _unquoted(text, error.token, expected)
        if error.token.type == "$END":
            problem = unquoted or f"the expression ends too early: {_any_of(expected)}"
            raise FilterSyntaxError(problem, text, len(text)) from None
        found = (
            unquoted
            or _hint(error.token.type, expected)
            or f'"{error.token}" is not expected here: {_any_of(expected)}'
        )
        raise FilterSyntaxError(found, text, error.token.start_pos) from None
    except UnexpectedCharacters as error:
        place = error.pos_in_stream or 0
        if text[place] in "\"'":
            problem = "this quote is never closed"
        elif text[place] in _CURLY_QUOTES:
            problem = 'quotes are straight here: "value"'
        else:
            problem = f'"{text[place]}" is not expected here: {_any_of(error.allowed)}'
        raise FilterSyntaxError(problem, text, place) from None
    expressions = tuple(_expression(child, text) for child in tree.children)
    rules.check_rules(expressions, text)
    return Filter(text, expressions)


@cache
def _parser() -> Lark:
    from lark import Lark

    grammar = Path(__file__).with_name("filter.lark").read_text(encoding="utf-8")
    return Lark(
        f"{grammar}\n{comparison_terminal()}\n", parser="lalr", start="filter", maybe_placeholders=False
    )


def _any_of(terminals: Iterable[str]) -> str:
    names = [name for terminal, name in _NAMES.items() if terminal in terminals]
    return f"expected {' or '.join([', '.join(names[:-1]), names[-1]] if names[1:] else names)}"


def _unquoted(text: str, token: Token, expected: Iterable[str]) -> str:
    """Return a message if a word stands in place of a value, or an empty string."""
    if token.type == "NAME" and "STRING" in expected:
        word: str | None = str(token)
    elif set(expected) == {"DOT"}:
        before = text if token.type == "$END" else text[: token.start_pos]
        found = _WORD_AS_VALUE.search(before)
        word = found[1] if found else None
    else:
        return ""
    return "" if word is None else f'text needs quotes: "{word}"'


def _hint(found: str, expected: Iterable[str]) -> str:
    """Return a better message for mistakes that come from other languages, or an empty string."""
    if found == "OR" and "AND" in expected:
        return "the conditions of IF are joined by AND only"
    if found == "LPAR" and "NAME" in expected:
        return "conditions cannot be grouped by parentheses: AND binds tighter than OR"
    if set(expected) == {"DOT"}:
        return 'a condition begins with a dataset and a column: Items.GENRE NOT IN ("war")'
    if found == "COMPARISON" and "STRING" in expected:
        return "comparisons are = != < <= > >="
    if found in ("STRING", "NUMBER", "STAR", "PLACEHOLDER") and "LPAR" in expected:
        return 'values after IN need parentheses: IN ("a", "b"), IN ($PARAMETER)'
    return ""


def _expression(tree: Tree, text: str) -> Expression:
    action, target, _where, conditions, *rest = tree.children
    ifs, required = rest[0::2], rest[1::2]
    if len(ifs) > 1:
        raise FilterSyntaxError(
            "IF appears once, at the end of an expression; add conditions with AND",
            text,
            ifs[1].start_pos,
        )
    return Expression(
        action=rules.action(action, text, action.start_pos),
        target=rules.target(target, text, target.start_pos),
        alternatives=tuple(_conditions(conjunction, text) for conjunction in conditions.children[0::2]),
        only_if=_conditions(required[0], text) if required else (),
        position=action.start_pos,
    )


def _conditions(tree: Tree, text: str) -> tuple[Condition, ...]:
    return tuple(_condition(child, text) for child in tree.children[0::2])


def _condition(tree: Tree, text: str) -> Condition:
    """Return a condition. The tree keeps AND, OR and IN as tokens; the last child is always the operand."""
    left, operand = tree.children[0], tree.children[-1]
    operator = LIST_RULES.get(tree.data) or str(tree.children[1])
    field = _field(left, text)
    return Condition(field, operator, _operand(operand.children, text), field.position)


def _field(tree: Tree, text: str) -> Field:
    dataset, name = tree.children
    return Field(rules.dataset(dataset, text, dataset.start_pos), str(name), dataset.start_pos)


def _operand(children: list[Any], text: str) -> Operand:
    first = children[0]
    if not hasattr(first, "type"):
        return _field(first, text)
    placeholder = next((token for token in children if token.type == "PLACEHOLDER"), None)
    if placeholder is not None:
        if len(children) > 1:
            raise FilterSyntaxError(
                "a parameter must be alone in its parentheses; it may have several values",
                text,
                placeholder.start_pos,
            )
        return Placeholder(str(placeholder)[1:])
    values = tuple(map(_literal, children))
    return Everything() if "*" in values else Literals(values)


def _literal(token: Token) -> str:
    return unquote(str(token)) if token.type == "STRING" else str(token)


def unquote(text: str) -> str:
    """Return the value between quotes. A backslash escapes a quote or a backslash."""
    return re.sub(r"""\\(["'\\])""", r"\1", text[1:-1])
