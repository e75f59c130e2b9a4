"""Tags: the rules that the service model does not state."""

from collections.abc import Iterable, Mapping
from typing import Any

from tastemaker.contracts.stack_tags import RESERVED, stack_tags
from tastemaker.control.core.records import Record
from tastemaker.errors import InvalidInput, TooManyTagKeys, TooManyTags

MAX_TAGS = 50
Tags = list[dict[str, str]]


def merged(existing: Iterable[Mapping[str, str]], given: Iterable[Mapping[str, str]]) -> Tags:
    """`existing` tags, replaced and extended by `given` ones. Raises InvalidInput or TooManyTags."""
    given = list(given)
    keys = [tag["tagKey"] for tag in given]
    for key in keys:
        if key.lower().startswith(RESERVED):
            raise InvalidInput(f"The tag key {key!r} must not start with aws:, which is reserved.")
        if keys.count(key) > 1:
            raise InvalidInput(f"The tag key {key!r} is given more than once.")
    tags = {tag["tagKey"]: tag["tagValue"] for tag in (*existing, *given)}
    if len(tags) > MAX_TAGS:
        raise TooManyTags(f"A resource can have {MAX_TAGS} tags; this would make {len(tags)}.")
    return [{"tagKey": key, "tagValue": value} for key, value in tags.items()]


def without(existing: Iterable[Mapping[str, str]], keys: list[str]) -> Tags:
    """`existing` tags without those of these keys. Raises TooManyTagKeys."""
    if len(keys) > MAX_TAGS:
        raise TooManyTagKeys(f"At most {MAX_TAGS} tag keys can be removed at once; these are {len(keys)}.")
    return [dict(tag) for tag in existing if tag["tagKey"] not in keys]


def given_in(request: Mapping[str, Any]) -> Tags:
    """The tags of a create request. Raises InvalidInput or TooManyTags."""
    return merged([], request.get("tags", []))


def tags_of(record: Record) -> Tags:
    """The tags of a record."""
    tags: Tags = record.body.get("_tags", [])
    return tags


def shown(record: Record) -> Tags:
    """The tags of a record that clients see: those of the stack that declares it, too."""
    return [*tags_of(record), *stack_tags(record.body)]
