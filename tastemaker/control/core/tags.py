"""Tags: the rules that the model does not state, and the three operations."""

from collections.abc import Iterable, Mapping
from typing import Any

from tastemaker.errors import InvalidInput, TooManyTagKeys, TooManyTags

LIMIT = 50
Tags = list[dict[str, str]]


def merged(existing: Iterable[Mapping[str, str]], given: Iterable[Mapping[str, str]]) -> Tags:
    """`existing` with `given` put over them. Raises InvalidInput or TooManyTags."""
    given = list(given)
    keys = [tag["tagKey"] for tag in given]
    for key in keys:
        if key.lower().startswith("aws:"):
            raise InvalidInput(f"The tag key {key!r} must not start with aws:, which is reserved.")
        if keys.count(key) > 1:
            raise InvalidInput(f"The tag key {key!r} is given more than once.")
    tags = {tag["tagKey"]: tag["tagValue"] for tag in (*existing, *given)}
    if len(tags) > LIMIT:
        raise TooManyTags(f"A resource can have {LIMIT} tags; this would make {len(tags)}.")
    return [{"tagKey": key, "tagValue": value} for key, value in tags.items()]


def without(existing: Iterable[Mapping[str, str]], keys: list[str]) -> Tags:
    """`existing` less the tags of these keys. Raises TooManyTagKeys."""
    if len(keys) > LIMIT:
        raise TooManyTagKeys(f"At most {LIMIT} tag keys can be removed at once; these are {len(keys)}.")
    return [dict(tag) for tag in existing if tag["tagKey"] not in keys]


def given_in(request: Mapping[str, Any]) -> Tags:
    """The tags of a create request, checked."""
    return merged([], request.get("tags", []))
