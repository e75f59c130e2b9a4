"""ARNs: building them, and reading their parts."""

import hashlib
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class AccountScope:
    """The account and region that the resources belong to."""

    partition: str
    region: str
    account: str

    def arn(self, suffix: str) -> str:
        """The ARN of `campaign/films` and the like in this account and region."""
        return f"arn:{self.partition}:personalize:{self.region}:{self.account}:{suffix}"


def suffix_of(arn: str) -> str:
    """The part of an ARN after the account: `campaign/films`."""
    return arn.split(":", 5)[-1]


def segment_of(arn: str) -> str:
    """The part of an ARN that names the resource type: `campaign`."""
    return suffix_of(arn).partition("/")[0]


def name_of(arn: str) -> str:
    """The part of an ARN after the segment: `films`, or `films/702e0792` for a solution version."""
    return suffix_of(arn).partition("/")[2]


def group_name(group_arn: str) -> str:
    """The name in a dataset group's ARN, which is also the folder of its data in the lake."""
    return name_of(group_arn)


def dataset_arn(group_arn: str, dataset_type: str) -> str:
    """The ARN of a group's dataset of a type, such as `ITEMS`."""
    return f"{group_arn.replace(':dataset-group/', ':dataset/')}/{dataset_type}"


def group_arn_of_dataset(dataset_arn: str) -> str:
    """The ARN of the dataset group that a dataset belongs to."""
    account, _, name = dataset_arn.partition(":dataset/")
    return f"{account}:dataset-group/{name.partition('/')[0]}"


def execution_name(arn: str, moment: float | str) -> str:
    """A readable name for an execution or a job about a resource, at most 60 characters long.

    The same resource and `moment` (a time, or the ARN of an execution) give the same name.
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "-", suffix_of(arn)).strip("-")[:40].strip("-")
    return f"{readable}-{hashlib.sha256(f'{arn} {moment!r}'.encode()).hexdigest()[:16]}"
