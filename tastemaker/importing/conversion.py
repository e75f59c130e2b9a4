"""Columns of text → columns of the types that their rules say, one whole column at a time.

A column is examined cell by cell only if it fails, to find the first bad cell.
"""

import math
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tastemaker import values
from tastemaker.importing.column_rules import MAX_TEXT_LENGTH, BadCellError, ColumnRule
from tastemaker.importing.text_bytes import is_ascii, may_have_blanks, may_have_letters
from tastemaker.values import BadValueError

MAX_CJK_TEXT_LENGTH = 7_000
"""Characters of a Chinese or Japanese text, beyond which the service cuts it."""

Check = Callable[[Any], object]
"""Raises BadValueError for a value that is not valid."""

_WHOLE_FRACTION = re.compile(r"[+-]?[0-9]+\.0*")
_ROUNDED = re.compile(r"[+-]?[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}")
_INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*\Z")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def convert(cells: pa.Array, rule: ColumnRule, now: float) -> pa.Array:
    """The column with the type that its rule says.

    Ids lose the blanks around them, as the names in a header do. `now` is the present in seconds since 1970,
    which limits times. Raises BadCellError for the first bad cell.
    """
    if not pa.types.is_string(cells.type):
        cells = as_text(cells, rule)
    if not is_ascii(cells):
        _check_utf8(cells, rule)
    if rule.is_id and may_have_blanks(cells):
        cells = pc.utf8_trim_whitespace(cells)
    sizes = pc.binary_length(cells)
    smallest = pc.min(sizes).as_py()
    if cells.null_count or smallest == 0:
        cells = _nulls(cells, sizes, rule)
    found = _CONVERTERS[rule.column_type](cells, sizes, rule)
    if rule.time_role is not None:
        _check_times(found, rule, now)
    return found


def _check_utf8(cells: pa.Array, rule: ColumnRule) -> None:
    """Check the bytes of texts. A column of strings in a Parquet file can have any."""
    try:
        cells.validate(full=True)
    except pa.ArrowInvalid:
        for row, raw in enumerate(cells.cast(pa.binary()).to_pylist()):
            try:
                (raw or b"").decode()
            except UnicodeDecodeError:
                raise BadCellError(row, rule.name, f"not UTF-8: {raw[:80]!r}") from None
        raise


def as_text(cells: pa.Array, rule: ColumnRule) -> pa.Array:
    """A column of a Parquet file, which has a type of its own, as text.

    Whole floats, as pandas stores integers with nulls, become integers if the schema says so. Raises
    BadCellError for a type that cannot be converted.
    """
    if pa.types.is_floating(cells.type) and rule.column_type in {"int", "long"}:
        try:
            cells = pc.cast(cells, pa.int64())
        except pa.ArrowInvalid:
            return pc.cast(cells, pa.string())
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if pa.types.is_boolean(cells.type):
        return pc.if_else(cells, "true", "false")
    try:
        if pa.types.is_binary(cells.type) or pa.types.is_large_binary(cells.type):
            return pc.cast(cells, pa.binary()).view(
                pa.string()
            )  # `_check_utf8` names the row that is no text
        return pc.cast(cells, pa.string())
    except pa.ArrowNotImplementedError as error:
        raise BadCellError(
            0, rule.name, f"a column of type {cells.type} cannot be read as {rule.column_type}"
        ) from error


def _nulls(cells: pa.Array, sizes: pa.Array, rule: ColumnRule) -> pa.Array:
    empty = pc.fill_null(pc.equal(sizes, 0), True)
    if rule.nullable:
        return pc.if_else(empty, pa.scalar(None, pa.string()), cells)
    why = "an id is empty" if rule.is_id else "the cell is empty, but the schema does not allow null here"
    raise BadCellError(_first(empty), rule.name, why)


def _text(cells: pa.Array, sizes: pa.Array, rule: ColumnRule) -> pa.Array:
    if not rule.max_length or (pc.max(sizes).as_py() or 0) <= min(rule.max_length, MAX_CJK_TEXT_LENGTH):
        return cells  # a text has at most as many characters as bytes
    lengths = pc.utf8_length(cells)
    if rule.truncate:
        return _truncated(cells, lengths)
    long = pc.fill_null(pc.greater(lengths, rule.max_length), False)
    if pc.any(long).as_py():
        row = _first(long)
        error = values.too_long(cells[row].as_py(), rule.max_length, rule.name, categorical=rule.categorical)
        raise BadCellError(row, rule.name, str(error))
    if rule.is_id and (pc.max(sizes).as_py() or 0) > values.MAX_ID_BYTES:
        _check_each(cells, rule, pc.greater(sizes, values.MAX_ID_BYTES), values.check_id)
    return cells


def _truncated(cells: pa.Array, lengths: pa.Array) -> pa.Array:
    """Texts, cut as the service cuts them: at 7,000 characters of Chinese or Japanese, else at 20,000."""
    if (pc.max(lengths).as_py() or 0) <= MAX_CJK_TEXT_LENGTH:
        return cells
    texts = cells.to_pylist()
    for i, text in enumerate(texts):
        if text is not None and len(text) > MAX_CJK_TEXT_LENGTH:
            dense = len(_CJK.findall(text[:1000])) > 300
            texts[i] = text[: MAX_CJK_TEXT_LENGTH if dense else MAX_TEXT_LENGTH]
    return pa.array(texts, pa.string())


def _integer(cells: pa.Array, sizes: pa.Array, rule: ColumnRule) -> pa.Array:
    # Arrow also reads hexadecimal numbers such as 0x1F, which are not numbers in these files.
    try:
        if may_have_letters(cells) and pc.any(pc.match_substring(cells, "x", ignore_case=True)).as_py():
            raise pa.ArrowInvalid("hexadecimal")
        numbers = pc.cast(cells, pa.int64())
    except pa.ArrowInvalid:
        numbers = pa.array(_cell_by_cell(cells, rule, _as_integer), pa.int64())
    if rule.column_type == "int":
        low, high = values.INTEGER_RANGES["int"]
        _check_range(numbers, rule, low, high, lambda number: values.check_integer(number, "int"))
    return numbers


def _number(cells: pa.Array, sizes: pa.Array, rule: ColumnRule) -> pa.Array:
    try:
        numbers = pc.cast(cells, pa.float64())
        if pc.all(pc.is_finite(numbers)).as_py() is False:
            raise pa.ArrowInvalid("not finite")
    except pa.ArrowInvalid:
        numbers = pa.array(_cell_by_cell(cells, rule, _as_number), pa.float64())
    largest = values.LARGEST_FLOATS[rule.column_type]
    _check_range(numbers, rule, -largest, largest, lambda number: values.read_float(number, rule.column_type))
    return numbers


def _boolean(cells: pa.Array, sizes: pa.Array, rule: ColumnRule) -> pa.Array:
    true = pc.equal(cells, "true")
    neither = pc.fill_null(pc.invert(pc.or_(true, pc.equal(cells, "false"))), False)
    if pc.any(neither).as_py():
        row = _first(neither)
        raise BadCellError(
            row, rule.name, f"expected true or false, in lower case, found {_quoted(cells[row])}"
        )
    return true


def _as_integer(text: str) -> int:
    if not _INTEGER.match(text):
        raise ValueError("expected a whole number")
    return values.read_integer(text.strip())


def _as_number(text: str) -> float:
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("expected a number")
    return value


def _cell_by_cell(cells: pa.Array, rule: ColumnRule, read: Callable[[str], Any]) -> list[Any]:
    """The values cell by cell, for columns with blanks around numbers, and to find the first bad cell."""
    found = []
    for row, text in enumerate(cells.to_pylist()):
        try:
            found.append(None if text is None else read(text))
        except ValueError as error:
            why = f"{error} ({rule.column_type}), found {_quoted(text)}{_cure(text, rule)}"
            raise BadCellError(row, rule.name, why) from error
    return found


def _cure(text: str, rule: ColumnRule) -> str:
    """What to do about a text that is no whole number, or nothing."""
    if rule.column_type not in values.INTEGER_RANGES:
        return ""
    if _WHOLE_FRACTION.fullmatch(text.strip()):
        return "; write it without a fraction"
    if _ROUNDED.fullmatch(text.strip()):
        return "; write all of its digits"
    if rule.time_role is not None and _DATE.match(text.strip()):
        return "; convert it to Unix seconds, such as 1700000000"
    return ""


def _check_each(cells: pa.Array, rule: ColumnRule, suspects: pa.Array, check: Check) -> None:
    """Check the cells that `suspects` (booleans) names, in their order."""
    if pc.any(suspects).as_py():
        for row in pc.indices_nonzero(pc.fill_null(suspects, False)).to_pylist():
            try:
                check(cells[row].as_py())
            except BadValueError as error:
                raise BadCellError(row, rule.name, str(error)) from None


def _check_range(numbers: pa.Array, rule: ColumnRule, low: float, high: float, check: Check) -> None:
    """Check the numbers that are not from `low` to `high`, in their order."""
    bounds = pc.min_max(numbers)
    if bounds["min"].is_valid and not low <= bounds["min"].as_py() <= bounds["max"].as_py() <= high:
        _check_each(numbers, rule, pc.or_(pc.less(numbers, low), pc.greater(numbers, high)), check)


def _check_times(times: pa.Array, rule: ColumnRule, now: float) -> None:
    role = rule.time_role or values.EVENT
    latest = min(int(now) + values.MAX_AHEAD_SECONDS, values.MAX_TIME)
    _check_range(times, rule, values.MIN_TIME, latest, lambda time: values.check_time(time, role, now))


def _first(mask: pa.Array) -> int:
    return int(pc.index(mask, True).as_py())


def _quoted(value: Any) -> str:
    text = value.as_py() if isinstance(value, pa.Scalar) else value
    return repr(text if len(text) <= 80 else text[:77] + "...")


_CONVERTERS: dict[str, Callable[[pa.Array, pa.Array, ColumnRule], pa.Array]] = {
    "string": _text,
    "int": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
}
