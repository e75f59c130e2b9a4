"""A package below its floor fails, whatever the other packages have."""

import json
import tomllib
from pathlib import Path

from scripts.coverage import floor_of, floors, main, totals

ROOT = Path(__file__).parents[2]


def entry(covered: int, total: int) -> dict:
    return {"summary": {"covered_lines": covered, "num_statements": total, "covered_branches": 0}}


def test_folders_add_up_lines_and_branches() -> None:
    branches = {"covered_lines": 1, "num_statements": 2, "covered_branches": 3, "num_branches": 4}
    report = {"local/iam/a.py": {"summary": branches}, "local/iam/deep/b.py": entry(1, 1)}
    assert totals(report) == {"local/iam": (5, 7)}


def test_floor_is_that_of_the_longest_prefix() -> None:
    listed = {"lambdas": 80, "lambdas/stores": 90}
    assert floor_of("lambdas/stores", listed) == 90
    assert (floor_of("lambdas/steps", listed), floor_of("lambdas2", listed)) == (80, 0)


def test_every_measured_package_has_a_floor() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    measured = set(settings["tool"]["coverage"]["run"]["source"])
    assert measured - floors().keys() == {"demo"}, "end-to-end tests run the demo, in a process of its own"


def test_every_listed_folder_exists() -> None:
    assert all((ROOT / folder).is_dir() for folder in floors())


def test_package_below_its_floor_fails_by_name(tmp_path, capsys) -> None:
    path = tmp_path / "coverage.json"
    report = {"files": {"tastemaker/wire/a.py": entry(0, 10), "tastemaker/filters/b.py": entry(10, 10)}}
    path.write_text(json.dumps(report))
    assert main([str(path)]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if "below the floor" in line]
    assert [line.split()[0] for line in lines] == ["tastemaker/wire"]
