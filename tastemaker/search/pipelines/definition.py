"""Search pipelines, as `PUT /_search/pipeline/<name>` defines them.

https://docs.opensearch.org/latest/search-plugins/search-pipelines/index/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.search.errors import ConfigurationError, InvalidArgumentError
from tastemaker.search.pipelines.options import TYPE, RankingOptions, read_options

NONE = "_none"
"""The name that turns an index's default pipeline off."""
_SECTIONS = ("request_processors", "response_processors", "phase_results_processors")
_MEMBERS = ("description", "version", *_SECTIONS)


@dataclass(frozen=True)
class Pipeline:
    """A pipeline: our processor, and the others, which only an OpenSearch server can perform."""

    ranking: RankingOptions | None
    rest: Mapping[str, Any]

    @property
    def has_rest(self) -> bool:
        """Whether there are other processors."""
        return any(self.rest.get(section) for section in _SECTIONS)


def read_pipeline(name: str, body: Any) -> Pipeline:
    """Read a definition. Raises ConfigurationError and InvalidArgumentError."""
    if not isinstance(body, Mapping):
        raise ConfigurationError(f"pipeline [{name}] must be an object")
    unknown = [member for member in body if member not in _MEMBERS]
    if unknown:
        raise ConfigurationError(
            f"pipeline [{name}] doesn't support one or more provided configuration parameters "
            f"[{', '.join(unknown)}]"
        )
    rest = dict(body)
    ours: list[RankingOptions] = []
    kept = []
    for processor in _processors(body, "response_processors"):
        kind, values = processor
        if kind != TYPE:
            if ours:
                raise InvalidArgumentError(
                    f"{TYPE} must be the last response processor, but [{kind}] follows it. It runs after "
                    "those that the OpenSearch server performs."
                )
            kept.append({kind: values})
            continue
        if ours:
            raise InvalidArgumentError(f"pipeline [{name}] has more than one {TYPE} processor")
        ours.append(read_options(values))
    rest["response_processors"] = kept
    for section in ("request_processors", "phase_results_processors"):
        for kind, _ in _processors(body, section):
            if kind == TYPE:
                raise InvalidArgumentError(
                    f"Invalid processor type {TYPE} in {section}: it is a response processor"
                )
    return Pipeline(
        ours[0] if ours else None, {member: value for member, value in rest.items() if value != []}
    )


def _processors(body: Mapping[str, Any], section: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The types and properties of the processors of a section."""
    found = []
    given = [] if body.get(section) is None else body[section]
    if not isinstance(given, list):
        raise ConfigurationError(f"[{section}] property isn't a list, but of type [{type(given).__name__}]")
    for one in given:
        if not isinstance(one, Mapping) or len(one) != 1:
            raise ConfigurationError(
                f"[{section}] each processor must be an object with its type as the only member"
            )
        ((kind, values),) = one.items()
        if not isinstance(values, Mapping):
            raise ConfigurationError(f"[{kind}] property isn't a map, but of type [{type(values).__name__}]")
        found.append((str(kind), values))
    return found
