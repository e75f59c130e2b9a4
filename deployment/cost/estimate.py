"""The estimate of a month, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deployment.command import table
from deployment.cost import idle, personalize, prices
from deployment.cost.lines import Line
from deployment.cost.personalize import Reported
from deployment.cost.usage import Load, Usage, measured
from deployment.synthesis import Template

MARKS = {"aws": "", "reported": "r", "unconfirmed": "u"}


@dataclass(frozen=True)
class Estimate:
    """What a stage costs in a month, idle part first."""

    stage: str
    load: Load
    idle: Sequence[Line]
    usage: Sequence[Line]
    unpriced: Sequence[str]
    personalize: Sequence[Reported]

    @property
    def idle_usd(self) -> float:
        """US dollars per month while nobody calls."""
        return sum(line.usd for line in self.idle)

    @property
    def usd(self) -> float:
        """US dollars per month."""
        return self.idle_usd + sum(line.usd for line in self.usage)

    @property
    def personalize_usd(self) -> float:
        """What the service would bill by reported prices, without trainings."""
        return sum(line.usd or 0.0 for line in self.personalize)


def estimate(template: Template, load: Load) -> Estimate:
    """The estimate for a template and a month's load."""
    table_of_prices = prices.load()
    return Estimate(
        template.stage.name,
        load,
        list(idle.lines(template, table_of_prices)),
        list(Usage(template, table_of_prices, load).lines()),
        idle.unpriced(template),
        personalize.lines(load),
    )


def as_text(found: Estimate) -> str:
    """The estimate as a table."""
    source = prices.load()
    load = found.load
    parts = [
        f"Stage {found.stage}: {load.requests:,} requests, {load.events:,} events and {load.trainings:,} "
        f"trainings a month, active campaigns: {load.campaigns}",
        f"Prices of {source.region}, read on {source.read}. No free tier is subtracted.",
        "",
        _section("Idle", found.idle, found.idle_usd),
        "",
        _section("Usage", found.usage, found.usd - found.idle_usd),
        "",
        f"Total: {found.usd:,.2f} USD a month",
        "",
        "r: the price was read on a page that is not AWS's   u: no page with the figure could be read",
        f"measured: by {measured().command}, on {measured().machine}",
    ]
    if found.unpriced:
        parts += ["", f"Not priced: {', '.join(found.unpriced)}"]
    parts += ["", f"Amazon Personalize, at prices that others report (read on {personalize.read_on()}):"]
    rows = [
        (f"  {line.item}", "not known" if line.usd is None else f"{line.usd:,.2f}", line.basis, line.source)
        for line in found.personalize
    ]
    parts.append(table(rows, right=(1,)))
    return "\n".join(parts)


def _section(title: str, lines: Sequence[Line], usd: float) -> str:
    rows = [("USD", "", title, "quantity", "unit", "quantity from")]
    rows += [
        (
            f"{line.usd:,.2f}",
            MARKS[line.price.status],
            line.item,
            f"{line.quantity:,.2f}" if line.quantity < 100 else f"{line.quantity:,.0f}",
            line.price.unit,
            line.basis,
        )
        for line in lines
    ]
    rows.append((f"{usd:,.2f}", "", f"{title.lower()}, together", "", "", ""))
    return table(rows, right=(0, 3))


def as_json(found: Estimate) -> dict[str, Any]:
    """The estimate for `--json`."""
    source = prices.load()
    return {
        "stage": found.stage,
        "region": source.region,
        "pricesRead": source.read,
        "load": vars(found.load),
        "idle": [line.as_json() for line in found.idle],
        "usage": [line.as_json() for line in found.usage],
        "idleUsd": round(found.idle_usd, 4),
        "totalUsd": round(found.usd, 4),
        "notPriced": list(found.unpriced),
        "personalize": {
            "read": personalize.read_on(),
            "lines": [vars(line) for line in found.personalize],
            "totalUsd": round(found.personalize_usd, 2),
        },
    }
