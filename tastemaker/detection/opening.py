"""A file of any supported format as a table."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from tastemaker.detection.columnar import open_columnar
from tastemaker.detection.delimited import open_delimited
from tastemaker.detection.documents import open_documents
from tastemaker.detection.inputs import OTHER, DetectionError, Input
from tastemaker.detection.tables import Table
from tastemaker.failures import WorkFailedError

_BINARY = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite": "a SQLite database",
}


@dataclass(frozen=True)
class Reading:
    """What the user says about how files are read. What is empty is detected."""

    encoding: str = ""
    separator: str = ""
    header: bool | None = None


def open_table(given: Input, reading: Reading | None = None) -> Table:
    """The table in a file. The first bytes decide on the format. Raises DetectionError."""
    reading = reading or Reading()
    with closing(given.raw()) as stream:
        start = stream.read(8) or b""
    if start.startswith(b"PAR1"):
        return open_columnar(given)
    for mark, what in _BINARY.items():
        if start.startswith(mark):
            raise DetectionError(f"{given.name} is {what}.", "Give a CSV, JSON or Parquet file.")
    try:
        with given.open() as stream:
            head = stream.read(4096) or b""
        if _is_json(given, head):
            return open_documents(given)
        return open_delimited(
            given, encoding=reading.encoding, separator=reading.separator, header=reading.header
        )
    except WorkFailedError as error:
        remedy = OTHER.get(given.suffix, "Write it as CSV, JSON Lines or Parquet")
        raise DetectionError(f"{error}.".replace("..", "."), f"{remedy}.") from error


def _is_json(given: Input, head: bytes) -> bool:
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if text[:1] == b"{":
        return True
    return text[:1] == b"[" and (
        given.suffix in (".json", ".jsonl", ".ndjson") or text[1:].lstrip()[:1] in (b"{", b"]")
    )
