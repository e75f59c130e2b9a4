"""The tables of costs in README.md and docs/cost.md: `python -m deployment.cost.page` writes them again."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from deployment.command import CommandError
from deployment.cost import prices
from deployment.cost.estimate import Estimate, estimate
from deployment.cost.usage import Load, measured
from deployment.synthesis import synthesize
from infrastructure.stage import CDK_JSON

ROOT = Path(__file__).resolve().parents[2]
README, PAGE = ROOT / "README.md", ROOT / "docs" / "cost.md"
MILLION = 10**6
LOADS = {
    "idle": Load(),
    "1 M requests": Load(requests=MILLION, events=MILLION, trainings=4),
    "10 M requests": Load(requests=10 * MILLION, events=10 * MILLION, trainings=4),
}
"""As many events as requests, a training a week, and one active campaign. Idle, the campaign is refreshed."""


def stages() -> list[str]:
    """The stages that are deployed to AWS."""
    return [name for name in json.loads(CDK_JSON.read_text())["context"]["stages"] if name != "local"]


def estimates(stage: str) -> dict[str, Estimate]:
    """Load → estimate, of one stage."""
    template = synthesize(stage)
    return {name: estimate(template, load) for name, load in LOADS.items()}


def summary(found: dict[str, dict[str, Estimate]]) -> str:
    """One row per stage, and one for the service at reported prices."""
    rows = [["USD per month, us-east-1", *LOADS], ["---", *["---:"] * len(LOADS)]]
    rows += [
        [f"stage `{stage}`", *(_usd(one.usd) for one in by_load.values())] for stage, by_load in found.items()
    ]
    reported = next(iter(found.values())).values()
    rows.append(
        [
            "Amazon Personalize, one campaign, without training, at "
            "[prices that others report](docs/cost.md#amazon-personalize)",
            *(_usd(one.personalize_usd) for one in reported),
        ]
    )
    return _markdown(rows)


def details(found: dict[str, dict[str, Estimate]]) -> str:
    """The lines of every stage, by load."""
    parts = []
    for stage, by_load in found.items():
        items: dict[str, dict[str, float]] = {}
        for load, one in by_load.items():
            for line in (*one.idle, *one.usage):
                items.setdefault(line.item, {})[load] = line.usd
        rows = [[f"stage `{stage}`, USD per month", *LOADS], ["---", *["---:"] * len(LOADS)]]
        rows += [
            [item, *(_usd(usd[load]) if load in usd else "" for load in LOADS)] for item, usd in items.items()
        ]
        rows.append(["**together**", *(f"**{_usd(one.usd)}**" for one in by_load.values())])
        parts.append(_markdown(rows))
    return "\n\n".join(parts)


def price_rows() -> str:
    """The table of prices with sources."""
    source = prices.load()
    rows = [["price", "USD", "per", "read", "source"], ["---", "---:", "---", "---", "---"]]
    for price in (*source.prices.values(), *source.instances.values()):
        rows.append(
            [f"`{price.key}`", f"{price.usd:.10f}".rstrip("0"), price.unit, price.status, f"<{price.source}>"]
        )
    return _markdown(rows)


def unit_rows() -> str:
    """The table of measured units."""
    rows = [
        [
            "call",
            "CPU ms",
            "read units",
            "write units",
            "calls of services",
            "bytes of the answer",
            "bytes of logs",
        ],
        ["---", *["---:"] * 6],
    ]
    for name, unit in measured().units.items():
        members = ("cpuMs", "readUnits", "writeUnits", "awsCalls", "responseBytes", "logBytes")
        rows.append([f"`{name}`", *(f"{unit[member]:,g}" for member in members)])
    return _markdown(rows)


def write() -> Iterator[Path]:
    """Write the tables between their markers. Yields the files that changed."""
    found = {stage: estimates(stage) for stage in stages()}
    for page, blocks in (
        (README, {"cost": summary(found)}),
        (
            PAGE,
            {
                "summary": summary(found).replace("docs/cost.md#", "#"),
                "lines": details(found),
                "units": unit_rows(),
                "prices": price_rows(),
            },
        ),
    ):
        old = page.read_text(encoding="utf-8")
        new = old
        for name, block in blocks.items():
            new = _replaced(new, name, block, page)
        if new != old:
            page.write_text(new, encoding="utf-8")
            yield page


def _replaced(text: str, name: str, block: str, page: Path) -> str:
    begin, end = f"<!-- {name}: make docs -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
    if not pattern.search(text):
        raise CommandError(f"{page.name} has no block {name}.", f"Add the lines {begin} and {end} to it.")
    return pattern.sub(lambda _: f"{begin}\n\n{block}\n\n{end}", text)


def _usd(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"


def _markdown(rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


if __name__ == "__main__":
    for changed in write():
        sys.stdout.write(f"wrote {changed.relative_to(ROOT)}\n")
