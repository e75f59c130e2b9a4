"""Copy the console's libraries from node_modules into its package, so that it needs no network and no npm.

python -m scripts.vendor_console            copies the files
python -m scripts.vendor_console --check    fails if a file differs from the one in node_modules
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "console" / "static" / "vendor"
FILES = ("htmx.org/dist/htmx.min.js", "uplot/dist/uPlot.iife.min.js", "uplot/dist/uPlot.min.css")
LICENSES = ("htmx.org/LICENSE", "uplot/LICENSE")


def copies(modules: Path = ROOT / "node_modules") -> dict[Path, Path]:
    """Source → copy. Licenses are named after their library."""
    found = {modules / name: TARGET / Path(name).name for name in FILES}
    found |= {modules / name: TARGET / f"LICENSE-{Path(name).parts[0]}.txt" for name in LICENSES}
    return found


def main(argv: list[str] | None = None) -> int:
    """Copy, or compare with `--check`. Returns 1 if a copy differs."""
    parser = argparse.ArgumentParser(prog="python -m scripts.vendor_console", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    check = parser.parse_args(argv).check
    TARGET.mkdir(parents=True, exist_ok=True)
    changed = 0
    for source, copy in copies().items():
        if check and (not copy.exists() or copy.read_bytes() != source.read_bytes()):
            print(f"{copy} differs from {source}: run python -m scripts.vendor_console", file=sys.stderr)
            changed = 1
        elif not check:
            shutil.copyfile(source, copy)
    return changed


if __name__ == "__main__":
    raise SystemExit(main())
