"""The prices of training instances: `training_prices.json`, for us-east-1, with the source of each figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("training_prices.json")


@cache
def training_prices() -> Mapping[str, Mapping[str, Any]]:
    """Instance type → `usd` for an hour on demand, with `unit`, `status` and `source`."""
    found: Mapping[str, Mapping[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["instances"]
    return found


def training_cost(instance_type: str, instances: int, billable_seconds: float) -> float | None:
    """What SageMaker bills for a job, without disks, in US dollars. None if the price is not known.

    `billable_seconds` is `BillableTimeInSeconds` of DescribeTrainingJob, which counts the discount of spot
    capacity and is for one instance.
    """
    price = training_prices().get(instance_type)
    return None if price is None else price["usd"] * instances * billable_seconds / 3600
