"""`make chaos`: events and jobs under faults, then a count (EVENTS=100000 SEED=1 RATE=0.02)."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

from tests.chaos import events_only
from tests.chaos.run import ROUNDS, run, scenario_in_memory, synthesized

_terminal = sys.stdout


def main() -> int:
    """Run the scenario and print its figures. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="events to send (default: 20000)")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 10_000, help="seed of all faults")
    parser.add_argument("--rate", type=float, default=0.02, help="share of calls that fail (default: 0.02)")
    parser.add_argument("--users", type=int, default=500, help="users that send events (default: 500)")
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"how often each job runs (default: {ROUNDS})"
    )
    parser.add_argument("--events-only", action="store_true", help="no jobs, which makes it much faster")
    parser.add_argument(
        "--transport",
        choices=("kinesis", "direct"),
        default="kinesis",
        help="how events travel, with --events-only",
    )
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    _say(f"make chaos EVENTS={arguments.events} SEED={arguments.seed} RATE={arguments.rate}")
    # The metrics that functions write to their standard output are of no interest here.
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
    ):
        if arguments.events_only:
            _say(
                events_only.run(
                    arguments.events,
                    seed=arguments.seed,
                    rate=arguments.rate,
                    users=arguments.users,
                    folder=Path(folder),
                    transport=arguments.transport,
                    say=_say,
                )
            )
            return 0
        made = scenario_in_memory(
            synthesized(Path(folder)), seed=arguments.seed, users=arguments.users, folder=Path(folder)
        )
        with made as scenario:
            report = run(scenario, arguments.events, rate=arguments.rate, rounds=arguments.rounds, say=_say)
    _say(str(report))
    return 0


def _say(text: str) -> None:
    _terminal.write(f"{text}\n")
    _terminal.flush()


if __name__ == "__main__":
    sys.exit(main())
