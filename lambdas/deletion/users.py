"""Who is to be deleted: the ids in CSV files with the one column USER_ID."""

import csv
import io
from urllib.parse import urlsplit

from lambdas.stores.caller_files import File, S3Source
from tastemaker.failures import InvalidLocation, WorkFailedError

COLUMN = "USER_ID"


def read_users(source: S3Source, location: str) -> list[str]:
    """All ids of a file, or of every `.csv` below a folder, sorted, each once.

    Raises InvalidLocation, AccessRefused, and WorkFailedError for a file without the column.
    """
    users: set[str] = set()
    for file in _files(source, location):
        users.update(_ids(source, file))
    if not users:
        raise WorkFailedError(f"There are no user ids at {location}")
    return sorted(users)


def _files(source: S3Source, location: str) -> list[File]:
    bucket = urlsplit(location).netloc
    key = location.removeprefix(f"s3://{bucket}").lstrip("/")
    folder = key if key.endswith("/") or not key else f"{key}/"
    found = []
    for file in source.files(bucket, key):
        if file.key == key and not key.endswith("/"):
            return [file]
        if file.key.startswith(folder) and file.key.lower().endswith(".csv") and file.size:
            found.append(file)
    if not found:
        raise InvalidLocation(location, "no such object, and no .csv file below it")
    return found


def _ids(source: S3Source, file: File) -> list[str]:
    with source.open(file) as raw:
        text = io.TextIOWrapper(io.BufferedReader(raw, 1 << 20), "utf-8-sig", newline="")
        try:
            rows = csv.DictReader(text)
            names = [name.strip().upper() for name in rows.fieldnames or []]
            if COLUMN not in names:
                raise WorkFailedError(f"Input CSV is missing the following columns: [{COLUMN}] ({file.name})")
            column = (rows.fieldnames or [])[names.index(COLUMN)]
            return [row[column] for row in rows if row[column]]
        except UnicodeDecodeError as error:
            raise WorkFailedError(f"{file.name}: not UTF-8: {error}") from error
