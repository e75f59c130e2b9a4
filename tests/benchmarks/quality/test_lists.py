"""Printed lists are those that the product would give, and planted outcomes are found again."""

import pyarrow as pa

from benchmarks.data.datasets import Data
from benchmarks.quality.lists import lists

AISLES = ("bread", "cheese", "fish", "fruit", "tea", "wine")
CUSTOMERS, SHELF = 660, 4


def shop() -> Data:
    """Everybody views the shop window twice and buys two items of one aisle."""
    rows = []
    for customer in range(CUSTOMERS):
        aisle, first = AISLES[customer % len(AISLES)], customer // len(AISLES) % SHELF
        rows += [(f"c{customer:03d}", "window", customer + visit, "View") for visit in (0, 9_000)]
        for place, at in ((first, 100_000), ((first + 1) % SHELF, 400_000)):
            rows.append((f"c{customer:03d}", f"{aisle}-{place}", at + customer, "Purchase"))
    names = ("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE")
    items = [f"{aisle}-{place}" for aisle in AISLES for place in range(SHELF)]
    return Data(
        "shop",
        {
            "INTERACTIONS": pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))),
            "ITEMS": pa.table({"ITEM_ID": items, "AISLE": [item.split("-")[0] for item in items]}),
        },
        ("AISLE",),
    )


def printed(recipe: str, *users: str) -> list[str]:
    return [line for line in lists("shop", shop(), [recipe], users=users) if line.startswith("- ")]


def test_use_case_counts_events_of_its_type_alone() -> None:
    (viewed,) = printed("aws-ecomm-popular-items-by-views", "c000")
    (bought,) = printed("aws-ecomm-popular-items-by-purchases", "c000")
    assert viewed.startswith("- **everybody**: window")
    assert not bought.startswith("- **everybody**: window")


def test_customer_of_an_aisle_takes_its_newsletter() -> None:
    for line, aisle in zip(printed("aws-next-best-action", "c000", "c001"), AISLES[:2], strict=True):
        assert f"{aisle}-" in line.split("**: ")[0]
        assert line.split("**: ")[1].startswith(f"newsletter: {aisle} 0.")


def test_segment_of_an_attribute_says_how_much_of_its_users_histories_match() -> None:
    lines = printed("aws-item-attribute-affinity", "c000")
    assert lines and all("2 of 4 events" in line for line in lines)
