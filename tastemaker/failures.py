"""Reasons why a job on a caller's data fails.

    WorkFailedError
    ├── InvalidLocation     the location does not exist, or has nothing to read
    └── AccessRefused       the role cannot be assumed, or lacks a permission

The message becomes the job's `failureReason`. It keeps the phrases that Personalize documents, because
programs look for them.
"""

# ruff: noqa: N818 - the names state the reason

from tastemaker.errors import TastemakerError


class WorkFailedError(Exception):
    """The root of all failure reasons. `str(error)` is the text that a person reads."""


class InvalidLocation(WorkFailedError):
    """An S3 location that does not exist or has nothing to read."""

    def __init__(self, location: str, why: str) -> None:
        super().__init__(f"Invalid data location: {location}: {why}")


class NothingThere(InvalidLocation):
    """An S3 location that can be read and has no files to read."""


def reason_for(error: Exception, what: str) -> str:
    """The failure reason of a task of a job.

    `what` names the task: a file, or a part of a file. Errors that were written for a person to read stand
    alone. Others say little without their type and the task.
    """
    if isinstance(error, WorkFailedError | TastemakerError):
        return str(error)
    text = " ".join(str(error).split())
    return f"{what}: {type(error).__name__}{f': {text}' if text else ''}"


class AccessRefused(WorkFailedError):
    """A role that cannot be assumed, or that lacks a permission on a bucket."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Insufficient privileges for accessing data in S3: {why}")
