"""What exploring new items brings and costs: clicks of simulated people over many requests.

    python -m benchmarks.quality.exploration [--plot docs/exploration.svg]

A catalog of twelve old items, which people take in 15 of 100 impressions, and eight new ones, which the model
has no clicks of. In one world a new item is taken in 40 of 100 impressions, in the other all new ones in 5.
An answer has five places; the model scores by the clicks that it knows, which are renewed every `REFRESH`
requests, as the refresh does it. Nothing else learns meanwhile.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.bundle import taken_rate
from tastemaker.models.scores import Dense
from tastemaker.serving.answer import recommend
from tastemaker.serving.exploration import DEFAULT_WEIGHT, Exploration

OLD, ITEMS, PLACES, GOOD = 12, 20, 5, 17
REQUESTS, REFRESH, WORLDS = 1000, 50, 8
DAY = 86_400
CREATED = np.where(np.arange(ITEMS) < OLD, 0, 90 * DAY).astype(np.int64)
FOUND = 30
"""Clicks after which a new item is found."""


@dataclass(frozen=True)
class Run:
    """Clicks after each request, and the request at which the good item was found (None: never)."""

    clicks: NDArray[np.int64]
    found: int | None


def simulate(weight: float, good: float, seed: int, *, learns: bool = True, requests: int = REQUESTS) -> Run:
    """One world. `weight` 0 explores nothing; without `learns` impressions are ignored."""
    people = np.random.default_rng(seed)
    rates = np.where(np.arange(ITEMS) < OLD, 0.15, 0.05)
    rates[GOOD] = good
    taken, shown = np.where(np.arange(ITEMS) < OLD, 150, 0), np.where(np.arange(ITEMS) < OLD, 1000, 0)
    clicks, found, total = np.zeros(requests, np.int64), None, 0
    for request in range(requests):
        if request % REFRESH == 0:
            known_taken, known_shown = taken.copy(), shown.copy()
            scores = Dense(np.log((known_taken + 1) / (known_shown + 10)).astype(np.float32))
            rate = taken_rate(known_taken, known_shown) if learns else None
        rng = Random(f"{seed} {request}")
        way = Exploration(weight, 30.0, CREATED, 100 * DAY, rng, known_taken, known_shown, rate)
        items = recommend(scores, count=PLACES, exploration=way if weight else None).items
        liked = people.random(PLACES) < rates[items]
        shown[items] += 1
        taken[np.asarray(items)[liked]] += 1
        total += int(liked.sum())
        clicks[request] = total
        if found is None and taken[GOOD] >= FOUND:
            found = request
    return Run(clicks, found)


WAYS = {
    "no exploration": {"weight": 0.0},
    "impressions not known": {"weight": DEFAULT_WEIGHT, "learns": False},
    "impressions known": {"weight": DEFAULT_WEIGHT},
}
COLORS = ("#888888", "#d98324", "#1b6ca8")
WIDTH, HEIGHT, LEFT, TOP = 330, 200, 60, 46


def main() -> None:
    """Simulate both worlds, print the clicks beside no exploration, and draw the curves if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--plot", type=Path, help="write the curves as an SVG file")
    args = parser.parse_args()
    panels = []
    for title, good in (("a new item is good", 0.4), ("no new item is good", 0.05)):
        runs = {
            name: [simulate(good=good, seed=seed, **way) for seed in range(WORLDS)]  # type: ignore[arg-type]
            for name, way in WAYS.items()
        }
        plain = np.mean([run.clicks for run in runs["no exploration"]], axis=0)
        print(f"{title}: {REQUESTS} requests, {WORLDS} worlds, clicks beside no exploration")
        curves = {}
        for name, several in runs.items():
            curves[name] = np.mean([run.clicks for run in several], axis=0)
            found = sorted(run.found for run in several if run.found is not None)
            when = f"found at request {found[0]}–{found[-1]}" if found else "never found"
            print(f"  {name:22} {curves[name][-1] / plain[-1] - 1:+7.1%}   {when} ({len(found)} of {WORLDS})")
        panels.append(
            (title, {name: curve / PLACES / (np.arange(REQUESTS) + 1) for name, curve in curves.items()})
        )
    if args.plot:
        args.plot.write_text(svg(panels), encoding="utf-8")


def svg(panels: list[tuple[str, dict[str, NDArray[np.float64]]]]) -> str:
    """Clicks per impression so far, a panel a world."""
    low, high = 0.08, 0.24
    total = len(panels) * (WIDTH + LEFT) + 20
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{HEIGHT + TOP + 60}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for place, (title, curves) in enumerate(panels):
        x0 = LEFT + place * (WIDTH + LEFT)
        lines.append(f'<text x="{x0}" y="{TOP - 14}" font-size="14">{title}</text>')
        for tick in (0.1, 0.15, 0.2):
            y = TOP + HEIGHT * (high - tick) / (high - low)
            lines.append(f'<path d="M{x0} {y:.1f}h{WIDTH}" stroke="#dddddd"/>')
            lines.append(f'<text x="{x0 - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:.2f}</text>')
        for tick in (0, REQUESTS // 2, REQUESTS):
            x = x0 + WIDTH * tick / REQUESTS
            lines.append(f'<text x="{x:.0f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{tick}</text>')
        for color, curve in zip(COLORS, curves.values(), strict=True):
            at = range(19, REQUESTS, 20)
            points = " ".join(
                f"{x0 + WIDTH * (step + 1) / REQUESTS:.1f},"
                f"{TOP + HEIGHT * (high - min(max(curve[step], low), high)) / (high - low):.1f}"
                for step in at
            )
            lines.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
    for place, (color, name) in enumerate(zip(COLORS, WAYS, strict=True)):
        x, y = LEFT + place * 200, TOP + HEIGHT + 44
        lines.append(f'<path d="M{x} {y - 4}h24" stroke="{color}" stroke-width="3"/>')
        lines.append(f'<text x="{x + 30}" y="{y}">{name}</text>')
    lines.append(
        f'<text x="{LEFT}" y="18" fill="#555555">clicks per impression so far, by requests</text></svg>'
    )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
