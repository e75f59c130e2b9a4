"""A small library with known words, as an index, for the tests of searches."""

from typing import Any

from tastemaker.columns import Columns
from tastemaker.ids import Ids
from tastemaker.search import engine
from tastemaker.search.index.mapping import FieldMapping, read_mapping
from tastemaker.search.index.reader import Reader
from tastemaker.search.index.segment import Segment
from tastemaker.search.queries.context import QueryContext

COLUMN_TYPES = {
    "NAME": "string",
    "TEXT": "string",
    "GENRES": "categorical",
    "PRICE": "number",
    "NEW": "boolean",
}
BOOKS: dict[str, dict[str, Any]] = {
    "a": {"NAME": "Red running shoes", "TEXT": "Light shoes for running", "GENRES": "sport", "PRICE": 50.0},
    "b": {
        "NAME": "Running",
        "TEXT": "A book on the joy of running far",
        "GENRES": "book|sport",
        "PRICE": 12.0,
    },
    "c": {"NAME": "Red lamp", "TEXT": "A lamp that is red", "GENRES": "Home", "PRICE": 30.0, "NEW": True},
    "d": {"NAME": "Television stand", "TEXT": "Holds a flat screen", "GENRES": "Home", "NEW": False},
    "e": {},
}


def index(documents: dict[str, dict[str, Any]]) -> tuple[Segment, Ids, Columns]:
    """The segment of some documents, with their ids and columns."""
    ids = Ids.build(documents)
    columns = Columns.build(COLUMN_TYPES, [documents[one] for one in ids.tolist()])
    return Segment.build(columns), ids, columns


def library(
    *later: dict[str, dict[str, Any]], settings: dict[str, Any] | None = None, **analyzers: str
) -> QueryContext:
    """The library, with later parts, settings of an index, and analyzers of fields."""
    properties = {name: {"type": "text", "analyzer": analyzer} for name, analyzer in analyzers.items()}
    mapping = read_mapping(settings or {}, {"properties": properties}) if properties else FieldMapping()
    return QueryContext(Reader([index(part) for part in (BOOKS, *later)]), mapping)


def found(context: QueryContext, query: dict[str, Any], **members: Any) -> list[str]:
    """The ids that a query finds, best first."""
    answer = engine.search("library", context, {"query": query, **members})
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def scores(context: QueryContext, query: dict[str, Any], **members: Any) -> dict[str, float]:
    """The scores of the documents that a query finds."""
    answer = engine.search("library", context, {"query": query, **members})
    return {hit["_id"]: hit["_score"] for hit in answer["hits"]["hits"]}
