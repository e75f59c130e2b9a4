"""Fuzz for a time, or a number of requests: `python -m tests.fuzz --seconds 600 --seed 1`.

Prints what was sent and answered, and every kind of failure with its seed and its smallest request. Ends with
status 1 if there is one.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from random import SystemRandom

from moto import mock_aws

from tests.fuzz.episodes import Findings, Held, ask_lines, import_files, open_pages, search, send_requests
from tests.fuzz.shop import EveryBundle, open_bundles

REQUESTS = 1000
"""Requests of an episode. Half as many searches, and an eighth as many lines, files and pages, are tried."""
SEARCHES = 600
"""Searches of an episode that has nothing else."""
MAX_GROWTH_MEGABYTES = 100.0
"""How much more memory a run may hold at its end than after its first episodes, which fill the caches."""
WARM_EPISODES = 6
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}


def main() -> int:
    """Run, and return the exit status."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seconds", type=float, default=60, help="stop after the episode in which this time ends"
    )
    parser.add_argument("--requests", type=int, help="send only so many requests, with one seed, and stop")
    parser.add_argument("--seed", type=int, help="the first seed (default: a random one, which is printed)")
    parser.add_argument("--searches", type=int, help="send only about so many searches, and stop")
    parser.add_argument("--pages", type=int, help="send only about so many requests of pages, and stop")
    options = parser.parse_args()
    seed = SystemRandom().randrange(10**6) if options.seed is None else options.seed
    print(f"SEED={seed}", flush=True)
    if options.searches or options.pages:
        return only(options.searches or 0, options.pages or 0, seed)
    findings, started, first = Findings(), time.monotonic(), None
    with tempfile.TemporaryDirectory() as folder, mock_aws():
        bundles = open_bundles(Path(folder))
        for episode in range(10**9):
            count = options.requests or REQUESTS
            send_requests(bundles, seed + episode, count, findings)
            ask_lines(bundles, seed + episode, count // 8, findings)
            import_files(seed + episode, count // 8, findings)
            search(Path(folder) / f"films-{episode}", seed + episode, count // 2, findings)
            open_pages(bundles, seed + episode, count // 8, findings)
            held = Held.now()
            if episode % 10 == 9:
                print(
                    f"{findings.requests:,} requests, {len(findings.failures)} kinds of failures", flush=True
                )
            first = held if episode < WARM_EPISODES else first
            if options.requests or time.monotonic() - started > options.seconds:
                break
    assert first is not None
    seconds = time.monotonic() - started
    print(
        f"{findings.requests:,} requests, {findings.searches.total():,} searches, {findings.pages.total():,} "
        f"pages, {findings.lines:,} batch lines and {findings.files:,} files",
        end=" ",
    )
    print(f"in {seconds:.0f} s, from seed {seed} to {seed + episode}")
    print(
        "statuses:",
        ", ".join(f"{status}: {number:,}" for status, number in sorted(findings.statuses.items())),
    )
    for what, statuses in (("searches", findings.searches), ("pages", findings.pages)):
        found = ", ".join(f"{status}: {number:,}" for status, number in sorted(statuses.items()))
        print(f"statuses of {what}: {found}")
    print(f"operations accepted: {len(findings.accepted)}, refused: {len(findings.refused)}")
    print(f"held: {first} at first, {held} at the end")
    for failure in findings.failures:
        print(f"\n{failure}\nAgain: make fuzz SEED={failure.seed} REQUESTS={options.requests or REQUESTS}")
    leaks = held.threads > first.threads or held.files > first.files
    leaks = leaks or held.megabytes > first.megabytes + MAX_GROWTH_MEGABYTES
    if leaks:
        print("\nThreads, files or memory grew: a leak.")
    print(
        "\nNo failures."
        if not findings.failures and not leaks
        else f"\n{len(findings.failures)} kinds of failures."
    )
    return bool(findings.failures) or leaks


def only(searching: int, paging: int, seed: int) -> int:
    """Send searches to one endpoint after another, and requests of pages. Return the exit status."""
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder, mock_aws():
        for episode in range(-(-searching // SEARCHES)):
            search(Path(folder) / str(episode), seed + episode, SEARCHES, findings)
        bundles = open_bundles(Path(folder) / "bundles") if paging else EveryBundle()
        for episode in range(-(-paging // SEARCHES)):
            open_pages(bundles, seed + episode, SEARCHES, findings)
    for statuses in (findings.searches, findings.pages):
        for status, number in sorted(statuses.items()):
            print(f"{status}: {number:,}")
    for failure in findings.failures:
        print(f"\n{failure}")
    print(f"\n{len(findings.failures) or 'No'} kinds of failures.")
    return bool(findings.failures)


if __name__ == "__main__":
    os.environ.update(ENVIRONMENT)
    logging.disable(logging.CRITICAL)
    sys.exit(main())
