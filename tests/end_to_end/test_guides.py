"""Every guide runs, block by block, against the local run. The shop is set up once for all of them.

The shop and the films run as the notebooks that are written from their pages.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest

from demo import movielens, shop
from scripts.client_models import TARGET
from scripts.notebooks import FILES_TAG, NOTEBOOKS

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = DOCS / "guides"
FIRST, FILMS = "shop", "films"
OTHERS = sorted(page.stem for page in GUIDES.glob("*.md") if page.stem not in (FIRST, FILMS, "index"))
Names = dict[str, Any]


def execute(name: str, names: Names, folder: Path = GUIDES) -> Names:
    """Run the Python blocks of a page. An error names the page and the line."""
    page = folder / f"{name}.md"
    text = page.read_text(encoding="utf-8")
    blocks = list(re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S))
    assert blocks, f"{page} has no Python"
    for block in blocks:
        line = text[: block.start(1)].count("\n")
        exec(compile("\n" * line + block.group(1), str(page), "exec"), names)
    return names


def execute_notebook(name: str) -> Names:
    """Run the cells of a notebook, but for the one that writes the files. An error names the cell."""
    names: Names = {}
    for cell in json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code" and FILES_TAG not in cell["metadata"].get("tags", ()):
            exec(compile("".join(cell["source"]), f"{name}.ipynb, cell {cell['id']}", "exec"), names)
    return names


@pytest.fixture(scope="module")
def names(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Names]:
    """The variables that a reader has after the guide of the shop."""
    folder = tmp_path_factory.mktemp("guides")
    shop.write(folder / "build" / "shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setitem(os.environ, "AWS_ENDPOINT_URL", endpoint)
        patch.setitem(os.environ, "AWS_DATA_PATH", str(TARGET))
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        yield execute_notebook(FIRST)


def few_films() -> movielens.MovieLens:
    """Films in four genres. A viewer watches one genre, in the order of the films."""
    genres = ("Comedy", "Crime", "Sci-Fi", "Western")
    rows = [
        {"USER_ID": str(300 + viewer), "ITEM_ID": str(4 * ((viewer + 2 * at) % 20) + viewer % 4)}
        | {"TIMESTAMP": 880_000_000 + 9_000 * viewer + 600 * at}
        for viewer in range(120)
        for at in range(9)
    ]
    items = pd.DataFrame({"ITEM_ID": [str(film) for film in range(80)]})
    numbers = items.index
    items = items.assign(
        TITLE=[f"Film {film}" for film in numbers], GENRES=[genres[film % 4] for film in numbers], YEAR=1990
    )
    return movielens.MovieLens(pd.DataFrame(rows), items, pd.DataFrame())


def test_films_fill_the_rows_of_a_start_page(names: Names) -> None:
    movielens.write(few_films(), Path("build/films"))
    found = execute_notebook(FILMS)
    assert {film["genres"] for film in found["similar"]} == {"Sci-Fi"}
    assert found["after"] != found["before"]
    assert not set(found["watched"]) & {film["id"] for film in found["after"]}
    assert found["funny"] and {film["genres"] for film in found["funny"]} == {"Comedy"}


def categories(items: list[dict[str, Any]]) -> list[str]:
    return [item["category"] for item in items]


def test_shop_recommends_what_the_user_likes_and_events_change_the_list(names: Names) -> None:
    before = categories(names["before"])
    assert before.count("Climbing") + before.count("Cooking") >= 5
    assert categories(names["after"]).count("Winter") > before.count("Winter")
    assert names["metrics"]["normalized_discounted_cumulative_gain_at_25"] > 0.2


def test_every_guide_is_run() -> None:
    assert set(OTHERS) == set(CHECKS)


def check_mailing(found: Names) -> None:
    """What the workflow of the guide has written: a dry run, a mailing, and one that the cap leaves empty."""
    dry, sent, again = found["rehearsed"], found["sent"], found["again"]
    assert dry["dryRun"] and ".dry-run.csv" in dry["files"][0]
    assert dry["messages"] == sent["messages"] == len(found["recipients"]) >= 8
    assert (again["messages"], again["withoutMessage"]) == (0, sent["messages"] + sent["withoutMessage"])
    assert "user-7" not in [row["USER_ID"] for row in found["recipients"]]
    assert all("@" in row["ADDRESS"] for row in found["recipients"])


def check_batch_emails(found: Names) -> None:
    check_mailing(found)
    assert len(found["letters"]) == 19
    assert all("@example.com" in letter["ADDRESS"] and "$" in letter["TEXT"] for letter in found["letters"])


def check_cold_start(found: Names) -> None:
    assert categories(found["first"]).count("Climbing") >= 3
    assert "winter-9" in found["ids"]


def check_context(found: Names) -> None:
    assert categories(found["phone"]).count("Winter") > categories(found["desktop"]).count("Winter")


def check_filters_and_promotions(found: Names) -> None:
    assert found["cheap"] and set(categories(found["cheap"])) <= {"Cooking", "Winter"}
    assert categories(found["promoted"]).count("Winter") >= 2


def check_measuring_lift(found: Names) -> None:
    assert 0.45 < sum(found["groups"]) / len(found["groups"]) < 0.55
    assert found["low"] < 0 < found["change"] < found["high"]


def check_migrating(found: Names) -> None:
    group = {"datasetGroupArn": found["moved"]}
    personalize = found["personalize"]
    copied = personalize.list_solutions(**group)["solutions"]
    assert len(copied) == len(personalize.list_solutions(datasetGroupArn=found["group"])["solutions"])
    assert {row["datasetType"] for row in personalize.list_datasets(**group)["datasets"]} >= {
        "ITEMS",
        "INTERACTIONS",
    }


def check_next_best_action(found: Names) -> None:
    climber, hiker = found["propose"]("user-2"), found["propose"]("user-10")
    assert climber["loyalty-card"] > 0.5 > climber["refer-a-friend"]
    assert hiker["refer-a-friend"] > 0.5 > hiker["loyalty-card"]


CHECKS = {
    "batch-emails": check_batch_emails,
    "cold-start": check_cold_start,
    "context": check_context,
    "filters-and-promotions": check_filters_and_promotions,
    "measuring-lift": check_measuring_lift,
    "migrating": check_migrating,
    "next-best-action": check_next_best_action,
}


@pytest.mark.parametrize("guide", OTHERS)
def test_guide_does_what_it_says(guide: str, names: Names) -> None:
    CHECKS[guide](execute(guide, dict(names)))


def test_import_of_your_own_data_runs(names: Names) -> None:
    text = (DOCS / "own-data.md").read_text(encoding="utf-8")
    schema = next(
        found
        for block in re.findall(r"^```json\n(.*?)^```", text, re.M | re.S)
        if (found := json.loads(block)).get("name") == "Items"
    )
    names["s3"].create_bucket(Bucket="my-bucket")
    header = ",".join(field["name"] for field in schema["fields"])
    names["s3"].put_object(
        Bucket="my-bucket", Key="items/a.csv", Body=f"{header}\nfilm-42,Comedy,,\n".encode()
    )
    given = {
        "json": json,
        "personalize": names["personalize"],
        "group_arn": names["personalize"].create_dataset_group(name="own-data")["datasetGroupArn"],
        "role_arn": names["role"],
        "schema": schema,
    }
    found = execute("own-data", given, DOCS)
    job = names["wait"]("datasetImportJob", datasetImportJobArn=found["job_arn"])
    assert job["datasetArn"] == found["dataset_arn"]


def test_request_of_the_quickstart_runs(names: Names) -> None:
    """Comes last: its events are about films, which the shop may recommend from then on."""
    found = execute("quickstart", {"campaign_arn": names["campaign"], "tracking_id": names["tracking"]}, DOCS)
    assert len(found["answer"]["itemList"]) == 10
