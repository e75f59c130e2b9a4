"""The report of an import: what the job's record, its status event and the log say about the data."""

from typing import TypedDict


class SuspiciousId(TypedDict):
    """An id that looks like a missing value or like a number of a spreadsheet, and how many rows have it."""

    column: str
    id: str
    rows: int


class LargestUser(TypedDict):
    """A user with a large share of the rows. The share is an estimate, from 0 to 1."""

    id: str
    share: float


class ImportReport(TypedDict):
    """What an import did with the data. Lists have at most 20 members.

    Times are in seconds since 1970, None without a TIMESTAMP column. `nullCells` counts the cells of a column
    that do not follow the schema and are stored as null. `activeUsers` counts users with two interactions or
    more, as far as a training needs to know: at most 1,000. If several machines imported parts, their users
    are joined. It is a lower limit, because an import or a part stops counting when it has seen 100,000 users
    with one interaction. `eventTypes` maps the most frequent event types to their rows.
    """

    firstTimestamp: int | None
    lastTimestamp: int | None
    ignoredColumns: list[str]
    nullCells: dict[str, int]
    skippedFiles: list[str]
    skippedFileCount: int
    trimmedIds: int
    suspiciousIds: list[SuspiciousId]
    largestUser: LargestUser | None
    activeUsers: int
    eventTypes: dict[str, int]
    warnings: list[str]
