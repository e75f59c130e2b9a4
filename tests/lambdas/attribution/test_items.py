"""Tests of the current columns of items."""

from lambdas.attribution.items import MAX_KEYS
from tests.lambdas.attribution.shop import Shop


def test_newest_import_or_upsert_of_an_item_counts(shop: Shop) -> None:
    shop.store("bulk/1/a.parquet", [{"ITEM_ID": name, "PRICE": 1.0} for name in ("a", "b", "c", "other")])
    shop.store("bulk/2/a.parquet", [{"ITEM_ID": "b", "PRICE": 2.0}])
    shop.put("a", 15, PRICE=3.0)
    shop.put("b", 15, PRICE=4.0)  # imported again after it was put
    shop.put("d", 15, WEIGHT=1)
    found = dict(shop.items().of(["a", "b", "c", "d", "nowhere"], ["PRICE"]))
    assert {name: row.get("PRICE") for name, row in found.items()} == {
        "a": 3.0,
        "b": 2.0,
        "c": 1.0,
        "d": None,
    }


def test_more_items_than_one_request_takes_are_found(shop: Shop) -> None:
    names = [f"item-{number}" for number in range(MAX_KEYS + 1)]
    for name in names:
        shop.put(name, 15, PRICE=1.0)
    assert set(dict(shop.items().of(names, ["PRICE"]))) == set(names)


def test_group_without_an_items_dataset_has_no_columns(shop: Shop) -> None:
    shop.plan["items"] = None
    assert dict(shop.items().of(["a"], ["PRICE"])) == {}
