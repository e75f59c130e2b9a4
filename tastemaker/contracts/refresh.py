"""The refresh workflow: its plan, and the files in the folder of a refresh that both sides know."""

from __future__ import annotations

from typing import TypedDict

STATE_FILE = "state.json"
"""The file that a refresh writes last. A folder that has it is complete."""


class RefreshPlan(TypedDict):
    """What one refresh of a campaign or recommender reads and writes. Locations are S3 URIs of folders.

    `group` is the name of the dataset group and `itemsArn` the ARN of its Items dataset. `bundle` is the
    deployed bundle, `previous` its newest refresh, and `earlier` the newest refresh of an earlier bundle; it
    is only given without a `previous` one. `target` is the folder to write. `warm` is the request that tests
    the refreshed model. `prefixes` are the key prefixes of old refreshes, which are deleted at the end.
    """

    arn: str
    group: str
    itemsArn: str
    bundle: str
    previous: str | None
    earlier: str | None
    target: str
    warm: dict[str, str]
    prefixes: list[str]
