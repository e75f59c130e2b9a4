"""Print the branch coverage of each package and fail if one is below its floor.

    python -m scripts.coverage build/coverage.json

The file is the JSON report of coverage.py. The floors are in `pyproject.toml`, in percent of lines and
branches together. A folder has the floor of its longest listed prefix.
"""

import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def floors() -> dict[str, int]:
    """The floor of each listed folder, in percent."""
    settings = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
    return dict(settings["tool"]["tastemaker"]["coverage"])


def totals(report: Mapping[str, dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """The covered and the total number of lines and branches of each folder, two levels deep."""
    counts: dict[str, tuple[int, int]] = {}
    for file, entry in report.items():
        folder = "/".join(Path(file).parts[:-1][:2])
        summary = entry["summary"]
        covered, total = counts.get(folder, (0, 0))
        counts[folder] = (
            covered + summary["covered_lines"] + summary.get("covered_branches", 0),
            total + summary["num_statements"] + summary.get("num_branches", 0),
        )
    return counts


def floor_of(folder: str, listed: Mapping[str, int]) -> int:
    """The floor of a folder: that of the longest listed prefix, or 0."""
    prefixes = [name for name in listed if folder == name or folder.startswith(name + "/")]
    return listed[max(prefixes, key=len)] if prefixes else 0


def main(arguments: list[str]) -> int:
    """Print the table and return 1 if a folder is below its floor."""
    report = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))["files"]
    listed = floors()
    failed = False
    print(f"{'package':<32}{'covered':>9}{'floor':>7}")
    for folder, (covered, total) in sorted(totals(report).items()):
        percent, floor = 100 * covered / total if total else 100.0, floor_of(folder, listed)
        low = percent < floor
        failed |= low
        print(f"{folder:<32}{percent:>8.1f}%{floor:>6}%{'  below the floor' if low else ''}")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
