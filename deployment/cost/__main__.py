"""`python -m deployment.cost`: what a stage costs each month."""

from __future__ import annotations

import argparse
import sys

from deployment.command import SUCCESS, Console, main, parser
from deployment.cost.estimate import as_json, as_text, estimate
from deployment.cost.usage import Load
from deployment.synthesis import synthesize

DESCRIPTION = """Estimate the monthly cost of a stage, line by line, idle part first.

The idle part is read from the synthesized template. The usage is computed from units that benchmarks
measured. Prices are those of us-east-1, from deployment/cost/prices.json."""


def count(text: str) -> int:
    """A number of things: `1000000`, `1_000_000`, `1M`, `10k`."""
    factor = {"k": 10**3, "m": 10**6, "b": 10**9}.get(text[-1:].lower(), 1)
    try:
        value = float(text[:-1] if factor > 1 else text) * factor
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number such as 250000, 250k or 2.5M") from None
    if not 0 <= value < 1e15:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 10^15")
    return round(value)


def arguments() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = parser("deployment.cost", DESCRIPTION)
    made.add_argument("--stage", default="dev", help="the stage of cdk.json (default: dev)")
    made.add_argument("--requests", type=count, default=0, help="GetRecommendations a month, such as 1M")
    made.add_argument("--events", type=count, default=0, help="events a month")
    made.add_argument("--trainings", type=count, default=0, help="trainings a month")
    made.add_argument("--campaigns", type=count, default=1, help="active campaigns (default: 1)")
    made.add_argument(
        "--training-minutes", type=float, help="how long a training runs (default: that of the demo's data)"
    )
    made.add_argument("--stored-gb", type=float, default=0.0, help="data in the lake, GB (default: 0)")
    made.add_argument("--exploring", action="store_true", help="the campaigns use recipes that explore")
    return made


def run(options: argparse.Namespace, console: Console) -> int:
    """Synthesize the stage and show the estimate."""
    console.progress(f"Synthesizing stage {options.stage} …")
    load = Load(
        requests=options.requests,
        events=options.events,
        trainings=options.trainings,
        campaigns=options.campaigns,
        training_minutes=options.training_minutes,
        stored_gb=options.stored_gb,
        exploring=options.exploring,
    )
    found = estimate(synthesize(options.stage), load)
    if options.json:
        console.json(as_json(found))
    else:
        console.result(as_text(found))
    return SUCCESS


if __name__ == "__main__":
    sys.exit(main(arguments(), run))
