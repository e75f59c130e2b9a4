"""The table of prices: `prices.json`, for us-east-1, with the date and the source of each figure.

Training instances are in `tastemaker/contracts/training_prices.json`, because the console reads them, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from deployment.command import CommandError
from tastemaker.contracts.training_prices import FILE, training_prices

FOLDER = Path(__file__).parent
PRICES = FOLDER / "prices.json"
PERSONALIZE = FOLDER / "personalize.json"
HOURS = 730
"""Hours of a month, as AWS's price pages count them."""
SECONDS = HOURS * 3600

Status = Literal["aws", "reported", "unconfirmed"]


@dataclass(frozen=True)
class Price:
    """US dollars for one unit. `status` says whether a page with the figure was read, and whose."""

    key: str
    usd: float
    unit: str
    status: Status
    source: str
    note: str = ""


@dataclass(frozen=True)
class PriceTable:
    """All prices of one region, as of one day."""

    region: str
    read: str
    prices: Mapping[str, Price]
    instances: Mapping[str, Price]

    def of(self, key: str) -> Price:
        """The price `key`. Raises KeyError if the table lacks it."""
        return self.prices[key]

    def instance(self, instance_type: str) -> Price:
        """The on-demand price of a training instance. Raises CommandError if the table lacks it."""
        if instance_type not in self.instances:
            raise CommandError(
                f"The table of prices has no training instance {instance_type}.",
                f"Add its price per hour to {FILE.relative_to(FOLDER.parent.parent)}, from "
                "https://aws.amazon.com/sagemaker/pricing/, or name another instance in cdk.json.",
            )
        return self.instances[instance_type]


@cache
def load() -> PriceTable:
    """The table of prices."""
    document = json.loads(PRICES.read_text(encoding="utf-8"))
    prices, instances = (
        {key: Price(key, **members) for key, members in group.items()}
        for group in (document["prices"], training_prices())
    )
    return PriceTable(document["region"], document["read"], prices, instances)
