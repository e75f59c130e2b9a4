"""Evaluation of identity-based policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Context = Mapping[str, list[str]]  # condition keys by lower-case name


class PolicyError(ValueError):
    """A policy document uses something that is not evaluated here."""


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, its elements as lists."""

    allow: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]  # operator, key, values
    principals: tuple[tuple[str, str], ...]  # kind, value: only in trust policies

    def concerns(self, action: str, resource: str, context: Context) -> bool:
        """Whether the statement speaks of this action on this resource, under this request's conditions."""
        return self._names(action) and self._covers(resource) and self.holds(context)

    def _names(self, action: str) -> bool:
        if self.not_actions:
            return not any(matches(pattern, action, ignore_case=True) for pattern in self.not_actions)
        return any(matches(pattern, action, ignore_case=True) for pattern in self.actions)

    def _covers(self, resource: str) -> bool:
        if self.not_resources:
            return not any(matches(pattern, resource) for pattern in self.not_resources)
        return not self.resources or any(matches(pattern, resource) for pattern in self.resources)

    def holds(self, context: Context) -> bool:
        """Whether the statement's conditions are met."""
        return all(
            _condition(operator, context.get(key), values) for operator, key, values in self.conditions
        )


@lru_cache(maxsize=4096)
def _pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    parts = [{"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern)]
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether IAM's pattern (`*` and `?`) matches the whole value."""
    return _pattern(pattern, ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=1024)
def statements(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises:
        PolicyError: the document is no policy, or uses an operator that is not evaluated here.
    """
    try:
        listed = _list(json.loads(document)["Statement"])
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyError(f"not a policy document: {document[:200]}") from error
    return tuple(_statement(item) for item in listed)


def _statement(item: Mapping[str, Any]) -> Statement:
    conditions = [
        (operator, key.lower(), tuple(str(value) for value in _list(values)))
        for operator, keys in item.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    for operator, _, _ in conditions:
        _operator(operator)
    principal = item.get("Principal", {})
    named = {"AWS": "*"} if principal == "*" else principal
    return Statement(
        allow=item["Effect"] == "Allow",
        actions=tuple(_list(item.get("Action", []))),
        not_actions=tuple(_list(item.get("NotAction", []))),
        resources=tuple(_list(item.get("Resource", []))),
        not_resources=tuple(_list(item.get("NotResource", []))),
        conditions=tuple(conditions),
        principals=tuple((kind, value) for kind, values in named.items() for value in _list(values)),
    )


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [str(value).lower() if isinstance(value, bool) else value]


def decide(documents: Iterable[str], action: str, resource: str, context: Context) -> bool | None:
    """Whether the policies allow the action (True) or deny it (False); None if no statement applies."""
    allowed = None
    for document in documents:
        for statement in statements(document):
            if statement.concerns(action, resource, context):
                if not statement.allow:
                    return False
                allowed = True
    return allowed


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda have, want: have == want,
    "StringEqualsIgnoreCase": lambda have, want: have.lower() == want.lower(),
    "StringLike": lambda have, want: matches(want, have),
    "ArnEquals": lambda have, want: matches(want, have),
    "ArnLike": lambda have, want: matches(want, have),
    "Bool": lambda have, want: have.lower() == want.lower(),
    "NumericEquals": lambda have, want: float(have) == float(want),
    "NumericLessThan": lambda have, want: float(have) < float(want),
    "NumericLessThanEquals": lambda have, want: float(have) <= float(want),
    "NumericGreaterThan": lambda have, want: float(have) > float(want),
    "NumericGreaterThanEquals": lambda have, want: float(have) >= float(want),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}


def _operator(operator: str) -> tuple[str, str, bool]:
    """(quantifier, base operator, if exists) of an operator's name."""
    quantifier, _, name = operator.rpartition(":")
    base, exists = name.removesuffix("IfExists"), name.endswith("IfExists")
    if base not in _COMPARE and base not in _NEGATED and base != "Null":
        raise PolicyError(f"the condition operator {operator} is not evaluated locally")
    if quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise PolicyError(f"the condition quantifier {quantifier} is not known")
    return quantifier, base, exists


def _condition(operator: str, have: list[str] | None, want: tuple[str, ...]) -> bool:
    quantifier, base, if_exists = _operator(operator)
    if base == "Null":
        return (want[0].lower() == "true") == (not have)
    if not have:
        return if_exists or quantifier == "ForAllValues" or (base in _NEGATED and quantifier == "")
    if base in _NEGATED:
        compare = _COMPARE[_NEGATED[base]]
        results = [not any(compare(value, wanted) for wanted in want) for value in have]
    else:
        compare = _COMPARE[base]
        results = [any(compare(value, wanted) for wanted in want) for value in have]
    return all(results) if quantifier == "ForAllValues" or base in _NEGATED else any(results)
