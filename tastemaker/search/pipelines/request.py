"""What a search request gives to the processor, in `ext.personalize_request_parameters`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tastemaker.search.errors import ConfigurationError, ParsingError
from tastemaker.search.pipelines.options import TYPE, RankingOptions

MEMBER = "personalize_request_parameters"


@dataclass(frozen=True)
class Visitor:
    """Who searches. `user_id` is that of a session for a visitor who has not logged in."""

    user_id: str
    context: Mapping[str, str] = field(default_factory=dict)
    filter_values: Mapping[str, str] = field(default_factory=dict)


def read_visitor(body: Mapping[str, Any], options: RankingOptions) -> Visitor:
    """Read who searches. Raises ConfigurationError, as the plugin does, if that is not clear."""
    ext = body.get("ext") or {}
    given = ext.get(MEMBER) if isinstance(ext, Mapping) else None
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        raise ParsingError(f"[{MEMBER}] must be an object")
    for member in given:
        if member not in ("user_id", "session_id", "context", "filter_values"):
            raise ParsingError(f"[{MEMBER}] unknown field [{member}]")
    user = _text(given, "user_id")
    if not user and options.anonymous_sessions:
        user = _text(given, "session_id")
    if not user:
        raise ConfigurationError.of(
            TYPE, None, "user_id", "required Personalize request parameter is missing"
        )
    return Visitor(user, _texts(given, "context"), _texts(given, "filter_values"))


def _text(given: Mapping[str, Any], member: str) -> str:
    value = given.get(member)
    if value is not None and not isinstance(value, str):
        raise ParsingError(f"[{MEMBER}] {member} doesn't support values of type: {type(value).__name__}")
    return (value or "").strip()


def _texts(given: Mapping[str, Any], member: str) -> dict[str, str]:
    values = given.get(member) or {}
    if not isinstance(values, Mapping):
        raise ParsingError(f"[{MEMBER}] {member} must be an object")
    for value in values.values():
        if not isinstance(value, str):
            raise ConfigurationError.of(
                TYPE,
                None,
                member,
                f"Personalize {member} value is not of type String. Invalid {member} value: {value}",
            )
    return dict(values)
