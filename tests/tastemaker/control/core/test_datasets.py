"""The list of a dataset's visible imports."""

import json
from typing import Any

import pytest

from tastemaker.control.core.datasets import MAX_IMPORTS_ON_RECORD, add_import, imported_at, imports_of
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import World, world

ITEM_BYTES = 400_000
"""DynamoDB takes no larger item."""


def entry(number: int) -> dict[str, Any]:
    return {
        "prefix": f"groups/films.00000001/datasets/INTERACTIONS.00000002/hourly-import-{number:05}/",
        "jobArn": f"arn:aws:personalize:eu-west-1:123456789012:dataset-import-job/hourly-import-{number:05}",
        "rows": 1_000_000,
    }


def add(here: World, arn: str, number: int, *, incremental: bool = True) -> None:
    dataset = here.control.records.find("Dataset", arn)
    add_import(here.control, dataset, entry(number), incremental=incremental)


@pytest.fixture
def here() -> World:
    return world()


def test_five_thousand_incremental_imports_stay_visible_and_the_record_small(here: World) -> None:
    arn = shop.dataset(here, shop.group(here))
    largest = 0
    for block in range(0, 5_000, MAX_IMPORTS_ON_RECORD):
        # All but the last import of a block at once: 5,000 single ones would take the test half a minute.
        numbers = range(block, block + MAX_IMPORTS_ON_RECORD - 1)
        dataset = here.control.records.find("Dataset", arn)
        lists = [*dataset.body.get("_importLists", [])]
        assert len(dataset.body["_imports"]) <= MAX_IMPORTS_ON_RECORD
        if block:
            add(here, arn, block)  # moves the full list to the lake
            numbers = numbers[1:]
            dataset = here.control.records.find("Dataset", arn)
            assert len(dataset.body["_importLists"]) == len(lists) + 1
        filled = [entry(number) | {"at": 0.0} for number in numbers]
        here.control.writer.change(dataset, _imports=[*dataset.body["_imports"], *filled])
        add(here, arn, block + MAX_IMPORTS_ON_RECORD - 1)
        largest = max(largest, len(json.dumps(here.control.records.find("Dataset", arn).body)))
    assert len(imports_of(here.control, here.control.records.find("Dataset", arn))) == 5_000
    assert largest < ITEM_BYTES / 3


def test_import_that_is_in_an_earlier_list_is_not_added_again(here: World) -> None:
    arn = shop.dataset(here, shop.group(here))
    for number in range(MAX_IMPORTS_ON_RECORD + 2):
        add(here, arn, number)
    add(here, arn, 0)
    imports = imports_of(here.control, here.control.records.find("Dataset", arn))
    assert len(imports) == len({one["jobArn"] for one in imports}) == MAX_IMPORTS_ON_RECORD + 2


def test_full_import_replaces_all_lists(here: World) -> None:
    arn = shop.dataset(here, shop.group(here))
    for number in range(MAX_IMPORTS_ON_RECORD + 2):
        add(here, arn, number)
    add(here, arn, 9_999, incremental=False)
    (only,) = imports_of(here.control, here.control.records.find("Dataset", arn))
    assert only["jobArn"].endswith("09999")


def test_entries_of_earlier_versions_have_the_time_of_their_job(here: World) -> None:
    dataset_arn = shop.dataset(here, shop.group(here))
    job = shop.import_job(here, dataset_arn)
    old = {"prefix": "groups/films.00000001/datasets/INTERACTIONS.00000002/first/", "jobArn": job, "rows": 1}
    record = here.control.records.find("Dataset", dataset_arn)
    here.control.writer.change(record, _imports=[old])
    (one,) = imports_of(here.control, here.control.records.find("Dataset", dataset_arn))
    created = here.control.records.find("DatasetImportJob", job).body["lastUpdatedDateTime"]
    assert imported_at(here.control, one) == created
