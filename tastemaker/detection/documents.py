"""JSON and JSON Lines: nested documents become rows with dotted names.

A list of objects that have items, such as the products of an order, becomes one row for each object. Pairs
of a key and a typed value, as Google Analytics exports parameters, become columns.
"""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tastemaker.detection.encoding import Utf8Text, detect
from tastemaker.detection.inputs import DetectionError, Input
from tastemaker.detection.naming import ITEM, score, tokens, words
from tastemaker.detection.tables import BATCH_ROWS, BadRows
from tastemaker.notation import SEPARATOR

MAX_WHOLE_BYTES = 2 << 30
"""The largest JSON document that is read at once. JSON Lines have no limit."""
MAX_COLUMNS = 400
_LISTS = words(
    "items products line_items lineitems order_items orderitems cart basket lines contents positions "
    "purchases"
)
Row = dict[str, str | None]


@dataclass
class Documents:
    """A JSON file."""

    input: Input
    columns: Sequence[str]
    lines: bool
    named: bool = True
    bad_rows: BadRows = field(default_factory=BadRows)

    @property
    def shape(self) -> str:
        """How the file is read, for people."""
        return "JSON Lines" if self.lines else "JSON"

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows as strings."""
        self.bad_rows = BadRows()
        schema = pa.schema([pa.field(name, pa.string()) for name in self.columns])
        rows: list[Row] = []
        for row in flat_rows(self._documents()):
            rows.append(row)
            if len(rows) == BATCH_ROWS:
                yield pa.RecordBatch.from_pylist(rows, schema)
                rows = []
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema)

    def where(self, row: int) -> str:
        """The place of a row: objects may have several rows."""
        return f"row {row + 1:,}"

    def _documents(self) -> Iterator[Mapping[str, Any]]:
        return _lines(self.input, self.bad_rows) if self.lines else iter(_whole(self.input))


def open_documents(given: Input) -> Documents:
    """Detect whether a file has one document or one in each line, and its columns.

    Raises DetectionError if it is not JSON.
    """
    with given.open() as stream:
        head = stream.read(1 << 16) or b""
    first = head.decode(detect(head), "replace").lstrip("\ufeff \r\n\t")
    lines = not first.startswith("[") and not _is_one_object(first, len(head) < 1 << 16)
    found = Documents(given, (), lines)
    columns: dict[str, None] = {}
    for number, row in enumerate(flat_rows(found._documents())):
        columns.update(dict.fromkeys(row))
        if number >= BATCH_ROWS:
            break
    if not columns:
        raise DetectionError(
            f"{given.name} has no objects in its lines.", "JSON Lines have one object in each line."
        )
    found.columns = list(columns)[:MAX_COLUMNS]
    return found


def flat_rows(documents: Iterator[Mapping[str, Any]]) -> Iterator[Row]:
    """The rows of nested documents."""
    for document in documents:
        yield from _rows(document)


def _is_one_object(text: str, is_whole: bool) -> bool:
    """Whether a text that begins with `{` is one document that contains the rows in a list."""
    first, _, rest = text.partition("\n")
    try:
        found = json.loads(first)
    except ValueError:
        return not first.rstrip().endswith("}")
    return isinstance(found, dict) and not rest.strip() and is_whole and _only_list(found) is not None


def _only_list(document: Mapping[str, Any]) -> list[Any] | None:
    """The list with the rows of a document, such as `{"orders": [...]}`."""
    lists = [
        value
        for value in document.values()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ]
    return lists[0] if len(lists) == 1 and len(document) <= 5 else None


def _whole(given: Input) -> list[Mapping[str, Any]]:
    with given.open() as stream:
        data = stream.read(MAX_WHOLE_BYTES) or b""
    if len(data) == MAX_WHOLE_BYTES:
        raise DetectionError(f"{given.name} is too large for one JSON document.", "Write it as JSON Lines.")
    try:
        found = json.loads(data.decode(detect(data[:1000]), "replace").removeprefix("\ufeff"))
    except ValueError as error:
        raise DetectionError(
            f"{given.name} is not JSON: {error}.", "Export it again, or write JSON Lines."
        ) from error
    if isinstance(found, dict):
        found = _only_list(found) or [found]
    return [one for one in found if isinstance(one, dict)]


def _lines(given: Input, bad: BadRows) -> Iterator[Mapping[str, Any]]:
    with given.open() as stream:
        head = stream.read(1 << 16) or b""
    with given.open() as stream:
        text = io.TextIOWrapper(io.BufferedReader(Utf8Text(stream, detect(head)), 1 << 20), "utf-8")
        for number, line in enumerate(text, 1):
            if not (line := line.strip().rstrip(",")) or line in "[]":
                continue
            found = _object(line)
            if found is None:
                bad.add(f"line {number} is no JSON object: {line}")
            else:
                yield found


def _object(line: str) -> Mapping[str, Any] | None:
    """The object in a line, as JSON or as Python writes dictionaries."""
    try:
        found = json.loads(line)
    except ValueError:
        try:
            found = ast.literal_eval(line)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return found if isinstance(found, dict) else None


def _rows(document: Mapping[str, Any]) -> Iterator[Row]:
    row: Row = {}
    nested: tuple[str, list[Mapping[str, Any]]] | None = None
    for name, value in _members(document, ""):
        if _is_list_of_items(name, value):
            nested = nested or (name, value)
        else:
            row[name] = _text(value)
    if nested is None:
        yield row
        return
    name, items = nested
    for item in items:
        yield {**row, **{key: _text(value) for key, value in _members(item, f"{name}.")}}


def _members(document: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _members(value, f"{prefix}{name}.")
        elif _is_pairs(value):
            for pair in value:
                yield f"{prefix}{name}.{pair['key']}", _typed(pair["value"])
        else:
            yield f"{prefix}{name}", value


def _is_pairs(value: Any) -> bool:
    """Whether a value is a list of `{"key": …, "value": …}`."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, Mapping) and set(one) >= {"key", "value"} for one in value)
    )


def _typed(value: Any) -> Any:
    """The value of a pair, whose type may be in its name: `{"string_value": "mobile"}`."""
    if not isinstance(value, Mapping):
        return value
    return next((one for one in value.values() if one is not None), None)


def _is_list_of_items(name: str, value: Any) -> bool:
    if not isinstance(value, list) or not value or not all(isinstance(one, Mapping) for one in value):
        return False
    last = tokens(name)[-1:] or ("",)
    joined = "".join(tokens(name.rpartition(".")[2]))
    if last[0] in _LISTS or joined in _LISTS:
        return True
    return any(score(ITEM, key) >= 9 for key in value[0])


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        if all(isinstance(one, str | int | float) for one in value):
            return SEPARATOR.join(str(one) for one in value) or None
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
