"""What the cells of a column must be, and how the column is stored in the lake."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from tastemaker.contracts.limits import MAX_ID_LENGTH
from tastemaker.schemas import MAX_CATEGORY_LENGTH, Field
from tastemaker.values import TIME_COLUMNS

MAX_TEXT_LENGTH = 20_000
"""Characters of a textual cell, beyond which the service cuts it."""

_IDS = ("USER_ID", "ITEM_ID", "ACTION_ID")
_STORED = {
    "string": pa.string(),
    "int": pa.int64(),
    "long": pa.int64(),
    "float": pa.float64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
}


class BadCellError(Exception):
    """A cell that breaks the rule of its column. `row` counts from 0 in the batch."""

    def __init__(self, row: int, column: str, why: str) -> None:
        super().__init__(why)
        self.row, self.column, self.why = row, column, why


@dataclass(frozen=True)
class ColumnRule:
    """What the cells of one column must be.

    `column_type` is an Avro type. `max_length` is in characters; 0 means no limit. Cells that are too long
    are cut if `truncate` is true, and refused otherwise. `categorical` columns hold categories. `time_role`
    says what a time means, and is None for other columns. `lenient` columns may have a few bad cells.
    """

    name: str
    column_type: str
    nullable: bool = False
    max_length: int = 0
    truncate: bool = False
    is_id: bool = False
    categorical: bool = False
    time_role: str | None = None
    lenient: bool = False

    @classmethod
    def of(cls, field: Field, *, describes: bool = False) -> "ColumnRule":
        """The rule of a field. `describes` is true for datasets that describe items, users or actions."""
        is_id = field.name in _IDS
        return cls(
            field.name,
            field.type,
            nullable=field.nullable and not is_id,
            max_length=_max_length(field),
            truncate=field.textual,
            is_id=is_id,
            categorical=field.categorical,
            time_role=TIME_COLUMNS.get(field.name),
            lenient=describes and field.name not in (*_IDS, *TIME_COLUMNS),
        )

    @property
    def may_be_null(self) -> bool:
        """Whether the stored column may have nulls."""
        return self.nullable or self.lenient

    @property
    def stored_type(self) -> pa.DataType:
        """The type of the stored column."""
        return _STORED[self.column_type]


def stored_schema(rules: Sequence[ColumnRule]) -> pa.Schema:
    """The Arrow schema of the stored columns."""
    return pa.schema([pa.field(rule.name, rule.stored_type, nullable=rule.may_be_null) for rule in rules])


def _max_length(field: Field) -> int:
    if field.name in _IDS:
        return MAX_ID_LENGTH
    if field.textual:
        return MAX_TEXT_LENGTH
    limited = field.categorical or field.name in {"IMPRESSION", "EVENT_TYPE"}
    return MAX_CATEGORY_LENGTH if limited else 0
