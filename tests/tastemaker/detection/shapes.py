"""Small files in the shapes that well-known programs export. All say the same: who likes what, and when.

Users like the items of one aisle: user `n` those of aisle `n % 4`. So a model can learn from them.
"""

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

AISLES = ("tea", "bread", "cheese", "fruit")
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    """One interaction."""

    user: int
    item: int
    at: datetime
    event: str
    order: int

    @property
    def aisle(self) -> str:
        return AISLES[self.item % len(AISLES)]

    @property
    def name(self) -> str:
        return f"{self.aisle.title()} No. {self.item}"

    @property
    def price(self) -> float:
        return 2.5 + self.item % 7

    @property
    def email(self) -> str:
        return f"user{self.user}@example.com"


def facts(users: int = 40, each: int = 6, items: int = 48) -> Iterator[Fact]:
    """Interactions in the order of their times."""
    chance = random.Random(7)
    for number in range(users * each):
        user = number % users
        item = chance.randrange(items // len(AISLES)) * len(AISLES) + user % len(AISLES)
        if chance.random() < 0.1:
            item = chance.randrange(items)
        event = "view" if number % 3 else "purchase"
        yield Fact(user, item, START + timedelta(minutes=37 * number, seconds=5), event, number)


def delimited(rows: list[list[Any]], separator: str = ",", encoding: str = "utf-8") -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode(encoding)


def shopify(folder: Path, all_facts: list[Fact]) -> Path:
    """Orders of two lines: only the first has the customer's data."""
    head = [
        "Name", "Email", "Financial Status", "Paid at", "Currency", "Total", "Created at",
        "Lineitem quantity",
        "Lineitem name", "Lineitem price", "Lineitem sku", "Billing Name", "Billing Street", "Notes",
    ]  # fmt: skip
    rows: list[list[Any]] = [head]
    by_user: dict[int, list[Fact]] = {}
    for fact in all_facts:
        by_user.setdefault(fact.user, []).append(fact)
    for order, (user, bought) in enumerate(
        (user, pair) for user, found in by_user.items() for pair in zip(found[::2], found[1::2], strict=True)
    ):
        at = bought[0].at.strftime("%Y-%m-%d %H:%M:%S +0000")
        for line, fact in enumerate(bought):
            first = [f"user{user}@example.com", "paid", at, "EUR", "9.00", at] if line == 0 else [""] * 6
            note = 'Leave at "gate",\nplease' if line == 0 and order % 9 == 0 else ""
            bill = ["Ann Example", "1 High Street"] if line == 0 else ["", ""]
            sku = f"00{fact.item:03}"
            rows.append([f"#{1000 + order}", *first, 1, fact.name, fact.price, sku, *bill, note])
    path = folder / "orders_export_1.csv"
    path.write_bytes(delimited(rows, encoding="utf-8-sig"))
    return path


def analytics(folder: Path, all_facts: list[Fact]) -> Path:
    """Google Analytics 4 in BigQuery's export: nested, times in microseconds, compressed."""
    lines = []
    for fact in all_facts:
        event = {
            "event_date": fact.at.strftime("%Y%m%d"),
            "event_timestamp": str(int(fact.at.timestamp() * 1_000_000)),
            "event_name": "view_item" if fact.event == "view" else "purchase",
            "event_params": [
                {"key": "ga_session_id", "value": {"string_value": None, "int_value": str(fact.order)}},
                {"key": "page_location", "value": {"string_value": f"https://shop/{fact.item}"}},
            ],
            "user_id": None,
            "user_pseudo_id": f"{fact.user}.17",
            "device": {"category": "mobile" if fact.user % 2 else "desktop", "language": "en"},
            "geo": {"country": "France"},
            "items": [{"item_id": f"SKU-{fact.item}", "item_name": fact.name, "item_category": fact.aisle}],
        }
        lines.append(json.dumps(event))
    path = folder / "events_20260301.json.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def woocommerce(folder: Path, all_facts: list[Fact]) -> Path:
    """Orders with numbered columns for their items, semicolons, and German dates."""
    head = ["order_id", "order_date", "status", "customer_id", "billing_email", "line_item_1", "line_item_2"]
    rows: list[list[Any]] = [head]
    by_user: dict[int, list[Fact]] = {}
    for fact in all_facts:
        by_user.setdefault(fact.user, []).append(fact)
    orders = [pair for found in by_user.values() for pair in zip(found[::2], found[1::2], strict=True)]
    for number, pair in enumerate(orders):
        items = [
            f"name:{fact.name}|product_id:{fact.item}|sku:S{fact.item}|quantity:1|total:{fact.price}"
            for fact in pair
        ]
        at = pair[0].at.strftime("%d.%m.%Y %H:%M")
        rows.append([number + 1, at, "completed", 500 + pair[0].user, pair[0].email, *items])
    path = folder / "woo.csv"
    path.write_bytes(delimited(rows, ";", "cp1252"))
    return path


def segment(folder: Path, all_facts: list[Fact]) -> Path:
    """Track calls as JSON Lines."""
    lines = []
    for fact in all_facts:
        call = {
            "messageId": f"m{fact.order}",
            "type": "track",
            "anonymousId": f"anon-{fact.user}",
            "userId": f"u{fact.user}" if fact.user % 5 else None,
            "event": "Product Viewed" if fact.event == "view" else "Order Completed",
            "timestamp": fact.at.isoformat().replace("+00:00", ".123Z"),
            "receivedAt": "2026-11-01T00:00:00Z",
            "context": {"library": {"name": "analytics.js"}, "ip": "10.0.0.1"},
            "properties": {"product_id": f"p{fact.item}", "name": fact.name, "price": fact.price},
        }
        lines.append(json.dumps(call))
    path = folder / "segment.jsonl"
    path.write_text("\n".join(lines))
    return path


def spotify(folder: Path, all_facts: list[Fact]) -> Path:
    """A folder of each listener, with a history in each."""
    by_user: dict[int, list[Fact]] = {}
    for fact in all_facts:
        by_user.setdefault(fact.user, []).append(fact)
    for user, found in by_user.items():
        own = folder / "history" / f"listener-{user}"
        own.mkdir(parents=True)
        plays = [
            {
                "ts": fact.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "platform": "android",
                "ms_played": 180_000 + fact.item,
                "master_metadata_track_name": fact.name,
                "master_metadata_album_artist_name": fact.aisle,
                "spotify_track_uri": f"spotify:track:{fact.item:022}",
                "skipped": None,
            }
            for fact in found
        ]
        (own / "Streaming_History_Audio_2026_0.json").write_text(json.dumps(plays))
    return folder / "history"


def steam(folder: Path, all_facts: list[Fact]) -> Path:
    """Reviews with long texts and a dotted column for the user."""
    head = ["", "app_id", "app_name", "review_id", "language", "review", "timestamp_created", "recommended",
            "author.steamid", "author.playtime_forever"]  # fmt: skip
    rows: list[list[Any]] = [head]
    for fact in all_facts:
        text = f'I spent evenings with it.\nLine two, no. {fact.order}: "great", would play again and again.'
        rows.append(
            [fact.order, 10_000 + fact.item, fact.name, 80_000 + fact.order, "english", text,
             int(fact.at.timestamp()), "True" if fact.order % 4 else "False",
             76561198000000000 + fact.user, 90.0]
        )  # fmt: skip
    path = folder / "steam_reviews.csv"
    path.write_bytes(delimited(rows))
    return path


def movielens(folder: Path, all_facts: list[Fact]) -> Path:
    """The archive with ratings, titles, tags and links."""
    ratings: list[list[Any]] = [["userId", "movieId", "rating", "timestamp"]]
    ratings += [[f.user + 1, f.item + 1, 1 + f.order % 9 / 2, int(f.at.timestamp())] for f in all_facts]
    movies: list[list[Any]] = [["movieId", "title", "genres"]]
    movies += [
        [item + 1, f"Film, The No. {item} (1999)", f"{AISLES[item % 4].title()}|Drama"] for item in range(48)
    ]
    tags = [["userId", "movieId", "tag", "timestamp"], [1, 1, "funny", 1_445_714_994]]
    links = [["movieId", "imdbId", "tmdbId"], *([item + 1, f"0{item}", item] for item in range(48))]
    path = folder / "ml-latest-small.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in (("ratings", ratings), ("movies", movies), ("tags", tags), ("links", links)):
            archive.writestr(f"ml-latest-small/{name}.csv", delimited(rows))
        archive.writestr("ml-latest-small/README.txt", "Summary\n=======\n")
    return path


def retailrocket(folder: Path, all_facts: list[Fact]) -> Path:
    """Events with times in milliseconds."""
    rows: list[list[Any]] = [["timestamp", "visitorid", "event", "itemid", "transactionid"]]
    for fact in all_facts:
        bought = fact.event == "purchase"
        event = "transaction" if bought else "view"
        at = int(fact.at.timestamp() * 1000)
        rows.append([at, 257_000 + fact.user, event, 355_000 + fact.item, fact.order if bought else ""])
    path = folder / "events.csv"
    path.write_bytes(delimited(rows))
    return path


SHAPES: Mapping[str, Callable[[Path, list[Fact]], Path]] = {
    "Shopify orders": shopify,
    "Google Analytics 4": analytics,
    "WooCommerce orders": woocommerce,
    "Segment": segment,
    "Spotify history": spotify,
    "Steam reviews": steam,
    "MovieLens": movielens,
    "RetailRocket": retailrocket,
}
"""Name of the export → what writes it into a folder."""
