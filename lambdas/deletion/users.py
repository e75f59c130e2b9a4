"""The users of a data deletion job: the ids in CSV files with the column USER_ID.

The files are found and decompressed as those of an import: a folder is never read by half, because the job
would report success with users left.
"""

import csv
import io
from collections.abc import Iterator

from tastemaker.failures import InvalidLocation, WorkFailedError
from tastemaker.files import File, Source
from tastemaker.importing.compression import plain_bytes
from tastemaker.importing.errors import MissingColumns, UnreadableFile
from tastemaker.importing.header import explain
from tastemaker.importing.storage import input_files

COLUMN = "USER_ID"
MAX_CELL_LENGTH = 131_072


def read_users(source: Source, location: str) -> list[str]:
    """The distinct ids of a file, or of every CSV file of a folder, sorted.

    Ids are trimmed, as an import trims them. Files may be compressed with gzip or zstd. Raises
    InvalidLocation, AccessRefused, and WorkFailedError for a file that cannot be read or lacks the column.
    """
    files = input_files(source, location).files
    if any(file.is_parquet for file in files):
        raise InvalidLocation(location, "a data deletion job reads .csv, .csv.gz or .csv.zst, not .parquet")
    users = {user for file in files for user in _ids(source, file)}
    if not users:
        raise WorkFailedError(f"There are no user ids at {location}")
    return sorted(users)


def _ids(source: Source, file: File) -> Iterator[str]:
    with source.open(file) as raw:
        plain = io.BufferedReader(plain_bytes(raw, file.name), 1 << 20)
        csv.field_size_limit(MAX_CELL_LENGTH)  # a setting of the process, which other readers change
        rows = csv.DictReader(io.TextIOWrapper(plain, "utf-8-sig", newline=""), strict=True)
        try:
            header = [name.strip() for name in rows.fieldnames or []]
            names = [name.upper() for name in header]
            if COLUMN not in names:
                raise MissingColumns(file.name, [COLUMN], explain(header, [COLUMN], [COLUMN]))
            column = (rows.fieldnames or [])[names.index(COLUMN)]
            for row in rows:
                if None in row or None in row.values():
                    raise UnreadableFile(
                        file.name, "the row has not as many cells as the header", rows.line_num
                    )
                user = row[column].strip()
                if "\n" in user or "\r" in user:
                    raise UnreadableFile(file.name, "an id has a line break; is a quote open?", rows.line_num)
                if user:
                    yield user
        except UnicodeDecodeError as error:
            raise UnreadableFile(file.name, f"not UTF-8: {error}") from error
        except csv.Error as error:
            raise UnreadableFile(file.name, f"not CSV: {error}", rows.line_num + 1) from error
