"""A generated page is written, or compared with what would be written."""

import sys
from pathlib import Path

import pytest

from scripts.generated import write_or_check


def test_page_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["program"])
    page = tmp_path / "page.md"
    assert write_or_check(page, "é\n") == 0
    assert page.read_text(encoding="utf-8") == "é\n"


@pytest.mark.parametrize(("before", "status"), [(None, 1), ("old\n", 1), ("new\n", 0)])
def test_check_fails_for_another_text_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None, status: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["program", "--check"])
    page = tmp_path / "page.md"
    if before is not None:
        page.write_text(before)
    assert write_or_check(page, "new\n") == status
    assert (page.read_text() if page.exists() else None) == before
