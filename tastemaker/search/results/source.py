"""The documents of hits: the attributes of items, as the Items dataset has them."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.columns import CATEGORICAL, NUMBER, Column
from tastemaker.notation import SEPARATOR
from tastemaker.search.errors import ParsingError
from tastemaker.search.index.reader import Reader
from tastemaker.search.queries.context import ITEM_ID
from tastemaker.search.queries.reading import Members, as_list


@dataclass(frozen=True)
class SourceFilter:
    """Which members of documents a response shows. Patterns may have `*`; no `includes` means all."""

    enabled: bool = True
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    def shows(self, name: str) -> bool:
        """Whether a response has a member."""
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.excludes):
            return False
        return not self.includes or any(fnmatch.fnmatchcase(name, pattern) for pattern in self.includes)


def parse_source(value: Any) -> SourceFilter:
    """Parse the member `_source`: a boolean, a pattern, a list, or includes and excludes."""
    if isinstance(value, bool) or value in ("true", "false"):
        return SourceFilter(enabled=value in (True, "true"))
    if isinstance(value, Mapping):
        members = Members("_source", value)
        includes = members.take("includes", members.take("include", []))
        excludes = members.take("excludes", members.take("exclude", []))
        members.end()
        return SourceFilter(True, tuple(map(str, as_list(includes))), tuple(map(str, as_list(excludes))))
    if isinstance(value, (str, list)):
        return SourceFilter(True, tuple(map(str, as_list(value))))
    raise ParsingError(f"[_source] must be a boolean, a text, a list or an object, found [{value}]")


def document_source(reader: Reader, document: int, chosen: SourceFilter) -> dict[str, Any]:
    """The members of one document. Nulls are left out."""
    part = reader.part_of(document)
    row = document - part.start
    found: dict[str, Any] = {ITEM_ID: part.ids[row]} if chosen.shows(ITEM_ID) else {}
    for name, column in part.columns.items():
        if chosen.shows(name):
            value = json_value(column, row)
            if value is not None:
                found[name] = value
    return found


def json_value(column: Column, row: int) -> Any:
    """A cell as JSON: several values of a categorical column as a list, a whole number without a point."""
    value = column.value(row)
    if isinstance(value, str) and column.column_type == CATEGORICAL and SEPARATOR in value:
        return value.split(SEPARATOR)
    if column.column_type == NUMBER and value is not None:
        return json_number(float(value))
    return value


def json_number(value: float) -> int | float:
    """A number as JSON: an integer if it is whole."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
