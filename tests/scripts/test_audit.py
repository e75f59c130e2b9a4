"""The audit counts what was compared: an index without advisories is no clean bill of health."""

from pathlib import Path
from typing import Any

import pytest

from scripts import audit

CLEAN = {"name": "six", "version": "1.17.0", "vulns": []}
UNKNOWN = {"name": "boto3", "skip_reason": "Dependency not found on PyPI and could not be audited"}
VULNERABLE = {
    "name": "urllib3",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}, {"id": "PYSEC-2", "fix_versions": []}],
}


@pytest.mark.parametrize("report", [None, {"dependencies": []}, {"dependencies": [UNKNOWN, UNKNOWN]}])
def test_audit_is_skipped_if_nothing_could_be_compared(report: Any) -> None:
    assert audit.outcome(report) == (0, ["skipped: advisory source not reachable"])


def test_packages_that_could_not_be_compared_are_named() -> None:
    status, lines = audit.outcome({"dependencies": [CLEAN, UNKNOWN]})
    assert (status, lines) == (0, ["1 packages compared with the advisories", "not compared: boto3"])


def test_known_vulnerability_fails_the_audit(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[Path] = []

    def ask(path: Path) -> dict[str, Any]:
        asked.append(path)
        return {"dependencies": [CLEAN, VULNERABLE]}

    assert audit.main(ask) == 1
    printed = capsys.readouterr().out
    assert "urllib3 1.0: PYSEC-1, fixed in 1.1" in printed and "PYSEC-2, fixed in no version" in printed
    assert asked == [audit.LOCK] and audit.LOCK.exists()
