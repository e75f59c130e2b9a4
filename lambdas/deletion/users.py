"""The users of a data deletion job: the ids in CSV files with the column USER_ID.

The files are found and decompressed as those of an import: a folder is never read by half, because the job
would report success with users left. For the same reason a folder may not have a file whose name does not say
what it is, such as `part-0001`: it may be a list of users too. Hidden files are skipped, as imports do.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from tastemaker.failures import InvalidLocation, WorkFailedError
from tastemaker.files import File, Source
from tastemaker.importing.compression import plain_bytes
from tastemaker.importing.errors import MissingColumns, UnreadableFile
from tastemaker.importing.header import explain
from tastemaker.importing.storage import input_files, is_hidden

COLUMN = "USER_ID"
MAX_CELL_LENGTH = 131_072


def read_users(source: Source, location: str) -> list[str]:
    """The distinct ids of a file, or of every CSV file of a folder, sorted.

    Ids are trimmed, as an import trims them. Files may be compressed with gzip or zstd. Raises
    InvalidLocation, AccessRefused, and WorkFailedError for a file that cannot be read or lacks the column.
    """
    found = input_files(source, location)
    if unknown := [name for name in found.skipped if not is_hidden(name)]:
        more = f" and {len(unknown) - 3:,} more" if len(unknown) > 3 else ""
        raise InvalidLocation(
            location,
            f"the folder has files that may name users and are not .csv: {', '.join(unknown[:3])}{more}; "
            "rename them to .csv, or move them elsewhere",
        )
    files = found.files
    if any(file.is_parquet for file in files):
        raise InvalidLocation(location, "a data deletion job reads .csv, .csv.gz or .csv.zst, not .parquet")
    users = {user for file in files for user in _ids(source, file)}
    if not users:
        raise WorkFailedError(f"There are no user ids at {location}")
    return sorted(users)


def digest_of(users: Sequence[str]) -> str:
    """What two lists of users have in common only if they are equal."""
    digest = blake2b(digest_size=16)
    for user in users:
        digest.update(user.encode() + b"\n")  # an id has no line break
    return digest.hexdigest()


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
