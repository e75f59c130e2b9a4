"""What Amazon Personalize would bill for the same requests and events, at prices that others report."""

from __future__ import annotations

import json
from dataclasses import dataclass

from deployment.cost.prices import HOURS, PERSONALIZE, SECONDS
from deployment.cost.usage import GB, Load, measured


@dataclass(frozen=True)
class Reported:
    """One reported price applied to the load. `usd` is None if the quantity cannot be known."""

    item: str
    usd: float | None
    basis: str
    source: str


def lines(load: Load) -> list[Reported]:
    """The parts of the bill. The training hours that the service bills cannot be known in advance."""
    prices = json.loads(PERSONALIZE.read_text(encoding="utf-8"))["prices"]
    average = load.requests / SECONDS / max(load.campaigns, 1)
    billed = load.campaigns * max(1.0, average)
    size = load.events * measured().units["putEvents"]["recordBytes"] / GB
    tps, data, training = prices["tpsHour"], prices["ingestionGb"], prices["trainingHour"]
    found = [
        Reported(
            f"{load.campaigns} campaign{'s' if load.campaigns != 1 else ''}",
            billed * HOURS * tps["usd"],
            f"{billed:.1f} TPS × {HOURS} hours × {tps['usd']:.2f}",
            tps["source"],
        )
    ]
    if load.events:
        found.append(
            Reported("events", size * data["usd"], f"{size:.2f} GB × {data['usd']:.2f}", data["source"])
        )
    if load.trainings:
        basis = f"{training['usd']:.2f} per {training['unit']}; the service decides how many it bills"
        found.append(Reported("training", None, basis, training["source"]))
    return found


def read_on() -> str:
    """The day on which the reports were read."""
    return str(json.loads(PERSONALIZE.read_text(encoding="utf-8"))["read"])
