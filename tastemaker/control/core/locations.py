"""S3 locations in requests."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.authorization import roles_of
from tastemaker.errors import InvalidInput
from tastemaker.files import is_bucket, location_problem


@dataclass(frozen=True)
class CallerLimits:
    """What the locations and roles in requests must not be.

    `reserved_buckets` are those of the deployment itself. `roles` is the IAM pattern of the names, with their
    paths, of the roles that jobs can assume.
    """

    reserved_buckets: frozenset[str] = frozenset()
    roles: str = "*"

    def check(self, request: Mapping[str, Any]) -> None:
        """Raises InvalidInput if a request names a reserved bucket, or a role that its job cannot assume."""
        locations = list(_locations(request))
        for location in locations:
            bucket = location[len("s3://") :].partition("/")[0]
            if any(is_bucket(bucket, reserved) for reserved in self.reserved_buckets):
                raise InvalidInput(
                    f"{location} is in the bucket in which this deployment keeps its own data; "
                    "name a bucket of your own."
                )
        for role in roles_of(request) if locations else ():
            name = role.partition(":role/")[2]
            if not _matches(self.roles, name):
                raise InvalidInput(
                    f"Jobs cannot assume the role {role}, because its name does not match {self.roles}. "
                    "Name another role, or change the stage's setting importRoles."
                )


def _locations(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _locations(item)
    elif isinstance(value, str) and value[: len("s3://")].lower() == "s3://":
        yield value


def _matches(pattern: str, name: str) -> bool:
    parts = ({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), name) is not None


def check_s3(location: str, member: str) -> None:
    """Raises InvalidInput unless `location` is `s3://bucket…`.

    The pattern in the service model also accepts web addresses.
    """
    problem = location_problem(location)
    if problem is not None:
        raise InvalidInput(
            f"{member} is {location!r}; it must look like s3://bucket/folder/ or s3://bucket/file: {problem}."
        )


def check_job(request: Any) -> None:
    """Check the input and output of a batch job. Raises InvalidInput."""
    source = request["jobInput"]["s3DataSource"]["path"]
    target = request["jobOutput"]["s3DataDestination"]["path"]
    check_s3(source, "jobInput.s3DataSource.path")
    check_s3(target, "jobOutput.s3DataDestination.path")
    if source.rstrip("/") == target.rstrip("/"):
        raise InvalidInput("The input and the output of a job must be different locations.")
