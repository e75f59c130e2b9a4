"""Item columns in an answer, as `metadataColumns` requests them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tastemaker.columns import Value
from tastemaker.contracts.limits import MAX_METADATA_COLUMNS
from tastemaker.errors import InvalidInput
from tastemaker.notation import camel
from tastemaker.serving.query import Query


def requested_columns(query: Query, wanted: Mapping[str, Sequence[str]] | None) -> list[str]:
    """Return the names of the item columns to report. Raises InvalidInput."""
    if not wanted:
        return []
    if list(wanted) != ["ITEMS"]:
        raise InvalidInput('metadataColumns takes the columns of one dataset: {"ITEMS": [...]}.')
    names = list(wanted["ITEMS"])
    if not query.endpoint.returns_metadata:
        raise InvalidInput(
            f"{query.endpoint.arn} returns no metadata: set enableMetadataWithRecommendations on it."
        )
    if len(names) > MAX_METADATA_COLUMNS:
        raise InvalidInput(f"metadataColumns can name at most {MAX_METADATA_COLUMNS} columns.")
    for name in names:
        if not _has_column(query, name):
            raise InvalidInput(f"The items have no column {name}.")
    return names


def item_metadata(query: Query, item: int, names: Sequence[str]) -> dict[str, str]:
    """Return columns of an item of the bundle as text, without nulls.

    Personalize answers in camel case, whatever the request wrote: TITLE is reported as `title`, NUM_RATINGS
    as `numRatings`.
    """
    bundle, upserted = query.loaded.bundle, query.upserted_items
    record = upserted.get(bundle.items[item]) if upserted is not None else None
    values: dict[str, Value]
    if record is not None:
        folded = {name.casefold(): value for name, value in record.items()}
        values = {name: folded.get(name.casefold()) for name in names}
    else:
        columns = bundle.item_columns
        found = {name: columns[name] if name in columns else columns.find(name) for name in names}
        values = {name: column.value(item) for name, column in found.items() if column is not None}
    return {camel(name): as_text(value) for name, value in values.items() if value is not None}


def as_text(value: Value) -> str:
    """Return a value as an answer reports it: whole numbers without a point, booleans in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _has_column(query: Query, name: str) -> bool:
    if query.loaded.bundle.item_columns.find(name) is not None:
        return True
    return query.upserted_items is not None and query.upserted_items.has_column(name)
