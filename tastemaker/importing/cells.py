"""Columns of text → columns of the schema's types, checked a whole column at a time.

Only when a column fails is it looked at cell by cell, to name the first bad one.

Columns that describe items, users or actions are forgiven a few cells: one in 500 that is empty or cannot
be read is null. The service does so too: its own workshop imports a catalog of films in which a dozen of
9,742 years are empty and one is `2006–2007`, for a schema that says `int`, and the job ends ACTIVE. Ids,
times and interactions are forgiven nothing.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.schemas import MAX_CATEGORY_LENGTH, MAX_TIMESTAMP, Field

ID_LENGTH = 256
TEXT_LENGTH = 20_000
TEXT_LENGTH_CJK = 7_000
FORGIVEN = 500  # rows for each bad cell that a forgiving column may have in a batch
INT_RANGE = (-(2**31), 2**31 - 1)
LONG_RANGE = (-(2**63), 2**63 - 1)

_IDS = ("USER_ID", "ITEM_ID", "ACTION_ID")
_TIMES = ("TIMESTAMP", "CREATION_TIMESTAMP", "EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP")
_INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*\Z")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


class BadCellError(Exception):
    """`row` counts from 0 in the batch; `column` is None where the schema's own rule is not to blame."""

    def __init__(self, row: int, column: str, why: str) -> None:
        super().__init__(why)
        self.row, self.column, self.why = row, column, why


@dataclass(frozen=True)
class Rule:
    """What the cells of one column must be. `kind` is an Avro type; `limit` is in characters (0: none)."""

    name: str
    kind: str
    nullable: bool = False
    limit: int = 0
    truncate: bool = False
    is_id: bool = False
    is_time: bool = False
    forgiving: bool = False

    @classmethod
    def of(cls, field: Field, *, describes: bool = False) -> "Rule":
        """The rule of a schema's field; `describes`: of a dataset that describes items, users or actions."""
        is_id = field.name in _IDS
        limit = (
            ID_LENGTH
            if is_id
            else TEXT_LENGTH
            if field.textual
            else MAX_CATEGORY_LENGTH
            if _limited(field)
            else 0
        )
        return cls(
            field.name,
            field.type,
            nullable=field.nullable and not is_id,
            limit=limit,
            truncate=field.textual,
            is_id=is_id,
            is_time=field.name in _TIMES,
            forgiving=describes and field.name not in (*_IDS, *_TIMES),
        )

    @property
    def may_be_null(self) -> bool:
        """Whether nulls are stored, by the schema or by forgiveness."""
        return self.nullable or self.forgiving

    @property
    def type(self) -> pa.DataType:
        """How the column is stored in the lake."""
        return _STORED[self.kind]


def _limited(field: Field) -> bool:
    return field.categorical or field.name in {"IMPRESSION", "EVENT_TYPE"}


def typed(batch: pa.RecordBatch, rules: Sequence[Rule]) -> pa.RecordBatch:
    """The batch's columns in the order of the rules, each of its type. Raises BadCellError for the first bad
    row.
    """
    columns, worst = [], None
    for i, rule in enumerate(rules):
        try:
            columns.append(_column(batch.column(i), rule))
        except BadCellError as error:
            if worst is None or error.row < worst.row:
                worst = error
    if worst is not None:
        raise worst
    return pa.RecordBatch.from_arrays(columns, schema=stored_schema(rules))


def stored_schema(rules: Sequence[Rule]) -> pa.Schema:
    return pa.schema([pa.field(rule.name, rule.type, nullable=rule.may_be_null) for rule in rules])


def _column(cells: pa.Array, rule: Rule) -> pa.Array:
    try:
        return _strict(cells, rule)
    except BadCellError as error:
        if not rule.forgiving or pa.types.is_nested(cells.type):
            raise
        return _forgiven(cells, rule, error)


def _forgiven(cells: pa.Array, rule: Rule, first: BadCellError) -> pa.Array:
    """The column with its bad cells null. Raises the first error if they are more than may be forgiven."""
    left = len(cells) // FORGIVEN
    if not rule.nullable:
        texts = _as_text(cells, rule) if not pa.types.is_string(cells.type) else cells
        left -= pc.sum(pc.fill_null(pc.equal(pc.binary_length(texts), 0), True)).as_py()
    rows = pa.array(range(len(cells)))
    while left >= 0:
        try:
            return _strict(cells, replace(rule, nullable=True))
        except BadCellError as error:
            left -= 1
            cells = pc.if_else(pc.equal(rows, error.row), pa.scalar(None, cells.type), cells)
    raise first


def _strict(cells: pa.Array, rule: Rule) -> pa.Array:
    if not pa.types.is_string(cells.type):
        cells = _as_text(cells, rule)
    sizes = pc.binary_length(cells)
    smallest = pc.min(sizes).as_py()
    if cells.null_count or smallest == 0:
        cells = _nulls(cells, sizes, rule)
    return _TYPED[rule.kind](cells, sizes, rule)


def _as_text(cells: pa.Array, rule: Rule) -> pa.Array:
    """A column that a Parquet file brings with a type of its own. Whole floats (how pandas stores integers
    with nulls) are integers where the schema asks for them.
    """
    if pa.types.is_floating(cells.type) and rule.kind in {"int", "long"}:
        try:
            cells = pc.cast(cells, pa.int64())
        except pa.ArrowInvalid:
            return pc.cast(cells, pa.string())
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if pa.types.is_boolean(cells.type):
        return pc.if_else(cells, "true", "false")
    try:
        return pc.cast(cells, pa.string())
    except pa.ArrowNotImplementedError as error:
        raise BadCellError(
            0, rule.name, f"a column of type {cells.type} cannot be read as {rule.kind}"
        ) from error


def _nulls(cells: pa.Array, sizes: pa.Array, rule: Rule) -> pa.Array:
    empty = pc.fill_null(pc.equal(sizes, 0), True)
    if rule.nullable:
        return pc.if_else(empty, pa.scalar(None, pa.string()), cells)
    why = "an id is empty" if rule.is_id else "the cell is empty, but the schema does not allow null here"
    raise BadCellError(_first(empty), rule.name, why)


def _text(cells: pa.Array, sizes: pa.Array, rule: Rule) -> pa.Array:
    if not rule.limit or (pc.max(sizes).as_py() or 0) <= min(rule.limit, TEXT_LENGTH_CJK):
        return cells  # never more characters than bytes
    lengths = pc.utf8_length(cells)
    if rule.truncate:
        return _truncated(cells, lengths)
    long = pc.fill_null(pc.greater(lengths, rule.limit), False)
    if pc.any(long).as_py():
        row = _first(long)
        why = f"length cannot be more than {rule.limit} characters for {rule.name}"
        raise BadCellError(row, rule.name, why)
    return cells


def _truncated(cells: pa.Array, lengths: pa.Array) -> pa.Array:
    """Text beyond what the service keeps is cut: at 7,000 characters where it is Chinese or Japanese, else at
    20,000.
    """
    if (pc.max(lengths).as_py() or 0) <= TEXT_LENGTH_CJK:
        return cells
    values = cells.to_pylist()
    for i, text in enumerate(values):
        if text is not None and len(text) > TEXT_LENGTH_CJK:
            dense = len(_CJK.findall(text[:1000])) > 300
            values[i] = text[: TEXT_LENGTH_CJK if dense else TEXT_LENGTH]
    return pa.array(values, pa.string())


def _integer(cells: pa.Array, sizes: pa.Array, rule: Rule) -> pa.Array:
    # Twenty characters hold every long; Arrow would also read 0x1F, which no such file means.
    try:
        if pc.any(pc.match_substring(cells, "x", ignore_case=True)).as_py():
            raise pa.ArrowInvalid("hexadecimal")
        numbers = pc.cast(cells, pa.int64())
    except pa.ArrowInvalid:
        numbers = pa.array(_each(cells, rule, _as_integer), pa.int64())
    if rule.kind == "int":
        _within(numbers, rule, *INT_RANGE)
    return _sane(numbers, rule)


def _number(cells: pa.Array, sizes: pa.Array, rule: Rule) -> pa.Array:
    try:
        numbers = pc.cast(cells, pa.float64())
        if pc.all(pc.is_finite(numbers)).as_py() is False:
            raise pa.ArrowInvalid("not finite")
    except pa.ArrowInvalid:
        numbers = pa.array(_each(cells, rule, _as_number), pa.float64())
    return _sane(numbers, rule)


def _boolean(cells: pa.Array, sizes: pa.Array, rule: Rule) -> pa.Array:
    true = pc.equal(cells, "true")
    neither = pc.fill_null(pc.invert(pc.or_(true, pc.equal(cells, "false"))), False)
    if pc.any(neither).as_py():
        row = _first(neither)
        raise BadCellError(
            row, rule.name, f"expected true or false, in lower case, found {_shown(cells[row])}"
        )
    return true


def _as_integer(text: str) -> int:
    if not _INTEGER.match(text):
        raise ValueError("expected a whole number")
    value = int(text)
    if not LONG_RANGE[0] <= value <= LONG_RANGE[1]:
        raise ValueError("expected a whole number of at most 64 bits")
    return value


def _as_number(text: str) -> float:
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("expected a number")
    return value


def _each(cells: pa.Array, rule: Rule, read: Callable[[str], Any]) -> list[Any]:
    """Cell by cell: for columns with blanks round their numbers, and to find the one that is no number."""
    values = []
    for row, text in enumerate(cells.to_pylist()):
        try:
            values.append(None if text is None else read(text))
        except ValueError as error:
            raise BadCellError(row, rule.name, f"{error} ({rule.kind}), found {_shown(text)}") from error
    return values


def _within(numbers: pa.Array, rule: Rule, low: int, high: int) -> None:
    outside = pc.fill_null(pc.or_(pc.less(numbers, low), pc.greater(numbers, high)), False)
    if pc.any(outside).as_py():
        row = _first(outside)
        raise BadCellError(
            row, rule.name, f"{numbers[row].as_py()} does not fit an {rule.kind}; declare the field long"
        )


def _sane(numbers: pa.Array, rule: Rule) -> pa.Array:
    if rule.is_time and (pc.max(numbers).as_py() or 0) > MAX_TIMESTAMP:
        row = _first(pc.fill_null(pc.greater(numbers, MAX_TIMESTAMP), False))
        why = f"{numbers[row].as_py()} is no time in Unix seconds; in milliseconds? Then divide by 1000"
        raise BadCellError(row, rule.name, why)
    return numbers


def _first(mask: pa.Array) -> int:
    return int(pc.index(mask, True).as_py())


def _shown(value: Any) -> str:
    text = value.as_py() if isinstance(value, pa.Scalar) else value
    return repr(text if len(text) <= 80 else text[:77] + "...")


_STORED = {
    "string": pa.string(),
    "int": pa.int64(),
    "long": pa.int64(),
    "float": pa.float64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
}
_TYPED: dict[str, Callable[[pa.Array, pa.Array, Rule], pa.Array]] = {
    "string": _text,
    "int": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
}
