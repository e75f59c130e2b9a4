"""Files of imports: what an import accepts is what a second reader finds, and what it refuses leaves nothing.

The second readers are Python's `csv` module and pyarrow.
"""

from __future__ import annotations

import csv
import io
import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tastemaker.failures import WorkFailedError
from tastemaker.importing.column_rules import MAX_TEXT_LENGTH
from tastemaker.schemas import Field
from tests.fuzz.checks import HangError, limited
from tests.tastemaker.importing.support import ImportFolder

FIELDS = [
    Field("ITEM_ID", "string"),
    Field("TITLE", "string", nullable=True, textual=True),
    Field("PRICE", "double", nullable=True),
    Field("STOCK", "long", nullable=True),
    Field("ADULT", "boolean", nullable=True),
]
NAMES = [field.name for field in FIELDS]
Row = tuple[Any, ...]


@dataclass(frozen=True)
class DataFile:
    """One file of an import."""

    name: str
    content: bytes

    def __str__(self) -> str:
        return f"an import of {self.name}: {self.content[:4000]!r}"


def problem(file: DataFile) -> str | None:
    """What is wrong with the import of a file, or None."""
    with tempfile.TemporaryDirectory() as root:
        folder = ImportFolder(Path(root))
        folder.put(file.name, file.content)
        try:
            with limited():
                folder.run(FIELDS, f"s3://data/{file.name}")
        except WorkFailedError as error:
            if folder.parts():
                return "a refused import left a file"
            return None if file.name in str(error) else f"the refusal does not name the file: {error}"
        except HangError:
            return "the import does not end"
        except Exception as error:
            return f"the import raised {error!r}"
        rows = [tuple(row[name] for name in NAMES) for row in folder.rows()]
    readings = _csv_readings(file.content) if file.name.endswith(".csv") else [_parquet_rows(file.content)]
    if any(_equal(rows, reading) for reading in readings):
        return None
    return f"the import read {rows[:5]!r}, the second reader {[reading[:5] for reading in readings]!r}"


def generated(rng: Random) -> Iterator[DataFile]:
    """Files without end."""
    while True:
        rows = [_row(rng, number) for number in range(rng.choice([0, 1, 2, 3, 8]))]
        if rng.random() < 0.75:
            yield DataFile("a.csv", _mutated(rng, _csv(rng, rows)))
        else:
            yield DataFile("a.parquet", _damaged(rng, _parquet(rng, rows)))


def _row(rng: Random, number: int) -> Row:
    titles = [
        "",
        "plain",
        'say "hi"',
        "two\nlines",
        "a,b",
        "C:\\new",
        "ends with \\",
        '"',
        "'",
        " x ",
        "é語😀",
        "\t",
        "a;b",
    ]
    return (
        f"i{number}",
        rng.choice(titles) or None,
        rng.choice([None, 1.5, -0.25, 1e300, 0.0, 3.0]),
        rng.choice([None, 7, -1, 2**63 - 1, -(2**63)]),
        rng.choice([None, True, False]),
    )


# --- CSV ---


def _csv(rng: Random, rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    style: Any = rng.choice([{"doublequote": True}, {"doublequote": False, "escapechar": "\\"}])
    writer = csv.writer(
        text,
        lineterminator=rng.choice(["\n", "\r\n", "\n"]),
        quoting=rng.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
        **style,
    )
    writer.writerow(NAMES)
    for row in rows:
        writer.writerow(
            [str(cell).lower() if isinstance(cell, bool) else "" if cell is None else cell for cell in row]
        )
    return text.getvalue().encode()


def _mutated(rng: Random, content: bytes) -> bytes:
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        place = rng.randrange(len(content) + 1)
        pieces = [
            b'"',
            b",",
            b"\n",
            b"\r",
            b"\r\n",
            b"\\",
            b'\\"',
            b"\x00",
            b"\xff",
            b"\xef\xbb\xbf",
            b";",
            b" ",
            b"\xa0",
        ]
        pieces += [
            b'""',
            b"NaN",
            b"1e999",
            b"0x1F",
            b"9" * 30,
            b"\xe2\x80\xa8",
            b"x" * 140_000,
            b"'",
            b"\t",
            b"TRUE",
        ]
        content = rng.choice(
            [
                content[:place] + rng.choice(pieces) + content[place:],
                content[:place] + content[place + 1 :],
                content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :],
                content[:place],
                content + content[:place],
            ]
        )
    return content


def _csv_readings(content: bytes) -> list[list[Row]]:
    """The rows as the `csv` module reads them with doubled quotes, with backslashes, and with both."""
    readings = []
    csv.field_size_limit(1 << 30)
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    for style in ({}, {"escapechar": "\\"}):
        try:
            lines = [row for row in csv.reader(io.StringIO(text, newline=""), **style) if row]  # type: ignore[arg-type]
            header = [name.strip() for name in lines[0]]
            spelled = [name if name in NAMES else name.upper() for name in header]
            places = [header.index(name) if name in header else spelled.index(name) for name in NAMES]
            readings.append([_typed([row[place] for place in places]) for row in lines[1:]])
        except (csv.Error, ValueError, IndexError):
            continue
    return readings


def _typed(cells: Sequence[str]) -> Row:
    """A row of text with the types of `FIELDS`. Raises ValueError."""
    item, title, price, stock, adult = cells
    if adult not in ("true", "false", ""):
        raise ValueError(adult)
    number = float(price) if price else None
    if number is not None and not math.isfinite(number):
        raise ValueError(price)
    return (
        item.strip(),
        title[:MAX_TEXT_LENGTH] or None,
        number,
        int(stock) if stock else None,
        {"": None, "true": True}.get(adult, False),
    )


# --- Parquet ---


def _parquet(rng: Random, rows: Sequence[Row]) -> bytes:
    types = [pa.string(), rng.choice([pa.string(), pa.large_string()]), pa.float64(), pa.int64(), pa.bool_()]
    columns = list(zip(*rows, strict=True)) or [()] * len(NAMES)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    if rng.random() < 0.2:
        arrays[1] = arrays[1].cast(pa.string()).dictionary_encode()
    out = io.BytesIO()
    compression = rng.choice(["none", "snappy", "gzip", "zstd"])
    pq.write_table(pa.table(arrays, names=NAMES), out, compression=compression, write_page_checksum=True)
    return out.getvalue()


def _damaged(rng: Random, content: bytes) -> bytes:
    for _ in range(rng.choice([0, 1, 1, 3])):
        place = rng.randrange(len(content))
        content = (
            rng.choice(
                [
                    content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :],
                    content[:place],
                    content[: len(content) - 8] + content[place:],
                ]
            )
            or b"PAR1"
        )
    return content


def _parquet_rows(content: bytes) -> list[Row]:
    try:
        table = pq.read_table(io.BytesIO(content))
        return [tuple(row[name] if row[name] != "" else None for name in NAMES) for row in table.to_pylist()]
    except (pa.ArrowException, OSError, KeyError):
        return []


def _equal(rows: Sequence[Row], others: Sequence[Row]) -> bool:
    return len(rows) == len(others) and all(
        a == b for row, other in zip(rows, others, strict=True) for a, b in zip(row, other, strict=True)
    )
