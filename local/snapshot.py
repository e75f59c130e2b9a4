"""`python -m local.snapshot FILE`: write the state of a local run to a file, for `--seed`."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from pathlib import Path

from local.state.directory import StateError
from local.state.snapshot import write_snapshot

DEFAULT_ENDPOINT = "http://127.0.0.1:4566"
_SECONDS = 10.0


def parser() -> argparse.ArgumentParser:
    """The command line of `python -m local.snapshot`."""
    parser = argparse.ArgumentParser(
        prog="python -m local.snapshot",
        description="Write the state of a local run to a file. `python -m local --seed FILE` starts with it. "
        "The run may go on meanwhile. The file has access keys and secrets of the run.",
    )
    parser.add_argument("file", type=Path, help="the file to write, such as shop.tar.gz")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--state", type=Path, metavar="DIR", help="the directory of --state")
    place.add_argument(
        "--endpoint",
        default=DEFAULT_ENDPOINT,
        help=f"the run, which was started with --state or --seed (default {DEFAULT_ENDPOINT})",
    )
    return parser


def state_of(endpoint: str) -> Path:
    """The directory of the run that answers at an endpoint.

    Raises StateError if there is no run, or it keeps no state.
    """
    try:
        with urllib.request.urlopen(f"{endpoint.rstrip('/')}/_local/health", timeout=_SECONDS) as answer:
            folder = json.load(answer).get("state")
    except (OSError, ValueError) as error:
        raise StateError(
            f"no local run answers at {endpoint}: {error}. Start one with --state DIR, or give its "
            "directory with --state."
        ) from error
    if folder is None:
        raise StateError(
            f"the local run at {endpoint} keeps no state, so there is nothing to write. Start it with "
            "--state DIR."
        )
    return Path(folder)


def main(argv: list[str] | None = None) -> int:
    """Write a snapshot. Returns 1 if it could not be written."""
    options = parser().parse_args(argv)
    try:
        folder = options.state or state_of(options.endpoint)
        saved = write_snapshot(folder, options.file)
    except StateError as error:
        print(error, file=sys.stderr)
        return 1
    items = sum(map(len, saved.tables.values()))
    megabytes = options.file.stat().st_size / 1e6
    print(f"{options.file}: {items} items, {len(saved.objects)} objects, {megabytes:.1f} MB, from {folder}")
    print(f"start with it: python -m local --seed {options.file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
