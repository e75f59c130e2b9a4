"""Why an import cannot go on.

WorkFailedError (tastemaker/failures.py), with InvalidLocation and AccessRefused
├── MissingColumns      the header lacks columns of the schema
├── NoRows              headers and nothing below them
├── UnreadableFile      bytes that are not the UTF-8 CSV or the Parquet they should be
└── BadRow              one cell or one row breaks the schema's rules

The message becomes the job's `failureReason`. Phrases that Personalize documents (and that programs look
for) are kept in it.
"""

# ruff: noqa: N818 - each names what is wrong

from collections.abc import Sequence

from tastemaker.failures import WorkFailedError


class MissingColumns(WorkFailedError):
    def __init__(self, file: str, missing: Sequence[str]) -> None:
        super().__init__(f"Input CSV is missing the following columns: [{', '.join(missing)}] ({file})")


class NoRows(WorkFailedError):
    def __init__(self, location: str) -> None:
        super().__init__(f"There are no rows to import at {location}")


class UnreadableFile(WorkFailedError):
    def __init__(self, file: str, why: str, line: int | None = None) -> None:
        super().__init__(f"{file}{f', line {line}' if line else ''}: {why}")


class BadRow(WorkFailedError):
    """`line` is the file's own line, counted from 1, where the row begins; None where it could not be
    found.
    """

    def __init__(self, file: str, line: int | None, why: str, *, column: str | None = None) -> None:
        self.file, self.line, self.why, self.column = file, line, why, column
        place = file if line is None else f"{file}, line {line}"
        super().__init__(f"{place}{f', column {column}' if column else ''}: {why}")
