"""CSV files as the service documents them, and their schemas."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.schemas import NAMESPACE, RECORD_NAMES, Field

_NEEDS_QUOTES = r'[",\r\n\\]|^\s|\s$'


def schema_of(dataset_type: str, fields: Sequence[Field]) -> str:
    """The Avro schema of a dataset, as JSON text."""
    name = next(record for record, its_type in RECORD_NAMES.items() if its_type == dataset_type)
    document = {
        "type": "record",
        "name": name,
        "namespace": NAMESPACE,
        "fields": [_avro(one) for one in fields],
        "version": "1.0",
    }
    return json.dumps(document, indent=2)


def _avro(field: Field) -> dict[str, object]:
    made: dict[str, object] = {
        "name": field.name,
        "type": ["null", field.type] if field.nullable else field.type,
    }
    for name, value in (
        ("categorical", field.categorical),
        ("textual", field.textual),
        ("itemName", field.item_name),
    ):
        if value:
            made[name] = True
    return made


class CsvWriter:
    r"""A CSV file. A quote in a cell is written as `\\"`, and a backslash as `\\\\`."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self._file = io.BufferedWriter(io.FileIO(path, "wb"), 1 << 20)
        self._file.write((",".join(names) + "\n").encode())
        self.rows = 0

    def write(self, columns: Sequence[pa.Array]) -> None:
        """Write rows, given as columns of text. Null becomes an empty cell."""
        if not len(columns[0]):
            return
        cells = [_cell(column) for column in columns]
        lines = pc.binary_join_element_wise(*cells, ",") if len(cells) > 1 else cells[0]
        self._file.write("\n".join(lines.to_pylist()).encode() + b"\n")
        self.rows += len(columns[0])

    def __enter__(self) -> CsvWriter:
        """The writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _cell(column: pa.Array) -> pa.Array:
    cells = pc.fill_null(column, "")
    needs = pc.match_substring_regex(cells, _NEEDS_QUOTES)
    if not pc.any(needs).as_py():
        return cells
    quoted = pc.replace_substring(pc.replace_substring(cells, "\\", "\\\\"), '"', '\\"')
    quoted = pc.binary_join_element_wise(pa.scalar('"'), quoted, pa.scalar('"'), "")
    return pc.if_else(needs, quoted, cells)
