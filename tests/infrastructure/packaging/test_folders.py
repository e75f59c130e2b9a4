"""Folders of build results."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from infrastructure.packaging.folders import fresh_folder, tidy


def test_folder_that_no_build_has_used_for_a_day_is_removed(tmp_path: Path) -> None:
    ages = {"control-now": 2, "control-yesterday": 25, "control-today": 23, "runtime-yesterday": 25}
    for name, hours in ages.items():
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, time.time() - hours * 3600))
    tidy(tmp_path / "control-now")
    assert {path.name for path in tmp_path.iterdir()} == ages.keys() - {"control-yesterday"}
    os.utime(tmp_path / "control-now", (0, time.time() - 25 * 3600))
    tidy(tmp_path / "control-now")
    assert (tmp_path / "control-now").exists()


def test_folder_is_absent_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk full"), fresh_folder(tmp_path / "target") as folder:
        (folder / "part").touch()
        raise OSError("disk full")
    assert list(tmp_path.iterdir()) == []


def test_folder_of_another_process_that_was_faster_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    with fresh_folder(target) as folder:
        (folder / "mine").touch()
        target.mkdir()
        (target / "theirs").touch()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["theirs"]
