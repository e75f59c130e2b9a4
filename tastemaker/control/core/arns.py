"""ARNs: building them, and telling what one names."""

import hashlib
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where the resources live."""

    partition: str
    region: str
    account: str

    def arn(self, suffix: str) -> str:
        """The ARN of `campaign/films` and the like, here."""
        return f"arn:{self.partition}:personalize:{self.region}:{self.account}:{suffix}"


def suffix_of(arn: str) -> str:
    """`campaign/films` of a campaign's ARN."""
    return arn.split(":", 5)[-1]


def segment_of(arn: str) -> str:
    """`campaign` of a campaign's ARN."""
    return suffix_of(arn).partition("/")[0]


def name_of(arn: str) -> str:
    """What comes after the segment: `films`, or `films/702e0792` for a solution version."""
    return suffix_of(arn).partition("/")[2]


def work_name(arn: str, moment: float | str) -> str:
    """A name for an execution or a job about a resource: readable, the same for the same moment (or
    execution), at most 60 long."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", suffix_of(arn)).strip("-")[:40].strip("-")
    return f"{readable}-{hashlib.sha256(f'{arn} {moment!r}'.encode()).hexdigest()[:16]}"
