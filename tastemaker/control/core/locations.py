"""S3 locations in requests."""

from typing import Any

from tastemaker.errors import InvalidInput


def check_s3(location: str, member: str) -> None:
    """Raises InvalidInput unless `location` is `s3://bucket…`.

    The pattern in the service model also accepts web addresses.
    """
    bucket = location.removeprefix("s3://").partition("/")[0]
    if not location.startswith("s3://") or not bucket:
        raise InvalidInput(
            f"{member} is {location!r}; it must look like s3://bucket/folder/ or s3://bucket/file."
        )


def check_job(request: Any) -> None:
    """Check the input and output of a batch job. Raises InvalidInput."""
    source = request["jobInput"]["s3DataSource"]["path"]
    target = request["jobOutput"]["s3DataDestination"]["path"]
    check_s3(source, "jobInput.s3DataSource.path")
    check_s3(target, "jobOutput.s3DataDestination.path")
    if source.rstrip("/") == target.rstrip("/"):
        raise InvalidInput("The input and the output of a job must be different locations.")
