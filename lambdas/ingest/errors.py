"""Why an import cannot go on.

ImportFailedError
├── InvalidLocation     the location is not there, or holds nothing to read
├── AccessRefused       the role, or what the role may read
├── MissingColumns      the header lacks columns of the schema
├── UnreadableFile      bytes that are not the UTF-8 CSV or the Parquet they should be
└── BadRow              one cell or one row breaks the schema's rules

The message becomes the job's ``failureReason``. Phrases that Personalize documents (and that programs look
for) are kept in it.
"""

# ruff: noqa: N818 - each names what is wrong

from collections.abc import Sequence


class ImportFailedError(Exception):
    """Root. ``str(error)`` is the failure reason, as a person reads it."""


class InvalidLocation(ImportFailedError):
    def __init__(self, location: str, why: str) -> None:
        super().__init__(f"Invalid data location: {location}: {why}")


class AccessRefused(ImportFailedError):
    def __init__(self, why: str) -> None:
        super().__init__(f"Insufficient privileges for accessing data in S3: {why}")


class MissingColumns(ImportFailedError):
    def __init__(self, file: str, missing: Sequence[str]) -> None:
        super().__init__(f"Input CSV is missing the following columns: [{', '.join(missing)}] ({file})")


class UnreadableFile(ImportFailedError):
    def __init__(self, file: str, why: str, line: int | None = None) -> None:
        super().__init__(f"{file}{f', line {line}' if line else ''}: {why}")


class BadRow(ImportFailedError):
    """``line`` is the file's own line, counted from 1, where the row begins; None where it could not be
    found.
    """

    def __init__(self, file: str, line: int | None, why: str, *, column: str | None = None) -> None:
        self.line = line
        place = file if line is None else f"{file}, line {line}"
        super().__init__(f"{place}{f', column {column}' if column else ''}: {why}")
