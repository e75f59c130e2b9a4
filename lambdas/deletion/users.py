"""The users of a data deletion job: the ids in CSV files with the column USER_ID."""

import csv
import io

from tastemaker.failures import WorkFailedError
from tastemaker.files import File, Source, find_files

COLUMN = "USER_ID"


def read_users(source: Source, location: str) -> list[str]:
    """The distinct ids of a file, or of every `.csv` file of a folder, sorted.

    Raises InvalidLocation, AccessRefused, and WorkFailedError for a file without the column.
    """
    users: set[str] = set()
    files = find_files(
        source,
        location,
        accept=lambda file: file.key.lower().endswith(".csv"),
        missing="no such object, and no .csv file below it",
    )
    for file in files:
        users.update(_ids(source, file))
    if not users:
        raise WorkFailedError(f"There are no user ids at {location}")
    return sorted(users)


def _ids(source: Source, file: File) -> list[str]:
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
