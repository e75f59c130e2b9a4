"""What queries are executed in: the index, the analyzers of its fields, and the names of fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tastemaker.columns import CATEGORICAL
from tastemaker.search.analysis.analyzers import Analyzer
from tastemaker.search.errors import UnsupportedError
from tastemaker.search.index.mapping import FieldMapping
from tastemaker.search.index.reader import Reader
from tastemaker.search.vectors.text_vectors import TextVectors

ITEM_ID = "ITEM_ID"
KEYWORD = ".keyword"
"""The suffix of the exact values of a text field, as OpenSearch's dynamic mapping names them."""


@dataclass(frozen=True)
class FieldName:
    """A field as a query names it: a column, and whether its whole values are meant."""

    column: str
    exact: bool


def no_vectors() -> TextVectors:
    """Raise UnsupportedError: there are no vectors."""
    raise UnsupportedError(
        "The items have no text vectors. Create a solution version of the recipe aws-semantic-similarity in "
        "the dataset group. The schema of its Items dataset marks a name with itemName, or a text with "
        "textual."
    )


@dataclass(frozen=True)
class QueryContext:
    """An index as a query sees it."""

    reader: Reader
    mapping: FieldMapping
    vectors: Callable[[], TextVectors] = no_vectors
    """The text vectors of the items, which are opened when a query needs them. Raises SearchError."""

    def field(self, name: str) -> FieldName:
        """Read the name of a field. Whole values are meant for `.keyword` and for categorical columns."""
        if name.endswith(KEYWORD) and not self.reader.has(name):
            return FieldName(name.removesuffix(KEYWORD), exact=True)
        return FieldName(name, exact=self.reader.column_type(name) == CATEGORICAL)

    def analyzer(self, field_name: str, named: str | None = None) -> Analyzer:
        """The analyzer that a query names, or that of the field. Raises InvalidArgumentError."""
        return self.mapping.analyzer(field_name, named)
