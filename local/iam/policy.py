"""Evaluation of policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

Context = Mapping[str, list[str]]  # condition keys by lower-case name


class PolicyError(ValueError):
    """A policy document uses an element that is not evaluated here."""


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, its elements as lists."""

    allow: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]  # operator, key, values
    principals: tuple[tuple[str, str], ...]  # (type, value); empty in identity-based policies

    def concerns(self, action: str, resource: str, context: Context) -> bool:
        """Whether the statement applies to this action on this resource, with its conditions met."""
        return self._names(action) and self._covers(resource, context) and self.holds(context)

    def _names(self, action: str) -> bool:
        if self.not_actions:
            return not any(matches(pattern, action, ignore_case=True) for pattern in self.not_actions)
        return any(matches(pattern, action, ignore_case=True) for pattern in self.actions)

    def _covers(self, resource: str, context: Context) -> bool:
        if self.not_resources:
            return not any(matches(pattern, resource) for pattern in resolved(self.not_resources, context))
        return not self.resources or any(
            matches(pattern, resource) for pattern in resolved(self.resources, context)
        )

    def holds(self, context: Context) -> bool:
        """Whether the statement's conditions are met."""
        return all(
            _condition(operator, context.get(key), resolved(values, context))
            for operator, key, values in self.conditions
        )


@lru_cache(maxsize=4096)
def _pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    parts = [
        {"*": ".*", "?": "."}.get(part, re.escape(_LITERAL.sub(r"\1", part)))
        for part in re.split(r"(\$\{[*?$]\}|[*?])", pattern)
    ]
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether IAM's pattern (`*` and `?`) matches the whole value."""
    return _pattern(pattern, ignore_case).fullmatch(value) is not None


_LITERAL = re.compile(r"\$\{([*?$])\}")
_VARIABLE = re.compile(r"\$\{\s*([^*?$'{},\s][^'{},]*?)\s*(?:,\s*'([^']*)')?\s*\}")


def resolved(texts: tuple[str, ...], context: Context) -> tuple[str, ...]:
    """The texts with the values of their policy variables. A text with an unknown variable matches nothing.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    if not any("${" in text for text in texts):
        return texts
    found = (_resolved(text, context) for text in texts)
    return tuple(text for text in found if text is not None)


def _resolved(text: str, context: Context) -> str | None:
    known = True

    def value(match: re.Match[str]) -> str:
        nonlocal known
        values = context.get(match[1].lower()) or ([match[2]] if match[2] is not None else [])
        known = known and len(values) == 1
        # Wildcards in a value are literal characters.
        return re.sub(r"[*?$]", r"${\g<0>}", values[0]) if values else ""

    replaced = _VARIABLE.sub(value, text)
    return replaced if known else None


@lru_cache(maxsize=1024)
def statements(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises PolicyError if the document is not a policy, or if it uses an operator that is not evaluated here.
    """
    try:
        listed = _list(json.loads(document)["Statement"])
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyError(f"This is not a policy document: {document[:200]}") from error
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
        principals=tuple((named_as, value) for named_as, values in named.items() for value in _list(values)),
    )


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [str(value).lower() if isinstance(value, bool) else value]


ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY = "allowed", "explicitDeny", "implicitDeny"
"""Decisions, as the policy simulator calls them."""


def decision(documents: Iterable[str], action: str, resource: str, context: Context) -> str:
    """What the policies say: allowed if some statement allows the action and none denies it."""
    found = IMPLICIT_DENY
    for document in documents:
        for statement in statements(document):
            if statement.concerns(action, resource, context):
                if not statement.allow:
                    return EXPLICIT_DENY
                found = ALLOWED
    return found


def decide(documents: Iterable[str], action: str, resource: str, context: Context) -> bool | None:
    """Whether the policies allow the action (True) or deny it (False); None if no statement applies."""
    return {ALLOWED: True, EXPLICIT_DENY: False, IMPLICIT_DENY: None}[
        decision(documents, action, resource, context)
    ]


def context_keys(documents: Iterable[str]) -> set[str]:
    """The condition keys that the policies use, in conditions and as variables."""
    keys = set()
    for document in documents:
        for statement in statements(document):
            keys |= {key for _, key, _ in statement.conditions}
            texts = [*statement.resources, *statement.not_resources]
            texts += [value for _, _, values in statement.conditions for value in values]
            keys |= {found[1].lower() for text in texts for found in _VARIABLE.finditer(text)}
    return keys


def _plain(want: str) -> str:
    return _LITERAL.sub(r"\1", want)


def _seconds(text: str) -> float:
    """A date in ISO 8601 or in seconds since 1970."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda have, want: have == _plain(want),
    "StringEqualsIgnoreCase": lambda have, want: have.lower() == _plain(want).lower(),
    "StringLike": lambda have, want: matches(want, have),
    "ArnEquals": lambda have, want: matches(want, have),
    "ArnLike": lambda have, want: matches(want, have),
    "Bool": lambda have, want: have.lower() == want.lower(),
    "IpAddress": lambda have, want: ip_address(have) in ip_network(want, strict=False),
    "DateEquals": lambda have, want: _seconds(have) == _seconds(want),
    "DateLessThan": lambda have, want: _seconds(have) < _seconds(want),
    "DateLessThanEquals": lambda have, want: _seconds(have) <= _seconds(want),
    "DateGreaterThan": lambda have, want: _seconds(have) > _seconds(want),
    "DateGreaterThanEquals": lambda have, want: _seconds(have) >= _seconds(want),
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
    "NotIpAddress": "IpAddress",
    "DateNotEquals": "DateEquals",
}


def _operator(operator: str) -> tuple[str, str, bool]:
    """(quantifier, base operator, whether IfExists) of the name of an operator."""
    quantifier, _, name = operator.rpartition(":")
    base, exists = name.removesuffix("IfExists"), name.endswith("IfExists")
    if base not in _COMPARE and base not in _NEGATED and base != "Null":
        raise PolicyError(f"The condition operator {operator} is not evaluated locally.")
    if quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise PolicyError(f"The condition quantifier {quantifier} is unknown.")
    return quantifier, base, exists


def _condition(operator: str, have: list[str] | None, want: tuple[str, ...]) -> bool:
    quantifier, base, if_exists = _operator(operator)
    if base == "Null":
        return (want[0].lower() == "true") == (not have)
    if not have:
        return if_exists or quantifier == "ForAllValues" or (base in _NEGATED and quantifier == "")
    compare = _COMPARE[_NEGATED.get(base, base)]
    results = [any(_meets(compare, value, wanted) for wanted in want) != (base in _NEGATED) for value in have]
    return all(results) if quantifier == "ForAllValues" or base in _NEGATED else any(results)


def _meets(compare: Callable[[str, str], bool], have: str, want: str) -> bool:
    try:
        return compare(have, want)
    except ValueError:  # no number, date or address
        return False
