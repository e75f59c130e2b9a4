"""A small shop in which each customer has one taste, so that the right answers are known.

Items belong to one of four aisles. A customer buys in one aisle, mostly in the order of the shelf. So a test
knows without a model which item comes next, which items are similar, and what a customer wants.
"""

import csv
import io
import random

AISLES = ("bread", "cheese", "fruit", "tea")
SHELF = 15
CUSTOMERS = 200
PURCHASES = 12
START = 1_700_000_000


def item(aisle: str, place: int) -> str:
    return f"{aisle}-{place:02d}"


def aisle_of(item_id: str) -> str:
    return item_id.split("-")[0]


def interactions_csv() -> str:
    """2,400 rows with USER_ID, ITEM_ID, TIMESTAMP and EVENT_TYPE. Customer c shops in aisle c mod 4."""
    rng = random.Random(7)
    rows = []
    for customer in range(CUSTOMERS):
        aisle, place = AISLES[customer % len(AISLES)], rng.randrange(SHELF)
        time = START + rng.randrange(30 * 86_400)
        for _ in range(PURCHASES):
            rows.append((f"customer-{customer}", item(aisle, place), time, "purchase"))
            place = (place + rng.choice((1, 1, 1, 2))) % SHELF
            time += rng.randrange(600, 86_400)
    return _csv(("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"), rows)


def items_csv() -> str:
    """Rows with ITEM_ID, AISLE, PRICE and DESCRIPTION, which is quoted and has commas."""
    rows = [
        (item(aisle, place), aisle, 1 + place / 2, f"{aisle}, number {place}, on the shelf")
        for aisle in AISLES
        for place in range(SHELF)
    ]
    return _csv(("ITEM_ID", "AISLE", "PRICE", "DESCRIPTION"), rows)


def _csv(header: tuple[str, ...], rows: list[tuple]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
