"""Compare the locked packages with the published advisories: `python -m scripts.audit`.

pip-audit asks PyPI. It reports success if PyPI knows none of the packages, as an index without advisories
does, so this script counts what was compared. It ends with status 1 for a known vulnerability, and says
`skipped: advisory source not reachable` if nothing could be compared.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"
SKIPPED = "skipped: advisory source not reachable"
SECONDS = 900
"""The time after which the source counts as not reachable."""

Report = dict[str, Any]


def pip_audit(path: Path) -> Report | None:
    """The report of pip-audit on a list of requirements; None if it could not ask."""
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off", "--timeout=10"]
    command += ["--disable-pip", "--no-deps", "--requirement", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        report: Report = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return report


def outcome(report: Report | None) -> tuple[int, list[str]]:
    """The exit status for a report, and what to print."""
    packages = [] if report is None else report["dependencies"]
    compared = [one for one in packages if "skip_reason" not in one]
    if not compared:
        return 0, [SKIPPED]
    lines = [f"{len(compared)} packages compared with the advisories"]
    missing = [one["name"] for one in packages if "skip_reason" in one]
    if missing:
        lines.append(f"not compared: {', '.join(missing)}")
    vulnerable = [one for one in compared if one["vulns"]]
    for one in vulnerable:
        for advisory in one["vulns"]:
            fixed = ", ".join(advisory["fix_versions"]) or "no version"
            lines.append(f"{one['name']} {one['version']}: {advisory['id']}, fixed in {fixed}")
    return int(bool(vulnerable)), lines


def main(ask: Callable[[Path], Report | None] = pip_audit) -> int:
    """Audit the lock file."""
    status, lines = outcome(ask(LOCK))
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    raise SystemExit(main())
