"""Reasons why an import fails.

    WorkFailedError (tastemaker/failures.py), with InvalidLocation and AccessRefused
    ├── MissingColumns      the header lacks columns of the schema
    ├── NoRows              the files have headers only
    ├── UnreadableFile      the file is not UTF-8 CSV or Parquet
    └── BadRow              a cell or a row breaks a rule of the schema

The message becomes the job's `failureReason`. It keeps the phrases that Personalize documents, because
programs look for them.
"""

# ruff: noqa: N818 - the names state the reason

from collections.abc import Sequence

from tastemaker.failures import WorkFailedError


class MissingColumns(WorkFailedError):
    """Columns of the schema that a file lacks. `found` says what is there instead."""

    def __init__(self, file: str, missing: Sequence[str], found: str) -> None:
        super().__init__(
            f"Input CSV is missing the following columns: [{', '.join(missing)}] ({file}). {found}"
        )


class NoRows(WorkFailedError):
    """A location whose files have no rows."""

    def __init__(self, location: str) -> None:
        super().__init__(f"There are no rows to import at {location}")


class UnreadableFile(WorkFailedError):
    """A file that is not UTF-8 CSV or not Parquet."""

    def __init__(self, file: str, why: str, line: int | None = None) -> None:
        super().__init__(f"{file}{f', line {line}' if line else ''}: {why}")


class BadRow(WorkFailedError):
    """A row that breaks a rule. `line` is the line on which it begins, from 1; None if unknown."""

    def __init__(self, file: str, line: int | None, why: str, *, column: str | None = None) -> None:
        self.file, self.line, self.why, self.column = file, line, why, column
        where = file if line is None else f"{file}, line {line}"
        super().__init__(f"{where}{f', column {column}' if column else ''}: {why}")
