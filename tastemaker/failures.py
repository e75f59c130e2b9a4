"""Why work on a caller's data cannot go on.

WorkFailedError
├── InvalidLocation     the location is not there, or holds nothing to read
└── AccessRefused       the role, or what the role may do

The message becomes the job's `failureReason`. Phrases that Personalize documents (and that programs look
for) are kept in it.
"""

# ruff: noqa: N818 - each names what is wrong


class WorkFailedError(Exception):
    """Root. `str(error)` is the failure reason, as a person reads it."""


class InvalidLocation(WorkFailedError):
    def __init__(self, location: str, why: str) -> None:
        super().__init__(f"Invalid data location: {location}: {why}")


class AccessRefused(WorkFailedError):
    def __init__(self, why: str) -> None:
        super().__init__(f"Insufficient privileges for accessing data in S3: {why}")
