"""Runs a program that was written for Personalize. Only its environment names the endpoint."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.end_to_end import shop

PROGRAMS = Path(__file__).parent / "programs"


def run(program: str, endpoint: str, folder: Path) -> dict:
    """Run the program with the shop as CSV files in `folder`. Returns the JSON object that it prints."""
    (folder / "interactions.csv").write_text(shop.interactions_csv())
    (folder / "items.csv").write_text(shop.items_csv())
    done = subprocess.run(
        [
            sys.executable,
            str(PROGRAMS / program),
            str(folder / "interactions.csv"),
            str(folder / "items.csv"),
        ],
        env={**os.environ, "AWS_ENDPOINT_URL": endpoint},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-3000:]
    return json.loads(done.stdout)
