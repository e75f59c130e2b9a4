"""The sample shop: files that an import takes, and users whose taste is known."""

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

from demo import shop

NOW = 1_764_300_000


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_files_have_enough_data_for_a_training_and_name_each_other(tmp_path: Path) -> None:
    files = {file.stem: rows(file) for file in shop.write(tmp_path, NOW)}
    items = {row["ITEM_ID"] for row in files["items"]}
    users = {row["USER_ID"] for row in files["users"]}
    assert len(items) == 48
    assert len(files["interactions"]) == shop.USERS * shop.EVENTS
    assert {row["ITEM_ID"] for row in files["interactions"]} == items
    assert {row["USER_ID"] for row in files["interactions"]} == users
    assert all(int(row["TIMESTAMP"]) < NOW for row in files["interactions"])
    assert {row["ACTION_ID"] for row in files["action_interactions"]} < {
        row["ACTION_ID"] for row in files["actions"]
    }


def test_shop_is_the_same_each_time_but_for_the_times(tmp_path: Path) -> None:
    first = [file.read_text() for file in shop.write(tmp_path / "a", NOW)]
    assert [file.read_text() for file in shop.write(tmp_path / "b", NOW)] == first


def test_user_looks_at_one_category_on_a_desktop_and_at_another_one_on_a_phone() -> None:
    seen = Counter(
        (row[4], str(row[1]).split("-")[0]) for row in shop.interactions(NOW) if row[0] == "user-8"
    )
    assert max((count, place) for place, count in seen.items() if place[0] == "phone")[1][1] == "winter"
    assert max((count, place) for place, count in seen.items() if place[0] == "desktop")[1][1] == "climbing"


def test_command_without_a_folder_says_how_to_use_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo.shop"], cwd=Path(__file__).parents[2], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == "usage: python -m demo.shop FOLDER\n"
