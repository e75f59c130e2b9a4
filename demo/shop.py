"""A small outdoor shop as CSV files: items, users, interactions and actions.

    python -m demo.shop build/shop

The shop is invented. Each user likes one category on a desktop and another on a phone, and views items in the
order of the shelf. So a reader can tell a good list from a bad one.
"""

from __future__ import annotations

import csv
import random
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

USERS = 240
EVENTS = 16
"""Interactions of each user."""
DAY_SECONDS = 86_400

# category → (price of its cheapest item, names)
CATALOG: dict[str, tuple[int, tuple[str, ...]]] = {
    "Tents": (120, ("Ridge 1", "Ridge 2", "Ridge 3", "Dome 4", "Tunnel 5", "Tarp", "Footprint", "Guy lines")),
    "Backpacks": (
        40,
        ("Day 18", "Day 25", "Trek 40", "Trek 55", "Trek 65", "Kids 12", "Rain cover", "Hip bag"),
    ),
    "Cooking": (8, ("Gas stove", "Pot set", "Mug", "Spork", "Kettle", "Fuel 230", "Grill", "Cutting board")),
    "Climbing": (
        15,
        ("Harness", "Helmet", "Rope 60", "Chalk", "Quickdraws", "Belay device", "Shoes", "Brush"),
    ),
    "Running": (12, ("Shorts", "Socks", "Vest", "Cap", "Trail shoes", "Headlamp", "Soft flask", "Gaiters")),
    "Winter": (
        20,
        ("Beanie", "Gloves", "Down jacket", "Base layer", "Snowshoes", "Goggles", "Thermos", "Balm"),
    ),
}
ON_A_DESKTOP, ON_A_PHONE = ("Tents", "Backpacks", "Climbing"), ("Cooking", "Running", "Winter")
ACTIONS = (("newsletter", 2, 30), ("loyalty-card", 5, 0), ("refer-a-friend", 3, 14), ("trip-planner", 1, 7))


def item_id(category: str, place: int) -> str:
    """Return the ID of the item at a place of a category's shelf. The first place is 0."""
    return f"{category.lower()}-{place + 1}"


def likes(number: int) -> tuple[str, str]:
    """Return the category that a user views on a desktop, and the one on a phone."""
    return ON_A_DESKTOP[number % 3], ON_A_PHONE[number // 3 % 3]


def items() -> list[tuple[object, ...]]:
    """Return the rows of items.csv: ITEM_ID, NAME, CATEGORY, PRICE, DESCRIPTION."""
    return [
        (
            item_id(category, place),
            f"{name} {category.lower().rstrip('s')}" if name[-1].isdigit() else name,
            category,
            round(cheapest * (1 + 0.35 * place), 2),
            f"{name} for {category.lower()}. Light, simple, and easy to repair.",
        )
        for category, (cheapest, names) in CATALOG.items()
        for place, name in enumerate(names)
    ]


def users() -> list[tuple[object, ...]]:
    """Return the rows of users.csv: USER_ID, MEMBERSHIP, EMAIL."""
    return [
        (f"user-{number}", "gold" if number % 5 == 0 else "basic", f"user-{number}@example.com")
        for number in range(USERS)
    ]


def interactions(now: int) -> list[tuple[object, ...]]:
    """Return the rows of interactions.csv: USER_ID, ITEM_ID, EVENT_TYPE, TIMESTAMP, DEVICE.

    The newest ones are a few hours older than `now`, in Unix seconds.
    """
    rng = random.Random(7)
    rows: list[tuple[object, ...]] = []
    for number in range(USERS):
        first, second = likes(number)
        place = rng.randrange(8)
        at = now - rng.randrange(20, 60) * DAY_SECONDS
        for _ in range(EVENTS):
            phone = rng.random() < 0.5
            category = (second if phone else first) if rng.random() < 0.85 else rng.choice(list(CATALOG))
            place = (place + rng.choice((1, 1, 2))) % 8
            event = "purchase" if rng.random() < 0.3 else "view"
            rows.append(
                (f"user-{number}", item_id(category, place), event, at, "phone" if phone else "desktop")
            )
            at = min(at + rng.randrange(600, 2 * DAY_SECONDS), now - 3 * 3600)
    return rows


def action_interactions(now: int) -> list[tuple[object, ...]]:
    """Return the rows of action_interactions.csv: climbers take the card, and others refer friends."""
    rows: list[tuple[object, ...]] = []
    for number in range(USERS):
        climbs = likes(number)[0] == "Climbing"
        takes = {"loyalty-card", "newsletter"} if climbs else {"refer-a-friend"}
        for place, (action, _, _) in enumerate(ACTIONS[:3]):
            taken = "Taken" if action in takes else "Not Taken"
            rows.append((f"user-{number}", action, taken, now - (40 - place) * DAY_SECONDS - number))
    return rows


def write(folder: Path, now: int | None = None) -> list[Path]:
    """Write all files of the shop into a folder. Returns their paths."""
    now = int(time.time()) if now is None else now
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _csv(folder / "items.csv", ("ITEM_ID", "NAME", "CATEGORY", "PRICE", "DESCRIPTION"), items()),
        _csv(folder / "users.csv", ("USER_ID", "MEMBERSHIP", "EMAIL"), users()),
        _csv(
            folder / "interactions.csv",
            ("USER_ID", "ITEM_ID", "EVENT_TYPE", "TIMESTAMP", "DEVICE"),
            interactions(now),
        ),
        _csv(folder / "actions.csv", ("ACTION_ID", "VALUE", "REPEAT_FREQUENCY"), ACTIONS),
        _csv(
            folder / "action_interactions.csv",
            ("USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP"),
            action_interactions(now),
        ),
    ]


def _csv(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows(rows)
    return file


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m demo.shop FOLDER")
    for path in write(Path(sys.argv[1])):
        print(path)
