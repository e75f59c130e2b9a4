"""What notebooks of Personalize users do: filters with values, promotions, metadata, events, and deletion."""

import pytest

from tests.end_to_end import shop
from tests.end_to_end.running import run


@pytest.fixture(scope="module")
def seen(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> dict:
    return run("storefront.py", endpoint, tmp_path_factory.mktemp("shop"))


def test_errors_are_the_exceptions_that_programs_catch(seen: dict) -> None:
    assert seen["printable"].endswith(":dataset-group/storefront")
    assert seen["twice"] == "ResourceAlreadyExistsException"
    assert seen["bad filter"] == seen["no value"] == "InvalidInputException"
    assert set(seen["refused"].values()) == {"ResourceInUseException"}
    assert len(seen["refused"]) == 3


def test_shelves_have_only_items_that_their_filter_allows(seen: dict) -> None:
    assert seen["default size"] == 25
    assert {shop.aisle_of(item) for item in seen["aisle"]} == {"tea", "fruit"} and len(seen["aisle"]) == 20
    assert sorted(seen["cheap"]) == ["tea-00", "tea-01", "tea-02", "tea-03"]


def test_promotion_takes_exactly_its_share(seen: dict) -> None:
    names = dict(seen["promoted"])
    assert len(names) == 10
    assert [shop.aisle_of(item) for item, name in names.items() if name == "tea-week"] == ["tea"] * 3
    assert [shop.aisle_of(item) for item, name in names.items() if name is None] == ["bread"] * 7


def test_answers_have_the_requested_metadata_columns(seen: dict) -> None:
    assert len(seen["with metadata"]) == 3
    assert all(set(metadata) == {"aisle", "price"} for metadata in seen["with metadata"])
    assert {metadata["aisle"] for metadata in seen["with metadata"]} == {"fruit"}


def test_ordered_item_moves_to_the_shelf_of_orders(seen: dict) -> None:
    assert {shop.aisle_of(item) for item in seen["ordered"]} == {"cheese"}
    assert set(seen["ordered"]).isdisjoint(seen["not ordered"])
    assert seen["fresh"] in seen["ordered later"] and seen["fresh"] not in seen["not ordered later"]
