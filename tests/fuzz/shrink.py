"""The smallest request that still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

MAX_TRIES = 400


def smallest(document: Any, fails: Callable[[Any], bool], tries: int = MAX_TRIES) -> Any:
    """`document` with everything left out that the failure does not need."""
    while True:
        for smaller in _smaller(document):
            tries -= 1
            if tries < 0:
                return document
            if fails(smaller):
                document = smaller
                break
        else:
            return document


def _smaller(value: Any) -> Iterator[Any]:
    """Values that are a step smaller, the smallest first."""
    if isinstance(value, dict):
        for name in value:
            yield {key: one for key, one in value.items() if key != name}
        for name, one in value.items():
            for less in _smaller(one):
                yield {**value, name: less}
    elif isinstance(value, list):
        if len(value) > 1:
            yield value[: len(value) // 2]
            yield value[len(value) // 2 :]
        for number, one in enumerate(value[:20]):
            for less in _smaller(one):
                yield [*value[:number], less, *value[number + 1 :]]
    elif isinstance(value, str | bytes) and value:
        yield value[: len(value) // 2]
        yield value[len(value) // 2 :]
        yield value[:-1]
        yield value[1:]
